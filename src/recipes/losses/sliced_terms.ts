import { type Region, rootWeighted, rowsOf } from '../../nets/statistics';
import { sortedRows, wasserstein1d } from '../../nets/wasserstein_1d';
import { matmul } from '../../shaders/matmul';
import { normalizeRows } from '../../shaders/normalize_rows';
import type { Ref } from '../../shaders/op';
import { div } from '../../shaders/pointwise';
import { random } from '../../shaders/random';
import type { LossContext, StylePair, Term } from './loss';
import { power, rms } from './relative_error';
import { ENOUGH, type SlicedSettings } from './sliced';
import { styleTerms } from './style_terms';

/** The formula is in sliced.ts. */
export function slicedTerms(c: LossContext, { layers, projections, distance }: SlicedSettings): readonly Term[] {
  const { g } = c;
  return styleTerms<{ readonly sorted: Ref; readonly region: Region }>(c, layers, (layer, pairs) => {
    const C = pairs[0]?.canvas.x.shape[0] ?? 1;
    const most = affordable(c, pairs);
    const P = Math.min(projections ?? Math.min(C, ENOUGH), most);
    if (projections && P < projections) {
      c.warn(`sliced: ${P} projections instead of ${projections} at ${layer}: more do not fit into one buffer`);
    }
    const noise = random(g, [P, C], { ...c.random(), distribution: 'normal' }, c.counter);
    const directions = normalizeRows(g, noise);
    return {
      measure: (region) => ({
        sorted: sortedRows(g, matmul(g, directions, rowsOf(g, region.x)), region.pick),
        region,
      }),
      compare(canvas, target) {
        const a = rootWeighted(g, target.region);
        const size = distance === 'squared' ? power(g, a) : rms(g, a);
        return [['', div(g, wasserstein1d(g, canvas.sorted, target.sorted, distance), size)]];
      },
    };
  });
}

/** Rows that can be sorted at once: a sort keeps two words for each element. */
function affordable(c: LossContext, pairs: readonly StylePair[]): number {
  const pixels = pairs
    .flatMap(({ canvas, target }) => [canvas, target])
    .map(({ x: { shape } }) => {
      const [, H = 1, W = 1] = shape;
      return H * W;
    });
  return Math.max(1, Math.floor(c.largest / (8 * Math.max(...pixels))));
}
