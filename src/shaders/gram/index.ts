import { invariant, shapeError } from '../../base/errors';
import { checkOptions, flag } from '../../base/known_options';
import { chw, type Shape, sameShape } from '../../base/shape';
import { matmul } from '../matmul';
import { type Applied, type Builder, defineOp, type Fused, type Op, type Ref } from '../op';
import { linearCombine, sub } from '../pointwise';
import { reshape } from '../reshape';
import { channelMean, channelSum, type Expansion, expandChannels, expandChannelsOp } from '../sum';
import { transpose } from '../transpose';
import { gradLaunches, gramLaunches } from './launches';

type None = Readonly<Record<string, never>>;

/** Second moments about the origin. */
export const gramOp: Op<1, None> = defineOp<1, None>({
  name: 'gram',
  f16Maps: { maps: [0] },
  tiling: { rule: 'mean' },
  infer([x]) {
    const [C] = chw('gram', x);
    return [C, C];
  },
  forward: ([x], y, _, scratch) => gramLaunches(x, null, y, scratch),
  backward: ({ g, x: [x], dy }) => [g.apply(gramGradOp, [x, dy], {})],
});

interface About {
  /** The centre is the mean of x. Then the matrix does not change with it to first order, and it gets no gradient. */
  readonly mean: boolean;
}

/** Second moments about a centre: x [C, H, W], centre [C]. */
export const gramAboutOp: Op<2, About> = defineOp<2, About>({
  name: 'gram_about',
  f16Maps: { maps: [0] },
  // About its own mean a covariance does not change with that mean.
  tiling: { rule: 'mean', maps: [0], about: { still: ({ mean }) => mean } },
  infer([x, mu]) {
    const [C] = chw('gram', x);
    if (!sameShape(mu, [C])) throw shapeError('gram', `a centre [${C}]`, mu);
    return [C, C];
  },
  forward: ([x, mu], y, _, scratch) => gramLaunches(x, mu, y, scratch),
  backward({ g, x: [x, mu], dy, attrs, needs }) {
    const dx = g.apply(gramGradOp, [x, dy, mu], { centred: true });
    return [dx, !attrs.mean && needs(1) ? channelSum(g, dx, -1) : null];
  },
});

/** Which inputs the gradient has behind x and d, in this order. */
export interface GramGradAttrs {
  /** mu [C], taken off x. */
  readonly centred?: boolean;
  /** b [C], this times which is added at every pixel of a channel. */
  readonly bias?: number;
  /** a [C, H, W], which is added. */
  readonly add?: boolean;
  /** What the product is multiplied by. Default 1; only plans set it, for f16: the op as such has no derivative then. */
  readonly gain?: number;
}

/** The inputs by name. */
function parts<V>([x, d, ...more]: readonly V[], attrs: GramGradAttrs): { x: V; d: V; mu?: V; b?: V; a?: V } {
  const next = (there: boolean): V | undefined => (there ? more.shift() : undefined);
  const [mu, b, a] = [next(attrs.centred === true), next(attrs.bias !== undefined), next(attrs.add === true)];
  if (x === undefined || d === undefined) throw invariant('gram_grad wants a map and a matrix');
  return { x, d, ...(mu !== undefined && { mu }), ...(b !== undefined && { b }), ...(a !== undefined && { a }) };
}

/**
 * (D + D') (X - mu) / N + bias b + A: x [C, H, W], D [C, C]; mu, b and A where the attributes say so. Sums of gradients
 * come here by fusion.
 */
