// 3x3 convolutions at stride 1 that multiply by filters prepared for them: what Winograd's and those by matrices share.
import { EngineError, invariant, shapeError } from '../../base/errors';
import { type Shape, sameShape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { type Applied, type Builder, defineOp, type Fused, launch, type Op, type Ref } from '../op';
import { padGradOp } from '../pad';
import type { Borders, Pads } from '../pad/border';
import { ops } from '../pointwise';
import { channelSum } from '../sum';
import { type Conv, convShape, type Filter, filter3x3, window3x3 } from './geometry';
import { filterGrad } from './ops';

interface Flip {
  /** For the transposed convolution: channel axes exchanged, filters turned by 180 degrees. */
  readonly flip: boolean;
}

export interface FilterMethod<F extends Flip> {
  /** Of the op and of its kernel. */
  readonly name: string;
  readonly wgsl: string;
  shape(filter: Filter, attrs: F): Shape;
  overrides(attrs: F): Readonly<Record<string, number>>;
  /** For each element made. */
  readonly flops?: number;
}

/** An op that makes filters w [O, C, 3, 3] what a convolution multiplies by. */
export function filterOp<F extends Flip>({ name, wgsl, shape, overrides, flops = 0 }: FilterMethod<F>): Op<1, F> {
  const kernel = defineKernel({
    name,
    wgsl,
    lib: [globalIndex],
    binds: ['read', 'write'],
    uniforms: { n: 'u32', a: 'u32', b: 'u32' },
    variants: [{ WG: 64 }, { WG: 256 }],
  });
  return defineOp<1, F>({
    name,
    infer: ([w], attrs) => shape(filter3x3(name, w, attrs.flip), attrs),
    forward([w], y, attrs) {
      const n = size(y.shape);
      const { out: a, in: b } = filter3x3(name, w.shape, attrs.flip);
      return [
        launch({
          kernel,
          bind: [w, y],
          overrides: { ...overrides(attrs), FLIP: attrs.flip ? 1 : 0 },
          uniforms: { n, a, b },
          grid: ({ WG }) => flatGrid(n, WG),
          flops: flops * n,
        }),
      ];
    },
    backward() {
      throw invariant(`${name} has no derivative: the convolution takes the filters too, and hands them theirs`);
    },
  });
}

export interface PreparedAttrs extends Flip {
  /** Each 0 to 2. */
  readonly pad: Pads;
  readonly border: Borders;
  /** What the fourth input is: a bias [O] to add, or a mask of x's shape: x counts only where it is positive. */
  readonly extra?: 'bias' | 'mask';
  /** max(y, 0) before it is stored. Only fusion sets it: the op as such has no derivative then. */
  readonly relu?: boolean;
}

export interface PreparedMethod<A extends PreparedAttrs> {
  readonly name: string;
  /** Of its filters. */
  readonly filters: { readonly about: string; shape(filter: Filter, attrs: A): Shape };
  /** Prepares filters w; made once for a graph, however many use them. */
  prepare(g: Builder, w: Ref, attrs: A): Ref;
  /** Shape of the result, where it is not that of the convolution. */
  stored?(y: Shape, attrs: A): Shape;
  /** Inputs by what they are for. */
  launches(
    inputs: { readonly x: Ref; readonly filter: Ref; readonly bias?: Ref | undefined; readonly mask?: Ref | undefined },
    y: Ref,
    attrs: A,
    scratch: Parameters<Op['forward']>[3],
  ): ReturnType<Op['forward']>;
  /** What it fuses besides the relu: attributes with that in them; null where nothing fuses any more. */
  fuse?(self: Applied<A>, next: Applied): A | null | undefined;
}

/** The op of such a convolution: of a map, filters, the same filters prepared, and perhaps a bias or a mask. */
export function preparedOp<A extends PreparedAttrs>(method: PreparedMethod<A>): Op<number, A> {
  const { name, filters } = method;
  const convOf = (w: Shape, { flip, pad, border }: A): Conv => ({
    filter: filter3x3(name, w, flip),
    stride: [1, 1],
    pad,
    border,
  });
  const op: Op<number, A> = defineOp<number, A>({
    name,
    // Tiles of its own begin with the window, so with Winograd's it differs from the whole canvas' by rounding.
    tiling: { rule: 'window', maps: [0], window: window3x3 },
    infer([x = [], w = [], filter = [], extra], attrs) {
      const conv = convOf(w, attrs);
      const y = convShape(name, x, conv);
      if (attrs.pad.some((p) => p > 2)) {
        throw new EngineError('ShapeError', `${name} wants pads of 0 to 2, got [${attrs.pad.join(', ')}]`);
      }
      const want = filters.shape(conv.filter, attrs);
      if (!sameShape(filter, want)) throw shapeError(name, `${filters.about} [${want.join(', ')}]`, filter);
      if (!extra !== !attrs.extra) throw invariant(`${name} with ${attrs.extra ?? 'no'} extra, and ${extra ?? 'none'}`);
      if (extra && !sameShape(extra, attrs.extra === 'bias' ? [conv.filter.out] : x)) {
        throw attrs.extra === 'bias'
          ? shapeError(name, `a bias [${conv.filter.out}]`, extra)
          : shapeError(name, 'a mask like x', extra, x);
      }
      return method.stored?.(y, attrs) ?? y;
    },
    forward([x, , filter, extra], y, attrs, scratch) {
      if (!x || !filter) throw new EngineError('ShapeError', `${name} wants a map and filters`);
      return method.launches({ x, filter, [attrs.extra ?? 'bias']: extra }, y, attrs, scratch);
    },
    backward({ g, x: [x, w, , extra], dy, attrs, needs }) {
      if (!x || !w) return [];
      const masked = (r: Ref): Ref => (extra && attrs.extra === 'mask' ? g.apply(ops.reluMask, [extra, r], {}) : r);
      return [
        needs(0) ? masked(inputGrad(g, dy, w, attrs, x.shape)) : null,
        needs(1) ? filterGrad(g, masked(x), dy, convOf(w.shape, attrs), attrs.flip) : null,
        null, // the filters again: their derivative has gone to w
        ...(extra ? [attrs.extra === 'bias' && needs(3) ? channelSum(g, dy) : null] : []),
      ];
    },
    fuseNext(self: Applied<A>, next): Fused | null {
      const more = method.fuse?.(self, next);
      if (more !== undefined) return more && { op, x: self.x, attrs: more };
      if (next.op !== ops.relu || self.attrs.relu) return null;
      return { op, x: self.x, attrs: { ...self.attrs, relu: true } };
    },
    fusePrevious(self: Applied<A>, k, previous): Fused | null {
      const [mask, dy] = previous.x;
      const [, w, filter] = self.x;
      if (k !== 0 || previous.op !== ops.reluMask || self.attrs.extra || !mask || !dy || !w || !filter) return null;
      return { op, x: [dy, w, filter, mask], attrs: { ...self.attrs, extra: 'mask' } };
    },
  });

  /** The adjoint at dy, for an input [C, H, W]: again a convolution, perhaps of the padded map. */
  function inputGrad(g: Builder, dy: Ref, w: Ref, { extra: _, ...attrs }: A, [, H, W]: Shape): Ref {
    const { border } = attrs;
    const flipped = { ...attrs, flip: !attrs.flip } as A;
    const filter = method.prepare(g, w, flipped);
    const convolved = (pad: Pads, borders: Borders): Ref =>
      g.apply(op, [dy, w, filter], { ...flipped, pad, border: borders });
    const [t, l, b, r] = attrs.pad;
    // With zeros, and round a torus, what is taken from where is the same either way.
    const same = [H === dy.shape[1], W === dy.shape[2]];
    if (border.every((e, axis) => e === 'zeros' || (e === 'wrap' && same[axis]))) {
      return convolved([2 - t, 2 - l, 2 - b, 2 - r], border);
    }
    return g.apply(padGradOp, [convolved([2, 2, 2, 2], ['zeros', 'zeros'])], { pad: attrs.pad, border });
  }
  return op;
}

/** Applies such an op to x [C, H, W] and filters w [O, C, 3, 3], with a bias [O] where there is one. */
export function convolve<A extends PreparedAttrs>(
  g: Builder,
  op: Op<number, A>,
  [x, w, filter]: readonly [x: Ref, w: Ref, filter: Ref],
  bias: Ref | undefined,
  attrs: A,
): Ref {
  return bias ? g.apply(op, [x, w, filter, bias], { ...attrs, extra: 'bias' }) : g.apply(op, [x, w, filter], attrs);
}
