// Maps of a surface from one tile: that they tile, that they are those of a surface, and how near they come to a known one.
import { existsSync, readdirSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { mapRaster, wellLaid } from '../../src/app/material';
import { sealRaster } from '../../src/app/seal';
import { type Raster, rolledPlanes } from '../../src/base/raster';
import { resized } from '../../src/base/resample';
import { Rng } from '../../src/base/rng';
import { type Derived, type DeriveSettings, derive } from '../../src/material/derive';
import { estimateHigh, estimateLight } from '../../src/material/estimate';
import type { MapKind } from '../../src/material/maps';
import { scoreMaterial } from '../../src/material/scores';
import { integrate, withoutAlternation } from '../../src/material/slopes';
import { filtered, filteredOnDevice, filteredOnHost, gaussian } from '../../src/material/spectral';
import { normalsOf, slopesOf, slopesOfNormals } from '../../src/material/surface';
import { readPicture } from '../../src/node/picture';
import { seamScore, verdict } from '../../src/recipes/scores/seam';
import { ALL, long } from '../support/all';
import { device } from '../support/device';
import { needs } from '../support/needs';

const test = suite('material');
const FOLDER = '../shared/exemplars';

function map({ material }: Derived, kind: MapKind): Float32Array {
  const found = material.maps.get(kind);
  assert.ok(found, kind);
  return found!.data;
}
const spread = (plane: Float32Array): number =>
  plane.reduce((a, v) => Math.max(a, v), -Infinity) - plane.reduce((a, v) => Math.min(a, v), Infinity);

/** Every map joins itself, and the height and the normals are those of a surface. */
async function sound(tile: Raster, name: string, settings: DeriveSettings = {}): Promise<void> {
  const derived = wellLaid(
    await derive(await device(), tile, { maps: ['metalness', 'curvature', 'edge'], ...settings }),
  );
  for (const [kind, each] of derived.material.maps) {
    assert.ok(
      each.data.every((v) => v >= 0 && v <= 1),
      `${kind} of ${name} is 0..1`,
    );
    assert.is(each.data.length, each.channels * tile.width * tile.height);
    const { x, y } = seamScore(mapRaster(each, derived.material));
    assert.equal([verdict(x), verdict(y)], ['seamless', 'seamless'], `${kind} of ${name}: z ${x.z} and ${y.z}`);
  }
  const scores = await scoreMaterial(await device(), derived, tile.data);
  for (const [kind, { meanSlope, curl }] of [
    ['height', scores.height],
    ['normal', scores.normal],
  ] as const) {
    assert.ok(meanSlope < 1e-4, `mean slope of the ${kind} of ${name}: ${meanSlope}`);
    assert.ok(curl < 1e-5, `curl of the ${kind} of ${name}: ${curl}`);
  }
  assert.ok(scores.unevenness.after < scores.unevenness.before, `${name} is more even without its light`);
}

const sealed = async (path: string, side?: number): Promise<Raster> => {
  const picture = await readPicture(path, {});
  return sealRaster(side === undefined ? picture : resized(picture, [side, side])).raster;
};

for (const name of ['pebbles', ...(ALL ? ['brick'] : []), 'knit']) {
  test(`every map of ${name} tiles, and is that of a surface`, async () =>
    sound(await sealed(`examples/${name}.png`, ALL ? 128 : 80), name));
}

const pictures = (): string[] => [
  ...readdirSync('examples')
    .filter((f) => f.endsWith('.png'))
    .map((f) => `examples/${f}`),
  ...readdirSync(FOLDER)
    .filter((f) => /\.(png|jpg)$/.test(f))
    .map((f) => `${FOLDER}/${f}`),
];
needs(
  long(test),
  existsSync(FOLDER),
  `no ${FOLDER}`,
)('every map of 20 pictures tiles, and is that of a surface', async () => {
  assert.ok(pictures().length >= 20);
  for (const path of pictures()) await sound(await sealed(path), path);
});

/** Heights of some roughness on a torus, without what alternates. */
async function hills(width: number, height: number, seed: number): Promise<Float32Array> {
  const rng = new Rng(seed);
  const noise = Float32Array.from({ length: width * height }, () => rng.uniform() - 0.5);
  const [soft = noise] = await filtered(await device(), noise, [width, height], [{ re: gaussian(1.5) }]);
  withoutAlternation(soft, [width, height]);
  return soft;
}

for (const [width, height] of [
  [64, 48],
  [62, 47],
] as const) {
  test(`heights come back from their normals, ${width}x${height}`, async () => {
    const size = [width, height] as const;
    const heights = await hills(width, height, 3);
    const slopes = await slopesOf(
      await device(),
      heights.map((v) => 40 * v),
      size,
    );
    // As a file of 16 bits keeps them.
    const kept = normalsOf(slopes).map((v) => Math.round(65535 * v) / 65535);
    const back = await integrate(await device(), ...slopesOfNormals(kept), size);
    const mean = heights.reduce((a, v) => a + v, 0) / heights.length;
    const worst = back.reduce((a, v, i) => Math.max(a, Math.abs(v / 40 + mean - heights[i]!)), 0);
    assert.ok(worst < 1e-3 * spread(heights), `${worst} of ${spread(heights)}`);
  });
}

test('a tile rolled has its maps rolled: nothing knows where the border is', async () => {
  const tile = resized(await readPicture('examples/sand.png', {}), [36, 30]);
  const by = [13, 7] as const;
  const size = [tile.width, tile.height] as const;
  const settings = { maps: ['metalness', 'curvature', 'edge'] } as const;
  const still = await derive(await device(), tile, settings);
  const rolled = await derive(await device(), { ...tile, data: rolledPlanes(tile.data, size, by) }, settings);
  assert.is(still.material.maps.size, 8);
  for (const [kind, { data }] of still.material.maps) {
    const found = map(rolled, kind);
    const off = rolledPlanes(data, size, by).reduce((most, v, i) => Math.max(most, Math.abs(v - found[i]!)), 0);
    assert.ok(off < 1e-4, `${kind}: ${off}`);
  }
});

test('the device and the host filter alike, one filter or more at a time', async () => {
  const size = [48, 40] as const;
  const plane = await hills(...size, 5);
  const filters = [
    { re: gaussian(2) },
    { im: (u: number, v: number) => u - 0.3 * v },
    { re: () => 0.5, im: (_: number, v: number) => Math.sin(v) },
  ];
  const found = await filteredOnDevice(await device(), plane, size, filters);
  for (const [k, filter] of filters.entries()) {
    for (const other of [filteredOnHost(plane, size, filters)[k]!, filteredOnHost(plane, size, [filter])[0]!]) {
      const worst = other.reduce((m, v, i) => Math.max(m, Math.abs(v - found[k]![i]!)), 0);
      assert.ok(worst < 1e-5 * spread(other), `filter ${k}: ${worst}`);
    }
  }
});

/** Spheres half sunk into a plane, lit from `degrees` and 45 degrees up, without shadows. */
function spheres(side: number, degrees: number): { tile: Raster; normal: Float32Array } {
  const heights = new Float32Array(side * side);
  const rng = new Rng(11);
  const placed: [number, number, number][] = [];
  const apart = (a: number, b: number): number => Math.min(Math.abs(a - b), side - Math.abs(a - b));
  while (placed.length < 24) {
    const [x, y, r] = [side * rng.uniform(), side * rng.uniform(), side * (0.05 + 0.04 * rng.uniform())];
    if (placed.some(([a, b, s]) => Math.hypot(apart(x, a), apart(y, b)) < r + s + 2)) continue;
    placed.push([x, y, r]);
  }
  const n = side * side;
  const normal = new Float32Array(3 * n);
  const data = new Float32Array(3 * n);
  const t = (degrees * Math.PI) / 180;
  const light = [Math.cos(t) * Math.SQRT1_2, Math.sin(t) * Math.SQRT1_2, Math.SQRT1_2];
  for (let i = 0; i < n; i++) {
    let [nx, ny, nz] = [0, 0, 1];
    for (const [x, y, r] of placed) {
      const dx = (((i % side) - x + 1.5 * side) % side) - side / 2;
      const dy = ((Math.floor(i / side) - y + 1.5 * side) % side) - side / 2;
      if (dx * dx + dy * dy >= 0.9 * r * r) continue;
      heights[i] = Math.sqrt(r * r - dx * dx - dy * dy);
      [nx, ny, nz] = [dx / r, -dy / r, heights[i]! / r];
    }
    normal.set([nx], i);
    normal.set([ny], n + i);
    normal.set([nz], 2 * n + i);
    const shade = 0.1 + 0.6 * Math.max(0, nx * light[0]! + ny * light[1]! + nz * light[2]!);
    for (let c = 0; c < 3; c++) data[c * n + i] = shade ** (1 / 2.2);
  }
  return { tile: { width: side, height: side, data }, normal };
}

/** Root mean square angle in degrees between normals (unit vectors) and those of slopes, at the strength that fits best. */
function angleTo(normal: Float32Array, [p, q]: readonly [Float32Array, Float32Array]): number {
  const n = p.length;
  let least = 180;
  for (let strength = 0; strength <= 32; strength++) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const [x, y] = [-strength * p[i]!, strength * q[i]!];
      const dot = (normal[i]! * x + normal[n + i]! * y + normal[2 * n + i]!) / Math.hypot(x, y, 1);
      sum += Math.acos(Math.min(1, dot)) ** 2;
    }
    least = Math.min(least, (180 / Math.PI) * Math.sqrt(sum / n));
  }
  return least;
}

