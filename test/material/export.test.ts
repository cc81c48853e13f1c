// Files of a material for engines, read back by readers of others.
import gltfValidator from 'gltf-validator';
import sharp from 'sharp';
import { EXRLoader } from 'three/examples/jsm/loaders/EXRLoader.js';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readText } from '../../src/base/png_read';
import { zip, zipEntries } from '../../src/base/zip';
import { exportMaterial } from '../../src/material/export/export';
import { halved, mipsOf } from '../../src/material/export/mips';
import { TARGET_NAMES, type TargetName } from '../../src/material/export/targets';
import { findMaps, saidOf } from '../../src/material/names';
import { waves } from '../support/material';

const test = suite('export of materials');

const written = async (target: TargetName, options = {}, material = waves()): Promise<Map<string, Uint8Array>> => {
  const { files } = await exportMaterial(material, [target], options);
  return new Map(files.map((f) => [f.name, f.bytes]));
};
const text = (files: ReadonlyMap<string, Uint8Array>, name: string): string =>
  new TextDecoder().decode(files.get(name));
const pixels = async (png: Uint8Array) => {
  const deep = (await sharp(png).metadata()).depth === 'ushort';
  const raw = sharp(png).raw({ depth: deep ? 'ushort' : 'uchar' });
  const { data, info } = await (deep
    ? raw.toColourspace(info16((await sharp(png).metadata()).channels))
    : raw
  ).toBuffer({ resolveWithObject: true });
  const values = deep ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : new Uint8Array(data);
  return { values, channels: info.channels, most: deep ? 65535 : 255 };
};
const info16 = (channels: number): 'grey16' | 'rgb16' => (channels < 3 ? 'grey16' : 'rgb16');

const NAMES: Readonly<Record<TargetName, string>> = {
  blender:
    'Old_Wall_base_color.png Old_Wall_normal.png Old_Wall_roughness.png Old_Wall_metallic.png Old_Wall_ao.png Old_Wall_height.png Old_Wall_opacity.png Old_Wall_emission.png Old_Wall_curvature.png Old_Wall_edge.png',
  unity:
    'OldWall_BaseMap.png OldWall_Normal.png OldWall_MaskMap.png OldWall_Height.png OldWall_Emission.png OldWall_BaseMap.png.meta OldWall_Normal.png.meta OldWall_MaskMap.png.meta OldWall_Height.png.meta OldWall_Emission.png.meta OldWall.mat OldWall.mat.meta',
  unreal: 'T_OldWall_BC.png T_OldWall_N.png T_OldWall_ORM.png T_OldWall_H.png T_OldWall_E.png import_OldWall.py',
  godot:
    'old_wall_albedo.png old_wall_normal.png old_wall_orm.png old_wall_height.exr old_wall_emission.png old_wall.tres',
  three:
    'old_wall_color.png old_wall_normal.png old_wall_orm.png old_wall_height.png old_wall_emission.png old_wall.js',
  gltf: 'old_wall.glb',
  materialx:
    'old_wall_basecolor.png old_wall_normal.png old_wall_orm.png old_wall_height.png old_wall_opacity.png old_wall_emission.png old_wall.mtlx',
  ambientcg:
    'OldWall_32-PNG_Color.png OldWall_32-PNG_NormalGL.png OldWall_32-PNG_NormalDX.png OldWall_32-PNG_Roughness.png OldWall_32-PNG_Metalness.png OldWall_32-PNG_AmbientOcclusion.png OldWall_32-PNG_Displacement.png OldWall_32-PNG_Opacity.png OldWall_32-PNG_Emission.png',
  polyhaven:
    'old_wall_diff.png old_wall_nor_gl.png old_wall_nor_dx.png old_wall_rough.png old_wall_metal.png old_wall_ao.png old_wall_arm.png old_wall_disp.png old_wall_alpha.png old_wall_emission.png',
  raw: 'Old_Wall_color.png Old_Wall_opacity.png Old_Wall_height.png Old_Wall_normal.png Old_Wall_occlusion.png Old_Wall_roughness.png Old_Wall_metalness.png Old_Wall_emission.png Old_Wall_curvature.png Old_Wall_edge.png',
};

