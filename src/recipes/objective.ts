import { EngineError, invariant } from '../base/errors';
import type { Raster } from '../base/raster';
import type { Graph, Node } from '../graph/graph';
import { toHalf, toReal } from '../shaders/cast';
import { conv2d } from '../shaders/conv2d';
import type { ConvolutionPolicy } from '../shaders/conv2d/policy';
import type { Ref } from '../shaders/op';
import { add, affine, mul, scale, sub } from '../shaders/pointwise';
import { random } from '../shaders/random';
import { resize } from '../shaders/resize';
import { rollBy } from '../shaders/roll';
import { type CanvasSpace, spaceAt } from './colour/canvas_space';
import { layerMasks } from './layer_masks';
import { lossComponents } from './losses';
import { INPUT } from './losses/lib/layers';
import type { LossContext, Region, StylePair } from './losses/lib/loss';
import { type PlannedStage, type Size, styleSizes } from './plan_stages';
import { gradientScale } from './precision';
import type { Recipe } from './recipe';
import { type ResolvedRecipe, resolveLayers, sizeOf } from './resolve';
import { viewComponents } from './views';

export interface StageSetup extends ConvolutionPolicy {
  readonly cast: ResolvedRecipe;
  readonly stage: PlannedStage;
  /** Size of the result. */
  readonly full: Size;
  /** Layers of the net to build; a net is built in one go. */
  readonly layers: readonly string[];
  /** What a roll of the canvas moves every layer by whole pixels by. */
  readonly stride: number;
  /** The canvas as it was when the stage began, coordinates [rank, H, W]. */
  readonly start: Float32Array;
  /** Bytes that one buffer may have. */
  readonly largest: number;
  warn(text: string): void;
}

export interface StageObjective {
  readonly loss: Ref;
  /** Weighted terms by name; they add up to the loss. */
  readonly terms: ReadonlyMap<string, Ref>;
}

/** RGB [3, H, W] of coordinates [rank, H, W]. */
export function toRgb(g: Graph, space: CanvasSpace, x: Ref): Ref {
  const [, H = 1, W = 1] = x.shape;
  const { rank, axes, base } = spaceAt(space, [W, H]);
  const matrix = Float32Array.from({ length: 3 * rank }, (_, i) => axes[3 * (i % rank) + Math.floor(i / rank)] ?? 0);
  const w = g.constant([3, rank, 1, 1], matrix, 'colour axes');
  if ('data' in base) return add(g, conv2d(g, x, w), g.constant([3, H, W], base.data, 'colours kept'));
  return conv2d(g, x, w, { bias: g.constant([3], Float32Array.from(base), 'mean colour') });
}

/** A picture as a constant [3, h, w]; resized on the GPU, once, as the plan is compiled. */
export function pictureAt(g: Graph, picture: Raster, [w, h]: Size): Ref {
  const full = g.constant([3, picture.height, picture.width], picture.data, 'picture');
  if (w === picture.width && h === picture.height) return full;
  return resize(g, full, [h, w], { filter: 'bicubic', border: ['clamp', 'clamp'] });
}

/** The canvas as it is to be seen: RGB, with what is pinned put in and the views applied. [3, H, W] */
export function seen(g: Graph, x: Ref, { cast, stage, warn }: Pick<StageSetup, 'cast' | 'stage' | 'warn'>): Ref {
  const { recipe, inputs, torus } = cast;
  let rgb = toRgb(g, cast.space, x);
  if (recipe.pin) {
    const kept = inputs.get(recipe.pin.picture);
    if (!kept) throw invariant('a pinned picture that was not cast');
    const plane = layerMasks(cast, warn).plane(recipe.pin, stage.size, stage.size);
    const mask = g.constant([3, stage.size[1], stage.size[0]], threefold(plane), 'pin');
    const picture = pictureAt(g, kept, stage.size);
    rgb = add(g, picture, mul(g, mask, sub(g, rgb, picture)));
  }
  for (const view of stage.recipe.views ?? recipe.views) {
    const block = viewComponents.find((b) => b.kind === view.kind);
    if (!block) throw invariant(`a view of kind ${view.kind}`);
    rgb = block.build({ g, torus, warn }, rgb, view);
  }
  return rgb;
}

const threefold = (plane: Float32Array): Float32Array => {
  const out = new Float32Array(3 * plane.length);
  for (let c = 0; c < 3; c++) out.set(plane, c * plane.length);
  return out;
};

