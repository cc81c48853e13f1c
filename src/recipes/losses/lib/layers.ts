import { EngineError } from '../../../base/errors';
import { chw } from '../../../base/shape';
import * as z from '../../../base/zod';
import type { Ref } from '../../../shaders/op';

/** The sets of layers that every net names for itself (weights/manifest.json): what a recipe says to suit any net. */
export const LAYER_SETS = ['style', 'content', 'dream'] as const;

/** The picture itself, RGB in 0..1, counts as a layer of every net, and of none. */
export const INPUT = 'input';

/** Which layers a loss looks at: a set of the net, a list (weight 1 each), or a weight for each. */
export const layersSchema = z
  .union([
    z.enum(LAYER_SETS),
    z.array(z.string().min(1)).min(1).readonly(),
    z.record(z.string().min(1), z.number()).readonly(),
  ])
  .describe(
    `layers compared: a set of the net's own (${LAYER_SETS.join(', ')}), a list, or { layer: weight }; "${INPUT}" is the picture itself`,
  );
export type LayerChoice = z.output<typeof layersSchema>;

/** Settings that every loss has. */
export const commonLoss = {
  weight: z.number().default(1).describe('factor of this loss; negative turns it round'),
} as const;

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
