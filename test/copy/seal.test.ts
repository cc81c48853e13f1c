import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { reportText, sealRaster } from '../../src/app/seal';
import type { Raster } from '../../src/base/raster';
import { Rng } from '../../src/base/rng';
import { applyField } from '../../src/copy/apply_field';
import { type CostField, closedMinimumCut, minimumCut } from '../../src/copy/cut';
import { lightTrend } from '../../src/copy/light';
import { membrane } from '../../src/copy/membrane';
import { sealPicture, sealWarnings, unchangedShare } from '../../src/copy/seal';
import { healed } from '../../src/copy/seal_heal';
import { missOf, repeatsOf } from '../../src/copy/seal_lattice';
import { readPicture } from '../../src/node/picture';
import { plasma } from '../../src/recipes/init/plasma';
import { alreadyTiles } from '../../src/recipes/scores/seam';

const test = suite('seal');

const field = (length: number, width: number, seed: number): CostField => {
  const rng = new Rng(seed);
  return { length, width, cost: Float64Array.from({ length: length * width }, () => rng.uniform() ** 3) };
};

/** What a cut parts, counted one pair of neighbours after another. */
function costOf({ length, width, cost }: CostField, at: ArrayLike<number>, closed: boolean): number {
  let sum = 0;
  for (let t = 0; t < length; t++) {
    sum += cost[t * width + at[t]! - 1]! + cost[t * width + at[t]!]!;
    if (t + 1 === length && !closed) continue;
    const next = (t + 1) % length;
    for (let i = Math.min(at[t]!, at[next]!); i < Math.max(at[t]!, at[next]!); i++) {
      sum += cost[t * width + i]! + cost[next * width + i]!;
    }
  }
  return sum;
}

function bruteForce(costs: CostField, closed: boolean): number {
  const { length, width } = costs;
  const at = new Int32Array(length).fill(1);
  let least = Number.POSITIVE_INFINITY;
  for (let n = 0; n < (width - 1) ** length; n++) {
    for (let t = 0, rest = n; t < length; t++, rest = Math.floor(rest / (width - 1))) at[t] = 1 + (rest % (width - 1));
    least = Math.min(least, costOf(costs, at, closed));
  }
  return least;
}

test('cuts, open and closed, are as cheap as the best of all there are', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const costs = field(3 + (seed % 3), 4 + (seed % 4), seed);
    for (const [closed, find] of [
      [false, minimumCut],
      [true, closedMinimumCut],
    ] as const) {
      const { at, cost } = find(costs);
      const want = bruteForce(costs, closed);
      assert.ok(Math.abs(cost - want) < 1e-12, `seed ${seed}, closed ${closed}: ${cost}, the best is ${want}`);
      assert.ok(Math.abs(costOf(costs, at, closed) - want) < 1e-12, `seed ${seed}: the cut does not cost what it says`);
    }
  }
});

test('a closed cut rolls with its field', () => {
  const [length, width] = [40, 12];
  const costs = field(length, width, 5);
  const { at } = closedMinimumCut(costs);
  for (const by of [1, 7, 33]) {
    const cost = costs.cost.map((_, i) => costs.cost[(i + by * width) % (length * width)]!);
    const rolled = closedMinimumCut({ ...costs, cost }).at;
    assert.equal(
      rolled,
      at.map((_, t) => at[(t + by) % length]!),
    );
  }
});

test('the membrane takes a step away: half on either side, linear to the edges of the band', () => {
  const [width, height] = [20, 6];
  const band = Uint8Array.from({ length: width * height }, (_, i) => (i % width >= 5 && i % width < 15 ? 1 : 0));
  const rows = Array.from({ length: height }, (_, y) => y * width);
  const p = Int32Array.from(rows, (r) => r + 9);
  const q = Int32Array.from(rows, (r) => r + 10);
  const [u = new Float64Array()] = membrane(band, [width, height], true, {
    p,
    q,
    excess: [new Float64Array(height).fill(1)],
  });
  for (let x = 0; x < width; x++) {
    // Eleven differences share what is left of the step.
    const want = x < 5 || x >= 15 ? 0 : x < 10 ? (x - 4) / 11 : (x - 15) / 11;
    for (const r of rows) assert.ok(Math.abs(u[r + x]! - want) < 1e-4, `x ${x}: ${u[r + x]}, expected ${want}`);
  }
});

