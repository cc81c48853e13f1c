import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Raster } from '../../src/base/raster';
import { repeat } from '../../src/base/raster';
import { plasma } from '../../src/recipes/init/plasma';
import { seamless, seamScore, verdict } from '../../src/recipes/scores/seam';

const test = suite('seam');

const paint = (width: number, height: number, f: (x: number, y: number, band: number) => number): Raster => {
  const n = width * height;
  const data = Float32Array.from({ length: 3 * n }, (_, i) =>
    f(i % width, Math.floor((i % n) / width), Math.floor(i / n)),
  );
  return { width, height, data };
};

/** The part of a picture that starts at (left, top). */
const crop = (r: Raster, left: number, top: number, width: number, height: number): Raster =>
  paint(width, height, (x, y, band) => r.data[(band * r.height + top + y) * r.width + left + x] ?? 0);

test('counts by hand', () => {
  // rows 0 1 2 4: lines inside 1 1 2, mean 4/3, deviation sqrt(2)/3; the join is 4
  const score = seamScore(paint(4, 4, (x) => [0, 1, 2, 4][x] ?? 0));
  assert.ok(Math.abs(score.x.ratio - 3) < 1e-12);
  assert.ok(Math.abs(score.x.z - (4 - 4 / 3) / (Math.SQRT2 / 3)) < 1e-9);
  assert.equal(score.y, { ratio: 1, z: 0 });
});

test('a tile that joins passes from every roll, its crop fails on the axis that was cut', () => {
  const tile = plasma({ size: [128, 128], seed: 4 });
  const four = repeat(tile, 2, 2);
  for (const [dx, dy] of [
    [0, 0],
    [17, 90],
    [64, 1],
  ] as const) {
    assert.ok(seamless(seamScore(crop(four, dx, dy, 128, 128))), `rolled by ${dx}, ${dy}`);
  }
  const half = seamScore(crop(tile, 0, 0, 64, 128));
  assert.is(verdict(half.x), 'jump');
  assert.is(verdict(half.y), 'seamless');
  assert.is(verdict(seamScore(crop(tile, 0, 20, 128, 70)).y), 'jump');
});

test('a ramp jumps, a mirrored grain is too smooth', () => {
  assert.is(verdict(seamScore(paint(32, 32, (x) => x / 32)).x), 'jump');
  const grain = plasma({ size: [64, 64], seed: 1, stretch: true });
  const mirrored = paint(64, 64, (x, y, b) => grain.data[(b * 64 + y) * 64 + Math.min(x, 63 - x)] ?? 0);
  const score = seamScore(mirrored);
  assert.is(score.x.ratio, 0);
  assert.is(verdict(score.x), 'too smooth');
});

test('one colour is seamless, and every score is a finite number', () => {
  const grey = seamScore(paint(16, 16, () => 0.3));
  assert.equal(grey, { x: { ratio: 1, z: 0 }, y: { ratio: 1, z: 0 } });
  const edge = seamScore(paint(16, 16, (x) => (x === 15 ? 1 : 0)));
  for (const axis of [edge.x, edge.y]) assert.ok(Number.isFinite(axis.ratio) && Number.isFinite(axis.z));
});

test('too small a picture is refused', () => {
  assert.throws(() => seamScore(paint(3, 8, () => 0)), /3x8 is too small to look for seams/);
});

test.run();
