// Textures and graphs that others read: KTX2 by ktx-parse, MaterialX by three.js.
import * as ktx from 'ktx-parse';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { exportMaterial } from '../../src/material/export/export';
import { encodeKtx2 } from '../../src/node/ktx2';
import { waves } from '../support/material';

const test = suite('export of materials, readers');

test('.ktx2: all mips, UASTC, sRGB for colours, no primaries for numbers; two runs, the same bytes; stdout is left alone', async () => {
  const material = waves(16, ['emission', 'height']);
  const printed: unknown[] = [];
  const log = console.log;
  console.log = (...args) => printed.push(args);
  const { files } = await exportMaterial(material, ['godot'], { ktx2: encodeKtx2 });
  console.log = log;
  assert.equal(printed, []);
  const read = (name: string) => ktx.read(files.find((f) => f.name === name)!.bytes);
  const [color, normal] = [read('old_wall_albedo.ktx2'), read('old_wall_normal.ktx2')];
  for (const file of [color, normal, read('old_wall_orm.ktx2')]) {
    assert.equal([file.pixelWidth, file.pixelHeight, file.levels.length], [16, 16, 5]);
    assert.is(file.supercompressionScheme, ktx.KHR_SUPERCOMPRESSION_ZSTD);
    // 4 x 4 pixels are 16 bytes
    assert.equal(
      file.levels.map((l) => l.uncompressedByteLength),
      [256, 64, 16, 16, 16],
    );
    assert.is(file.dataFormatDescriptor[0]!.colorModel, ktx.KHR_DF_MODEL_UASTC);
  }
  const said = (file: typeof color): number[] => [
    file.dataFormatDescriptor[0]!.colorPrimaries,
    file.dataFormatDescriptor[0]!.transferFunction,
  ];
  assert.equal(said(color), [ktx.KHR_DF_PRIMARIES_BT709, ktx.KHR_DF_TRANSFER_SRGB]);
  assert.equal(said(normal), [ktx.KHR_DF_PRIMARIES_UNSPECIFIED, ktx.KHR_DF_TRANSFER_LINEAR]);
  assert.equal((await exportMaterial(material, ['godot'], { ktx2: encodeKtx2 })).files, files);
});

/** As much of a document as the loader reads, for XML without text. */
class Element {
  readonly children: Element[] = [];
  constructor(
    readonly nodeName: string,
    readonly values: Readonly<Record<string, string>>,
  ) {}
  get attributes() {
    return Object.entries(this.values).map(([name, value]) => ({ name, value }));
  }
  getAttribute = (name: string): string | null => this.values[name] ?? null;
  hasAttribute = (name: string): boolean => name in this.values;
}
class Parser {
  parseFromString(xml: string): { documentElement: Element } {
    const root = new Element('', {});
    const open = [root];
    for (const [, end, name = '', attributes = '', alone] of xml.matchAll(
      /<(\/?)([\w]+)((?:\s+[\w]+="[^"]*")*)\s*(\/?)>/g,
    )) {
      if (end) {
        assert.is(open.pop()!.nodeName, name);
        continue;
      }
      const values = Object.fromEntries([...attributes.matchAll(/(\w+)="([^"]*)"/g)].map((m) => [m[1], m[2]]));
      const element = new Element(name, values);
      open.at(-1)!.children.push(element);
      if (!alone) open.push(element);
    }
    assert.is(open.length, 1, 'all that is opened is closed');
    return { documentElement: root.children[0]! };
  }
}

test('.mtlx: three.js makes both materials of it, and misses nothing', async () => {
  const { MaterialXLoader } = await import('three/examples/jsm/loaders/MaterialXLoader.js');
  const { createStrictInterfaceValidator } = await import(
    'three/examples/jsm/loaders/materialx/MaterialXInterfaceValidation.js' as string
  );
  Object.assign(globalThis, { DOMParser: Parser, createImageBitmap: async () => ({}) });
  for (const material of [
    waves(16),
    { ...waves(16, ['opacity', 'emission', 'height', 'roughness', 'metalness', 'occlusion']), widthCm: undefined },
  ]) {
    const { files } = await exportMaterial(material, ['materialx']);
    const text = new TextDecoder().decode(files.find((f) => f.name === 'old_wall.mtlx')!.bytes);
    const named = new Set([...text.matchAll(/value="([^"]+\.png)"/g)].map((m) => m[1]!));
    assert.equal(
      [...named].sort(),
      files
        .map((f) => f.name)
        .filter((n) => n.endsWith('.png'))
        .sort(),
    );
    const loader = new MaterialXLoader();
    loader.manager.resolveURL = () => 'data:,'; // pictures are for others to read
    const { materials, log } = loader.parse(text, {
      interfaceValidator: createStrictInterfaceValidator(),
    } as never) as unknown as {
      materials: Record<string, { colorNode?: unknown; normalNode?: unknown }>;
      log: unknown[];
    };
    assert.equal(log, []);
    assert.equal(Object.keys(materials).sort(), ['old_wall', 'old_wall_hextiled']);
    for (const m of Object.values(materials)) assert.ok(m.colorNode && m.normalNode);
  }
});

test.run();
