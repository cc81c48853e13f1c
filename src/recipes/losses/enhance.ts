import * as z from '../../base/zod';
import { regionGram } from '../../nets/statistics';
import { div, log, scale } from '../../shaders/pointwise';
import { commonLoss, layersSchema } from './lib/layers';
import { defineLoss } from './lib/loss';
import { perLayer, power, rms, stylesIfAny } from './lib/relative_error';
import { weightedSum } from './lib/style_terms';

const schema = z.strictObject({
  kind: z.literal('enhance'),
  ...commonLoss,
  layers: layersSchema.default('dream'),
  growth: z
    .enum(['linear', 'log'])
    .default('linear')
    .describe('log: each doubling counts the same, so other losses keep their say however far it goes'),
});

/**
 * -mean(a^2) / norm at each layer: the power of the activations, with the sign that makes a positive weight ENHANCE, so
 * the loss is negative and falls without bound (until pixels reach the ends of their range). With growth `log` it is
 * -log(mean(a^2) / norm): the same direction, but slower the further it has come.
 *
 * norm: with styles rms(G^), of the second moments of each style, weighted by its share and masked as it is; without,
 * mean(a_start^2), of the canvas as it was when the stage began: the loss then starts at -1. Mordvintsev, Olah and Tyka,
 * "Inceptionism", 2015 (the step on the L2 norm of a layer).
 */
export const enhance = defineLoss({
  kind: 'enhance',
  about:
    'Dreams: a positive weight strengthens whatever the layers see in the picture already. Without a bound; see gram_enhance for a tamer one.',
  schema,
  build(c, settings) {
    const { g } = c;
    return perLayer(c, settings.layers, (layer) => {
      const styles = stylesIfAny(c, layer);
      const norm =
        styles.length > 0
          ? weightedSum(
              g,
              styles.map((s) => ({
                weight: Math.abs(s.weight),
                value: rms(g, regionGram(g, s.target)),
              })),
            )
          : power(g, c.start(layer, true));
      const strength = div(g, power(g, c.canvas(layer)), norm);
      return scale(g, settings.growth === 'log' ? log(g, strength) : strength, -1);
    });
  },
});
