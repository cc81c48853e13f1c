import { shiftedMoments } from '../../nets/shifted_gram';
import type { Region } from '../../nets/statistics';
import type { Ref } from '../../shaders/op';
import { clamp, mul } from '../../shaders/pointwise';
import type { LossContext, StylePair, Term } from './loss';
import { relativeError } from './relative_error';
import type { ShiftedGramSettings } from './shifted_gram';
import { styleTerms } from './style_terms';
import { weightedSum } from './weighted_sum';

type Offset = readonly [dy: number, dx: number];

/** The formula is in shifted_gram.ts. */
export function shiftedGramTerms(c: LossContext, { layers, offsets }: ShiftedGramSettings): readonly Term[] {
  const { g } = c;
  return styleTerms<readonly { readonly gram: Ref; readonly overlap?: Ref }[]>(c, layers, (layer, pairs) => {
    const used = fitting(offsets, pairs);
    if (JSON.stringify(used) !== JSON.stringify(offsets)) {
      c.warn(`shifted_gram: ${layer} is small: offsets ${JSON.stringify(used)} instead of ${JSON.stringify(offsets)}`);
    }
    return {
      measure: (region: Region, torus) => used.map((by) => shiftedMoments(g, region, by, torus)),
      compare(canvas, target) {
        const parts = target.map(({ gram, overlap }, k) => {
          const error = relativeError(g, canvas[k]?.gram ?? gram, gram);
          // Where the style's mask hardly overlaps itself there is hardly anything to compare with.
          return { weight: 1 / used.length, value: overlap ? mul(g, error, clamp(g, overlap, 0, 1)) : error };
        });
        return [['', weightedSum(g, parts)]];
      },
    };
  });
}

/** The offsets, none longer than half of the smallest side there is, each once: coarse scales have few pixels. */
function fitting(offsets: readonly Offset[], pairs: readonly StylePair[]): readonly Offset[] {
  const side = (axis: 1 | 2): number =>
    Math.floor(
      Math.min(...pairs.flatMap(({ canvas, target }) => [canvas, target]).map(({ x }) => x.shape[axis] ?? 1)) / 2,
    );
  const [most, widest] = [side(1), side(2)];
  const within = (d: number, limit: number): number => Math.max(-limit, Math.min(limit, d));
  const used = new Map<string, Offset>();
  for (const [dy, dx] of offsets) {
    const by: Offset = [within(dy, most), within(dx, widest)];
    used.set(by.join(), by);
  }
  return [...used.values()];
}