test('every target by its names; two runs, the same bytes; several have a folder each; what is not there has no file', async () => {
  const all = await exportMaterial(waves(), TARGET_NAMES);
  assert.equal(
    all.files.map((f) => f.name),
    TARGET_NAMES.flatMap((t) => NAMES[t].split(' ').map((n) => `${t}/${n}`)),
  );
  assert.equal(await exportMaterial(waves(), TARGET_NAMES), all);
  const bare = await written('unreal', {}, waves(32, ['emission', 'height', 'occlusion', 'roughness', 'metalness']));
  assert.equal([...bare.keys()], ['T_OldWall_BC.png', 'T_OldWall_N.png', 'import_OldWall.py']);
  assert.not.match(text(bare, 'import_OldWall.py'), /_ORM/);
});

/**
 * Words that Node Wrangler of Blender 3.4 knows. It takes names apart at separators and capitals, leaves digits out, and gives an input the first file
 * that has one of its words, in the material's own name too. Blender 4 has one word more, basecolor, and leaves out what all names begin with.
 */
const WRANGLER: Readonly<Record<string, string>> = {
  Displacement: 'displacement displace disp dsp height heightmap',
  'Base Color': 'diffuse diff albedo base col color',
  'Subsurface Color': 'sss subsurface',
  Metallic: 'metallic metalness metal mtl',
  Specular: 'specularity specular spec spc',
  Roughness: 'roughness rough rgh gloss glossy glossiness',
  Normal: 'normal nor nrm nrml norm bump bmp',
  Transmission: 'transmission transparency',
  Emission: 'emission emissive emit',
  Alpha: 'alpha opacity',
  'Ambient Occlusion': 'ao ambient occlusion',
};

