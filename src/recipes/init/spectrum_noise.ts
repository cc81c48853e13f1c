import { EngineError } from '../../base/errors';
import { fourier2d } from '../../base/fourier';
import type { Raster } from '../../base/raster';
import { Rng } from '../../base/rng';
import { spectrumShares } from '../spectra';

type Size = readonly [width: number, height: number];
/** A spectrum on a grid of frequencies, frequency 0 first. */
interface Spectrum {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

function checked([width, height]: Size): number {
  for (const [name, side] of Object.entries({ width, height })) {
    if (!Number.isInteger(side) || side < 1 || side > 16384) {
      throw new EngineError(
        'ShapeError',
        `spectrum noise: ${name} is ${side}, but must be a whole number of 1 to 16384`,
      );
    }
  }
  return width * height;
}

/** exp(i phi) at every frequency, phi uniform and odd, so that a spectrum times it is that of a real field. */
function randomPhases(size: Size, seed: number): Spectrum {
  const n = checked(size);
  // The phases of white Gaussian noise are just that.
  const rng = new Rng(seed, 320);
  const re = Float64Array.from({ length: n }, () => rng.normal());
  const im = new Float64Array(n);
  fourier2d(re, im, ...size);
  for (let i = 0; i < n; i++) {
    const length = Math.hypot(re[i] ?? 0, im[i] ?? 0) || 1;
    re[i] = (re[i] ?? 0) / length;
    im[i] = (im[i] ?? 0) / length;
  }
  return { re, im };
}

/**
 * Noise with a power law, on a torus of any size: the modulus at f cycles a pixel is f^-power, the same in all
 * directions, and phases are random. power 0 is white, 1 like natural pictures (1/f^2 in power), more is softer.
 * @param seed 0 .. 2^32 - 1; the same seed gives the same values.
 * @returns [H, W], mean 0 and deviation 1 (of a single pixel: 0).
 * @throws EngineError `ShapeError` when a side is no whole number from 1 to 16384.
 */
export function spectrumNoise(
  size: Size,
  { seed, power }: { readonly seed: number; readonly power: number },
): Float32Array {
  const n = checked(size);
  const [width, height] = size;
  const { re, im } = randomPhases(size, seed);
  let total = 0;
  for (let i = 0; i < n; i++) {
    const modulus = i === 0 ? 0 : Math.hypot(signed(i % width, width), signed(Math.floor(i / width), height)) ** -power;
    re[i] = (re[i] ?? 0) * modulus;
    im[i] = (im[i] ?? 0) * modulus;
    total += modulus * modulus;
  }
  fourier2d(re, im, width, height, true);
  // The sum of squared moduli is n^2 times the variance: the deviation is exact, whatever the phases.
  return Float32Array.from(re, (v) => (v * n) / (Math.sqrt(total) || 1));
}

/** Cycles a pixel of frequency k of n, -1/2 .. 1/2. */
const signed = (k: number, n: number): number => (2 * k > n ? k - n : k) / n;

/**
 * Noise with the spectrum of an exemplar: its moduli, and the phases of its channels against each other, with random
 * phases common to all channels (Galerne, Gousseau and Morel, "Random Phase Textures: Theory and Synthesis", 2011). Its
 * colours, grain and directions, without its shapes. The exemplar is no torus, so its periodic component is taken
 * (Moisan, "Periodic plus Smooth Image Decomposition", 2011); another size is had by `spectrumShares`. Deviations are
 * then those of the periodic component; of a smaller canvas they lack what changes too slowly to be seen on it.
 * @returns [3, H, W], the exemplar's means, on its scale; values may leave 0..1.
 * @throws EngineError `ShapeError` when a side is no whole number from 1 to 16384.
 */
export function phaseNoise(exemplar: Raster, size: Size, seed: number): Float32Array {
  const n = checked(size);
  const from: Size = [exemplar.width, exemplar.height];
  const m = from[0] * from[1];
  const bands = [0, 1, 2].map((c) => Float64Array.from(exemplar.data.subarray(c * m, (c + 1) * m)));
  const spectra = spectraAt(
    bands.map((b) => periodicSpectrum(b, from)),
    from,
    size,
  );
  const turn = randomPhases(size, seed);
  const out = new Float32Array(3 * n);
  spectra.forEach(({ re, im }, c) => {
    for (let i = 0; i < n; i++) {
      const [a = 0, b = 0, p = 0, q = 0] = [re[i], im[i], turn.re[i], turn.im[i]];
      re[i] = a * p - b * q;
      im[i] = a * q + b * p;
    }
    const mean = bands[c]?.reduce((s, v) => s + v, 0) ?? 0;
    re[0] = (n / m) * mean;
    im[0] = 0;
    fourier2d(re, im, ...size, true);
    out.set(re, c * n);
  });
  return out;
}

/**
 * Spectrum of the periodic component p of a picture u = p + s, but for its mean: s is as smooth as can be, given that
 * it takes the steps across the borders, so that its Laplacian on the torus is these steps.
 */
function periodicSpectrum(u: Float64Array, [width, height]: Size): Spectrum {
  const n = width * height;
  const steps = new Float64Array(n);
  const meet = (i: number, j: number): void => {
    const d = (u[j] ?? 0) - (u[i] ?? 0);
    steps[i] = (steps[i] ?? 0) + d;
    steps[j] = (steps[j] ?? 0) - d;
  };
  for (let y = 0; y < height; y++) meet(y * width, y * width + width - 1);
  for (let x = 0; x < width; x++) meet(x, n - width + x);
  const re = Float64Array.from(u);
  const im = new Float64Array(n);
  const stepsIm = new Float64Array(n);
  fourier2d(re, im, width, height);
  fourier2d(steps, stepsIm, width, height);
  re[0] = 0;
  im[0] = 0;
  for (let i = 1; i < n; i++) {
    const across = Math.cos((2 * Math.PI * (i % width)) / width);
    const down = Math.cos((2 * Math.PI * Math.floor(i / width)) / height);
    const laplacian = 2 * across + 2 * down - 4;
    re[i] = (re[i] ?? 0) - (steps[i] ?? 0) / laplacian;
    im[i] = (im[i] ?? 0) - (stepsIm[i] ?? 0) / laplacian;
  }
  return { re, im };
}

/**
 * Spectra of channels on another grid. Power goes by `spectrumShares`, and so do the products with a reference,
 * the channels along their main axis, whose phases become the channels' own: phases against each other are kept.
 */
function spectraAt(channels: readonly Spectrum[], from: Size, to: Size): readonly Spectrum[] {
  if (from[0] === to[0] && from[1] === to[1]) return channels;
  const m = from[0] * from[1];
  const n = to[0] * to[1];
  const reference = { re: new Float64Array(m), im: new Float64Array(m) };
  const axis = mainAxis(channels);
  channels.forEach(({ re, im }, c) => {
    for (let i = 0; i < m; i++) {
      reference.re[i] = (reference.re[i] ?? 0) + (axis[c] ?? 0) * (re[i] ?? 0);
      reference.im[i] = (reference.im[i] ?? 0) + (axis[c] ?? 0) * (im[i] ?? 0);
    }
  });
  const at = remap(from, to);
  return channels.map(({ re, im }) => {
    const power = at(re.map((a, i) => a * a + (im[i] ?? 0) ** 2));
    const alongRe = at(re.map((a, i) => a * (reference.re[i] ?? 0) + (im[i] ?? 0) * (reference.im[i] ?? 0)));
    const alongIm = at(re.map((a, i) => (im[i] ?? 0) * (reference.re[i] ?? 0) - a * (reference.im[i] ?? 0)));
    const outRe = new Float64Array(n);
    const outIm = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      const [p = 0, x = 0, y = 0] = [power[i], alongRe[i], alongIm[i]];
      // |X|^2 / pixels is a density: |X|^2 grows with the pixels.
      const modulus = Math.sqrt((p * n) / m);
      const length = Math.hypot(x, y);
      outRe[i] = length > 0 ? (modulus * x) / length : modulus;
      outIm[i] = length > 0 ? (modulus * y) / length : 0;
    }
    return { re: outRe, im: outIm };
  });
}

