import { didYouMean } from '../base/did_you_mean';
import { EngineError, invariant } from '../base/errors';
import type { Raster } from '../base/raster';
import { input } from '../base/wording';
import type { Net } from '../nets/weights';
import { type CanvasSpace, freeSpace, luminanceSpace, styleSpace } from './colour/canvas_space';
import { matchColour } from './colour/match';
import { parseInit } from './init/expression';
import { lossComponents } from './losses';
import { INPUT, LAYER_SETS, type LayerChoice } from './losses/lib/layers';
import type { Size } from './plan_stages';
import { fillRecipe, type Recipe, type StyleRecipe } from './recipe';
import { viewComponents } from './views';

export interface ResolvedStyle {
  readonly recipe: StyleRecipe;
  /** Where the recipe has it: `styles[0]`. */
  readonly path: string;
  /** Recoloured already, where the recipe says so. */
  readonly picture: Raster;
  /** Its weight, such that the absolute weights of all styles add up to 1. */
  readonly weight: number;
}

/** Everything a run works with, looked up and prepared once. */
export interface ResolvedRecipe {
  readonly recipe: Recipe;
  readonly net: Net | null;
  readonly inputs: ReadonlyMap<string, Raster>;
  readonly styles: readonly ResolvedStyle[];
  readonly content: Raster | null;
  readonly space: CanvasSpace;
  /** [vertical, horizontal] */
  readonly torus: readonly [boolean, boolean];
  /** True where a place on the canvas means something: a content, a mask, a view. It may not be rolled away then. */
  readonly positionDependent: boolean;
}

/** Every place of a recipe that names an input. */
export function inputPlaces(recipe: Recipe): readonly (readonly [path: string, name: string])[] {
  const places: [string, string][] = [];
  const add = (path: string, name: string | undefined): void => {
    if (name !== undefined) places.push([path, name]);
  };
  recipe.styles.forEach((style, k) => {
    add(`styles[${k}].input`, style.input);
    add(`styles[${k}].mask.input`, style.mask?.input);
    add(`styles[${k}].from.input`, style.from?.input);
    add(`styles[${k}].match.to`, style.match?.to);
  });
  for (const name of Object.keys(recipe.rectify ?? {})) add(`rectify.${name}`, name);
  for (const [name, { match }] of Object.entries(recipe.retouch ?? {})) {
    add(`retouch.${name}`, name);
    add(`retouch.${name}.match.to`, match?.to);
  }
  add('content', recipe.content);
  add('pin.input', recipe.pin?.input);
  add('pin.picture', recipe.pin?.picture);
  add('color.palette.input', recipe.color.palette?.input);
  recipe.stages.forEach((stage, s) => {
    stage.losses.forEach((loss, k) => {
      if (loss.kind === 'guide') add(`stages[${s}].losses[${k}].input`, loss.input);
    });
  });
  return places;
}

/** Whether a recipe can do without an input: `seamless` without its mask. */
export const isSpare = (recipe: Recipe, name: string): boolean =>
  recipe.name === 'seamless' && name === recipe.pin?.input;

/** The recipe as it is without a mask that it can do without: the content is sealed then. */
export function withoutSpare(recipe: Recipe, names: readonly string[]): Recipe {
  const { pin, content, stages } = recipe;
  if (!pin || names.includes(pin.input) || !isSpare(recipe, pin.input)) return recipe;
  const [{ losses: _, ...stage } = { losses: [] }] = stages;
  return fillRecipe({
    ...recipe,
    styles: [],
    pin: undefined,
    canvas: `picture(${content})`,
    stages: [{ ...stage, steps: 1, method: 'copy', copy: { seal: true } }],
  });
}

/**
 * Finds what a recipe contradicts itself in, given the names of its inputs: before any picture, net or adapter is needed.
 * @throws EngineError `RecipeError` with the path of a name that there is no input for, or of something missing.
 */
export function checkRecipe(recipe: Recipe, names: readonly string[]): void {
  for (const [path, name] of inputPlaces(recipe)) {
    if (names.includes(name)) continue;
    const near = didYouMean(name, names);
    if (near !== undefined && !(near in recipe.inputs) && name in recipe.inputs) {
      throw new EngineError(
        'RecipeError',
        `the recipe has no input ${near}. Did you mean ${name}?`,
        `${path} wants ${name}.`,
      );
    }
    throw new EngineError(
      'RecipeError',
      `${path}: there is no input ${name}.${near ? ` Did you mean ${near}?` : ''}`,
      `Add it to the recipe's inputs, or give ${input(name, 'picture.png')}`,
    );
  }
  for (const [k, stage] of recipe.stages.entries()) {
    const views = stage.method === 'copy' ? (stage.views ?? recipe.views) : [];
    const lost = views.find((v) => viewComponents.find((c) => c.kind === v.kind)?.losesCopies);
    if (!lost) continue;
    throw new EngineError(
      'RecipeError',
      `stages[${k}]: the view ${lost.kind} cannot be used with copying: its repeats would fade through one another`,
      'Leave it out, or use a stage of the method optimize.',
    );
  }
  if (recipe.zoom && recipe.content === undefined) {
    throw new EngineError('RecipeError', 'zoom: enlarges the content, and there is none', 'Add "content".');
  }
  if (recipe.color.space === 'luminance' && recipe.content === undefined) {
    throw new EngineError(
      'RecipeError',
      'color.space: luminance keeps the colours of the content, and there is none',
      'Add a content, or use another space.',
    );
  }
  if (recipe.net === undefined) netLayers(recipe, null);
  parseInit(recipe.canvas, names);
}