// 17 degrees off on average, where Sobel of the brightness is no better than a plane: 25.
test('spheres on a plane: their normals are found better than by Sobel of the brightness', async () => {
  const side = 128;
  const { tile, normal } = spheres(side, 135);
  const derived = await derive(await device(), tile, { light: 135 });
  const unit = await slopesOf(await device(), map(derived, 'height'), [side, side]);
  const sobel = [new Float32Array(side * side), new Float32Array(side * side)] as const;
  const at = (x: number, y: number): number => tile.data[((y + side) % side) * side + ((x + side) % side)]!;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      for (const k of [-1, 0, 1]) {
        const w = k === 0 ? 2 : 1;
        sobel[0][y * side + x]! += w * (at(x + 1, y + k) - at(x - 1, y + k));
        sobel[1][y * side + x]! += w * (at(x + k, y + 1) - at(x + k, y - 1));
      }
    }
  }
  const [ours, plain, flat] = [
    angleTo(normal, unit),
    angleTo(normal, sobel),
    angleTo(normal, [sobel[0].map(() => 0), sobel[1].map(() => 0)]),
  ];
  assert.ok(
    ours < 0.7 * plain,
    `${ours.toFixed(1)} degrees off, by Sobel ${plain.toFixed(1)}, of a plane ${flat.toFixed(1)}`,
  );
});

