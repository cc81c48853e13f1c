import { chw } from '../../../base/shape';
import type { Graph } from '../../../graph/graph';
import { concat, slice } from '../../../shaders/concat';
import { fft, isFftSize } from '../../../shaders/fft';
import { fill } from '../../../shaders/fill';
import { matmul } from '../../../shaders/matmul';
import { normalizeRows } from '../../../shaders/normalize_rows';
import type { Ref } from '../../../shaders/op';
import { add, affine, div, mul, scale, sqrt, square, sub } from '../../../shaders/pointwise';
import { reshape } from '../../../shaders/reshape';
import { channelMean, expandChannels } from '../../../shaders/sum';
import { transpose } from '../../../shaders/transpose';
import { spectrumWeights } from '../../spectra';

/** How the borders of an exemplar, which do not meet, are kept out of its spectrum. */
export type Borders = 'smooth' | 'window' | 'tile';

/**
 * The spectrum that a canvas of [H, W] ought to have, from an exemplar [C, h, w]: DFT / sqrt(pixels), whose squares are
 * densities of power, alike at all sizes; 0 at frequency 0. All of it from constants: computed once. The grid is the
 * coarser of the two along each axis, [2, C, min(h, H), min(w, W)]: of a canvas larger than the exemplar nobody knows how
 * power is spread within one of the exemplar's bins, so it is compared bin by bin (`spectrumOverlap`). Interpolating would
 * ask for a smear where a regular pattern has a line.
 *
 * - smooth: of the exemplar's periodic component p = u - s. s is the smoothest picture that has the steps across the
 *   borders: its Laplacian on the torus is these steps (Moisan, "Periodic plus Smooth Image Decomposition", 2011).
 * - window: of the exemplar faded out towards its borders (Hann), about its mean so faded, at the same power.
 * - tile: of the exemplar as it is.
 *
 * On a coarser grid power goes by `spectrumWeights`, and so do the products with a reference, the channels along their main
 * axis, of which the phase is taken: power of each channel and phases of the channels against each other are kept, and the
 * phase they have in common, which places things, is not wanted anyway.
 */
export function spectrumTarget(g: Graph, u: Ref, canvas: readonly [number, number], borders: Borders): Ref {
  const [C, h, w] = chw('spectrum', u.shape);
  const [H, W] = [Math.min(h, canvas[0]), Math.min(w, canvas[1])];
  const free = sub(g, u, expandChannels(g, channelMean(g, u), u.shape));
  const own = borders === 'smooth' ? periodic(g, free) : spectrum(g, borders === 'window' ? faded(g, u) : free);
  if (h === H && w === W) return own;
  const n = h * w;
  const re = reshape(g, slice(g, own, 0, 1), [C, n]);
  const im = reshape(g, slice(g, own, 1, 1), [C, n]);
  const axis = mainAxis(g, re, im);
  const ones = fill(g, [C, 1], 1);
  const referenceRe = matmul(g, ones, matmul(g, axis, re));
  const referenceIm = matmul(g, ones, matmul(g, axis, im));
  const densities = [
    add(g, square(g, re), square(g, im)),
    add(g, mul(g, re, referenceRe), mul(g, im, referenceIm)),
    sub(g, mul(g, im, referenceRe), mul(g, re, referenceIm)),
  ].map((d) => reshape(g, d, [C, h, w]));
  const down = g.constant([h, H], spectrumWeights(h, H), 'bins, down');
  const across = g.constant([w, W], spectrumWeights(w, W), 'bins, across');
  const moved = separable(g, concat(g, densities), down, across);
  const [power, x, y] = [0, 1, 2].map((k) => slice(g, moved, k * C, C)) as [Ref, Ref, Ref];
  // Where there is no power there is no phase: a number too small to matter keeps that from being 0 / 0.
  const length = sqrt(g, affine(g, add(g, square(g, x), square(g, y)), 1, 1e-30));
  const counts = matmul(g, ones, g.constant([1, H * W], new Float32Array(H * W).fill(1).fill(0, 0, 1), 'but 0'));
  const modulus = mul(g, div(g, sqrt(g, power), length), reshape(g, counts, [C, H, W]));
  return reshape(g, concat(g, [mul(g, modulus, x), mul(g, modulus, y)]), [2, C, H, W]);
}

/** The channels' main axis, a row [1, C]: the first eigenvector of their covariance, by power iteration. */
function mainAxis(g: Graph, re: Ref, im: Ref): Ref {
  const [C = 1] = re.shape;
  const covariance = add(g, matmul(g, re, re, { tb: true }), matmul(g, im, im, { tb: true }));
  // At right angles to no likely pair of channels.
  const start = Float32Array.from({ length: C }, (_, c) => 1 + (c % 7) / 8);
  let axis: Ref = g.constant([1, C], start, 'axis');
  for (let k = 0; k < 20; k++) axis = normalizeRows(g, matmul(g, axis, covariance));
  return axis;
}

