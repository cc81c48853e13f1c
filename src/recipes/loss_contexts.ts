// What losses see of a stage: a context for each of them, whose answers are built when they are asked for.
import { EngineError, invariant } from '../base/errors';
import type { Raster } from '../base/raster';
import type { Graph, Node } from '../graph/graph';
import { toHalf, toReal } from '../shaders/cast';
import { conv2d } from '../shaders/conv2d';
import type { Ref } from '../shaders/op';
import { affine, mul } from '../shaders/pointwise';
import { random } from '../shaders/random';
import { rollBy } from '../shaders/roll';
import { pictureAt, viewedCanvas } from './canvas_view';
import { lossComponents } from './losses';
import { INPUT } from './losses/lib/layers';
import type { LossContext, Region, StylePair } from './losses/lib/loss';
import { layerMasks } from './masks';
import { type Size, styleSizes } from './plan_stages';
import { gradientScale } from './precision';
import { type ResolvedStyle, resolveLayers, sizeOf } from './resolve';
import type { StageSetup } from './stage_setup';

/** An image at a layer: `input` is the image itself, any other a layer of the net. */
type Features = (layer: string) => Ref;

/**
 * Contexts for the losses of a stage at a point x of its canvas, coordinates [rank, H, W].
 * @returns the context of the loss at a path such as `stages[0].losses[1]`; to be called in the order of the losses.
 */
export function lossContexts(g: Graph, x: Ref, counter: Node, setup: StageSetup): (path: string) => LossContext {
  const { resolved, stage, warn, largest } = setup;
  const { recipe, net, torus } = resolved;
  const picture = viewedCanvas(g, x, setup);
  const period = jitterPeriod(setup);
  const roll = jitter(g, counter, period, setup);
  const rolled = roll(picture);
  const featuresOf = netFeatures(g, setup);
  const canvas = featuresOf(rolled, true);
  const { content, start, input } = comparedImages(g, setup, roll, featuresOf);
  const styles = stylesAtSizes(g, setup, featuresOf);
  const stylesAt = stylePairs(g, setup, styles, canvas);
  const asItIs = !recipe.pin && (stage.recipe.views ?? recipe.views).length === 0 && period === 0;

  let streams = 0;
  return (path) => ({
    g,
    layers: (choice) => resolveLayers(choice, net, `${path}.layers`),
    canvas,
    styles: stylesAt.layer,
    content,
    start,
    input,
    pixels: () => (asItIs && !('data' in resolved.space.base) ? stylesAt.coordinates(x) : stylesAt.layer(INPUT)),
    fine: styles.length === 0 || styles.some((s) => 2 * s.size[0] >= s.style.picture.width),
    counter,
    // A loss may need streams of its own beyond the one it is given.
    random: () => ({ seed: recipe.seed, stream: 16 + 16 * streams++ }),
    torus,
    warn,
    largest,
  });
}

/** The net at images, where the recipe has one: built for an image when a layer of it is first asked for. */
function netFeatures(g: Graph, setup: StageSetup): (image: Ref, onTorus: boolean) => Features {
  const { recipe, net, torus } = setup.resolved;
  const preprocess = net?.builder.prepare(g, net.preprocessing);
  const half = recipe.precision === 'f32' ? null : gradientScale(setup.stage.recipe.losses);
  return (image, onTorus) => {
    const build = (): ReadonlyMap<string, Ref> => {
      if (!net || !preprocess) throw invariant('layers without a net');
      const x = preprocess(image);
      return net.builder.build(g, net.model, half === null ? x : toHalf(g, x, 1, 1 / half), {
        layers: setup.layers,
        pooling: (typeof recipe.net === 'object' && recipe.net.pooling) || net.pooling,
        edges: 'reflect',
        torus: onTorus ? torus : false,
      });
    };
    let built: ReadonlyMap<string, Ref> | undefined;
    const layerOf = memoized((layer: string): Ref => {
      built ??= build();
      const feature = built.get(layer);
      if (!feature) throw invariant(`layer ${layer} was not built`);
      return half === null ? feature : toReal(g, feature, 1, half);
    });
    return (layer) => (layer === INPUT ? image : layerOf(layer));
  };
}

/** What losses compare the canvas with, other than styles. */
function comparedImages(
  g: Graph,
  setup: StageSetup,
  roll: (picture: Ref) => Ref,
  featuresOf: (image: Ref, onTorus: boolean) => Features,
): Pick<LossContext, 'content' | 'start' | 'input'> {
  const { resolved, stage } = setup;
  const [W, H] = stage.size;
  // What is compared position by position moves with the canvas; where nothing moves, both are the same.
  const moves = roll !== STILL;
  const contentAt = memoized((still: boolean) => {
    if (!resolved.content) {
      throw new EngineError('RecipeError', 'this loss compares with a content, and there is none', 'Add "content".');
    }
    const image = pictureAt(g, resolved.content, stage.size);
    return featuresOf(still ? image : roll(image), true);
  });
  const startAt = memoized((still: boolean) => {
    const image = viewedCanvas(g, g.constant([resolved.space.rank, H, W], setup.start, 'start'), setup);
    return featuresOf(still ? image : roll(image), true);
  });
  const inputAt = memoized((name: string) => {
    const raster: Raster | undefined = resolved.inputs.get(name);
    if (raster) return featuresOf(pictureAt(g, raster, sizeOf(raster)), false);
    const known = [...resolved.inputs.keys()].join(', ');
    throw new EngineError('RecipeError', `there is no input ${name}`, `Inputs are: ${known || 'none'}.`);
  });
  return {
    content: (layer, still = false) => contentAt(still || !moves)(layer),
    start: (layer, still = false) => startAt(still || !moves)(layer),
    input: (name, layer) => inputAt(name)(layer),
  };
}

