// Textures, models and graphs that others read: KTX2 by ktx-parse, .glb by Khronos' validator, MaterialX by three.js.
import gltfValidator from 'gltf-validator';
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

/** What is inside a .glb: its JSON, and the bytes of its images. */
function unpacked(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const length = view.getUint32(12, true);
  const json = JSON.parse(new TextDecoder().decode(bytes.subarray(20, 20 + length)));
  const images = json.images.map(({ bufferView }: { bufferView: number }) => {
    const { byteOffset, byteLength } = json.bufferViews[bufferView];
    return bytes.subarray(28 + length + byteOffset, 28 + length + byteOffset + byteLength) as Uint8Array;
  });
  return { json, images: images as Uint8Array[] };
}

test('.glb with KTX2 inside, as KHR_texture_basisu has it; the validator, which does not know it, finds nothing else', async () => {
  const material = waves(8, ['emission', 'height']);
  const { files, notices } = await exportMaterial(material, ['gltf'], { ktx2: encodeKtx2 });
  assert.equal([files.map((f) => f.name), notices], [['old_wall.glb'], []]);
  const { json, images } = unpacked(files[0]!.bytes);
  assert.equal(json.extensionsRequired, ['KHR_texture_basisu']);
  assert.equal(json.extensionsUsed, ['KHR_texture_transform', 'KHR_texture_basisu']);
  assert.equal(
    json.textures,
    [0, 1, 2].map((source) => ({ sampler: 0, extensions: { KHR_texture_basisu: { source } } })),
  );
  assert.equal(
    json.images.map((i: { name: string; mimeType: string }) => `${i.name} ${i.mimeType}`),
    ['color', 'normal', 'orm'].map((k) => `Old Wall_${k} image/ktx2`),
  );
  for (const [k, file] of images.map((i) => ktx.read(i)).entries()) {
    const [descriptor] = file.dataFormatDescriptor;
    assert.equal(
      [file.pixelWidth, file.pixelHeight, file.pixelDepth, file.layerCount, file.faceCount],
      [8, 8, 0, 0, 1],
    );
    assert.is(file.levels.length, 4, 'all mips');
    assert.equal([file.vkFormat, descriptor!.colorModel], [0, ktx.KHR_DF_MODEL_UASTC]);
    assert.equal(
      [descriptor!.transferFunction, descriptor!.colorPrimaries],
      k === 0
        ? [ktx.KHR_DF_TRANSFER_SRGB, ktx.KHR_DF_PRIMARIES_BT709]
        : [ktx.KHR_DF_TRANSFER_LINEAR, ktx.KHR_DF_PRIMARIES_UNSPECIFIED],
    );
    assert.is(file.keyValue.KTXorientation, 'rd');
    assert.is(file.keyValue.KTXswizzle, undefined);
  }
  // https://github.com/KhronosGroup/glTF-Validator/issues/177
  const { issues } = await gltfValidator.validateBytes(files[0]!.bytes);
  assert.equal(
    issues.messages.filter((m) => m.severity < 2).map((m) => m.code),
    [...new Array(3).fill('VALUE_NOT_IN_LIST'), ...new Array(3).fill('IMAGE_UNRECOGNIZED_FORMAT')],
  );
});

test('.glb has PNG inside where nothing else was asked for, and where sides are no multiples of 4, which is said', async () => {
  const few = (size: number) => waves(size, ['emission', 'normal', 'roughness', 'metalness', 'occlusion']);
  const types = ({ files }: { files: readonly { bytes: Uint8Array }[] }): string[] =>
    unpacked(files[0]!.bytes).json.images.map((i: { mimeType: string }) => i.mimeType);
  const plain = await exportMaterial(few(8), ['gltf']);
  assert.equal([types(plain), plain.notices], [['image/png'], []]);
  const odd = await exportMaterial(few(10), ['gltf'], { ktx2: encodeKtx2 });
  assert.equal(types(odd), ['image/png']);
  assert.equal(odd.notices, [
    'the .glb has PNG inside: KTX2 in glTF wants sides that are multiples of 4, and the material is 10x10',
  ]);
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
