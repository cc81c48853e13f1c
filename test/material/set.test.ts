// Material in, material out: maps read by their names, laid anew by one field, completed.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readMaterial } from '../../src/app/material_files';
import { materialSetOn } from '../../src/app/material_set';
import { relaidMaterial } from '../../src/app/relaid_material';
import { readExr } from '../../src/base/exr_read';
import { encodePng } from '../../src/base/png';
import { Rng } from '../../src/base/rng';
import { type NamedBytes, zip, zipEntries } from '../../src/base/zip';
import { reliefOf } from '../../src/material/check_maps';
import { completed } from '../../src/material/complete';
import { exportMaterial } from '../../src/material/export/export';
import { downwards } from '../../src/material/export/packed';
import type { TargetName } from '../../src/material/export/targets';
import type { MapKind, Material } from '../../src/material/maps';
import { scoreMaterial } from '../../src/material/scores';
import { normalsOf, slopesOf } from '../../src/material/surface';
import { nodePlatform } from '../../src/node/platform';
import { runner } from '../support/cli_run';
import { device } from '../support/device';
import { waves } from '../support/material';

const folder = mkdtempSync(join(tmpdir(), 'toroid-set-'));
const { toroid, together } = runner(folder);
const test = suite('sets of maps');
test.after(() => rmSync(folder, { recursive: true }));

const filesOf = (files: readonly NamedBytes[]) =>
  files.map(({ name, bytes }) => ({ name, read: async () => new Uint8Array(bytes) }));
const reading = async (files: readonly NamedBytes[]) => {
  const notes: string[] = [];
  const read = await readMaterial(nodePlatform, filesOf(files), { name: 'set', onWarning: (t) => void notes.push(t) });
  return { ...read, notes };
};
const exported = async (target: TargetName, material = waves()) => (await exportMaterial(material, [target])).files;
const whole = (material: Material, kind: MapKind, most: number): number[] =>
  Array.from(material.maps.get(kind)!.data, (v) => Math.round(most * v));

test('what each target writes is read again: packed maps unpacked, smoothness turned, normals up', async () => {
  const material = waves();
  for (const target of ['unity', 'unreal', 'ambientcg', 'polyhaven', 'materialx', 'blender', 'raw'] as const) {
    const { files } = await exportMaterial(material, [target], { exr: target === 'raw' });
    const { material: read, taken } = await reading(files);
    for (const kind of [
      'color',
      'normal',
      'height',
      'occlusion',
      'roughness',
      'metalness',
      'opacity',
      'emission',
    ] as const) {
      const [a, b] = [read.maps.get(kind)!.data, material.maps.get(kind)!.data];
      const off = Math.max(...a.map((v, i) => Math.abs(v - b[i]!)));
      assert.ok(off <= 0.5 / 255 + 1e-6, `${target} ${kind}: ${off}`);
    }
    assert.is(read.maps.get('height')!.bits, 16);
    // Their normals are exact, and slopes of heights are read by a filter of 3 pixels.
    assert.ok(Math.abs(read.relief - material.relief) < 0.03 * material.relief, `${target}: relief ${read.relief}`);
    if (target === 'unreal')
      assert.is(taken.find((t) => t.file === 'T_OldWall_N.png')!.as, 'normal, y down (by its curl)');
    if (target === 'unity')
      assert.is(
        taken.find((t) => t.file === 'OldWall_MaskMap.png')!.as,
        'metalness (red), occlusion (green), smoothness (opacity)',
      );
  }
});

test('the relief of a rough surface is read back from its normals, of 8 bits too', async () => {
  const size = [48, 40] as const;
  const noise = new Rng(7, 0);
  const heights = Float32Array.from({ length: 48 * 40 }, () => noise.uniform());
  const slopes = await slopesOf(
    await device(),
    heights.map((v) => 0.05 * 48 * v),
    size,
  );
  const kept = (plane: Float32Array): Float32Array => plane.map((v) => Math.round(255 * v) / 255);
  const relief = reliefOf(kept(heights), kept(normalsOf(slopes)), size)!;
  assert.ok(Math.abs(relief - 0.05) < 0.001 * 0.05, `${relief}`);
});

