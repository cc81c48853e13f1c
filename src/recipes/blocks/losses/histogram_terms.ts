import { type Region, rootWeighted, rowsOf } from '../../../nets/statistics';
import { sortedRows, transport } from '../../../nets/transport';
import type { Ref } from '../../../shaders/op';
import { div } from '../../../shaders/pointwise';
import type { LossContext, Term } from '../loss';
import type { HistogramSettings } from './histogram';
import { power } from './relative';
import { styledTerms } from './styled';

/** The formula is in histogram.ts. */
export function histogramTerms(c: LossContext, { layers }: HistogramSettings): readonly Term[] {
  const { g } = c;
  return styledTerms<{ readonly sorted: Ref; readonly region: Region }>(c, layers, () => ({
    measure: (region) => ({ sorted: sortedRows(g, rowsOf(g, region.x), region.pick), region }),
    compare(canvas, target) {
      const size = power(g, rootWeighted(g, target.region));
      return [['', div(g, transport(g, canvas.sorted, target.sorted, 'squared'), size)]];
    },
  }));
}
