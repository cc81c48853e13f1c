import { EngineError } from '../base/errors';
import type { Device } from '../gpu/device';
import { algorithmsOn } from '../graph/conv_algorithms';
import type { Algorithm } from '../shaders/conv2d';
import { MATRICES } from '../shaders/conv2d/matrix';
import type { ConvSize } from '../shaders/conv2d/policy';
import type { Recipe, StageRecipe } from './recipe';

/** How a recipe's net is stored: the canvas, the optimiser, statistics and losses are f32 always. */
export type Precision = Recipe['precision'];

/**
 * Refuses a precision that the adapter does not have, rather than quietly use another.
 * @throws EngineError `AdapterError`
 */
export function requirePrecision(device: Device, { precision }: Pick<Recipe, 'precision'>): void {
  if (precision === 'f16-matrix' && !(device.adapter.matrices && device.has(MATRICES))) {
    throw new EngineError(
      'AdapterError',
      `precision f16-matrix needs an adapter that multiplies matrices of 8 x 8 or 16 x 16, and ${device.name} does not`,
      'Use precision f16.',
    );
  }
  if (precision === 'f32' || device.has('shader-f16')) return;
  throw new EngineError(
    'AdapterError',
    `precision ${precision} needs an adapter with shader-f16, and ${device.name} has none`,
    'Leave precision out: f32 runs everywhere.',
  );
}

/**
 * How convolutions are computed in a precision. By matrices where a matrix has something to do; what they cannot compute,
 * and all else, as ever.
 */
export function convolutionsOf(device: Device, precision: Precision): (size: ConvSize) => Algorithm {
  const usual = algorithmsOn(device, precision === 'f32' ? 'f32' : 'f16');
  if (precision !== 'f16-matrix') return usual;
  return (size) => (Math.min(size.C, size.O) >= 8 ? 'matrix' : usual(size));
}

/** For the line that says what a recipe runs on: `the net in f16`. Null where it is f32, as always. */
export const precisionText = ({ precision, net }: Pick<Recipe, 'precision' | 'net'>): string | null =>
  precision === 'f32' || net === undefined
    ? null
    : `the net in f16${precision === 'f16-matrix' ? ', by matrix hardware' : ''}`;

/**
 * What gradients of features are multiplied by where losses of weight 1 make them. They are those of means over pixels
 * times the number of pixels, so they do not depend on the size of the canvas. Measured on three nets (2026-11, textures
 * against noise and against another picture, 96 px): the gradient of the canvas is the same to four digits from 2^-4 to
 * 2^-12; one net overflows at 1. Losses get smaller as they are minimised, so there is more room left below.
 */
const USUAL = 2 ** -6;

/**
 * What gradients are multiplied by on the way back through a net in f16, a power of two, so that they stay clear of both
 * its ends: 6e-8 and 65504.
 */
export function gradientScale(losses: readonly StageRecipe['losses'][number][]): number {
  const largest = losses.reduce((most, l) => Math.max(most, Math.abs(l.weight)), 0);
  return largest > 0 ? 2 ** Math.round(Math.log2(USUAL / largest)) : USUAL;
}

/** What to do where numbers of a run are no longer finite. */
export const finiteRemedy = ({ precision, net }: Pick<Recipe, 'precision' | 'net'>): string =>
  precision === 'f32' || net === undefined
    ? 'Try a smaller weight or another seed; if the net is yours, check that its weights are finite.'
    : `Leave precision ${precision} out: f16 ends at 65504, and what the net makes may be more. Or try a smaller weight.`;
