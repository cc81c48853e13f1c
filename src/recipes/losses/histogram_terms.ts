import { type Region, rootWeighted, rowsOf } from '../../nets/statistics';
import { sortedRows, wasserstein1d } from '../../nets/wasserstein_1d';
import type { Ref } from '../../shaders/op';
import { div } from '../../shaders/pointwise';
import type { HistogramSettings } from './histogram';
import type { LossContext, Term } from './loss';
import { power } from './relative_error';
import { styleTerms } from './style_terms';

/** The formula is in histogram.ts. */
export function histogramTerms(c: LossContext, { layers }: HistogramSettings): readonly Term[] {
  const { g } = c;
  return styleTerms<{ readonly sorted: Ref; readonly region: Region }>(c, layers, () => ({
    measure: (region) => ({ sorted: sortedRows(g, rowsOf(g, region.x), region.pick), region }),
    compare(canvas, target) {
      const size = power(g, rootWeighted(g, target.region));
      return [['', div(g, wasserstein1d(g, canvas.sorted, target.sorted, 'squared'), size)]];
    },
  }));
}
