// The host's Fourier transform, and noise made with it.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fourier2d } from '../../src/base/fourier';
import type { Raster } from '../../src/base/raster';
import { Rng } from '../../src/base/rng';
import { phaseNoise, spectrumNoise } from '../../src/recipes/init/spectrum_noise';
import { spectrumShares } from '../../src/recipes/spectra';
import { close } from '../support/kit';

const test = suite('spectrum noise');

const some = (n: number, seed: number): Float64Array => {
  const rng = new Rng(seed, 5);
  return Float64Array.from({ length: n }, () => rng.uniform());
};

/** |X|^2 of a real field. */
function power(field: ArrayLike<number>, width: number, height: number): Float64Array {
  const re = Float64Array.from(field);
  const im = new Float64Array(re.length);
  fourier2d(re, im, width, height);
  return re.map((v, i) => v * v + im[i]! * im[i]!);
}

for (const [width, height] of [
  [1, 1],
  [8, 4],
  [7, 5],
  [1, 6],
  [13, 16],
] as const) {
  test(`the host's transform of ${width}x${height} is the definition, and its inverse undoes it`, () => {
    const n = width * height;
    const a = some(n, 1);
    const b = some(n, 2);
    const wantRe = new Float64Array(n);
    const wantIm = new Float64Array(n);
    for (let k = 0; k < n; k++) {
      for (let i = 0; i < n; i++) {
        const turns = ((k % width) * (i % width)) / width + (Math.floor(k / width) * Math.floor(i / width)) / height;
        const [c, s] = [Math.cos(2 * Math.PI * turns), -Math.sin(2 * Math.PI * turns)];
        wantRe[k]! += a[i]! * c - b[i]! * s;
        wantIm[k]! += a[i]! * s + b[i]! * c;
      }
    }
    const re = a.slice();
    const im = b.slice();
    fourier2d(re, im, width, height);
    close(re, wantRe, 1e-12, 'real', 1e-12);
    close(im, wantIm, 1e-12, 'imaginary', 1e-12);
    fourier2d(re, im, width, height, true);
    close(re, a, 1e-13, 'real, there and back', 1e-13);
    close(im, b, 1e-13, 'imaginary, there and back', 1e-13);
  });
}

for (const [from, to] of [
  [10, 10],
  [10, 16],
  [16, 10],
  [9, 27],
  [30, 7],
] as const) {
  test(`a spectrum of ${from} on a grid of ${to} keeps its power and its symmetry`, () => {
    const density = some(from, 3);
    for (let k = 1; k < from; k++) density[from - k] = density[k]!;
    const shares = spectrumShares(from, to);
    const moved = Float64Array.from(shares, (bins) => bins.reduce((s, [bin, share]) => s + share * density[bin]!, 0));
    const mean = (v: Float64Array): number => v.reduce((s, e) => s + e, 0) / v.length;
    close([mean(moved)], [mean(density)], 1e-13, 'mean');
    for (let k = 1; k < to; k++) close([moved[to - k]!], [moved[k]!], 1e-13, `bins ${k} and ${to - k}`);
    if (from === to) close(moved, density, 1e-13, 'the same grid');
    close(
      shares.map((bins) => bins.reduce((s, [, share]) => s + share, 0)),
      new Array(to).fill(1),
      1e-13,
      'a flat spectrum',
    );
  });
}

test('spectrum noise has mean 0, deviation 1, the power law, and follows its seed', () => {
  const [W, H] = [40, 28];
  const field = spectrumNoise([W, H], { seed: 7, power: 1.5 });
  close([field.reduce((s, v) => s + v, 0) / (W * H)], [0], 0, 'mean', 1e-6);
  close([Math.sqrt(field.reduce((s, v) => s + v * v, 0) / (W * H))], [1], 1e-6, 'deviation');
  const p = power(field, W, H);
  // Modulus f^-1.5: the power at (u, v) over that at (1, 0) is (W f)^-3.
  for (const [u, v] of [
    [3, 0],
    [0, 1],
    [5, 9],
    [20, 14],
  ] as const) {
    close([p[v * W + u]! / p[1]!], [(W * Math.hypot(u / W, v / H)) ** -3], 1e-4, `power at ${u}, ${v}`);
  }
  assert.equal(spectrumNoise([W, H], { seed: 7, power: 1.5 }), field);
  assert.not.equal(spectrumNoise([W, H], { seed: 8, power: 1.5 }), field);
  assert.equal(spectrumNoise([1, 1], { seed: 1, power: 1 }), Float32Array.of(0));
  assert.throws(() => spectrumNoise([0, 4], { seed: 1, power: 1 }), /width is 0, but must be a whole number/);
});

