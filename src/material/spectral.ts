// Linear filters on the torus, as factors of the spectrum.
import { fourier2d } from '../base/fourier';
import type { Device } from '../gpu/device';
import { Graph } from '../graph/graph';
import { Plan } from '../graph/plan';
import { broadcastMul } from '../shaders/broadcast_binary';
import { concat, slice } from '../shaders/concat';
import { fft, ifftReal, isFftSize } from '../shaders/fft';
import type { Ref } from '../shaders/op';
import { add, scale } from '../shaders/pointwise';

export type Size = readonly [width: number, height: number];

/** What a filter multiplies frequency (u, v) by, radians a pixel, -pi .. pi, v down. Absent: 0. */
export interface Filter {
  readonly re?: (u: number, v: number) => number;
  /** Odd: im(-u, -v) = -im(u, v), so that real stays real. */
  readonly im?: (u: number, v: number) => number;
}

/** A Gaussian blur of a standard deviation of `sigma` pixels. */
export const gaussian =
  (sigma: number) =>
  (u: number, v: number): number =>
    Math.exp(-0.5 * sigma * sigma * (u * u + v * v));

function sampled(factor: Filter['re'], [width, height]: Size): Float32Array {
  const angle = (k: number, n: number): number => (2 * Math.PI * (k > n / 2 ? k - n : k)) / n;
  const out = new Float32Array(width * height);
  if (!factor) return out;
  for (let y = 0; y < height; y++) {
    const v = angle(y, height);
    for (let x = 0; x < width; x++) out[y * width + x] = factor(angle(x, width), v);
  }
  return out;
}

/**
 * A plane through several filters. On the device where its sides are 2^a 3^b 5^c, else on the host by Bluestein's algorithm.
 * @param plane [H, W]; of mean 0 it loses no digits
 * @returns [H, W] for each
 */
export async function filtered(
  device: Device,
  plane: Float32Array,
  size: Size,
  filters: readonly Filter[],
): Promise<Float32Array[]> {
  if (!size.every(isFftSize)) return filteredByHost(plane, size, filters);
  const [width, height] = size;
  const g = new Graph();
  const spectrum = fft(g, g.constant([1, height, width], plane));
  const turned = concat(g, [scale(g, slice(g, spectrum, 1, 1), -1), slice(g, spectrum, 0, 1)]);
  const times = (x: Ref, factor: Filter['re']): Ref =>
    broadcastMul(g, x, g.constant([1, 1, height, width], sampled(factor, size)));
  const outputs = filters.map(({ re, im }) => {
    const parts = [...(re || !im ? [times(spectrum, re)] : []), ...(im ? [times(turned, im)] : [])];
    return ifftReal(
      g,
      parts.reduce((a, b) => add(g, a, b)),
    );
  });
  const plan = await Plan.compile(device, g, outputs);
  try {
    plan.run();
    const found: Float32Array[] = [];
    for (const y of outputs) found.push(await plan.read(y));
    return found;
  } finally {
    plan.close();
  }
}

function filteredByHost(plane: Float32Array, size: Size, filters: readonly Filter[]): Float32Array[] {
  const re = Float64Array.from(plane);
  const im = new Float64Array(plane.length);
  fourier2d(re, im, ...size);
  return filters.map((filter) => {
    const [a, b] = [sampled(filter.re, size), sampled(filter.im, size)];
    const x = new Float64Array(plane.length);
    const y = new Float64Array(plane.length);
    for (let i = 0; i < x.length; i++) {
      const [p = 0, q = 0, c = 0, s = 0] = [re[i], im[i], a[i], b[i]];
      x[i] = p * c - q * s;
      y[i] = p * s + q * c;
    }
    fourier2d(x, y, ...size, true);
    return Float32Array.from(x);
  });
}