const crop = ({ width, height, data }: Raster, w: number, h: number): Raster => {
  const out = new Float32Array(3 * w * h);
  for (let i = 0; i < out.length; i++) {
    const at = i % (w * h);
    out[i] = data[Math.floor(i / (w * h)) * width * height + Math.floor(at / w) * width + (at % w)]!;
  }
  return { width: w, height: h, data: out };
};
const levels = (picture: Raster): Raster => ({ ...picture, data: picture.data.map((v) => Math.round(v * 255) / 255) });
const pebbles = levels(crop(await readPicture('examples/pebbles.png'), 160, 140));
const grass = levels(crop(await readPicture('examples/grass.png'), 150, 170));

test('a picture becomes a tile of its own pixels, the same every time', () => {
  for (const keepSize of [false, true]) {
    const sealed = sealRaster(pebbles, { keepSize });
    const { raster, report, field: from } = sealed;
    assert.equal(alreadyTiles(raster).x || Math.abs(report.z.x!) < 3, true);
    assert.ok(Math.abs(report.z.x!) < 2 && Math.abs(report.z.y!) < 2, `z ${report.z.x} ${report.z.y}`);
    assert.ok(report.unchanged > (keepSize ? 0.6 : 0.8) && report.unchanged < 1, `unchanged ${report.unchanged}`);
    if (keepSize) assert.equal(report.size, [160, 140]);
    else
      assert.ok(raster.width >= 112 && raster.width < 160 && raster.height >= 98, `${raster.width}x${raster.height}`);
    if (keepSize) assert.equal(sealRaster(pebbles, { keepSize }).raster.data, raster.data);
    assert.equal([from.source.width, from.source.height], [160, 140]);
    assert.ok(from.data.every((v) => (v & 0xffff) < 160 && v >>> 16 < 140));
    assert.is(unchangedShare(pebbles, sealed, 8), report.unchanged);
  }
});

test('outside the bands about the cuts every pixel is that of the picture, to the bit', () => {
  const { raster, field: from, band } = sealRaster(grass);
  const n = band.length;
  const laid = applyField(from, grass);
  let outside = 0;
  for (let i = 0; i < n; i++) {
    if (band[i]) continue;
    outside++;
    const source = (from.data[i]! >>> 16) * grass.width + (from.data[i]! & 0xffff);
    for (let c = 0; c < 3; c++) {
      assert.is(raster.data[c * n + i], grass.data[c * grass.width * grass.height + source]);
      assert.is(laid.data[c * n + i], raster.data[c * n + i]);
    }
  }
  assert.ok(outside > 0.8 * n, `${outside} of ${n}`);
  // Where two neighbours are none in the picture is a cut, and within the band.
  for (let i = 0; i < n; i++) {
    if ((i + 1) % raster.width !== 0 && from.data[i + 1] !== from.data[i]! + 1) assert.is(band[i], 1);
  }
});

test('without a blend every pixel is one of the picture, and half of it is not as far as all of it', () => {
  const bare = sealRaster(pebbles, { strength: 0 });
  assert.is(bare.report.unchanged, 1);
  const [half, whole] = [sealRaster(pebbles, { strength: 0.5 }), sealRaster(pebbles, { strength: 1 })];
  assert.ok(half.report.unchanged > whole.report.unchanged);
});

test('a picture that tiles comes back to the bit, and one of one colour too', () => {
  const tile = levels(plasma({ size: [96, 64], seed: 3, power: 1 }));
  const flat: Raster = { width: 40, height: 30, data: new Float32Array(3 * 1200).fill(0.4) };
  for (const picture of [tile, flat]) {
    const { raster, report } = sealRaster(picture);
    assert.equal(report.sealed, []);
    assert.equal(raster.data, picture.data);
    assert.is(report.unchanged, 1);
    assert.is(reportText(report), 'it tiles already: nothing is changed');
  }
});

test('one axis is sealed alone, and an axis that tiles goes on tiling', () => {
  const { report } = sealRaster(pebbles, { tile: 'x' });
  assert.equal(report.sealed, ['x']);
  assert.is(report.size[1], 140);
  assert.is(report.z.y, undefined);
  const tile = levels(plasma({ size: [128, 128], seed: 8, power: 0.9 }));
  const strip = crop(tile, 128, 100);
  const both = sealRaster(strip);
  assert.equal(both.report.sealed, ['y']);
  assert.is(both.report.size[0], 128);
  assert.ok(Math.abs(both.report.z.x!) < 2 && Math.abs(both.report.z.y!) < 2);
});

