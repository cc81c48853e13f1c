// Heights to slopes and back, exactly, on the torus.
import type { Device } from '../gpu/device';
import { type Filter, filtered, type Size } from './spectral';

/** Scharr's filter for d/dx, times 32; that for d/dy is its transpose. */
export const SCHARR = [-3, 0, 3, -10, 0, 10, -3, 0, 3] as const;

/** What that does to frequency (u, v): i times this; d/dy with u and v exchanged. */
const response = (u: number, v: number): number => (Math.sin(u) * (10 + 6 * Math.cos(v))) / 16;

/**
 * The heights whose Scharr slopes are nearest to the given ones, of mean 0: exactly those, where there are such (Frankot and
 * Chellappa 1988). Alternating rows and columns have no such slopes, and are not found.
 * @param p, q [H, W], slopes along x and down, per pixel
 */
export async function integrate(device: Device, p: Float32Array, q: Float32Array, size: Size): Promise<Float32Array> {
  const over = (u: number, v: number): number => {
    const square = response(u, v) ** 2 + response(v, u) ** 2;
    return square > 1e-12 ? -1 / square : 0;
  };
  const [a] = await filtered(device, p, size, [{ im: (u, v) => over(u, v) * response(u, v) }]);
  const [b] = await filtered(device, q, size, [{ im: (u, v) => over(u, v) * response(v, u) }]);
  return (a ?? p).map((v, i) => v + (b?.[i] ?? 0));
}

/** What alternates from column to column or row to row, taken out of a plane in place: slopes do not show it. */
export function withoutAlternation(plane: Float32Array, [width, height]: Size): void {
  const signs = [
    [width, (x: number) => x % 2],
    [height, (_: number, y: number) => y % 2],
    [width, (x: number, y: number) => (x + y) % 2],
  ] as const;
  for (const [k, [side, odd]] of signs.entries()) {
    if (side % 2 !== 0 || (k === 2 && height % 2 !== 0)) continue;
    let sum = 0;
    for (let i = 0; i < plane.length; i++)
      sum += odd(i % width, Math.floor(i / width)) ? -(plane[i] ?? 0) : (plane[i] ?? 0);
    const mean = sum / plane.length;
    for (let i = 0; i < plane.length; i++) {
      plane[i] = (plane[i] ?? 0) - (odd(i % width, Math.floor(i / width)) ? -mean : mean);
    }
  }
}

/** The filter that undoes shading by a light from `degrees` (Pentland 1990, "Linear shape from shading"), per unit of height. */
export function shapeFromShading(degrees: number, damping: number): Required<Filter> {
  const t = (degrees * Math.PI) / 180;
  // Brightness falls where heights rise towards the light; y is up there, and down here.
  const along = (u: number, v: number): number => u * Math.cos(t) - v * Math.sin(t);
  return {
    re: () => 0,
    im: (u, v) => {
      const d = along(u, v);
      const square = d * d + damping * (u * u + v * v);
      return square > 0 ? d / square : 0;
    },
  };
}
