import { checkValues, number } from './known_options';

/**
 * Counter-based random numbers: a pure function of (seed, stream, counter, index), so any value can be
 * had in any order, on the host and in WGSL (`shaders/lib/pcg.wgsl`), with the same bits.
 *
 * The mixing function is pcg4d of Jarzynski and Olano, "Hash Functions for GPU Rendering", JCGT 9(3), 2020.
 */
export function pcg4d(x: number, y: number, z: number, w: number): [number, number, number, number] {
  const step = (v: number): number => (Math.imul(v, 1664525) + 1013904223) >>> 0;
  x = step(x);
  y = step(y);
  z = step(z);
  w = step(w);
  for (let round = 0; round < 2; round++) {
    x = (x + Math.imul(y, w)) >>> 0;
    y = (y + Math.imul(z, x)) >>> 0;
    z = (z + Math.imul(x, y)) >>> 0;
    w = (w + Math.imul(y, z)) >>> 0;
    if (round === 0) {
      x = (x ^ (x >>> 16)) >>> 0;
      y = (y ^ (y >>> 16)) >>> 0;
      z = (z ^ (z >>> 16)) >>> 0;
      w = (w ^ (w >>> 16)) >>> 0;
    }
  }
  return [x, y, z, w];
}

const SEEDS = { seed: number, stream: number };

/** A named sequence of random numbers. Two streams of one seed are independent. */
export class Rng {
  #index = 0;

  constructor(
    readonly seed: number,
    readonly stream = 0,
  ) {
    checkValues('Rng', { seed, stream }, SEEDS);
  }

  /** The next 32 random bits, 0 .. 2^32 - 1. */
  bits(): number {
    return pcg4d(this.seed >>> 0, this.stream >>> 0, 0, this.#index++)[0];
  }

  /** Uniform in [0, 1), a multiple of 2^-24, exact in f32. */
  uniform(): number {
    return (this.bits() >>> 8) * 2 ** -24;
  }

  /** Uniform integer in [0, n). The bias is below n / 2^32. */
  below(n: number): number {
    return Math.floor((this.bits() / 2 ** 32) * n);
  }

  /** Standard normal, by Box and Muller's transform. */
  normal(): number {
    const u = 1 - this.uniform();
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * this.uniform());
  }
}