test('light that falls off is evened, and said', () => {
  const dim = (picture: Raster): Raster =>
    levels({ ...picture, data: picture.data.map((v, i) => v * (1 - (0.4 * (i % picture.width)) / picture.width)) });
  const { report, raster } = sealRaster(dim(grass));
  assert.ok(Math.abs(report.z.x!) < 2 && Math.abs(report.z.y!) < 2, `z ${report.z.x} ${report.z.y}`);
  assert.ok(report.light[0] < 0.75 && report.light[0] > 0.5, `light ${report.light[0]}`);
  assert.is(report.light[1], 1);
  assert.match(sealWarnings(report)[0]!, /brighter at the left/);
  assert.ok(Math.abs(lightTrend(raster)) < 0.1, 'what is left');
  const ramp: Raster = {
    width: 64,
    height: 48,
    data: Float32Array.from({ length: 3 * 64 * 48 }, (_, i) => Math.round(60 + 2 * (i % 64)) / 255),
  };
  const smooth = sealRaster(ramp);
  assert.ok(Math.abs(smooth.report.z.x!) < 2, `a bare ramp: z ${smooth.report.z.x}`);
});

test('maps and opacity are cut along the same lines; normals stay of unit length', () => {
  const { width, height } = pebbles;
  const n = width * height;
  const place = Float32Array.from({ length: 3 * n }, (_, i) => {
    const at = i % n;
    return [at % width, Math.floor(at / width), 0][Math.floor(i / n)]! / 65535;
  });
  const tilt = new Float32Array(3 * n);
  for (let i = 0; i < n; i++) {
    const v = [pebbles.data[i]! - 0.5, pebbles.data[n + i]! - 0.5, 1];
    for (let c = 0; c < 3; c++) tilt[c * n + i] = (v[c]! / Math.hypot(...v) + 1) / 2;
  }
  const alpha = pebbles.data.slice(0, n);
  const map = { width, height, data: place, alpha };
  const normal = { width, height, data: tilt };
  const bare = sealRaster(pebbles, { strength: 0 }, [['place', map]]);
  const m = bare.raster.width * bare.raster.height;
  for (const [i, packed] of bare.field.data.entries()) {
    const [sx, sy] = [packed & 0xffff, packed >>> 16];
    assert.is(Math.round(bare.maps[0]!.data[i]! * 65535), sx);
    assert.is(Math.round(bare.maps[0]!.data[m + i]! * 65535), sy);
    assert.is(bare.maps[0]!.alpha![i], alpha[sy * width + sx]);
  }
  const soft = sealRaster({ ...pebbles, alpha }, {}, [['stone_normal.png', normal]]);
  assert.is(soft.raster.alpha!.length, soft.raster.width * soft.raster.height);
  const k = soft.field.data.length;
  for (let i = 0; i < k; i++) {
    const length = Math.hypot(...[0, 1, 2].map((c) => 2 * soft.maps[0]!.data[c * k + i]! - 1));
    assert.ok(Math.abs(length - 1) < 1e-5, `pixel ${i}: ${length}`);
  }
});

test('large pictures are searched coarsely first; thin and tiny ones are sealed too', () => {
  const large = crop(pebblesTwice(), 330, 150);
  const wide = crop(large, 320, 16);
  for (const picture of [large, wide, crop(large, 16, 16), crop(large, 17, 150)]) {
    for (const keepSize of [false, true]) {
      const { raster, report } = sealRaster(picture, { keepSize });
      assert.ok(raster.data.every(Number.isFinite));
      assert.ok(raster.width >= 0.69 * picture.width && raster.height >= 0.69 * picture.height, `${report.size}`);
    }
  }
});

/** A picture that repeats every 160 and 140 pixels. */
function pebblesTwice(): Raster {
  const { width, height, data } = pebbles;
  const [w, h] = [2.5 * width, 2.5 * height];
  const out = Float32Array.from({ length: 3 * w * h }, (_, i) => {
    const at = i % (w * h);
    return data[(Math.floor(i / (w * h)) * height + (Math.floor(at / w) % height)) * width + ((at % w) % width)]!;
  });
  return { width: w, height: h, data: out };
}

test('a picture that repeats is cropped to whole repeats', () => {
  const twice = crop(pebblesTwice(), 390, 340);
  const { report, rough } = sealRaster(twice);
  assert.equal(report.size, [320, 280]);
  assert.is(report.unchanged, 1);
  assert.ok(rough.every((v) => v === 0));
});