export const gramGradOp: Op<number, GramGradAttrs> = defineOp<number, GramGradAttrs>({
  name: 'gram_grad',
  f16Maps: {
    maps: [0],
    gain: ({ gain = 1, bias, add, ...attrs }, by) =>
      add ? null : { ...attrs, gain: by * gain, ...(bias !== undefined && { bias: by * bias }) },
  },
  infer(inputs, attrs) {
    const { x, d, mu, b, a } = parts(inputs, attrs);
    const C = square(x, d);
    if (mu && !sameShape(mu, [C])) throw shapeError('gram_grad', `a centre [${C}]`, mu);
    if (b && !sameShape(b, [C])) throw shapeError('gram_grad', `a number for each channel [${C}]`, b);
    if (a && !sameShape(a, x)) throw shapeError('gram_grad', 'an addend like the map', a, x);
    return x;
  },
  forward(inputs, y, attrs, scratch) {
    const { x, d, mu = null, b, a = null } = parts(inputs, attrs);
    return gradLaunches(
      [x, d, mu],
      { bias: b ? { b, scale: attrs.bias ?? 0 } : null, map: a, gain: attrs.gain ?? 1 },
      y,
      scratch,
    );
  },
  backward({ g, x: inputs, dy, attrs, needs }) {
    const { x, d, mu, b, a } = parts(inputs, attrs);
    const dx = needs(0) || (mu && needs(2)) ? g.apply(gramGradOp, [dy, d], {}) : null;
    const from = mu ? sub(g, x, expandChannels(g, mu, x.shape)) : x;
    return [
      dx,
      needs(1) ? bothWays(g, dy, from) : null,
      ...(mu ? [dx && needs(2) ? channelSum(g, dx, -1) : null] : []),
      ...(b ? [channelSum(g, dy, attrs.bias ?? 0)] : []),
      ...(a ? [dy] : []),
    ];
  },
  fuseSum: (self: Applied<GramGradAttrs>, other): Fused | null =>
    self.attrs.add || other.dtype !== self.x[0]?.dtype
      ? null
      : { op: gramGradOp, x: [...self.x, other], attrs: { ...self.attrs, add: true } },
  fusePrevious(self: Applied<GramGradAttrs>, k, previous): Fused | null {
    const { add, bias, ...attrs } = self.attrs;
    const [b] = previous.x;
    const last = k === self.x.length - 1;
    if (!add || !last || bias !== undefined || previous.op !== expandChannelsOp || !b) return null;
    const { scale } = previous.attrs as Expansion;
    return { op: gramGradOp, x: [...self.x.slice(0, -1), b], attrs: { ...attrs, bias: scale } };
  },
});

function square(x: Shape, d: Shape): number {
  const [C] = chw('gram_grad', x);
  if (!sameShape(d, [C, C])) throw shapeError('gram_grad', `a matrix [${C}, ${C}]`, d);
  return C;
}

/** (a b' + b a') / N of two maps. */
function bothWays(g: Builder, a: Ref, b: Ref): Ref {
  const [C, H, W] = chw('gram_grad', a.shape);
  const m = matmul(g, reshape(g, a, [C, H * W]), reshape(g, b, [C, H * W]), { tb: true });
  return linearCombine(g, m, transpose(g, m), 1 / (H * W), 1 / (H * W));
}

export interface GramOptions {
  /** Take the mean of each channel off first, with the gradient through the mean: G becomes the covariance. */
  readonly centred?: boolean;
  /** Take this vector [C] off instead: second moments about a given centre. */
  readonly centre?: Ref;
}

/**
 * Gram matrix of a feature map, [C, H, W] -> [C, C]: the mean over pixels of the products of two channels (divided by
 * the number of pixels only). Gatys, Ecker and Bethge, "Texture Synthesis Using Convolutional Neural Networks", 2015.
 * @throws EngineError `ShapeError` when x is no feature map.
 */
export function gram(g: Builder, x: Ref, options: GramOptions = {}): Ref {
  checkOptions('gram', options, { centred: flag, centre: true });
  const { centred = false, centre } = options;
  if (centre) return g.apply(gramAboutOp, [x, centre], { mean: false });
  if (centred) return g.apply(gramAboutOp, [x, channelMean(g, x)], { mean: true });
  return g.apply(gramOp, [x], {});
}
