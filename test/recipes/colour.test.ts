import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { product, spectralMap } from '../../src/base/eigen_symmetric';
import type { Raster } from '../../src/base/raster';
import { Rng } from '../../src/base/rng';
import {
  decode,
  decodePlanes,
  encode,
  freeSpace,
  luminanceSpace,
  spaceAt,
  styleSpace,
} from '../../src/recipes/colour/canvas_space';
import { lumaOf, splitLuma } from '../../src/recipes/colour/luminance';
import { covarianceMap, matchColour, matchCovariance, matchHistogram } from '../../src/recipes/colour/match';
import { colourMoments } from '../../src/recipes/colour/moments';
import { apart, fromOklab, lockPalette, oklab, paletteOf } from '../../src/recipes/colour/palette';

const test = suite('colour');

const near = (a: ArrayLike<number>, b: ArrayLike<number>, allowance: number, what = ''): void => {
  assert.is(a.length, b.length, what);
  for (let i = 0; i < a.length; i++) {
    if (!(Math.abs(a[i]! - b[i]!) <= allowance)) assert.unreachable(`${what} [${i}] ${a[i]}, not ${b[i]}`);
  }
};
/** Pixels of a colour each; width times height of them. */
const picture = (width: number, height: number, f: (i: number) => readonly number[]): Raster => {
  const n = width * height;
  const data = new Float32Array(3 * n);
  for (let i = 0; i < n; i++) for (const [c, v] of f(i).entries()) data[c * n + i] = v;
  return { width, height, data };
};
/** Correlated colours that stay well inside 0..1. */
function cloud(seed: number, mean: readonly number[], mix: readonly (readonly number[])[], side = 48): Raster {
  const rng = new Rng(seed);
  return picture(side, side, () => {
    const u = [rng.uniform() - 0.5, rng.uniform() - 0.5, rng.uniform() - 0.5];
    return mean.map((m, c) => m + mix[c]!.reduce((s, v, k) => s + v * u[k]!, 0));
  });
}
const warm = cloud(
  1,
  [0.6, 0.45, 0.3],
  [
    [0.3, 0.02, 0.03],
    [0.25, 0.1, 0],
    [0.1, 0.1, 0.1],
  ],
);
const cool = cloud(
  2,
  [0.3, 0.4, 0.6],
  [
    [0.1, 0.2, 0],
    [0.2, -0.1, 0.05],
    [0.1, 0.1, 0.3],
  ],
);
const line = cloud(
  3,
  [0.5, 0.5, 0.5],
  [
    [0.4, 0, 0],
    [0.4, 0, 0],
    [0.4, 0, 0],
  ],
);

test('covariance matching gives mean and covariance by a symmetric map', () => {
  const made = colourMoments([matchCovariance(warm, [cool])]);
  const want = colourMoments([cool]);
  near(made.mean, want.mean, 1e-6);
  near(made.covariance.flat(), want.covariance.flat(), 1e-6);
  const { matrix } = covarianceMap(colourMoments([warm]), want);
  for (const [i, j] of [
    [0, 1],
    [0, 2],
    [1, 2],
  ] as const) {
    assert.ok(Math.abs(matrix[i]![j]! - matrix[j]![i]!) < 1e-9);
  }
  // Positive definite: no colour is turned into its opposite.
  const square = product(matrix, matrix);
  near(spectralMap(square, Math.sqrt).flat(), matrix.flat(), 1e-6);
  near(matchCovariance(warm, [warm]).data, warm.data, 1e-5, 'its own colours leave it alone');
});

test('colours on a line stay on one, and no noise is blown up', () => {
  const made = matchCovariance(line, [cool]);
  assert.is(styleSpace([made]).rank, 1);
  near(colourMoments([made]).mean, colourMoments([cool]).mean, 1e-5);
  const rng = new Rng(6);
  const grain = { ...line, data: line.data.map((v) => v + 0.002 * (rng.uniform() - 0.5)) };
  const matched = matchCovariance(grain, [cool]);
  assert.is(styleSpace([matched]).rank, 1, 'noise of a file format is not made into colours');
  const flat = picture(8, 8, () => [0.2, 0.3, 0.4]);
  near(matchCovariance(flat, [cool]).data, picture(8, 8, () => colourMoments([cool]).mean).data, 1e-6);
});

/** Sorted values along an axis. */
const sorted = (r: Raster, axis: readonly number[]): Float32Array => {
  const n = r.width * r.height;
  return Float32Array.from({ length: n }, (_, i) => axis.reduce((s, a, c) => s + a * r.data[c * n + i]!, 0)).sort();
};
const mismatch = (a: Raster, b: Raster, axis: readonly number[]): number => {
  const [p, q] = [sorted(a, axis), sorted(b, axis)];
  return p.reduce((s, v, i) => s + Math.abs(v - q[i]!), 0) / p.length;
};

