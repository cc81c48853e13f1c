// Where things lie: packed so that they hardly overlap, or strewn.
import { Rng } from '../../src/base/rng';
import { MARGIN, SIZE } from './surface';

export interface Spot {
  x: number;
  y: number;
  /** Half-length and half-width of the ellipse, pixels, and its turn in radians. */
  a: number;
  b: number;
  turn: number;
  /** A number of its own for each spot, 0, 1, ... */
  index: number;
}

export interface Packing {
  seed: number;
  /** Largest and smallest half-length; sizes fall from one to the other as room runs out. */
  from: number;
  to: number;
  /** Length over width, at most. */
  stretch: number;
  attempts: number;
  /** Share of a spot that may lie on earlier ones. */
  overlap: number;
}

const WIDE = SIZE + 2 * MARGIN;

/** Ellipses thrown largest first on a plane, each kept when it covers little that is covered already. */
export function pack({ seed, from, to, stretch, attempts, overlap }: Packing): Spot[] {
  const rng = new Rng(seed, 77);
  const taken = new Uint8Array(WIDE * WIDE);
  const spots: Spot[] = [];
  const pixels: number[] = [];
  for (let n = 0; n < attempts; n++) {
    const a = from * (to / from) ** ((n / attempts) ** 0.6);
    const b = a / (1 + (stretch - 1) * rng.uniform());
    const x = rng.uniform() * WIDE;
    const y = rng.uniform() * WIDE;
    const turn = Math.PI * rng.uniform();
    const c = Math.cos(turn);
    const s = Math.sin(turn);
    let clash = 0;
    pixels.length = 0;
    for (let j = Math.ceil(y - a); j <= y + a; j++) {
      for (let i = Math.ceil(x - a); i <= x + a; i++) {
        if (i < 0 || j < 0 || i >= WIDE || j >= WIDE) continue;
        const u = ((i - x) * c + (j - y) * s) / a;
        const v = ((j - y) * c - (i - x) * s) / b;
        if (u * u + v * v > 1) continue;
        clash += taken[j * WIDE + i] ?? 0;
        pixels.push(j * WIDE + i);
      }
    }
    if (clash > overlap * pixels.length) continue;
    for (const p of pixels) taken[p] = 1;
    spots.push({ x: x - MARGIN, y: y - MARGIN, a, b, turn, index: spots.length });
  }
  return spots;
}
