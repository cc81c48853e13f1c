import { EngineError, invariant } from '../base/errors';
import type { Raster } from '../base/raster';
import type { Device } from '../gpu/device';
import type { Net } from '../nets/weights';
import { encode } from './colour/canvas_space';
import { parseInit } from './init/expression';
import {
  allowedSide,
  fullSize,
  type Limits,
  limitsOf,
  type PlannedStage,
  planStages,
  type Size,
  scaleFactors,
  styleSizes,
} from './plan_stages';
import { convolutionsOf, requirePrecision } from './precision';
import type { Recipe } from './recipe';
import { netLayers, type ResolvedRecipe, resolveRecipe, sizeOf } from './resolve';
import type { StageSetup } from './stage_setup';

/** Everything that is known before the first step. */
export interface Prepared {
  readonly resolved: ResolvedRecipe;
  readonly full: Size;
  readonly stages: readonly PlannedStage[];
  /** What sides a canvas may have. */
  readonly limits: Limits;
  /** The init image at a size, coordinates [rank, H, W]. */
  start(size: Size, warn: (text: string) => void): Promise<Float32Array>;
  setup(stage: PlannedStage, start: Float32Array, warn: (text: string) => void): StageSetup;
}

/**
 * Checks a recipe against its inputs and its net, and lays out its stages. Touches the adapter's limits only.
 * @throws EngineError `RecipeError` for what the recipe asks and there is not, `AdapterError` for a precision that the
 *   adapter lacks, `PictureError` for a style that is too small.
 */
export function prepare(
  device: Device,
  wanted: Recipe,
  inputs: ReadonlyMap<string, Raster>,
  net: Net | null,
  warn: (text: string) => void,
): Prepared {
  if (wanted.net !== undefined && !net) {
    throw new EngineError('RecipeError', 'net: the recipe names a net, and none was loaded', 'Pass the net to run.');
  }
  requirePrecision(device, wanted);
  const layers = netLayers(wanted, net);
  const used = layers.length > 0 ? net : null;
  const strides = used ? used.builder.stride(used.model, layers) : ([1, 1] as const);
  const stride = Math.max(...strides);
  const first = resolveRecipe(wanted, used, inputs);
  const limits = limitsOf(wanted, strides);
  const full = canvasSize(first, limits, warn);
  warnOfResizedMasks(first, full, warn);
  const recipe: Recipe = { ...wanted, size: full };
  const resolved: ResolvedRecipe = { ...first, recipe };
  refuseTooSmall(resolved, full, used ? stride : null);
  const native = resolved.styles.flatMap((s) => styleSizes(s.recipe, sizeOf(s.picture), full, 1));
  const stages = planStages(recipe, full, scaleFactors(recipe, full, native), limits);
  const setup: Prepared['setup'] = (stage, start, say) => ({
    resolved,
    stage,
    full,
    layers,
    stride,
    start,
    largest: Math.min(device.gpu.limits.maxStorageBufferBindingSize, device.gpu.limits.maxBufferSize),
    convolutions: convolutionsOf(device, recipe.precision),
    matrices: device.adapter.matrices,
    warn: say,
  });
  return { resolved, full, stages, limits, start: initImage(resolved), setup };
}

/** The size asked for, rounded to one that losses, views and net can work on. */
function canvasSize({ recipe, content }: ResolvedRecipe, limits: Limits, warn: (text: string) => void): Size {
  const asked = fullSize(recipe, content && sizeOf(content));
  const full: Size = [
    allowedSide(asked[0], limits.multiple[0], limits.accepts),
    allowedSide(asked[1], limits.multiple[1], limits.accepts),
  ];
  if (full[0] !== asked[0] || full[1] !== asked[1]) {
    const multiples = [...new Set(limits.multiple)].join(' and ');
    warn(`size ${asked.join('x')} becomes ${full.join('x')}: here sides have to be multiples of ${multiples}`);
  }
  return full;
}

function warnOfResizedMasks({ recipe, inputs }: ResolvedRecipe, full: Size, warn: (text: string) => void): void {
  const masks = [...recipe.styles.map((s) => s.mask), recipe.pin].flatMap((m) => (m ? [m.input] : []));
  for (const name of new Set(masks)) {
    const mask = inputs.get(name);
    if (!mask) throw invariant(`a mask ${name} that was not looked up`);
    const size = sizeOf(mask);
    if (size[0] !== full[0] || size[1] !== full[1]) {
      warn(
        `${name === 'mask' ? 'the mask' : `the mask ${name}`} is ${size.join('x')}: it is resized to ${full.join('x')}`,
      );
    }
  }
}

/** Of a style that is compared by itself, and of one that goes through a net of this stride: fewer pixels show no texture. */
const leastStyle = (stride: number | null): number => (stride === null ? 16 : Math.max(32, 4 * stride));

/** Refuses styles too small to say anything. `stride`: of the net, where losses compare its features. */
function refuseTooSmall({ styles, recipe, net }: ResolvedRecipe, full: Size, stride: number | null): void {
  const least = leastStyle(stride);
  for (const style of styles) {
    const size = sizeOf(style.picture);
    const shortest = Math.max(...styleSizes(style.recipe, size, full, 1).map((s) => Math.min(...s)));
    if (shortest >= least) continue;
    throw new EngineError(
      'PictureError',
      `${style.path}.input: ${style.recipe.input} is ${size.join('x')}; ${net?.name ?? recipe.name} needs at least ${least} pixels each way`,
      'Use a larger picture.',
    );
  }
}

function initImage({ recipe, inputs, styles, space, torus }: ResolvedRecipe): Prepared['start'] {
  const expression = parseInit(recipe.canvas, [...inputs.keys()]);
  const wanted = styles.filter((s) => s.weight > 0).map((s) => s.picture);
  return async (size, warn) => {
    const { paintInit } = await import('./init/paint');
    const from = { size, seed: recipe.seed, torus, inputs, styles: wanted, space, warn };
    return encode(space, { width: size[0], height: size[1], data: paintInit(expression, from) });
  };
}
