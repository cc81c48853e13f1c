import { setting } from '../base/wording';
import type { Size } from './field';

/** From this on what is conspicuous (see `salience.ts`) is remembered when it is met again. */
const STRIKING = 5;
/** It reaches as far as that is at least this share of its peak. */
const SHARE = 0.5;
/** From so many times on it is said. */
const AGAIN = 1.5;

/** What stands out most in an exemplar, pixels, and how often it stands in the tile, on average over its pixels. */
export interface Striking {
  readonly x: number;
  readonly y: number;
  readonly times: number;
}

/**
 * What stands out in an exemplar and is met several times in a tile; null: nothing.
 * @param from which pixel of the exemplar stands in each of the tile
 * @param feature size of what the exemplar is made of, pixels
 */
export function metAgain(salience: Float64Array, [w, h]: Size, from: Uint32Array, feature: number): Striking | null {
  const peak = salience.reduce((best, v, i) => (v > (salience[best] as number) ? i : best), 0);
  if ((salience[peak] as number) < STRIKING) return null;
  const uses = new Uint32Array(w * h);
  for (const p of from) if (p < uses.length) uses[p] = (uses[p] as number) + 1;
  const [x, y] = [peak % w, Math.floor(peak / w)];
  let [sum, count] = [0, 0];
  for (let i = 0; i < uses.length; i++) {
    const beside = Math.max(Math.abs((i % w) - x), Math.abs(Math.floor(i / w) - y)) <= feature / 2;
    if (!beside || (salience[i] as number) < SHARE * (salience[peak] as number)) continue;
    sum += uses[i] as number;
    count++;
  }
  const times = sum / count;
  return times >= AGAIN ? { x, y, times } : null;
}

/** That it is met again, and what helps. */
export function saidOf({ x, y, times }: Striking, variety: number): string {
  const where = `at ${Math.round(x)},${Math.round(y)}`;
  const more = variety < 1 ? `with more variety (${setting('variety', 1)}), ` : '';
  return `what stands out most in the exemplar, ${where}, stands in the tile about ${Math.round(times)} times: ${more}in a smaller tile or of a larger exemplar it is met less often; of one cropped beside it, never`;
}
