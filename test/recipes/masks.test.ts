import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Raster } from '../../src/base/raster';
import { maskPlane, normalised } from '../../src/recipes/masks';

const test = suite('masks');

const grey = (width: number, height: number, f: (x: number, y: number) => number): Raster => ({
  width,
  height,
  data: Float32Array.from({ length: 3 * width * height }, (_, i) => {
    const at = i % (width * height);
    return f(at % width, Math.floor(at / width));
  }),
});
const half = grey(16, 8, (x) => (x < 8 ? 1 : 0));
const mean = (a: Float32Array): number => a.reduce((s, v) => s + v, 0) / a.length;

test('shrinking takes the mean over the area, whatever the sizes', () => {
  const noisy = grey(12, 6, (x, y) => ((x * 7 + y * 5) % 11) / 10);
  const small = maskPlane(noisy, [4, 2]);
  for (let y = 0; y < 2; y++) {
    for (let x = 0; x < 4; x++) {
      let sum = 0;
      for (let k = 0; k < 9; k++) sum += noisy.data[(3 * y + Math.floor(k / 3)) * 12 + 3 * x + (k % 3)]! / 9;
      assert.ok(Math.abs(small[y * 4 + x]! - sum) < 1e-6);
    }
  }
  for (const size of [
    [5, 3],
    [7, 5],
    [1, 1],
  ] as const) {
    assert.ok(Math.abs(mean(maskPlane(noisy, size)) - mean(maskPlane(noisy, [12, 6]))) < 1e-6, `${size}`);
  }
});

test('enlarging is linear and leaves 0..1 nowhere', () => {
  const plane = maskPlane(half, [64, 32]);
  assert.ok(plane.every((v) => v >= 0 && v <= 1));
  const row = [...plane.slice(0, 64)];
  assert.is(row[0], 1, 'the edge of the picture is no seam');
  assert.is(row[63], 0);
  assert.equal(row.slice(29, 35), [1, 0.875, 0.625, 0.375, 0.125, 0]);
});

test('a feather is as wide as it says, at the size asked for, and wraps on the torus alone', () => {
  const feather = 3;
  const sharp = grey(64, 32, (x) => (x < 32 ? 1 : 0));
  for (const wrap of [true, false]) {
    const plane = maskPlane(sharp, [64, 32], { feather, torus: [true, wrap] });
    // One deviation inside the edge 84.1 % are left, one outside 15.9 %; pixel centres lie halfway.
    const at = (x: number): number => (plane[x - 1]! + plane[x]!) / 2;
    assert.ok(Math.abs(at(32) - 0.5) < 1e-3);
    assert.ok(Math.abs(at(32 - feather) - 0.841) < 0.01, `${at(32 - feather)}`);
    assert.ok(Math.abs(at(32 + feather) - 0.159) < 0.01);
    const border = (plane[0]! + plane[63]!) / 2;
    assert.ok(Math.abs(border - 0.5) < 1e-3, 'the mean across the border');
    assert.ok(wrap ? plane[0]! < 0.6 : plane[0]! > 0.99, `wrap ${wrap}: ${plane[0]}`);
  }
});

test('brightness counts, or darkness', () => {
  const n = 16;
  const data = new Float32Array(3 * n);
  data.fill(0.2, 0, n);
  data.fill(0.4, n, 2 * n);
  data.fill(0.8, 2 * n);
  const value = (settings: object): number => maskPlane({ width: 4, height: 4, data }, [4, 4], settings)[5]!;
  const luma = 0.299 * 0.2 + 0.587 * 0.4 + 0.114 * 0.8;
  assert.ok(Math.abs(value({}) - luma) < 1e-6);
  assert.ok(Math.abs(value({ invert: true }) - (1 - luma)) < 1e-6);
});

test('another shape is said, once for all sizes; a mere rounding is not', () => {
  const said: string[] = [];
  const warn = (text: string): unknown => said.push(text);
  maskPlane(half, [32, 16], { warn });
  maskPlane(half, [5, 3], { warn });
  assert.equal(said, []);
  maskPlane(half, [32, 32], { warn, name: 'sky' });
  maskPlane(half, [64, 64], { warn, name: 'sky' });
  assert.equal(new Set(said), new Set(['sky is 16x8, of another shape: it is stretched']));
});

test('normalised has mean 1; an empty mask is refused', () => {
  const made = normalised(maskPlane(half, [10, 10]), [10, 10]);
  assert.ok(Math.abs(mean(made) - 1) < 1e-6);
  assert.ok(Math.abs(made[0]! - 2) < 1e-5);
  assert.throws(
    () => normalised(new Float32Array(100), [10, 10], 'styles[1].mask'),
    (e: Error) => {
      return e.name === 'RecipeError' && /styles\[1\]\.mask is empty at 10x10/.test(e.message);
    },
  );
});

test.run();
