import { EngineError } from '../base/errors';
import { lossComponents } from './losses';
import type { Recipe, StageRecipe, StyleRecipe } from './recipe';
import { viewComponents } from './views';

export type Size = readonly [width: number, height: number];

/** One stage at one resolution: what a run does from one change of canvas or losses to the next. */
export interface PlannedStage {
  readonly index: number;
  readonly recipe: StageRecipe;
  /** Where the recipe has it: `stages[1]`. */
  readonly path: string;
  readonly name: string;
  readonly size: Size;
  /** Its sides over those of the result. */
  readonly factor: number;
}

export interface Limits {
  /** Canvas sides are multiples of these: strides of the net and of views. */
  readonly multiple: Size;
  /** Other demands of losses on a side, such as the lengths of a Fourier transform. */
  readonly accepts: (side: number) => boolean;
}

/** Width and height of the result before any rounding. */
export function fullSize(recipe: Recipe, content: Size | null): Size {
  if (typeof recipe.size !== 'number') return recipe.size;
  if (!content) return [recipe.size, recipe.size];
  const factor = recipe.size / Math.max(...content);
  return [Math.max(16, Math.round(content[0] * factor)), Math.max(16, Math.round(content[1] * factor))];
}

/** What the losses and views of a recipe demand of a canvas whose net has this stride. */
export function limitsOf(recipe: Recipe, stride: readonly [y: number, x: number]): Limits {
  let [my, mx] = stride;
  const accepts: ((side: number) => boolean)[] = [];
  for (const stage of recipe.stages) {
    for (const view of stage.views ?? recipe.views) {
      const [vy, vx] = viewComponents.find((b) => b.kind === view.kind)?.multiple?.(view) ?? [1, 1];
      [my, mx] = [common(my, vy), common(mx, vx)];
    }
    for (const loss of stage.losses) {
      const component = lossComponents.find((c) => c.kind === loss.kind);
      if (component?.acceptsSide) accepts.push(component.acceptsSide);
    }
  }
  return { multiple: [mx, my], accepts: (side) => accepts.every((f) => f(side)) };
}

/** Least common multiple. */
function common(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y > 0) [x, y] = [y, x % y];
  return (a / x) * b;
}

/** The side nearest to the one wanted that every loss, view and net can work on. */
export function allowedSide(wanted: number, multiple: number, accepts: (side: number) => boolean): number {
  const near = Math.max(1, Math.round(wanted / multiple));
  for (let k = 0; k < 4096; k++) {
    for (const n of [near - k, near + k]) {
      if (n >= 1 && accepts(n * multiple) && n * multiple >= Math.min(8, wanted)) return n * multiple;
    }
  }
  throw new EngineError(
    'RecipeError',
    `no side near ${wanted} pixels is a multiple of ${multiple} that every loss can work on`,
    'Leave out the spectrum loss, or use shallower layers.',
  );
}

/**
 * Sizes of the scales of a run, as shares of the full size, coarse to fine; the last is 1. Canvas and styles shrink by
 * the same factor, so a feature has the same size on both.
 */
export function scaleFactors(recipe: Recipe, full: Size, styles: readonly Size[]): number[] {
  const { coarsest, ratio, count } = recipe.scales;
  // A style smaller than the canvas sets how coarse things can get.
  const shortest = Math.min(...full, ...styles.flat());
  const deepest = Math.max(0, Math.floor(Math.log(coarsest / shortest) / Math.log(ratio) + 1e-9));
  const scales = count ?? deepest + 1;
  return Array.from({ length: scales }, (_, i) => ratio ** (scales - 1 - i));
}

/**
 * Every stage at every resolution, in the order they run. Stages `each` that follow one another take turns at each
 * scale; a stage with a resolution of its own runs where it stands.
 */
export function planStages(recipe: Recipe, full: Size, factors: readonly number[], limits: Limits): PlannedStage[] {
  const stages: PlannedStage[] = [];
  const add = (k: number, factor: number): void => {
    const stage = recipe.stages[k];
    if (!stage) return;
    const side = (axis: 0 | 1): number =>
      factor === 1 ? full[axis] : allowedSide(full[axis] * factor, limits.multiple[axis], limits.accepts);
    stages.push({
      index: stages.length,
      recipe: stage,
      path: `stages[${k}]`,
      name: stage.name ?? (recipe.stages.length > 1 ? `stage ${k + 1}` : recipe.name),
      size: [side(0), side(1)],
      factor,
    });
  };
  let k = 0;
  while (k < recipe.stages.length) {
    const at = resolutionOf(recipe.stages[k]);
    if (at !== 'each') {
      add(k, at === 'first' ? (factors[0] ?? 1) : at === 'last' ? 1 : at);
      k++;
      continue;
    }
    let end = k;
    while (recipe.stages[end] && resolutionOf(recipe.stages[end]) === 'each') end++;
    for (const factor of factors) for (let s = k; s < end; s++) add(s, factor);
    k = end;
  }
  return stages;
}

/** A stage that copies goes through sizes of its own: in place of each it is done at the last. */
function resolutionOf(stage: StageRecipe | undefined): StageRecipe['resolution'] {
  const { resolution = 'each', method } = stage ?? {};
  return method === 'copy' && resolution === 'each' ? 'last' : resolution;
}

/** The sizes of a style picture that the canvas is compared with when the canvas has this share of its full size; one for each magnification. */
export function styleSizes(style: StyleRecipe, picture: Size, full: Size, factor: number): Size[] {
  const fit = style.fit === 'canvas' ? Math.sqrt((full[0] * full[1]) / (picture[0] * picture[1])) : 1;
  return [style.magnification].flat().map((m): Size => {
    const side = (n: number): number => Math.max(1, Math.round(n * fit * m * factor));
    return [side(picture[0]), side(picture[1])];
  });
}
