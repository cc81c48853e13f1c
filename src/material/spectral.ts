// Linear filters on the torus, as factors of the spectrum.
import { inverseRealFourier, realFourier } from '../base/fourier';
import type { Device } from '../gpu/device';
import { computed } from '../graph/computed';
import { Graph } from '../graph/graph';
import { broadcastMul } from '../shaders/broadcast_binary';
import { concat, slice } from '../shaders/concat';
import { fft, ifftReal, isFftSize } from '../shaders/fft';
import type { Ref } from '../shaders/op';
import { add, scale } from '../shaders/pointwise';

export type Size = readonly [width: number, height: number];

/** What a filter multiplies frequency (u, v) by, radians a pixel, -pi .. pi, v down. One of them at least. */
export interface Filter {
  readonly re?: (u: number, v: number) => number;
  /** Its odd part counts, im(-u, -v) = -im(u, v), so that real stays real. */
  readonly im?: (u: number, v: number) => number;
}

/** A Gaussian blur of a standard deviation of `sigma` pixels. */
export const gaussian =
  (sigma: number) =>
  (u: number, v: number): number =>
    Math.exp(-0.5 * sigma * sigma * (u * u + v * v));

const angle = (k: number, n: number): number => (2 * Math.PI * (k > n / 2 ? k - n : k)) / n;

function sampled(factor: (u: number, v: number) => number, [width, height]: Size): Float32Array {
  const out = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const v = angle(y, height);
    for (let x = 0; x < width; x++) out[y * width + x] = factor(angle(x, width), v);
  }
  return out;
}

function sampledOdd(factor: (u: number, v: number) => number, size: Size): Float32Array {
  const [width, height] = size;
  const plane = sampled(factor, size);
  return plane.map((value, i) => {
    const [x, y] = [(width - (i % width)) % width, (height - Math.floor(i / width)) % height];
    return (value - (plane[y * width + x] ?? 0)) / 2;
  });
}

/**
 * A plane through several filters: on the device where its sides are 2^a 3^b 5^c; on the host where they are not (by Bluestein's
 * algorithm), and where the device is the host in disguise, which takes ten times as long.
 * @param plane [H, W]; of mean 0 it loses no digits
 * @returns [H, W] for each
 */
export async function filtered(
  device: Device,
  plane: Float32Array,
  size: Size,
  filters: readonly Filter[],
): Promise<Float32Array[]> {
  const host = device.adapter.software || !size.every(isFftSize);
  return host ? filteredOnHost(plane, size, filters) : filteredOnDevice(device, plane, size, filters);
}

/** The same on the device. */
export async function filteredOnDevice(
  device: Device,
  plane: Float32Array,
  size: Size,
  filters: readonly Filter[],
): Promise<Float32Array[]> {
  const [width, height] = size;
  const g = new Graph();
  const spectrum = fft(g, g.constant([1, height, width], plane));
  const turned = concat(g, [scale(g, slice(g, spectrum, 1, 1), -1), slice(g, spectrum, 0, 1)]);
  const times = (x: Ref, factor: Float32Array): Ref => broadcastMul(g, x, g.constant([1, 1, height, width], factor));
  const outputs = filters.map(({ re, im }) => {
    const parts = [
      ...(re ? [times(spectrum, sampled(re, size))] : []),
      ...(im ? [times(turned, sampledOdd(im, size))] : []),
    ];
    return ifftReal(
      g,
      parts.reduce((a, b) => add(g, a, b)),
    );
  });
  return computed(device, g, outputs);
}

/** The same on the host, of any size. */
export function filteredOnHost(plane: Float32Array, size: Size, filters: readonly Filter[]): Float32Array[] {
  const { re, im } = realFourier(plane, size);
  return filters.map((filter) => {
    const a = filter.re && sampledHalf(filter.re, size);
    const b = filter.im && sampledHalf(filter.im, size, true);
    const x = new Float64Array(re.length);
    const y = new Float64Array(re.length);
    for (let i = 0; i < re.length; i++) {
      const p = re[i] as number;
      const q = im[i] as number;
      const c = a ? (a[i] as number) : 0;
      const s = b ? (b[i] as number) : 0;
      x[i] = p * c - q * s;
      y[i] = p * s + q * c;
    }
    return Float32Array.from(inverseRealFourier({ re: x, im: y }, size));
  });
}

/** For half of a spectrum, column by column; `odd`: its odd part. */
function sampledHalf(factor: (u: number, v: number) => number, [width, height]: Size, odd = false): Float64Array {
  const columns = Math.floor(width / 2) + 1;
  const out = new Float64Array((columns + 1) * height);
  for (let x = 0; x < columns; x++) {
    const [u, mirrored] = [angle(x, width), angle((width - x) % width, width)];
    for (let y = 0; y < height; y++) {
      const value = factor(u, angle(y, height));
      out[x * height + y] = odd ? (value - factor(mirrored, angle((height - y) % height, height))) / 2 : value;
    }
  }
  return out;
}