test('histogram matching gives the distribution on every axis, one it was not told too', () => {
  // Clusters: mean and covariance do not tell them from a cloud, nor do the distributions on three axes.
  const rng = new Rng(5);
  const clusters = picture(48, 48, () => {
    const colours = [
      [0.8, 0.3, 0.2],
      [0.2, 0.3, 0.6],
      [0.3, 0.8, 0.3],
      [0.8, 0.8, 0.7],
    ];
    return colours[rng.below(4)]!.map((v) => v + 0.06 * (rng.uniform() - 0.5));
  });
  const made = matchHistogram(warm, [clusters]);
  const rough = matchCovariance(warm, [clusters]);
  for (const axis of [
    [1, 0, 0],
    [0, 0, 1],
    [0.6, -0.8, 0],
    [0.3, 0.5, -0.81],
  ]) {
    const [left, before] = [mismatch(made, clusters, axis), mismatch(rough, clusters, axis)];
    assert.ok(left < 0.012, `${axis}: ${left}, before ${before}`);
    assert.ok(left < 0.5 * before, `${axis}: ${left} of ${before}`);
  }
  assert.equal(matchColour(warm, clusters, 'histogram').data, made.data, 'the same bytes each time');
  assert.equal(matchColour(warm, clusters, 'covariance').data, rough.data);
});

test('histogram matching keeps flat areas flat, and order', () => {
  const steps = picture(32, 32, (i) => [0, 1, 2].map(() => Math.floor((i % 32) / 8) / 4 + 0.1));
  const made = matchHistogram(steps, [cool]);
  const colours = new Set(Array.from({ length: 1024 }, (_, i) => [0, 1, 2].map((c) => made.data[c * 1024 + i]).join()));
  assert.is(colours.size, 4);
  near(colourMoments([made]).mean, colourMoments([cool]).mean, 0.02, 'a flat area gets the mean of what it covers');
  const several = matchHistogram(warm, [cool, line]);
  near(colourMoments([several]).mean, colourMoments([cool, line]).mean, 0.01);
});

test('Oklab: known colours, and back', () => {
  near(oklab([1, 1, 1]), [1, 0, 0], 1e-4);
  near(oklab([1, 0, 0]), [0.62796, 0.22486, 0.12585], 1e-4);
  near(oklab([0, 0, 1]), [0.45201, -0.03246, -0.31153], 1e-4);
  for (const colour of [
    [0.2, 0.7, 0.1],
    [0.01, 0.02, 0.9],
    [0, 0, 0],
  ] as const) {
    near(fromOklab(oklab(colour)), colour, 1e-4);
  }
});

test('a palette finds the colours there are, the commonest first', () => {
  const known = [
    [0.8, 0.1, 0.1],
    [0.1, 0.6, 0.2],
    [0.1, 0.2, 0.7],
    [0.9, 0.9, 0.85],
  ] as const;
  const rng = new Rng(8);
  const mixed = picture(40, 40, (i) => {
    const k = [0, 0, 0, 0, 1, 1, 1, 2, 2, 3][i % 10]!;
    return known[k]!.map((v) => v + 0.02 * (rng.uniform() - 0.5));
  });
  for (const seed of [0, 1, 2, 3]) {
    const palette = paletteOf(mixed, 4, seed);
    for (const [k, { colour, share }] of palette.entries()) {
      near(colour, known[k]!, 0.01, `seed ${seed}, colour ${k}`);
      assert.ok(Math.abs(share - (4 - k) / 10) < 1e-9);
    }
    assert.equal(paletteOf([mixed], 4, seed), palette);
  }
  assert.is(
    paletteOf(
      picture(6, 6, (i) => known[i % 2]!),
      5,
    ).length,
    2,
    'as many as there are',
  );
  for (const bad of [0, 2.5, 300]) assert.throws(() => paletteOf(mixed, bad), /from 1 to 256/);
});

/** Hue counts three times as much as lightness. */
const seen = (colour: readonly [number, number, number]): readonly [number, number, number] => {
  const [l, a, b] = oklab(colour);
  return [l, 3 * a, 3 * b];
};