/** Direction in which the channels vary most: the first eigenvector of their covariance, by power iteration. */
function mainAxis(channels: readonly Spectrum[]): readonly number[] {
  const dot = (a: Spectrum, b: Spectrum): number =>
    a.re.reduce((sum, v, i) => sum + v * (b.re[i] ?? 0) + (a.im[i] ?? 0) * (b.im[i] ?? 0), 0);
  const covariance = channels.map((a) => channels.map((b) => dot(a, b)));
  let axis: readonly number[] = channels.map((_, c) => 1 + c / 8); // at right angles to no likely pair of colours
  for (let k = 0; k < 50; k++) {
    const next = covariance.map((row) => row.reduce((sum, v, c) => sum + v * (axis[c] ?? 0), 0));
    const length = Math.hypot(...next) || 1;
    axis = next.map((v) => v / length);
  }
  return axis;
}

/** Densities [h, w] on another grid [H, W], one axis after the other. */
function remap([w, h]: Size, [W, H]: Size): (density: Float64Array) => Float64Array {
  const across = spectrumShares(w, W);
  const down = spectrumShares(h, H);
  return (density) => {
    const half = new Float64Array(h * W);
    for (let y = 0; y < h; y++) {
      across.forEach((bins, x) => {
        for (const [j, share] of bins) half[y * W + x] = (half[y * W + x] ?? 0) + share * (density[y * w + j] ?? 0);
      });
    }
    const out = new Float64Array(H * W);
    down.forEach((bins, y) => {
      for (const [j, share] of bins) {
        for (let x = 0; x < W; x++) out[y * W + x] = (out[y * W + x] ?? 0) + share * (half[j * W + x] ?? 0);
      }
    });
    return out;
  };
}
