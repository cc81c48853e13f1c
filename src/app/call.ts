// The calls `texture` and `run` of the library, the same in Node and in pages but for the platform.

import { didYouMean } from '../base/did_you_mean';
import { EngineError } from '../base/errors';
import { checkOptions, checkValues, group, type Is, text } from '../base/known_options';
import type { Raster } from '../base/raster';
import { builtinRecipe } from '../recipes/builtin';
import { warningsTo } from '../recipes/events';
import { fillRecipe, type Recipe, type RecipeText } from '../recipes/recipe';
import { type Input, wantedInputs } from './inputs';
import { prepareJob, runJob } from './job';
import {
  type CallOptions,
  type Inputs,
  RECIPE_OPTIONS,
  type RecipeLike,
  type RecipeOptions,
  TEXTURE_OPTIONS,
  type TextureOptions,
} from './options';
import type { Output } from './output';
import type { Making } from './picture';
import type { Platform } from './platform';
import { chosenTexture, usesPatches } from './texture_recipe';

export interface Called {
  readonly raster: Raster;
  readonly making: Making;
  readonly inputs: readonly Input[];
}

/** `texture()` of a platform. */
export async function textureOn<Source>(
  platform: Platform<Source>,
  image: Source,
  options: TextureOptions,
): Promise<Called> {
  checkOptions('texture', options, TEXTURE_OPTIONS);
  if (options.recipe !== undefined) checkValues('texture', { recipe: options.recipe }, { recipe: RECIPE });
  const { recipe, size, seed, tile, steps, scales, canvas, layers, pooling, net, ...more } = options;
  const { method, polish, variety, fit, flatten, rectify, ...call } = more;
  const name = typeof net === 'object' ? net.name : net;
  const optimising = { steps, scales, canvas, layers, pooling, net: name };
  const choice = { recipe, size, seed, tile, method, polish, variety, fit, flatten, rectify, ...optimising };
  const { signal } = options;
  const chosen = await chosenTexture(platform, choice, image, { signal, warn: warningsTo(options) });
  const own = { ...call, net: usesPatches(name) ? undefined : net };
  return runOn(platform, chosen, { style: image }, own);
}

const RECIPE: Is<never> = {
  wanted: 'a recipe, the name of one, or what readRecord returns',
  is: (v): v is never => text.is(v) || group.is(v),
};

/** `run()` of a platform. */
export async function runOn<Source>(
  platform: Platform<Source>,
  wanted: RecipeLike,
  inputs: Inputs<Source>,
  options: RecipeOptions,
): Promise<Called> {
  checkOptions('run', options, RECIPE_OPTIONS);
  checkValues('run', { recipe: wanted, inputs }, { recipe: RECIPE, inputs: group });
  const { signal, stop, net, seed, size } = options;
  signal?.throwIfAborted();
  const found = typeof wanted === 'object' && 'recipe' in wanted ? wanted : undefined;
  const recipe = fillRecipe(changed(recipeText(wanted), options));
  const sources = inputs instanceof Map ? inputs : new Map(Object.entries(inputs));
  checkInputs(recipe, [...sources.keys()]);
  const resuming = options.resume !== undefined;
  const warn = warningsTo(options);
  const prepared = await prepareJob(platform, recipe, sources, { net, signal, resuming, warn });
  signal?.throwIfAborted();
  const altered = seed !== undefined || size !== undefined;
  const job = {
    ...prepared,
    adapter: found?.adapter,
    tuned: found?.tuned,
    version: found?.version,
    run: found?.run,
    altered,
    resume: options.resume,
  };
  const outputs = [callerOf(options), ...(options.outputs ?? [])];
  const done = await runJob(platform, job, outputs, { ...options, signal: stop, abort: signal });
  if (!done) throw new DOMException('no device was opened', 'AbortError');
  const { raster, stages, stopped, moved, field } = done.result;
  return { raster, making: { stages, stopped, moved, field, record: done.record }, inputs: prepared.inputs };
}

/** Refuses pictures that a recipe has no use for: of one that is misspelt, the right name would be missed later. */
function checkInputs(recipe: Recipe, given: readonly string[]): void {
  const known = wantedInputs(recipe);
  const wrong = given.find((name) => !known.includes(name));
  if (wrong === undefined) return;
  const near = didYouMean(wrong, known);
  throw new EngineError(
    'RecipeError',
    `the recipe ${recipe.name} has no input ${wrong}.${near ? ` Did you mean ${near}?` : ''}`,
    `Its inputs: ${known.join(', ') || 'none'}.`,
  );
}

function recipeText(wanted: RecipeLike): unknown {
  if (typeof wanted === 'string') return builtinRecipe(wanted);
  return 'recipe' in wanted ? wanted.recipe : wanted;
}

function changed(recipe: unknown, { seed, size }: RecipeOptions): unknown {
  if (typeof recipe !== 'object' || recipe === null) return recipe;
  return { ...(recipe as RecipeText), ...(seed !== undefined && { seed }), ...(size !== undefined && { size }) };
}

/** The caller's own events as an output. */
function callerOf(options: CallOptions): Output {
  const { onPlan, onEstimate, onProgress, onPicture, wantsPicture, onStage, onFrame, onCheckpoint } = options;
  return {
    ...(onPlan && { onPlan }),
    ...(onEstimate && { onEstimate }),
    ...(onProgress && { onProgress }),
    ...(onPicture && { onPicture }),
    ...(wantsPicture && { wantsPicture }),
    ...(onStage && { onStage }),
    ...(onFrame && { onFrame }),
    ...(onCheckpoint && { onCheckpoint }),
    onWarning: warningsTo(options),
  };
}
