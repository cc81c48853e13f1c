import { EngineError } from '../../../base/errors';
import { chw } from '../../../base/shape';
import type { Ref } from '../../../shaders/op';

/** Refuses channels that a layer does not have. */
export function checkChannels(kind: string, layer: string, features: Ref, channels: readonly number[]): void {
  const [C] = chw(kind, features.shape);
  const wrong = channels.find((k) => k >= C);
  if (wrong === undefined) return;
  throw new EngineError(
    'RecipeError',
    `${kind}: layer ${layer} has ${C} channels, 0 to ${C - 1}, and no channel ${wrong}`,
    'Take a channel that is there, or another layer.',
  );
}
