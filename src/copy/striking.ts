import { setting } from '../base/wording';
import type { Size } from './field';

/** The variety that tiles are laid with as a rule, and that which helps most against what is met again. */
export const USUAL_VARIETY = 0.1;
export const MOST_VARIETY = 1;
/** From this on what is conspicuous (see `salience.ts`) is remembered when it is met again. */
const STRIKING = 5;
/** It reaches as far as that is at least this share of its peak. */
const SHARE = 0.5;
/** From so many times on it is met again, in a tile as large as so many exemplars, or smaller; in a larger one as many times as often. */
const AGAIN = 1.5;
const EXEMPLARS = 4;
/** Of two ways to lay a tile the one that meets it this many times as often, or less, is worth more cuts. */
const LESS = 0.75;

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
  const large = Math.max(1, from.length / (EXEMPLARS * w * h));
  return times >= AGAIN * large ? { x, y, times } : null;
}

/** Of one that is met again, and what is met in a tile laid otherwise, whether there it is less often. */
export const lessOften = (other: Striking | null, { times }: Striking): boolean => (other?.times ?? 0) <= LESS * times;

/** That it is met again, and what helps. */
export function saidOf(found: Striking, variety: number): string {
  const more = variety < MOST_VARIETY ? `with more variety (${setting('variety', MOST_VARIETY)}), ` : '';
  return `${what(found)} stands in the tile about ${Math.round(found.times)} times: ${more}${ELSE}`;
}

/** What came of laying the tile with the most variety, as it was met again with the usual one. */
export function saidOfMore(usual: Striking, mixed: Striking | null): string {
  const times = Math.round(usual.times);
  if (!lessOften(mixed, usual))
    return `${what(usual)} stands in the tile about ${times} times, and no less often with more variety: ${ELSE}`;
  const laid = `${what(usual)} would stand in the tile about ${times} times: it is laid with the most variety instead`;
  if (!mixed) return `${laid} (${setting('variety', USUAL_VARIETY)} keeps larger pieces)`;
  return `${laid}, and it stands there about ${Math.round(mixed.times)} times; ${ELSE}`;
}

const what = ({ x, y }: Striking): string =>
  `what stands out most in the exemplar, at ${Math.round(x)},${Math.round(y)},`;

const ELSE = 'in a smaller tile or of a larger exemplar it is met less often; of one cropped beside it, never';