test('the direction of light is found from shading, and none where there is none', () => {
  for (const degrees of [30, 135, 200, 290]) {
    const { tile } = spheres(96, degrees);
    const found = estimateLight(tile.data.subarray(0, 96 * 96), [96, 96]);
    const off = Math.abs(((found.degrees - degrees + 540) % 360) - 180);
    assert.ok(off < 15 && found.confidence > 0.8, `${found.degrees} for ${degrees}, ${found.confidence} sure`);
  }
  const rng = new Rng(2);
  const noise = Float32Array.from({ length: 96 * 96 }, () => rng.uniform());
  assert.is(estimateLight(noise, [96, 96]).confidence, 0);
});

test('pieces in a net are high, light or dark', async () => {
  const { tile } = spheres(96, 135);
  const n = 96 * 96;
  const pieces = Float32Array.from({ length: n }, (_, i) => (tile.data[i]! > 0.75 || tile.data[i]! < 0.74 ? 1 : 0));
  const [soft = pieces] = await filtered(
    await device(),
    pieces,
    [96, 96],
    [{ re: (u, v) => gaussian(2)(u, v) - gaussian(8)(u, v) }],
  );
  assert.is(estimateHigh([soft], [96, 96], 'dark').high, 'light');
  assert.is(estimateHigh([soft.map((v) => -v)], [96, 96], 'light').high, 'dark');
  const rng = new Rng(4);
  const noise = Float32Array.from({ length: n }, () => rng.uniform() - 0.5);
  const [blurred = noise] = await filtered(await device(), noise, [96, 96], [{ re: gaussian(2) }]);
  assert.equal(estimateHigh([blurred], [96, 96], 'dark'), { high: 'dark', confidence: 0 });
});

