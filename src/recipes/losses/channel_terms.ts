import { concat, slice0 } from '../../shaders/concat';
import { meanSquare } from '../../shaders/error';
import { div, scale } from '../../shaders/pointwise';
import type { ChannelSettings } from './channel';
import { checkChannels } from './channels';
import type { LossContext, Term } from './loss';
import { power } from './relative_error';

/** The formula is in channel.ts. */
export function channelTerms(c: LossContext, { layer, channels }: ChannelSettings): readonly Term[] {
  const { g } = c;
  const features = c.canvas(layer);
  const chosen = channels === 'all' ? [] : typeof channels === 'number' ? [channels] : [...new Set(channels)];
  checkChannels('channel', layer, features, chosen);
  const parts = chosen.map((k) => slice0(g, features, k, 1));
  const [first = features, ...rest] = parts;
  const looked = rest.length > 0 ? concat(g, parts) : first;
  const name = chosen.length > 0 ? `${layer}:${chosen.join('+')}` : layer;
  return [{ name, value: scale(g, div(g, meanSquare(g, looked), power(g, c.start(layer, true))), -1) }];
}
