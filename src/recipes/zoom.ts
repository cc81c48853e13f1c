import type { Raster } from '../base/raster';

/**
 * A picture enlarged and turned about its middle, of the same size: the next thing a zoom dreams on. Catmull-Rom
 * (bicubic, a = -0.5), clipped to 0..1; what lies beyond an edge is the edge, mirrored.
 * @param turn degrees, anticlockwise.
 */
export function zoomed({ width, height, data, alpha }: Raster, factor: number, turn: number): Raster {
  const n = width * height;
  const planes = [0, 1, 2].map((c) => data.subarray(c * n, (c + 1) * n));
  if (alpha) planes.push(alpha);
  const out = planes.map(() => new Float32Array(n));
  const [cos, sin] = [Math.cos((turn * Math.PI) / 180) / factor, Math.sin((turn * Math.PI) / 180) / factor];
  const [cx, cy] = [(width - 1) / 2, (height - 1) / 2];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const u = cx + cos * (x - cx) - sin * (y - cy);
      const v = cy + sin * (x - cx) + cos * (y - cy);
      const [x0, y0] = [Math.floor(u), Math.floor(v)];
      const wx = cubic(u - x0);
      const wy = cubic(v - y0);
      const sums = planes.map(() => 0);
      for (const [j, row] of wy.entries()) {
        const from = mirrored(y0 - 1 + j, height) * width;
        for (const [i, column] of wx.entries()) {
          const at = from + mirrored(x0 - 1 + i, width);
          planes.forEach((plane, c) => {
            sums[c] = (sums[c] ?? 0) + row * column * (plane[at] ?? 0);
          });
        }
      }
      out.forEach((plane, c) => {
        plane[y * width + x] = Math.min(1, Math.max(0, sums[c] ?? 0));
      });
    }
  }
  const colours = new Float32Array(3 * n);
  out.slice(0, 3).forEach((plane, c) => {
    colours.set(plane, c * n);
  });
  const opacity = out[3];
  return { width, height, data: colours, ...(opacity && { alpha: opacity }) };
}

/** Weights of the four samples about a place at t between the second and the third. */
function cubic(t: number): readonly [number, number, number, number] {
  const [t2, t3] = [t * t, t * t * t];
  return [0.5 * (-t3 + 2 * t2 - t), 0.5 * (3 * t3 - 5 * t2 + 2), 0.5 * (-3 * t3 + 4 * t2 + t), 0.5 * (t3 - t2)];
}

/** An index beyond an end counts back from it. */
function mirrored(i: number, n: number): number {
  const period = 2 * n;
  const k = ((i % period) + period) % period;
  return k < n ? k : period - 1 - k;
}