/** By how many pixels a stage rolls the canvas at most before each look; 0 for none. */
function jitterOf({ stage, layers, stride }: StageSetup): number {
  const { jitter, losses } = stage.recipe;
  if (typeof jitter === 'number') return jitter;
  if (jitter === false) return 0;
  const positional = losses.some((l) => lossComponents.find((b) => b.kind === l.kind)?.positional);
  if (jitter === 'auto' && positional) return 0;
  return layers.length > 0 && stride > 1 ? stride : 0;
}

/**
 * Builds the signed sum of a stage's losses at a point x of its canvas, coordinates [rank, H, W].
 * @throws EngineError `RecipeError` and `ShapeError` with the path of the loss.
 */
export function stageObjective(g: Graph, x: Ref, counter: Node, setup: StageSetup): StageObjective {
  const { cast, stage, full, warn, largest } = setup;
  const { recipe, net, space, torus, styles } = cast;
  const [W, H] = stage.size;
  const picture = seen(g, x, setup);
  const period = jitterOf(setup);
  const move = jitter(g, counter, period, recipe, stage, torus);
  const view = move(picture);
  const masks = layerMasks(cast, warn);

  const prepare = net?.builder.prepare(g, net.preprocessing);
  const half = recipe.precision === 'f32' ? null : gradientScale(stage.recipe.losses);
  const featuresOf = (image: Ref, onTorus: boolean): ((layer: string) => Ref) => {
    let built: Map<string, Ref> | undefined;
    const casts = new Map<string, Ref>();
    return (layer) => {
      if (layer === INPUT) return image;
      if (!net || !prepare) throw invariant(`layer ${layer} without a net`);
      const shown = (): Ref => (half === null ? prepare(image) : toHalf(g, prepare(image), 1, 1 / half));
      built ??= net.builder.build(g, net.model, shown(), {
        layers: setup.layers,
        pooling: (typeof recipe.net === 'object' && recipe.net.pooling) || net.pooling,
        edges: 'reflect',
        torus: onTorus ? torus : false,
      });
      const feature = built.get(layer);
      if (!feature) throw invariant(`layer ${layer} was not built`);
      if (half === null) return feature;
      const known = casts.get(layer) ?? toReal(g, feature, 1, half);
      casts.set(layer, known);
      return known;
    };
  };
  const once = <K, V>(make: (key: K) => V): ((key: K) => V) => {
    const made = new Map<K, V>();
    return (key) => {
      const old = made.get(key);
      if (old !== undefined) return old;
      const value = make(key);
      made.set(key, value);
      return value;
    };
  };

  const canvas = featuresOf(view, true);
  const needContent = (): Raster => {
    if (cast.content) return cast.content;
    throw new EngineError('RecipeError', 'this loss compares with a content, and there is none', 'Add "content".');
  };
  // What is compared position by position moves with the canvas; where nothing moves, both are the same.
  const moving = move !== STILL;
  const contentAt = once((still: boolean) => {
    const image = pictureAt(g, needContent(), stage.size);
    return featuresOf(still ? image : move(image), true);
  });
  const startAt = once((still: boolean) => {
    const image = seen(g, g.constant([space.rank, H, W], setup.start, 'start'), setup);
    return featuresOf(still ? image : move(image), true);
  });
  const others = once((name: string) => {
    const raster = cast.inputs.get(name);
    if (raster) return featuresOf(pictureAt(g, raster, sizeOf(raster)), false);
    const known = [...cast.inputs.keys()].join(', ');
    throw new EngineError('RecipeError', `there is no input ${name}`, `Inputs are: ${known || 'none'}.`);
  });

  // Every style at each of its magnifications.
  const looks = styles.flatMap((style) => {
    const sizes = styleSizes(style.recipe, sizeOf(style.picture), full, stage.factor);
    return sizes.map((size) => ({
      style,
      size,
      weight: style.weight / sizes.length,
      features: featuresOf(pictureAt(g, style.picture, size), false),
    }));
  });
  const someStyle = <T>(list: readonly T[]): readonly T[] => {
    if (list.length > 0) return list;
    throw new EngineError('RecipeError', 'this loss compares with a style, and there is none', 'Add one to "styles".');
  };
  const pair = (look: (typeof looks)[number], onCanvas: Ref, onStyle: Ref): StylePair => ({
    style: look.style.recipe.input,
    weight: look.weight,
    canvas: region(g, onCanvas, masks.canvas(look.style, sideOf(onCanvas), stage.size)),
    target: region(g, onStyle, masks.style(look.style, sideOf(onStyle))),
  });
  const stylesAt = once((layer: string) => someStyle(looks.map((l) => pair(l, canvas(layer), l.features(layer)))));
  const plain =
    !('data' in space.base) && !recipe.pin && (stage.recipe.views ?? recipe.views).length === 0 && period === 0;
  const pixels = (): readonly StylePair[] => {
    if (!plain) return stylesAt(INPUT);
    const w = g.constant([space.rank, 3, 1, 1], Float32Array.from(space.weights), 'colour weights');
    const bias = g.constant(
      [space.rank],
      Float32Array.from(space.origin, (v) => -v),
      'colour origin',
    );
    return someStyle(looks.map((l) => pair(l, x, conv2d(g, l.features(INPUT), w, { bias }))));
  };

  let streams = 0;
  const context = (path: string): LossContext => ({
    g,
    layers: (choice) => resolveLayers(choice, net, `${path}.layers`),
    canvas,
    styles: stylesAt,
    content: (layer, still = false) => contentAt(still || !moving)(layer),
    start: (layer, still = false) => startAt(still || !moving)(layer),
    input: (name, layer) => others(name)(layer),
    pixels,
    fine: looks.length === 0 || looks.some((l) => 2 * l.size[0] >= l.style.picture.width),
    counter,
    // One block may need streams of its own beyond the one it is given.
    random: () => ({ seed: recipe.seed, stream: 16 + 16 * streams++ }),
    torus,
    warn,
    largest,
  });

  const terms = new Map<string, Ref>();
  stage.recipe.losses.forEach((settings, k) => {
    const path = `${stage.path}.losses[${k}]`;
    const block = lossComponents.find((b) => b.kind === settings.kind);
    if (!block) throw invariant(`a loss of kind ${settings.kind}`);
    for (const { name, value } of within(path, () => block.build(context(path), settings))) {
      const base = name === settings.kind || name === '' ? settings.kind : `${settings.kind} ${name}`;
      let unique = base;
      for (let n = 2; terms.has(unique); n++) unique = `${base} (${n})`;
      terms.set(unique, scale(g, value, settings.weight));
    }
  });
  const [first, ...rest] = terms.values();
  if (!first)
    throw new EngineError('RecipeError', `${stage.path}.losses: nothing is left to do`, 'Give a layer a weight.');
  return { loss: rest.reduce((sum, term) => add(g, sum, term), first), terms };
}