/**
 * Looks up what a recipe names.
 * @throws EngineError `RecipeError` with the path of a name that there is no input for, or of something missing.
 */
export function resolveRecipe(recipe: Recipe, net: Net | null, inputs: ReadonlyMap<string, Raster>): ResolvedRecipe {
  checkRecipe(recipe, [...inputs.keys()]);
  const find = (name: string): Raster => {
    const raster = inputs.get(name);
    if (!raster) throw invariant(`an input ${name} that was not checked`);
    return raster;
  };
  const total = recipe.styles.reduce((sum, s) => sum + Math.abs(s.weight), 0);
  const styles = recipe.styles.map((style, k): ResolvedStyle => {
    const path = `styles[${k}]`;
    let picture = find(style.input);
    if (style.match) picture = matchColour(picture, find(style.match.to), style.match.how);
    return { recipe: style, path, picture, weight: total > 0 ? style.weight / total : 0 };
  });
  const content = recipe.content === undefined ? null : find(recipe.content);
  const anyView = recipe.views.length > 0 || recipe.stages.some((s) => (s.views?.length ?? 0) > 0);
  const anyMask = recipe.styles.some((s) => s.mask) || recipe.pin !== undefined;
  const axes = { both: [true, true], x: [false, true], y: [true, false], none: [false, false] } as const;
  return {
    recipe,
    net,
    inputs,
    styles,
    content,
    space: spaceOf(recipe, styles, content),
    torus: axes[recipe.tile],
    positionDependent: content !== null || anyView || anyMask || recipe.enlarge === 'detail',
  };
}

function spaceOf(recipe: Recipe, styles: readonly ResolvedStyle[], content: Raster | null): CanvasSpace {
  const kind = recipe.color.space;
  if (kind === 'luminance') {
    if (!content) throw invariant('luminance without a content');
    return luminanceSpace(content);
  }
  // An avoided style has no say in which colours there are.
  const wanted = styles.filter((s) => s.weight > 0).map((s) => s.picture);
  return kind === 'styles' && wanted.length > 0 ? styleSpace(wanted) : freeSpace();
}

/** Every layer of the net that the recipe's losses may ask for. */
export function netLayers(recipe: Recipe, net: Net | null): string[] {
  const names = new Set<string>();
  recipe.stages.forEach((stage, s) => {
    stage.losses.forEach((loss, k) => {
      const component = lossComponents.find((c) => c.kind === loss.kind);
      const choices = component?.layers?.(loss) ?? ('layers' in loss ? [loss.layers] : []);
      for (const choice of choices) {
        for (const name of resolveLayers(choice, net, `stages[${s}].losses[${k}].layers`).keys()) names.add(name);
      }
    });
  });
  names.delete(INPUT);
  return [...names];
}

/**
 * The layers and weights that a choice stands for.
 * @throws EngineError `RecipeError` with the loss's path when there is no net, or no such layer in it.
 */
export function resolveLayers(choice: LayerChoice, net: Net | null, path: string): ReadonlyMap<string, number> {
  const known = LAYER_SETS.find((set) => set === choice);
  if (known !== undefined) {
    if (net) return new Map(net.sets[known].map((layer) => [layer, 1]));
    throw new EngineError(
      'RecipeError',
      `${path}: "${known}" means layers of a network, and the recipe has no net`,
      `Add "net", or say "layers": ["${INPUT}"] for the picture itself.`,
    );
  }
  if (typeof choice === 'string') throw invariant(`a set of layers called ${choice}`);
  const chosen = Array.isArray(choice)
    ? (choice as readonly string[]).map((name) => [name, 1] as const)
    : Object.entries(choice as Readonly<Record<string, number>>);
  for (const [name] of chosen) {
    if (name === INPUT) continue;
    if (!net) {
      throw new EngineError('RecipeError', `${path}.${name}: the recipe has no net to have layers`, 'Add "net".');
    }
    if (!net.names.values.has(name)) {
      // Deepest first: of names equally near, the deeper one is more often meant (relu6_1 is past the end).
      const near = didYouMean(name, [...[...net.names.usual].reverse(), ...net.names.values.keys()]);
      throw new EngineError(
        'RecipeError',
        `${path}.${name}: ${net.name} has no such layer.${near ? ` Did you mean ${near}?` : ''}`,
        `Its layers: ${net.names.usual.slice(0, 60).join(', ')}.`,
      );
    }
  }
  return new Map(chosen);
}

export const sizeOf = (r: Raster): Size => [r.width, r.height];
