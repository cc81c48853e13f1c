import type { Raster } from '../../src/base/raster';
import { Rng } from '../../src/base/rng';
import type { Vector } from '../../src/copy/lattice';
import type { LinearMap } from '../../src/copy/linear_map';

/** The same number 0..1 for the same two integers. */
export const chance = (m: number, n: number, stream = 0): number =>
  new Rng(((m * 73856093) ^ (n * 19349663)) >>> 0, stream).uniform();

/** A grey picture of a function of the pixel, clipped to 0..1. */
export function draw(width: number, height: number, value: (x: number, y: number) => number): Raster {
  const n = width * height;
  const data = new Float32Array(3 * n);
  for (let i = 0; i < n; i++) {
    const v = Math.min(1, Math.max(0, value(i % width, Math.floor(i / width))));
    data[i] = v;
    data[n + i] = v;
    data[2 * n + i] = v;
  }
  return { width, height, data };
}

/** Round blots at m u + n v, each of its own tone: a lattice that no two cells repeat exactly. */
export function blots(size: number, u: Vector, v: Vector, noise = 0, light = 0): Raster {
  const det = u[0] * v[1] - u[1] * v[0];
  const radius = 0.22 * Math.min(Math.hypot(...u), Math.hypot(...v));
  return draw(size, size, (x, y) => {
    const s = Math.round((x * v[1] - y * v[0]) / det);
    const t = Math.round((u[0] * y - u[1] * x) / det);
    let value = 0.35;
    for (let m = s - 1; m <= s + 1; m++) {
      for (let n = t - 1; n <= t + 1; n++) {
        const far = Math.hypot(x - m * u[0] - n * v[0], y - m * u[1] - n * v[1]) / radius;
        value += (0.2 + 0.3 * chance(m, n)) * Math.exp(-far * far);
      }
    }
    return (value + noise * (chance(x, y, 1) - 0.5)) * (1 - light * (x / size));
  });
}

/** Bricks in courses, each shifted by half a brick against the last, with pale joints and tones of their own. */
export function bond(size: number, pitch: number, course: number, noise = 0): Raster {
  const joint = (at: number, period: number): number => {
    const off = Math.abs(at - period * Math.round(at / period));
    return Math.min(1, Math.max(0, 2 - off));
  };
  return draw(size, size, (x, y) => {
    const row = Math.floor(y / course);
    const along = x + (row % 2) * (pitch / 2);
    const tone = 0.25 + 0.3 * chance(Math.floor(along / pitch), row);
    const pale = Math.max(joint(along, pitch), joint(y, course));
    return tone + (0.85 - tone) * pale + noise * (chance(x, y, 1) - 0.5);
  });
}

/** Boards along x of the same width and of any lengths and tones. */
export function boards(size: number, width: number, slant = 0): Raster {
  return draw(size, size, (px, py) => {
    const [x, y] = [px * Math.cos(slant) + py * Math.sin(slant), py * Math.cos(slant) - px * Math.sin(slant)];
    const row = Math.floor(y / width);
    let end = -400 + 90 * chance(row, 0, 2);
    let k = 0;
    while (end < x) end += 50 + 90 * chance(row, ++k, 2);
    const edge = Math.min(y - row * width, (row + 1) * width - y, end - x);
    const tone = 0.35 + 0.4 * chance(row, k, 3);
    const grain = 0.08 * Math.sin(y * 2.1 + 3 * chance(row, k, 4) + 0.02 * x);
    return (tone + grain) * (1 - 0.5 * Math.min(1, Math.max(0, 2.5 - edge)));
  });
}

export const white = (size: number): Raster => draw(size, size, (x, y) => chance(x, y, 5));

/** Mean magnitude of the differences of neighbours, without a border. */
export function sharpness({ width, height, data }: Raster, border = 6): number {
  let sum = 0;
  for (let y = border; y < height - border; y++) {
    for (let x = border; x < width - border; x++) {
      const i = y * width + x;
      sum += Math.abs(data[i + 1]! - data[i]!) + Math.abs(data[i + width]! - data[i]!);
    }
  }
  return sum / ((width - 2 * border) * (height - 2 * border));
}

/** Whether each of `got` is a whole combination of `want` to `within` pixels, and the cells are as large. */
export function sameLattice(got: readonly Vector[], [u, v]: readonly [Vector, Vector], within: number): boolean {
  const det = u[0] * v[1] - u[1] * v[0];
  const [p, q] = got;
  if (!p || !q) return false;
  const cell = p[0] * q[1] - p[1] * q[0];
  const near = ([x, y]: Vector): boolean => {
    const m = Math.round((x * v[1] - y * v[0]) / det);
    const n = Math.round((u[0] * y - u[1] * x) / det);
    return Math.hypot(x - m * u[0] - n * v[0], y - m * u[1] - n * v[1]) <= within;
  };
  return Math.round(Math.abs(cell / det)) === 1 && near(p) && near(q);
}

export const apply = ({ a, b, c, d }: LinearMap, [x, y]: Vector): Vector => [a * x + b * y, c * x + d * y];

/** Tiles of tones of their own, `across` from one to the next and `down`, with sharp joints of two and of three pixels between. */
export const tiles = (size: number, across: number, down: number): Raster =>
  draw(size, size, (x, y) =>
    x % across < 2 || y % down < 3 ? 0.5 : 0.8 + 0.1 * chance(Math.floor(x / across), Math.floor(y / down)),
  );