test('all maps are laid anew by one field: 16-bit heights are those of the source, bit for bit; two runs, the same', async () => {
  const size = 40;
  const noise = new Rng(3, 0);
  const source = waves(size);
  const maps = new Map(source.maps);
  const heights = Float32Array.from({ length: size * size }, () => Math.round(65535 * noise.uniform()) / 65535);
  maps.set('height', { kind: 'height', channels: 1, bits: 16, data: heights });
  const options = { device: await device(), size: 48, seed: 2 };
  const { material, field } = await relaidMaterial(nodePlatform, { ...source, maps }, options);
  assert.equal([material.width, material.height, material.tile], [48, 48, 'both']);
  assert.ok(Math.abs(material.widthCm! - (50 * 48) / 40) < 1e-9);
  const from = Array.from(field.data, (p) => (p >>> 16) * size + (p & 0xffff));
  for (const [kind, most] of [
    ['height', 65535],
    ['roughness', 255],
    ['opacity', 255],
    ['metalness', 255],
  ] as const) {
    const own = Array.from(maps.get(kind)!.data, (v) => Math.round(most * v));
    assert.equal(
      whole(material, kind, most),
      from.map((i) => own[i]!),
      kind,
    );
  }
  for (const c of [0, 1, 2]) {
    const plane = (m: Material, n: number): Float32Array => m.maps.get('normal')!.data.subarray(c * n, (c + 1) * n);
    assert.equal(
      [...plane(material, 48 * 48)],
      from.map((i) => plane(source, size * size)[i]!),
    );
  }
  const again = await relaidMaterial(nodePlatform, { ...source, maps }, options);
  assert.equal((await exportMaterial(again.material, ['raw'])).files, (await exportMaterial(material, ['raw'])).files);
});

test('normals laid anew are those of one surface, as far as the given ones are, and heights are still copied', async () => {
  const source = waves(40);
  const files = filesOf(await exported('raw', source));
  const options = { device: await device(), size: 48, seed: 2 };
  const { material, scores } = await materialSetOn(nodePlatform, files, { ...options, name: 'set' });
  const copied = (await relaidMaterial(nodePlatform, { ...source, widthCm: undefined }, options)).material;
  const score = async (m: Material) =>
    (await scoreMaterial(await device(), { material: m, clipped: {} }, m.maps.get('color')!.data)).normal;
  const [before, pieces] = [await score(source), await score(copied)];
  assert.ok(pieces.curl > 10 * before.curl && pieces.meanSlope > 1e-3, `${JSON.stringify([before, pieces])}`);
  const { curl, meanSlope } = scores.normal;
  assert.ok(curl < 1.1 * before.curl && meanSlope < 1e-5, `${JSON.stringify([before, scores.normal])}`);
  const heights = new Set(whole(source, 'height', 65535));
  assert.ok(whole(material, 'height', 65535).every((v) => heights.has(v)));
});

test('maps that are missing are made of the others, and those that are there stay', async () => {
  const whole = waves(64);
  const without = (...kinds: MapKind[]): Material => ({
    ...whole,
    maps: new Map([...whole.maps].filter(([k]) => !kinds.includes(k))),
  });
  const off = (a: Material, kind: MapKind): number => {
    const [x, y] = [a.maps.get(kind)!.data, whole.maps.get(kind)!.data];
    return Math.max(...x.map((v, i) => Math.abs(v - y[i]!)));
  };
  const { material: a } = await completed(await device(), without('height', 'occlusion'));
  // The waves reach from 0 to 1, and their slopes are read by a filter of 3 pixels.
  assert.ok(off(a, 'height') < 0.01, `${off(a, 'height')}`);
  assert.ok(Math.abs(a.relief - whole.relief) < 0.02 * whole.relief);
  assert.is(a.assumed.height, 'from the normals');
  assert.is(a.maps.get('normal'), whole.maps.get('normal'));
  const { material: b } = await completed(await device(), without('normal', 'roughness', 'metalness'));
  assert.ok(off(b, 'normal') < 0.01, `${off(b, 'normal')}`);
  assert.equal([b.maps.has('roughness'), b.maps.has('metalness')], [true, false]);
});

test('sizes, shapes, normals that are none, heights without any', async () => {
  const files = await exported('ambientcg');
  const replaced = async (ending: string, png: Promise<Uint8Array>): Promise<NamedBytes[]> => {
    const bytes = await png;
    return files.map((f) => (f.name.endsWith(`${ending}.png`) ? { ...f, bytes } : f));
  };
  const scaled = (ending: string, w: number, h: number): Promise<Uint8Array> =>
    sharp(files.find((f) => f.name.endsWith(`${ending}.png`))!.bytes)
      .resize(w, h, { fit: 'fill' })
      .png()
      .toBuffer();
  const small = await reading(await replaced('Roughness', scaled('Roughness', 16, 16)));
  assert.ok(
    small.notes.some((n) => /Roughness\.png is 16x16 pixels and is made 32x32, the size of .*Color\.png/.test(n)),
  );
  assert.is(small.material.maps.get('roughness')!.data.length, 1024);
  await reading(await replaced('Roughness', scaled('Roughness', 32, 16))).then(
    () => assert.unreachable(),
    (e: Error) =>
      assert.match(e.message, /Roughness\.png is 32x16 pixels and .*Color\.png 32x32: .*not of one shape.*Crop/s),
  );
  const picture = files.find((f) => f.name.endsWith('_Color.png'))!;
  const false1 = await reading(await replaced('NormalGL', Promise.resolve(picture.bytes)));
  assert.ok(false1.notes.some((n) => /NormalGL\.png is left out: .*no directions/.test(n)));
  assert.is(false1.material.maps.has('normal'), false);
  const flat = encodePng(
    { width: 32, height: 32, data: new Float32Array(3 * 1024).fill(0.5), grey: true },
    { bits: 16 },
  );
  const level = await reading(await replaced('Displacement', flat));
  assert.ok(level.notes.some((n) => /Displacement\.png: the height is the same everywhere/.test(n)));
});