test('of a picture with a lattice only whole repeats are taken', async () => {
  const square = {
    vectors: [
      [10, 2],
      [-2, 10],
    ] as [[number, number], [number, number]],
    confidence: 1,
  };
  for (const [move, want] of [
    [[10, 2], 0],
    [[8, 12], 0],
    [[104, 0], 0],
    [[5, 1], Math.hypot(5, 1)],
    [[1, 0], 1],
  ] as const) {
    assert.ok(Math.abs(missOf(square, move) - want) < 1e-9, `${move}: ${missOf(square, move)}`);
  }
  assert.ok(Math.abs(missOf({ vectors: [[0, 7]], confidence: 1 }, [50, 16]) - 2) < 1e-9, 'parallel lines');
  // Courses of 23.3 px: the tile holds a whole, even number of them.
  const bricks = levels(crop(await readPicture('examples/brick.png'), 250, 245));
  const { y } = repeatsOf(bricks)!;
  const { report } = sealRaster(bricks);
  assert.ok(y.miss(report.size[1]) <= 2.5, `${report.size[1]} px miss by ${y.miss(report.size[1])}`);
  assert.is(repeatsOf(grass), null);
});

test('where the ends are too unlike it says so, and where', () => {
  const rng = new Rng(2);
  const [w, h] = [96, 96];
  const data = new Float32Array(3 * w * h);
  for (let i = 0; i < w * h; i++) {
    const band = 0.1 + 0.8 * (Math.floor(i / w) / h);
    for (let c = 0; c < 3; c++) data[c * w * h + i] = band + 0.01 * rng.uniform();
  }
  const { rough, roughShare } = sealPicture({ width: w, height: h, data });
  assert.ok(roughShare > 0.2, `${roughShare}`);
  assert.ok(rough.some((v) => v === 1));
});

test('a piece of the picture covers what still shows of a cut; where none does better all stays', () => {
  const { width, height } = grass;
  const n = width * height;
  // Rows 70 to 90 change at column 60 to grass upside down in tone: nothing of the picture goes on from there.
  const scar = (i: number): boolean => i % width >= 60 && i % width < 80 && i >= 70 * width && i < 90 * width;
  const field = sealRaster(grass, { strength: 0 }).field.source;
  const data = Uint32Array.from({ length: n }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return scar(i) ? (x + 40) | ((y + 55) << 16) : x | (y << 16);
  });
  const places = { width, height, source: field, data };
  const laid = {
    raster: applyField(places, grass),
    maps: [applyField(places, pebblesAs(grass))],
    field: places,
    band: new Uint8Array(n),
    rough: Uint8Array.from({ length: n }, (_, i) => Number(scar(i))),
    light: [1, 1] as const,
  };
  const bare = healed(laid, [grass, pebblesAs(grass)], { x: true, y: true }, false);
  assert.ok(bare.rough.every((v) => v === 0));
  assert.equal(bare.raster.data, applyField(bare.field, grass).data, 'the picture is where the field says');
  assert.equal(bare.maps[0]!.data, applyField(bare.field, pebblesAs(grass)).data);
  const soft = healed(laid, [grass], { x: true, y: true }, true);
  let changed = 0;
  for (let i = 0; i < n; i++) {
    if (soft.band[i]) changed++;
    else for (let c = 0; c < 3; c++) assert.is(soft.raster.data[c * n + i], laid.raster.data[c * n + i]);
  }
  assert.ok(changed > 400 && changed < 60 * 60, `${changed}`);
  // A picture of two halves: whatever is laid over their border has as much of it.
  const halves = { width, height, data: grass.data.map((v, i) => (i % width < 60 ? v / 4 : 0.75 + v / 4)) };
  const stays = healed(
    { ...laid, raster: halves, maps: [], rough: laid.rough.fill(1, 0, 1) },
    [halves],
    { x: false, y: false },
    true,
  );
  assert.is(stays.rough[0], 1, 'at the border of an open axis there is no room');
});

/** The pebbles, of the size of another picture. */
function pebblesAs({ width, height }: Raster): Raster {
  return crop(pebblesTwice(), width, height);
}

test('what cannot be sealed is refused', () => {
  const tiny = crop(pebbles, 15, 40);
  assert.throws(() => sealRaster(tiny), /15x40 pixels; at least 16x16/);
  assert.throws(() => sealRaster(pebbles, { strength: 2 }), /strength is 2/);
  assert.throws(
    () => sealRaster(pebbles, {}, [['height', grass]]),
    /the map height is 150x170 pixels, the picture 160x140/,
  );
});

test.run();