test('scores tell a tilted normal map, and one of no surface', async () => {
  const tile = await sealed('examples/pebbles.png', 64);
  const derived = await derive(await device(), tile);
  const data = map(derived, 'normal').slice();
  const n = data.length / 3;
  for (let i = 0; i < n; i++) [data[i], data[n + i]] = [data[n + i]! + 0.01, data[i]!];
  const maps = new Map(derived.material.maps).set('normal', { kind: 'normal', channels: 3, bits: 16, data });
  const { normal } = await scoreMaterial(
    await device(),
    { ...derived, material: { ...derived.material, maps } },
    tile.data,
  );
  assert.ok(normal.meanSlope > 0.01 && normal.curl > 0.01, JSON.stringify(normal));
});

test('what is given is taken, twice alike; high and low change places', async () => {
  const tile = await sealed('examples/brick.png', 64);
  const settings = { light: 400, high: 'light', relief: 0.1, delight: 0, preset: 'tiles' } as const;
  const [a, b] = [await derive(await device(), tile, settings), await derive(await device(), tile, settings)];
  for (const [kind, { data }] of a.material.maps) assert.equal(map(b, kind), data, kind);
  assert.is(a.material.relief, 0.1);
  assert.equal(map(a, 'color'), tile.data);
  assert.match(a.material.assumed.light!, /400 degrees, as given/);
  const light = map(await derive(await device(), tile, { ...settings, light: undefined, high: 'light' }), 'height');
  const dark = map(await derive(await device(), tile, { ...settings, light: undefined, high: 'dark' }), 'height');
  const product = light.reduce((sum, v, i) => sum + (v - 0.5) * (dark[i]! - 0.5), 0);
  assert.ok(product < 0, `${product}`);
});

test('a single colour is flat, seen by all of the sky; the smallest tile has maps too; opacity is kept', async () => {
  const plain = (side: number): Raster => ({
    width: side,
    height: side,
    data: new Float32Array(3 * side * side).fill(0.4),
  });
  const flat = await derive(await device(), plain(16));
  assert.ok(map(flat, 'height').every((v) => v === 0.5));
  assert.equal([...new Set(map(flat, 'normal'))], [0.5, 1]);
  assert.ok(map(flat, 'occlusion').every((v) => Math.abs(v - 1) < 1e-6));
  assert.ok(map(flat, 'color').every((v) => Math.abs(v - 0.4) < 1e-6));
  const tile = await sealed('examples/wood.png', 17);
  const alpha = new Float32Array(tile.width * tile.height).fill(0.5);
  const glass = await derive(await device(), { ...tile, alpha, grey: true });
  assert.is(map(glass, 'opacity'), alpha);
});

test('settings that make no sense are refused', async () => {
  const tile = { width: 16, height: 16, data: new Float32Array(768) };
  const refused = async (settings: object, message: RegExp): Promise<void> => {
    const error = await derive(await device(), tile, settings).then(
      () => new Error('taken'),
      (e: Error) => e,
    );
    assert.match(error.message, message);
  };
  await refused({ delight: 2 }, /delight is 2\n {2}It is 0 to 1/);
  await refused({ preset: 'cheese' }, /no preset cheese\n {2}There are: stone/);
  await refused({ maps: ['smell'] }, /no map smell/);
  await refused({ relief: 0 }, /relief is 0/);
  await refused({ light: Number.NaN }, /light is NaN/);
});

test.run();