test('the phases are spread evenly: pixels are normal', () => {
  const field = spectrumNoise([64, 64], { seed: 3, power: 0 });
  const fourth = field.reduce((s, v) => s + v ** 4, 0) / field.length;
  close([fourth], [3], 0.1, 'fourth moment');
});

/** Red and green waves of 1/8 cycles, green a quarter behind, and blue grain. */
function waves(width: number, height: number): Raster {
  const n = width * height;
  const grain = some(n, 9);
  const data = Float32Array.from({ length: 3 * n }, (_, i) => {
    const x = i % width;
    const c = Math.floor(i / n);
    if (c === 2) return 0.3 + 0.2 * grain[i % n]!;
    return 0.5 + 0.1 * c + 0.2 * Math.cos((2 * Math.PI * x) / 8 - (c * Math.PI) / 2);
  });
  return { width, height, data };
}

test('phase noise of an exemplar has its spectrum, colours and phases of channels against each other', () => {
  for (const [width, height] of [
    [32, 32],
    [64, 40],
    [24, 16],
  ] as const) {
    const exemplar = waves(32, 32);
    const out = phaseNoise(exemplar, [width, height], 4);
    const n = width * height;
    const bands = [0, 1, 2].map((c) => Float64Array.from(out.subarray(c * n, (c + 1) * n)));
    const means = bands.map((b) => b.reduce((s, v) => s + v, 0) / n);
    close(means, [0.5, 0.6, 0.4], 0.01, 'means');
    const deviations = bands.map((b, c) => Math.sqrt(b.reduce((s, v) => s + (v - means[c]!) ** 2, 0) / n));
    close(deviations.slice(0, 2), [Math.SQRT1_2 / 5, Math.SQRT1_2 / 5], 0.05, 'deviations of the waves');
    close([deviations[2]!], [0.2 / Math.sqrt(12)], 0.1, 'deviation of the grain');
    // Power sits at 1/8 cycles. (The steps across the borders leave a little elsewhere.)
    const p = power(bands[0]!, width, height);
    p[0] = 0;
    const near = [-1, 0, 1]
      .flatMap((v) => [-1, 0, 1].map((u) => p[((v + height) % height) * width + width / 8 + u]!))
      .reduce((s, v) => s + 2 * v, 0);
    assert.ok(near / p.reduce((s, v) => s + v, 0) > 0.9, `the waves have their length at ${width}x${height}`);
    // Green a quarter behind red: the product with red shifted by two pixels is as large as can be.
    let along = 0;
    for (let i = 0; i < n; i++) {
      const x = i % width;
      along += (bands[1]![i]! - means[1]!) * (bands[0]![i - x + ((x - 2 + width) % width)]! - means[0]!);
    }
    assert.ok(along / n / (deviations[0]! * deviations[1]!) > 0.95, `green follows red at ${width}x${height}`);
  }
});

test('a ramp has no say: its periodic component is next to nothing', () => {
  const data = Float32Array.from({ length: 3 * 24 * 20 }, (_, i) => (i % 24) / 24);
  const out = phaseNoise({ width: 24, height: 20, data }, [24, 20], 1);
  const mean = out.reduce((s, v) => s + v, 0) / out.length;
  const deviation = Math.sqrt(out.reduce((s, v) => s + (v - mean) ** 2, 0) / out.length);
  assert.ok(deviation < 0.02, `deviation ${deviation} of a ramp whose own is 0.29`);
});

test.run();