const sideOf = (x: Ref): Size => [x.shape[2] ?? 1, x.shape[1] ?? 1];

function region(g: Graph, x: Ref, mask: Float32Array | null): Region {
  if (!mask) return { x };
  const [w, h] = sideOf(x);
  const half = mask.reduce((most, v) => Math.max(most, v), 0) / 2;
  const pick = Uint32Array.from(mask.keys()).filter((i) => (mask[i] ?? 0) >= half);
  return { x, mask: g.constant([1, h, w], mask, 'mask'), pick };
}

const STILL = (picture: Ref): Ref => picture;

/**
 * Rolls a picture by 0 .. period - 1 pixels, anew each step. Pools look at the canvas through a grid; left in place,
 * the grid shows: dots of its period all over, and lines of its phase, the border's among them, 1.2 to 1.5 times as
 * rough as the others (measured at 128 px, 150 steps, with either pooling). A roll is exact, so on a torus jitter
 * costs nothing but the copy. Axes that are no torus are only rolled when the recipe gives a number: their edges then
 * meet now and then, as in the first deep dreams.
 */
function jitter(
  g: Graph,
  counter: Ref,
  period: number,
  recipe: Recipe,
  stage: PlannedStage,
  torus: readonly [boolean, boolean],
): (picture: Ref) => Ref {
  const anyway = typeof stage.recipe.jitter === 'number';
  if (period < 2 || !(anyway || torus[0] || torus[1])) return STILL;
  const draw = random(g, [2], { seed: recipe.seed, stream: 2, distribution: 'uniform' }, counter);
  const on = g.constant(
    [2],
    Float32Array.from(torus, (t) => Number(t || anyway)),
    'axes that roll',
  );
  const shift = mul(g, affine(g, draw, period, -0.5), on); // rollBy rounds
  return (picture) => rollBy(g, picture, shift);
}

/** Puts the path of a loss in front of what it complains about. */
function within<T>(path: string, build: () => T): T {
  try {
    return build();
  } catch (error) {
    if (!(error instanceof EngineError) || error.message.startsWith(path)) throw error;
    const what = error.hint ? error.message.slice(0, -error.hint.length - 3) : error.message;
    throw new EngineError(error.code, `${path}: ${what}`, error.hint);
  }
}
