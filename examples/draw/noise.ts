// Seeded noise over the plane. Every random number is pcg4d of (seed, stream, cell), so a picture is the same wherever
// and whenever it is drawn. Lattices repeat after 256 cells, far beyond a picture's side at any wavelength used here.
import { pcg4d } from '../../src/base/rng';

/** A scalar field; argument in cells of the noise (divide pixels by a wavelength). */
export type Noise = (x: number, y: number) => number;

const SIDE = 256;
const MASK = SIDE - 1;

/** Four uniform numbers in [0, 1) for cell (i, j). */
export function hash(seed: number, stream: number, i: number, j = 0): [number, number, number, number] {
  const [a, b, c, d] = pcg4d(seed >>> 0, stream >>> 0, i >>> 0, j >>> 0);
  return [a / 2 ** 32, b / 2 ** 32, c / 2 ** 32, d / 2 ** 32];
}

const quintic = (t: number): number => t * t * t * (t * (t * 6 - 15) + 10);

/** Perlin's gradient noise with random unit gradients, scaled to about -1 .. 1. */
export function gradientNoise(seed: number, stream = 0): Noise {
  const gx = new Float32Array(SIDE * SIDE);
  const gy = new Float32Array(SIDE * SIDE);
  for (let k = 0; k < gx.length; k++) {
    const angle = 2 * Math.PI * hash(seed, stream, k)[0];
    gx[k] = 1.5 * Math.cos(angle);
    gy[k] = 1.5 * Math.sin(angle);
  }
  const corner = (i: number, j: number, fx: number, fy: number): number => {
    const k = (j & MASK) * SIDE + (i & MASK);
    return (gx[k] ?? 0) * fx + (gy[k] ?? 0) * fy;
  };
  return (x, y) => {
    const i = Math.floor(x);
    const j = Math.floor(y);
    const fx = x - i;
    const fy = y - j;
    const u = quintic(fx);
    const v = quintic(fy);
    const a = corner(i, j, fx, fy);
    const b = corner(i + 1, j, fx - 1, fy);
    const c = corner(i, j + 1, fx, fy - 1);
    const d = corner(i + 1, j + 1, fx - 1, fy - 1);
    return a + u * (b - a) + v * (c - a + u * (a - b - c + d));
  };
}

/** A sum of octaves, each turned and shifted against the last so that their lattices never line up. About -1 .. 1. */
export function fractal(noise: Noise, octaves: number, gain = 0.5): Noise {
  let total = 0;
  for (let k = 0; k < octaves; k++) total += gain ** k;
  const scale = 1.3 / total;
  return (x, y) => {
    let sum = 0;
    let weight = scale;
    for (let k = 0; k < octaves; k++) {
      sum += weight * noise(x, y);
      weight *= gain;
      // a turn of about 37 degrees and a scale of 2.03
      const nx = 1.62 * x - 1.22 * y + 17.3;
      y = 1.22 * x + 1.62 * y - 9.1;
      x = nx;
    }
    return sum;
  };
}

/** Where a point lies among scattered cell centres. */
export interface Cell {
  /** Distances to the nearest and second nearest centre. */
  f1: number;
  f2: number;
  /** Half the distance-like measure to the border between the two, 0 on it. */
  border: number;
  /** Lattice cell of the nearest centre, and the vector from that centre to the point. */
  i: number;
  j: number;
  dx: number;
  dy: number;
}

/** Worley's cellular noise, one jittered centre per cell. The answer is one object, written over at each call. */
export function cellular(seed: number, stream = 0, jitter = 0.9): (x: number, y: number) => Cell {
  const px = new Float32Array(SIDE * SIDE);
  const py = new Float32Array(SIDE * SIDE);
  for (let k = 0; k < px.length; k++) {
    const [a, b] = hash(seed, stream, k);
    px[k] = 0.5 + jitter * (a - 0.5);
    py[k] = 0.5 + jitter * (b - 0.5);
  }
  const cell: Cell = { f1: 0, f2: 0, border: 0, i: 0, j: 0, dx: 0, dy: 0 };
  return (x, y) => {
    const ci = Math.floor(x);
    const cj = Math.floor(y);
    let best = 1e9;
    let next = 1e9;
    let sx = 0;
    let sy = 0;
    for (let j = cj - 1; j <= cj + 1; j++) {
      for (let i = ci - 1; i <= ci + 1; i++) {
        const k = (j & MASK) * SIDE + (i & MASK);
        const dx = x - i - (px[k] ?? 0);
        const dy = y - j - (py[k] ?? 0);
        const d = dx * dx + dy * dy;
        if (d < best) {
          next = best;
          sx = cell.dx;
          sy = cell.dy;
          best = d;
          cell.i = i;
          cell.j = j;
          cell.dx = dx;
          cell.dy = dy;
        } else if (d < next) {
          next = d;
          sx = dx;
          sy = dy;
        }
      }
    }
    cell.f1 = Math.sqrt(best);
    cell.f2 = Math.sqrt(next);
    // distance to the bisector of the two centres
    const gap = Math.hypot(sx - cell.dx, sy - cell.dy);
    cell.border = gap > 0 ? (next - best) / (2 * gap) : 0;
    return cell;
  };
}

export const clamp = (x: number, low = 0, high = 1): number => Math.max(low, Math.min(x, high));

/** 0 below `from`, 1 above `to`, smooth between. `from` may be the larger. */
export function smooth(from: number, to: number, x: number): number {
  const t = clamp((x - from) / (to - from));
  return t * t * (3 - 2 * t);
}

export const lerp = (a: number, b: number, t: number): number => a + (b - a) * t;