test('locking leaves only the colours of the palette; softness blends', () => {
  const palette = paletteOf(cool, 5);
  const keys = new Set(palette.map((p) => p.colour.map(Math.fround).join()));
  const hard = lockPalette(warm, palette);
  const n = warm.width * warm.height;
  for (let i = 0; i < n; i++) {
    const own = [0, 1, 2].map((c) => warm.data[c * n + i]!) as [number, number, number];
    const got = [0, 1, 2].map((c) => hard.data[c * n + i]!) as [number, number, number];
    assert.ok(keys.has(got.join()));
    const least = Math.min(...palette.map((p) => apart(seen(p.colour), seen(own))));
    assert.ok(apart(seen(got), seen(own)) < least + 1e-6, 'the nearest');
  }
  const soft = lockPalette(warm, palette, { softness: 0.8 });
  const many = new Set(Array.from({ length: n }, (_, i) => [0, 1, 2].map((c) => soft.data[c * n + i]).join()));
  assert.ok(many.size > 500);
  near(lockPalette(warm, palette, { softness: 1e-3 }).data, hard.data, 1e-2, 'hardly soft');
  const own = palette.map((p) => p.colour);
  const kept = lockPalette(
    picture(own.length, 1, (i) => own[i]!),
    palette,
    { softness: 1 },
  );
  near(kept.data, picture(own.length, 1, (i) => own[i]!).data, 0.02, 'the colours themselves stay, however soft');
  assert.throws(() => lockPalette(warm, []), /without colours/);
});

test('a colour is its luma and a chroma that has none', () => {
  const { luma, chroma } = splitLuma(warm);
  near(
    chroma.map((v, i) => v + luma[i % luma.length]!),
    warm.data,
    1e-6,
  );
  near(lumaOf({ ...warm, data: chroma }), new Float32Array(luma.length), 1e-6, 'chroma has no luma');
});

test('the space of a style has as many axes as its colours need, and holds them all', () => {
  const plane = cloud(
    4,
    [0.5, 0.4, 0.4],
    [
      [0.3, 0.1, 0],
      [0.2, -0.1, 0],
      [0.1, 0.1, 0],
    ],
  );
  for (const [style, rank] of [
    [warm, 3],
    [plane, 2],
    [line, 1],
  ] as const) {
    const space = styleSpace([style]);
    assert.is(space.rank, rank);
    for (let j = 0; j < rank; j++) {
      for (let k = 0; k < rank; k++) {
        const dot = [0, 1, 2].reduce((s, c) => s + space.axes[3 * j + c]! * space.axes[3 * k + c]!, 0);
        assert.ok(Math.abs(dot - (j === k ? 1 : 0)) < 1e-9, 'orthonormal');
      }
    }
    const coordinates = encode(space, style);
    const n = coordinates.length / rank;
    for (let k = 0; k < rank; k++) {
      const part = coordinates.slice(k * n, (k + 1) * n).sort();
      assert.equal([part[0], part[n - 1]], [space.lo[k], space.hi[k]]);
      assert.ok(Math.abs(part.reduce((a, b) => a + b, 0) / n) < 1e-6, 'zero is the mean colour');
    }
    near(decode(space, coordinates, 48, 48).data, style.data, 1e-5);
  }
  assert.equal([...styleSpace([warm]).axes], [1, 0, 0, 0, 1, 0, 0, 0, 1], 'all of RGB is RGB itself');
});

test('the space of several styles holds the colours of each', () => {
  const other = picture(8, 8, (i) => [0.5 + i / 500, 0.5 - i / 400, 0.5]);
  const space = styleSpace([line, other]);
  assert.is(space.rank, 2);
  for (const style of [line, other]) {
    const coordinates = encode(space, style);
    near(decodePlanes(space, coordinates), style.data, 1e-5);
    const n = coordinates.length / 2;
    for (const k of [0, 1]) {
      for (const v of coordinates.subarray(k * n, (k + 1) * n)) assert.ok(v >= space.lo[k]! && v <= space.hi[k]!);
    }
  }
});

test('brightness alone: the content decodes to itself, any canvas to its colours', () => {
  const space = luminanceSpace(warm);
  near(decode(space, encode(space, warm), 48, 48).data, warm.data, 1e-6);
  near(encode(space, cool), lumaOf(cool), 1e-6);
  const { chroma } = splitLuma(warm);
  const flat = new Float32Array(48 * 48).fill(0.5);
  near(splitLuma({ ...warm, data: decodePlanes(space, flat) }).chroma, chroma, 1e-6);
  const small = spaceAt(space, [12, 24]);
  const planes = decodePlanes(small, new Float32Array(12 * 24).fill(0.5));
  near(lumaOf({ width: 12, height: 24, data: planes }), new Float32Array(12 * 24).fill(0.5), 1e-5);
  assert.is(spaceAt(space, [48, 48]), space);
  assert.throws(() => decodePlanes(space, new Float32Array(99)), /a base of 48x48 for 99 pixels/);
  near(decodePlanes(freeSpace(), encode(freeSpace(), cool)), cool.data, 0);
});

test.run();