test("Node Wrangler's rules: each file of blender is one input, and each input one file", async () => {
  for (const [name, own] of [
    ['Old Wall', 'Old_Wall'],
    ['rough metal 2', 'roughmetal2'],
    ['scratchedMetal', 'scratchedmetal'],
    ['metal', 'metalmaterial'],
  ] as const) {
    const names = [...(await written('blender', {}, { ...waves(), name })).keys()];
    const words = names.map((n) =>
      n
        .replace(/\.\w+$/, '')
        .replace(/\d/g, '')
        .replace(/([a-z])([A-Z])/g, '$1 $2')
        .toLowerCase()
        .split(/[ _.\-#]/),
    );
    const found = Object.entries(WRANGLER).flatMap(([input, known]) => {
      const k = words.findIndex((all) => all.some((w) => known.split(' ').includes(w)));
      return k < 0 ? [] : [`${input}: ${names[k]}`];
    });
    assert.equal(found, [
      `Displacement: ${own}_height.png`,
      `Base Color: ${own}_base_color.png`,
      `Metallic: ${own}_metallic.png`,
      `Roughness: ${own}_roughness.png`,
      `Normal: ${own}_normal.png`,
      `Emission: ${own}_emission.png`,
      `Alpha: ${own}_opacity.png`,
      `Ambient Occlusion: ${own}_ao.png`,
    ]);
    assert.is(names.length, 10, 'curvature and edges are no input');
  }
});

test('what every target writes is found again by its names', async () => {
  for (const target of TARGET_NAMES.filter((t) => t !== 'gltf')) {
    const names = [...(await written(target)).keys()];
    const { maps, name } = findMaps(names);
    assert.is(name?.replace(/_/g, '').toLowerCase(), 'oldwall', target);
    const kinds = maps.map(saidOf).join(', ').split(', ');
    for (const kind of ['color', 'normal', 'roughness|smoothness', 'metalness', 'occlusion'])
      assert.ok(
        kinds.some((k) => new RegExp(`^(${kind})$`).test(k)),
        `${target}: ${kind} among ${kinds}`,
      );
    if (target !== 'unreal' && target !== 'unity') continue;
    assert.equal(kinds.includes('height'), true);
  }
});

test('packing, bits, and which way normals point', async () => {
  const { maps } = waves();
  const value = (kind: 'roughness' | 'metalness' | 'occlusion' | 'opacity', i: number): number =>
    maps.get(kind)!.data[i]!;
  const unreal = await written('unreal');
  const orm = await pixels(unreal.get('T_OldWall_ORM.png')!);
  const mask = await pixels((await written('unity')).get('OldWall_MaskMap.png')!);
  for (const i of [0, 37, 900]) {
    const byte = (v: number): number => Math.round(255 * v);
    const [ao, rough, metal] = [value('occlusion', i), value('roughness', i), value('metalness', i)];
    assert.equal([...orm.values.subarray(3 * i, 3 * i + 3)], [byte(ao), byte(rough), byte(metal)]);
    assert.equal([...mask.values.subarray(4 * i, 4 * i + 4)], [byte(metal), byte(ao), 0, byte(1 - rough)]);
  }
  const up = await pixels((await written('polyhaven')).get('old_wall_nor_gl.png')!);
  const down = await pixels(unreal.get('T_OldWall_N.png')!);
  assert.equal([up.most, down.most], [65535, 65535]);
  for (let i = 0; i < 32 * 32; i += 7) {
    assert.is(up.values[3 * i], down.values[3 * i]);
    assert.ok(Math.abs(up.values[3 * i + 1]! + down.values[3 * i + 1]! - 65535) <= 1);
  }
});

test('16-bit heights come back bit for bit; PNG files know their size on the wall, their record, and whether they are colours', async () => {
  const files = await written('raw', { text: { toroid: '{"seed":1}' } });
  const { values, channels } = await pixels(files.get('Old_Wall_height.png')!);
  assert.is(channels, 1);
  assert.equal(
    [...values],
    Array.from(waves().maps.get('height')!.data, (v) => Math.round(65535 * v)),
  );
  const height = Buffer.from(files.get('Old_Wall_height.png')!);
  assert.is(height.readUInt32BE(height.indexOf('pHYs') + 4), 64, 'pixels a metre: 32 on 50 cm');
  const { toroid, Description } = readText(files.get('Old_Wall_height.png')!);
  assert.is(toroid, '{"seed":1}');
  assert.match(Description!, /^height; 0 is the lowest, 1 the highest, 0\.1 of the tile's width above it \(5 cm\)$/);
  assert.match(
    readText(files.get('Old_Wall_roughness.png')!).Description!,
    /roughness\. roughness: by the preset stone/,
  );
  const tagged = (name: string): boolean => Buffer.from(files.get(name)!).includes('sRGB');
  assert.equal([tagged('Old_Wall_color.png'), tagged('Old_Wall_normal.png')], [true, false]);
});

test("height and normals as .exr, read by three.js: floats, half floats, ZIP, and the tile's size", async () => {
  const files = await written('raw', { exr: true });
  const loader = new EXRLoader();
  const read = (name: string) => {
    const bytes = files.get(name)!;
    return loader.parse(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer,
    ) as unknown as {
      data: Uint16Array;
      header: Record<string, unknown>;
      width: number;
    };
  };
  const { maps } = waves();
  const half = (h: number): number => {
    const [e, f] = [(h >> 10) & 31, h & 1023];
    return e === 0 ? f * 2 ** -24 : (1 + f / 1024) * 2 ** (e - 15);
  };
  const normal = read('Old_Wall_normal.exr');
  assert.is(normal.header.compression, 'ZIP_COMPRESSION');
  // Rows are from below, as textures of OpenGL are.
  for (let i = 0; i < 1024; i += 5) {
    const from = (31 - Math.floor(i / 32)) * 32 + (i % 32);
    for (let c = 0; c < 3; c++) {
      assert.ok(Math.abs(half(normal.data[4 * i + c]!) - maps.get('normal')!.data[c * 1024 + from]!) < 2 ** -11);
    }
  }
  loader.setDataType(1015 as never); // FloatType
  const height = read('Old_Wall_height.exr');
  assert.ok(Math.abs((height.header.xDensity as number) - (32 / 50) * 2.54) < 1e-4);
  const channels = height.data.length / 1024;
  for (let i = 0; i < 1024; i += 5) {
    const from = (31 - Math.floor(i / 32)) * 32 + (i % 32);
    assert.is(height.data[channels * i], maps.get('height')!.data[from]);
  }
});

test('.glb, plane and sphere, with all maps and with few: the validator finds nothing', async () => {
  const cases = [
    await written('gltf'),
    await written('gltf', { glb: 'sphere' }),
    await written('gltf', {}, waves(32, ['opacity', 'emission', 'occlusion', 'roughness', 'metalness'])),
    await written(
      'gltf',
      { glb: 'sphere' },
      { ...waves(32, ['color', 'normal', 'emission']), tile: 'x', widthCm: undefined },
    ),
  ];
  for (const files of cases) {
    const report = await gltfValidator.validateBytes(files.get('old_wall.glb')!);
    assert.equal(
      report.issues.messages.filter((m) => m.severity !== 2),
      [],
    );
    assert.is(report.info.hasTextures, true);
  }
  const [first] = cases;
  const bytes = first!.get('old_wall.glb')!;
  const json = JSON.parse(
    new TextDecoder().decode(bytes.subarray(20, 20 + new DataView(bytes.buffer).getUint32(12, true))),
  );
  assert.equal(json.materials[0].normalTexture.extensions.KHR_texture_transform, { scale: [3, 3] });
  assert.equal(json.materials[0].extras, { tileWidthMetres: 0.5, relief: 0.1 });
  assert.is(json.accessors[0].max[0], 0.75, 'three tiles of half a metre');
});

test('mips: light is averaged, not sRGB; every pixel counts alike; normals stay unit vectors and their spread is roughness', () => {
  const material = waves(12);
  const sizes = mipsOf(material).map((m) => m.width);
  assert.equal(sizes, [12, 6, 3, 1]);
  const checks = {
    ...waves(2),
    maps: new Map([
      [
        'color',
        {
          kind: 'color',
          channels: 3,
          bits: 8,
          data: Float32Array.of(0.2, 0.8, 0.8, 0.2, 0.2, 0.8, 0.8, 0.2, 0.2, 0.8, 0.8, 0.2),
        },
      ],
    ]),
  } as ReturnType<typeof waves>;
  assert.ok(Math.abs(halved(checks).maps.get('color')!.data[0]! - 0.5999) < 1e-3, 'half the light');
  const last = mipsOf(material).at(-1)!;
  const mean = material.maps.get('height')!.data.reduce((a, b) => a + b) / 144;
  assert.ok(Math.abs(last.maps.get('height')!.data[0]! - mean) < 1e-6);
  const n = [0, 1, 2].map((c) => 2 * last.maps.get('normal')!.data[c]! - 1);
  assert.ok(Math.abs(Math.hypot(...n) - 1) < 1e-5);
  const rough = material.maps.get('roughness')!.data.reduce((a, b) => a + b) / 144;
  assert.ok(last.maps.get('roughness')!.data[0]! > rough + 0.05);
});

test('Unity: textures are found by the numbers of their .meta, normals are such, data is not sRGB', async () => {
  const files = await written('unity');
  const guid = (name: string): string => /guid: ([0-9a-f]{32})\n/.exec(text(files, `${name}.meta`))![1]!;
  const names = [...files.keys()].filter((n) => n.endsWith('.png'));
  assert.is(new Set(names.map(guid)).size, names.length);
  const material = text(files, 'OldWall.mat');
  const slot = (name: string): string =>
    new RegExp(`- ${name}:\\n\\s+m_Texture: \\{fileID: 2800000, guid: (\\w+)`).exec(material)![1]!;
  for (const [property, file] of Object.entries({
    _BaseMap: 'BaseMap',
    _MainTex: 'BaseMap',
    _BumpMap: 'Normal',
    _MaskMap: 'MaskMap',
    _MetallicGlossMap: 'MaskMap',
    _OcclusionMap: 'MaskMap',
    _ParallaxMap: 'Height',
    _EmissionMap: 'Emission',
  }))
    assert.is(slot(property), guid(`OldWall_${file}.png`), property);
  const meta = (name: string): string => text(files, `OldWall_${name}.png.meta`);
  assert.match(meta('Normal'), /textureType: 1\n/);
  assert.match(meta('BaseMap'), /sRGBTexture: 1\n/);
  assert.match(meta('MaskMap'), /sRGBTexture: 0\n/);
});

test('Godot: every texture that the material names is there; Unreal: so is every one of the script', async () => {
  const godot = await written('godot');
  const tres = text(godot, 'old_wall.tres');
  const named = [...tres.matchAll(/path="([^"]+)" id="(\d)"/g)];
  assert.equal(
    named.map((m) => m[1]),
    [...godot.keys()].filter((n) => !n.endsWith('.tres')),
  );
  assert.match(tres, /orm_texture = ExtResource\("3"\)\n/);
  assert.match(tres, /heightmap_scale = 10\.000\n/);
  const unreal = await written('unreal');
  const rows = [...text(unreal, 'import_OldWall.py').matchAll(/^ {4}\("([^"]+)", (True|False), "(\w+)"/gm)];
  assert.equal(
    rows.map((m) => m.slice(1).join(' ')),
    [
      'T_OldWall_BC.png True TC_DEFAULT',
      'T_OldWall_N.png False TC_NORMALMAP',
      'T_OldWall_ORM.png False TC_MASKS',
      'T_OldWall_H.png False TC_GRAYSCALE',
      'T_OldWall_E.png True TC_DEFAULT',
    ],
  );
});

test('sizes that a target does not like are said, and what Node Wrangler leaves to be set', async () => {
  const { notices } = await exportMaterial(waves(24), ['unity', 'polyhaven', 'blender']);
  assert.equal(notices, [
    'unity: sides that are powers of two, such as 32, compress and stream best; the material is 24x24',
    'polyhaven: sides that are powers of two, such as 32, are what it publishes; the material is 24x24',
    'polyhaven publishes materials from 8192 pixels on, and this is 24x24',
    'blender: of the node Displacement, where there is one, set Scale to 0.05 for a tile 0.5 m wide: Node Wrangler leaves it at 1',
  ]);
});

/** By another writer: a folder, and a file of 1000 bytes, deflated. */
const DEFLATED =
  'UEsDBBQAAAAAAAAAIQAAAAAAAAAAAAAAAAAFAAAAbWFwcy9QSwMEFAAAAAgAAAAhABF5RZYVAAAA6AMAABAAAABtYXBzL2Ffcm91Z2gucG5nS0xPzMxTSMxLUUgcZY2yRlnDlAUAUEsBAhQDFAAAAAAAAAAhAAAAAAAAAAAAAAAAAAUAAAAAAAAAAAAAAIABAAAAAG1hcHMvUEsBAhQDFAAAAAgAAAAhABF5RZYVAAAA6AMAABAAAAAAAAAAAAAAAIABIwAAAG1hcHMvYV9yb3VnaC5wbmdQSwUGAAAAAAIAAgBxAAAAZgAAAAAA';

test('a .zip of it is read again, and refused where it is damaged, a bomb, or encrypted', async () => {
  const { files } = await exportMaterial(waves(), ['unity']);
  const archive = zip(files);
  assert.equal(zip(files), archive);
  const entries = zipEntries(archive, 'a.zip');
  assert.equal(
    entries.map((e) => e.name),
    files.map((f) => f.name),
  );
  for (const [k, e] of entries.entries()) assert.equal(await e.read(), files[k]!.bytes);
  const refused = async (bytes: Uint8Array, why: RegExp, most?: number): Promise<void> => {
    const read = async () => Promise.all(zipEntries(bytes, 'a.zip', most).map((e) => e.read()));
    await read().then(
      () => assert.unreachable(),
      (e: Error) => assert.match(e.message, why),
    );
  };
  await refused(archive.subarray(0, archive.length - 30), /list of files is missing/);
  await refused(archive, /unpacks to more than 0 MiB/, 1000);
  const flipped = archive.slice();
  flipped[200]! ^= 1;
  await refused(flipped, /OldWall_BaseMap\.png makes no sense/);
  const deflated = new Uint8Array(Buffer.from(DEFLATED, 'base64'));
  const [entry] = zipEntries(deflated, 'a.zip');
  assert.is(entry!.name, 'maps/a_rough.png');
  assert.is(new TextDecoder().decode(await entry!.read()), 'again and '.repeat(100));
  const central = Buffer.from(deflated).lastIndexOf('PK\x01\x02');
  const changed = (at: number, value: number): Uint8Array => {
    const copy = deflated.slice();
    copy[central + at] = value;
    return copy;
  };
  await refused(changed(24, 100), /makes no sense/); // it says that it is smaller than it is
  await refused(changed(8, 1), /is encrypted/);
  await refused(changed(10, 14), /method 14/);
});

test.run();
