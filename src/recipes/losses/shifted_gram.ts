import * as z from '../../base/zod';
import { type Region, shiftedMoments } from '../../nets/statistics';
import type { Ref } from '../../shaders/op';
import { clamp, mul } from '../../shaders/pointwise';
import { commonLoss, layersSchema } from './lib/layers';
import { defineLoss, type StylePair } from './lib/loss';
import { relativeError } from './lib/relative_error';
import { styleTerms, weightedSum } from './lib/style_terms';

const schema = z.strictObject({
  kind: z.literal('shifted_gram'),
  ...commonLoss,
  layers: layersSchema.default('style'),
  offsets: z
    .array(z.tuple([z.int(), z.int()]))
    .min(1)
    .default([
      [0, 2],
      [2, 0],
      [0, 8],
      [8, 0],
    ])
    .describe(
      'distances compared, [down, right], in pixels of the layer (of 8 pixels of the picture at relu4_1); the time taken grows with their number',
    ),
});

type Offset = readonly [dy: number, dx: number];

/**
 * mean over offsets d of mean_ij ((G^d_ij - G^^d_ij) / rms(G^^d))^2, with G^d = mean over pixels p of a(p) a(p - d)'. On a torus
 * the canvas is moved round; elsewhere, and on the style always, only pixels whose partner exists count. Berger and
 * Memisevic, "Incorporating long-range consistency in CNN-based texture generation", 2016.
 */
export const shiftedGram = defineLoss({
  kind: 'shifted_gram',
  about:
    'Compares features with those some pixels further on: for patterns that repeat, rows of bricks, weaves, tiles, which gram scatters.',
  schema,
  build(c, { layers, offsets }) {
    const { g } = c;
    return styleTerms<readonly { readonly gram: Ref; readonly overlap?: Ref }[]>(c, layers, (layer, pairs) => {
      const used = fitting(offsets, pairs);
      if (JSON.stringify(used) !== JSON.stringify(offsets)) {
        c.warn(
          `shifted_gram: ${layer} is small: offsets ${JSON.stringify(used)} instead of ${JSON.stringify(offsets)}`,
        );
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
  },
});

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