test('.exr files by another writer are read, half floats and floats, compressed or not; others are named, and what is damaged is said', async () => {
  const { DataTexture, FloatType } = await import('three');
  const { EXRExporter, ...ways } = await import('three/examples/jsm/exporters/EXRExporter.js');
  const [w, h] = [20, 17];
  const values = Float32Array.from({ length: 4 * w * h }, (_, i) => (i % 4 === 3 ? 1 : ((i * 37) % 64) / 64));
  const texture = new DataTexture(values, w, h, undefined, FloatType);
  let zipped = new Uint8Array();
  for (const compression of [ways.NO_COMPRESSION, ways.ZIPS_COMPRESSION, ways.ZIP_COMPRESSION]) {
    for (const type of [FloatType, 1016 /* HalfFloatType */] as never[]) {
      const bytes = await new EXRExporter().parse(texture, { compression, type });
      zipped = new Uint8Array(bytes);
      const { width, height, planes } = await readExr(zipped, 'a.exr');
      assert.equal([width, height, [...planes.keys()]], [w, h, ['A', 'B', 'G', 'R']]);
      // The first row of a texture of three.js is the lowest.
      for (let i = 0; i < w * h; i++) {
        const from = (h - 1 - Math.floor(i / w)) * w + (i % w);
        for (const [c, n] of ['R', 'G', 'B', 'A'].entries()) assert.is(planes.get(n)![i], values[4 * from + c]);
      }
    }
  }
  const refused = (bytes: Uint8Array, why: RegExp): Promise<void> =>
    readExr(bytes, 'a.exr').then(
      () => assert.unreachable(),
      (e: Error) => assert.match(e.message, why),
    );
  await refused(zipped.subarray(0, zipped.length - 100), /a\.exr is damaged/);
  await refused(zipped.subarray(0, 60), /a\.exr is damaged/);
  const changed = (at: number, value: number): Uint8Array => zipped.map((v, i) => (i === at ? value : v));
  await refused(
    changed(Buffer.from(zipped).indexOf('compression\0compression') + 28, 4),
    /compressed by PIZ.*oiiotool/s,
  );
  await refused(changed(5, 2), /of tiles/);
});

test('which way unnamed normals point is told by their curl', async () => {
  const material = waves();
  const normal = material.maps.get('normal')!;
  for (const [way, data] of [
    ['up', normal.data],
    ['down', downwards(normal.data)],
  ] as const) {
    const bytes = await encodePng({ width: 32, height: 32, data }, { bits: 16, data: true });
    const { taken } = await reading([{ name: 'a_normal.png', bytes }]);
    assert.is(taken[0]!.as, `normal, y ${way} (by its curl)`);
  }
});

test('toroid material <zip> --for ... --zip', async () => {
  writeFileSync(join(folder, 'wall.zip'), zip(await exported('ambientcg', waves(40))));
  const args = ['--size', '48', '--for', 'godot,gltf', '--glb', 'sphere', '--width-cm', '30', '--zip', '--json'];
  const { code, out, err } = await toroid(['material', 'wall.zip', ...args]);
  assert.is(code, 0, err);
  const result = JSON.parse(out);
  assert.equal(result.files, ['wall.material.zip']);
  assert.is(result.tiling, 'all maps are laid anew, from 40x40 to 48x48');
  assert.match(err, /OldWall_40-PNG_NormalGL\.png: normal, y up \(by its name\)/);
  assert.match(err, /OldWall_40-PNG_NormalDX\.png is left out/);
  const names = zipEntries(new Uint8Array(readFileSync(join(folder, 'wall.material.zip'))), 'a').map((e) => e.name);
  assert.ok(names.includes('godot/old_wall.tres') && names.includes('gltf/old_wall.glb'), names.join());
});

test('toroid material: what cannot be is said at once', async () => {
  mkdirSync(join(folder, 'none'), { recursive: true });
  const refusals: readonly (readonly [string[], number, RegExp])[] = [
    [['wall.zip', '--for', 'godott'], 2, /no target godott.*godot/is],
    [['wall.zip', '--method', 'seal'], 1, /not made a tile by seal/],
    [['none'], 1, /there are no files/],
    [['wall.zip', '-o', 'wall.zip'], 2, /is what is read/],
  ];
  const ended = await together(refusals.map(([args]) => ['material', ...args]));
  for (const [k, [, wanted, why]] of refusals.entries()) {
    assert.is(ended[k]!.code, wanted, ended[k]!.err);
    assert.match(ended[k]!.err, why);
  }
});

test.run();
