import { EngineError } from '../../base/errors';
import { chw } from '../../base/shape';
import type { Graph } from '../../graph/graph';
import { channelMean } from '../../shaders/channel_mean';
import { matmul } from '../../shaders/matmul';
import { normalizeRows } from '../../shaders/normalize_rows';
import type { Ref } from '../../shaders/op';
import { div, mul, relu, scale, square } from '../../shaders/pointwise';
import { random } from '../../shaders/random';
import { dot, mean } from '../../shaders/reduce';
import { reshape } from '../../shaders/reshape';
import { transpose } from '../../shaders/transpose';
import type { DirectionSettings } from './direction';
import type { LossContext, Term } from './loss';
import { rms } from './relative_error';

/** The formula is in direction.ts. */
export function directionTerms(c: LossContext, settings: DirectionSettings): readonly Term[] {
  const { g } = c;
  const { layer } = settings;
  const features = c.canvas(layer);
  const d = unit(c, layer, features, settings.direction);
  if (settings.measure === 'cosine') return [{ name: layer, value: scale(g, meanCosine(g, features, d), -1) }];
  const along = dot(g, channelMean(g, features), reshape(g, d, [d.shape[1] ?? 1]));
  return [{ name: layer, value: scale(g, div(g, along, rms(g, c.start(layer, true))), -1) }];
}

/** [1, C], of length 1, from constants only. */
function unit(c: LossContext, layer: string, features: Ref, given: 'random' | readonly number[]): Ref {
  const { g } = c;
  const [C] = chw('direction', features.shape);
  if (given === 'random') {
    const draw = random(g, [1, C], { ...c.random(), distribution: 'normal' }, g.constant([1], new Float32Array(1)));
    const positive = relu(g, draw);
    return normalizeRows(g, mul(g, positive, square(g, positive)));
  }
  if (given.length !== C || given.every((v) => v === 0)) {
    const what = given.length === C ? 'only zeros' : `${given.length} numbers`;
    throw new EngineError(
      'RecipeError',
      `direction: layer ${layer} has ${C} channels, and the direction has ${what}`,
      `Give ${C} numbers that are not all 0, or "random".`,
    );
  }
  return normalizeRows(g, g.constant([1, C], Float32Array.from(given), 'direction'));
}

/** Mean over pixels of <a, d> / |a|. */
function meanCosine(g: Graph, features: Ref, d: Ref): Ref {
  const [C, H, W] = chw('direction', features.shape);
  const pixels = normalizeRows(g, transpose(g, reshape(g, features, [C, H * W])));
  return mean(g, matmul(g, pixels, d, { tb: true }));
}
