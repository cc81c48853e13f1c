import { Rng } from '../base/rng';
import { NONE } from '../shaders/block_words';
import type { BlockLayout } from './block_layout';
import type { LaidBlocks } from './block_plan';
import type { BlockWindows } from './block_windows';
import type { Guided } from './pyramid';
import { squares, wordsOf } from './words';

/** Places that are tried for a block. */
const PLACES = 32;

/** Lays what is left of the blocks in haste, uncut: each from the best of a few places by what lies below it and what may be copied. */
export function fillInHaste(
  laid: LaidBlocks,
  layout: BlockLayout,
  level: Guided,
  windows: BlockWindows,
  { seed, allowed }: { readonly seed: number; readonly allowed: Uint8Array },
): LaidBlocks {
  const { from, labels, places } = laid;
  const { width: bw, height: bh } = layout;
  const { width: w, height: h, data } = wordsOf(level);
  const found = [...places];
  for (let k = windows.next(); k >= 0; k = windows.next()) {
    const { few } = windows.laid(k);
    const window = layout.pixelsOf(k);
    const rng = new Rng(seed, 1000 + k);
    let best = { x: 0, y: 0 };
    let least = Number.POSITIVE_INFINITY;
    for (let n = 0; n < PLACES; n++) {
      const [x, y] = [rng.below(w - bw + 1), rng.below(h - bh + 1)];
      const middle = allowed[(y + (bh >> 1)) * w + x + (bw >> 1)] ? 0 : Number.MAX_SAFE_INTEGER;
      const cost = few.reduce((sum, at) => {
        const [u, v] = [at & 0xffff, at >>> 16];
        const below = from[window[v * bw + u] as number] as number;
        return below < w * h ? sum + squares(data[below] as number, data[(y + v) * w + x + u] as number) : sum;
      }, middle);
      if (cost >= least) continue;
      least = cost;
      best = { x, y };
    }
    found[k] = best;
    for (const [i, q] of window.entries()) {
      if ((labels[q] as number) < 0) labels[q] = k;
      if (from[q] === NONE) from[q] = (best.y + Math.floor(i / bw)) * w + best.x + (i % bw);
    }
  }
  return { ...laid, places: found };
}