/** A style at one of its magnifications. */
interface StyleAtSize {
  readonly style: ResolvedStyle;
  readonly size: Size;
  readonly weight: number;
  readonly features: Features;
}

function stylesAtSizes(
  g: Graph,
  { resolved, stage, full }: StageSetup,
  featuresOf: (image: Ref, onTorus: boolean) => Features,
): StyleAtSize[] {
  return resolved.styles.flatMap((style) => {
    const sizes = styleSizes(style.recipe, sizeOf(style.picture), full, stage.factor);
    return sizes.map((size) => ({
      style,
      size,
      weight: style.weight / sizes.length,
      features: featuresOf(pictureAt(g, style.picture, size), false),
    }));
  });
}

interface StylePairs {
  /** The canvas and each style at a layer. */
  layer(name: string): readonly StylePair[];
  /** The canvas as its coordinates, and each style in the same. */
  coordinates(x: Ref): readonly StylePair[];
}

function stylePairs(g: Graph, setup: StageSetup, styles: readonly StyleAtSize[], canvas: Features): StylePairs {
  const { resolved, stage, warn } = setup;
  const { space } = resolved;
  const masks = layerMasks(resolved, warn);
  const some = (): readonly StyleAtSize[] => {
    if (styles.length > 0) return styles;
    throw new EngineError('RecipeError', 'this loss compares with a style, and there is none', 'Add one to "styles".');
  };
  const pair = ({ style, weight }: StyleAtSize, onCanvas: Ref, onStyle: Ref): StylePair => ({
    style: style.recipe.input,
    weight,
    canvas: region(g, onCanvas, masks.canvas(style, sideOf(onCanvas), stage.size)),
    target: region(g, onStyle, masks.style(style, sideOf(onStyle))),
  });
  return {
    layer: memoized((layer: string) => some().map((s) => pair(s, canvas(layer), s.features(layer)))),
    coordinates: (x) => {
      const w = g.constant([space.rank, 3, 1, 1], Float32Array.from(space.weights), 'colour weights');
      const origin = Float32Array.from(space.origin, (v) => -v);
      const bias = g.constant([space.rank], origin, 'colour origin');
      return some().map((s) => pair(s, x, conv2d(g, s.features(INPUT), w, { bias })));
    },
  };
}

/** A function that computes each value once. */
function memoized<K, V>(make: (key: K) => V): (key: K) => V {
  const made = new Map<K, V>();
  return (key) => {
    const old = made.get(key);
    if (old !== undefined) return old;
    const value = make(key);
    made.set(key, value);
    return value;
  };
}

/** Width and height of a map [C, H, W]. */
function sideOf({ shape: [, H, W] }: Ref): Size {
  if (H === undefined || W === undefined) throw invariant('a map that is not [C, H, W]');
  return [W, H];
}

function region(g: Graph, x: Ref, mask: Float32Array | null): Region {
  if (!mask) return { x };
  const [w, h] = sideOf(x);
  const half = mask.reduce((most, v) => Math.max(most, v), 0) / 2;
  const pick = Uint32Array.from(mask.keys()).filter((i) => (mask[i] ?? 0) >= half);
  return { x, mask: g.constant([1, h, w], mask, 'mask'), pick };
}

/** By how many pixels a stage rolls the canvas at most before each evaluation; 0 for none. */
function jitterPeriod({ stage, layers, stride }: StageSetup): number {
  const { jitter: wanted, losses } = stage.recipe;
  if (typeof wanted === 'number') return wanted;
  if (wanted === false) return 0;
  const positional = losses.some((l) => lossComponents.find((c) => c.kind === l.kind)?.positional);
  if (wanted === 'auto' && positional) return 0;
  return layers.length > 0 && stride > 1 ? stride : 0;
}

const STILL = (picture: Ref): Ref => picture;

/**
 * Rolls a picture by 0 .. period - 1 pixels, anew each step. Pools sample the canvas on a grid; left in place,
 * the grid shows: dots of its period all over, and lines of its phase, the border's among them, 1.2 to 1.5 times as
 * rough as the others (measured at 128 px, 150 steps, with either pooling). A roll is exact, so on a torus jitter
 * costs nothing but the copy. Axes that are no torus are only rolled when the recipe gives a number: their edges then
 * meet now and then, as in the first deep dreams.
 */
function jitter(
  g: Graph,
  counter: Ref,
  period: number,
  { resolved: { recipe, torus }, stage }: StageSetup,
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