/** Spectrum of the periodic component of u [C, h, w], which has mean 0. */
function periodic(g: Graph, u: Ref): Ref {
  const [C, h, w] = chw('spectrum', u.shape);
  const across = separable(g, u, identity(g, h), meeting(g, w));
  const down = separable(g, u, meeting(g, h), identity(g, w));
  const steps = spectrum(g, add(g, across, down));
  const inverse = Float32Array.from({ length: h * w }, (_, i) => {
    const x = Math.cos((2 * Math.PI * (i % w)) / w);
    const y = Math.cos((2 * Math.PI * Math.floor(i / w)) / h);
    return i === 0 ? 0 : 1 / (2 * x + 2 * y - 4);
  });
  const rows = matmul(g, fill(g, [2 * C, 1], 1), g.constant([1, h * w], inverse, 'inverse Laplacian'));
  return sub(g, spectrum(g, u), mul(g, steps, reshape(g, rows, steps.shape)));
}

/** Matrix [n, n] that takes a row to the steps between its ends: u[n - 1] - u[0] at 0, the opposite at n - 1. */
function meeting(g: Graph, n: number): Ref {
  const out = new Float32Array(n * n);
  if (n > 1) {
    out[0] = -1;
    out[n - 1] = 1;
    out[(n - 1) * n] = 1;
    out[n * n - 1] = -1;
  }
  return g.constant([n, n], out, 'steps');
}

function identity(g: Graph, n: number): Ref {
  const out = new Float32Array(n * n);
  for (let k = 0; k < n; k++) out[k * n + k] = 1;
  return g.constant([n, n], out, 'identity');
}

/** u faded out to its borders, about its mean so weighted, at the same power. */
function faded(g: Graph, u: Ref): Ref {
  const [C, h, w] = chw('spectrum', u.shape);
  const hann = (k: number, n: number): number => Math.sin((Math.PI * (k + 0.5)) / n) ** 2;
  const window = Float64Array.from({ length: h * w }, (_, i) => hann(i % w, w) * hann(Math.floor(i / w), h));
  const power = Math.sqrt(window.reduce((s, v) => s + v * v, 0) / (h * w));
  const row = g.constant(
    [1, h * w],
    Float32Array.from(window, (v) => v / power),
    'window',
  );
  const spread = reshape(g, matmul(g, fill(g, [C, 1], 1), row), u.shape);
  const weighted = mul(g, u, spread);
  // Mean of u, each pixel counted as the window does: mean(u window) / mean(window).
  const share = (h * w * power) / window.reduce((s, v) => s + v, 0);
  const mean = expandChannels(g, scale(g, channelMean(g, weighted), share), u.shape);
  return sub(g, weighted, mul(g, mean, spread));
}

/** DFT / sqrt(pixels) of x [C, h, w], of any size: [2, C, h, w]. */
function spectrum(g: Graph, x: Ref): Ref {
  const [C, h, w] = chw('spectrum', x.shape);
  if (isFftSize(h) && isFftSize(w)) return fft(g, x, { scale: 1 / Math.sqrt(h * w) });
  // Exemplars come in all sizes, and this is done once: sums as they are, in two matrix products a plane.
  const wave = (n: number, of: (angle: number) => number): Ref => {
    const table = Float64Array.from({ length: n }, (_, k) => of((2 * Math.PI * k) / n) / Math.sqrt(n));
    const data = Float32Array.from({ length: n * n }, (_, i) => table[((i % n) * Math.floor(i / n)) % n] ?? 0);
    return g.constant([n, n], data, 'waves');
  };
  const [cosH, sinH, cosW, sinW] = [wave(h, Math.cos), wave(h, Math.sin), wave(w, Math.cos), wave(w, Math.sin)];
  const re = sub(g, separable(g, x, cosH, cosW), separable(g, x, sinH, sinW));
  const im = add(g, separable(g, x, sinH, cosW), separable(g, x, cosH, sinW));
  return reshape(g, concat(g, [re, scale(g, im, -1)]), [2, C, h, w]);
}

/** Columns times `down` [h, H] and rows times `across` [w, W]: [K, h, w] to [K, H, W]. */
function separable(g: Graph, x: Ref, down: Ref, across: Ref): Ref {
  const [K, h, w] = chw('spectrum', x.shape);
  const [[, H = 1], [, W = 1]] = [down.shape, across.shape];
  const wide = reshape(g, matmul(g, reshape(g, x, [K * h, w]), across), [K, h, W]);
  const turned = reshape(g, transpose(g, wide), [K * W, h]);
  return transpose(g, reshape(g, matmul(g, turned, down), [K, W, H]));
}
