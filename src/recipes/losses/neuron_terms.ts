import { chw } from '../../base/shape';
import { slice0 } from '../../shaders/concat';
import { div, scale } from '../../shaders/pointwise';
import { dot } from '../../shaders/reduce';
import { checkChannels } from './channels';
import type { LossContext, Term } from './loss';
import type { NeuronSettings } from './neuron';
import { rms } from './relative_error';

/** The formula is in neuron.ts. */
export function neuronTerms(
  c: LossContext,
  { layer, channel, position: [across, down] }: NeuronSettings,
): readonly Term[] {
  const { g } = c;
  const features = c.canvas(layer);
  checkChannels('neuron', layer, features, [channel]);
  const [, H, W] = chw('neuron', features.shape);
  const x = Math.min(W - 1, Math.floor(across * W));
  const y = Math.min(H - 1, Math.floor(down * H));
  const here = new Float32Array(H * W);
  here[y * W + x] = 1;
  const value = dot(g, slice0(g, features, channel, 1), g.constant([1, H, W], here, 'position'));
  return [{ name: `${layer}:${channel}`, value: scale(g, div(g, value, rms(g, c.start(layer, true))), -1) }];
}
