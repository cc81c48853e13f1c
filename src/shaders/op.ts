import { type Is, number } from '../base/known_options';
import type { Shape } from '../base/shape';
import type { KernelSource, Overrides } from '../gpu/kernel';
import type { ConvolutionPolicy } from './conv2d/policy';

/** How an element is stored. `f32` may be f16 where a plan says so (`CompileOptions.scalar`); `u32` holds indices. */
export type Dtype = 'f32' | 'f16' | 'u32';

/** A value in a graph: a shape and an id. Owns no memory. */
export interface Ref {
  readonly id: number;
  readonly shape: Shape;
  readonly dtype: Dtype;
}

/** A number the host may change between runs of a plan, without compiling anything: a rate, a weight. */
export interface RuntimeScalar {
  readonly scalar: string;
  readonly value: number;
}

/** For `checkValues`: a number, fixed or of the run. */
export const scalar: Is<number | RuntimeScalar> = {
  wanted: number.wanted,
  is: (v): v is number | RuntimeScalar =>
    number.is(v) || (Object(v).scalar !== undefined && number.is(Object(v).value)),
};

/** One dispatch of one kernel. */
export interface Launch<U extends string = string, V extends string = string> {
  readonly kernel: KernelSource<U, V>;
  /** What each binding of the kernel holds, in order. */
  readonly bind: readonly Ref[];
  readonly uniforms: Readonly<Record<U, number | RuntimeScalar>>;
  /** Override values fixed by the op's attributes (WRAP, RELU ...); a variant's values come on top. */
  readonly overrides?: Overrides;
  /** Workgroups for a given choice of override values. */
  readonly grid: (v: Readonly<Record<V, number>>) => readonly [x: number, y?: number, z?: number];
  /** Arithmetic this launch has to do, a multiply-add counting as 2. For the cost table and the roofline. */
  readonly flops?: number;
  /**
   * The same with the output, the last of `bind`, in the memory of the input `x`, which is as large and which nobody needs any
   * more: binds the output and not `x`. Null where that input will not do; missing where none will.
   */
  readonly inplace?: (x: Ref) => Launch | null;
}

/** Checks a launch against its kernel's uniforms and overrides, then forgets their names. */
export function launch<U extends string, V extends string>(l: Launch<U, V>): Launch {
  return l as unknown as Launch;
}

/** `N` values of `T`, so that an op can take its inputs apart without doubt. */
export type Tuple<T, N extends number> = N extends 1
  ? readonly [T]
  : N extends 2
    ? readonly [T, T]
    : N extends 3
      ? readonly [T, T, T]
      : N extends 4
        ? readonly [T, T, T, T]
        : N extends 6
          ? readonly [T, T, T, T, T, T]
          : readonly T[];

/** What an op may ask of the graph. The graph implements it; ops only see this. */
export interface Builder {
  readonly policy: ConvolutionPolicy;
  /** `x`, for whoever looks at it before an op does. @throws EngineError `GraphError` where it is no value of this graph. */
  node(x: Ref): Ref;
  apply<N extends number, A>(op: Op<N, A>, x: Tuple<Ref, N>, attrs: A): Ref;
  /**
   * What `make` returned when this graph was first asked for `name` of `of`, a value or other object: weights laid out for a
   * kernel, say, are then laid out once. A name stands for one type.
   */
  memo<T>(of: object, name: string, make: () => T): T;
}

export interface BackwardContext<N extends number, A> {
  readonly g: Builder;
  readonly x: Tuple<Ref, N>;
  /** The op's own output, for ops whose derivative is simplest in terms of it. */
  readonly y: Ref;
  /** Gradient of the loss with respect to y. */
  readonly dy: Ref;
  readonly attrs: A;
  /** Whether anyone asked for the gradient of input k; where not, return null and save the work. */
  readonly needs: (k: number) => boolean;
}

/** An application of an op, as fusion rules see it. */
export interface Applied<A = unknown> {
  readonly op: Op;
  readonly x: readonly Ref[];
  readonly attrs: A;
  readonly shape: Shape;
}

/** What a fusion rule answers: the op, inputs and attributes that do the work of both. */
export interface Fused {
  readonly op: Op;
  readonly x: readonly Ref[];
  readonly attrs: unknown;
}

/**
 * An op whose kernels store maps as `T` and all else as `Sum` (src/gpu/kernel.ts), so that plans can hand it maps of f16
 * without casting them first.
 */
export interface F16Maps<A> {
  /** Inputs that are maps, all f16 or all f32. The others are f32 always. */
  readonly maps: readonly number[];
  /**
   * Where the output is a map too, attributes for `by` times as large a one; null where there are none. Without it the
   * output is no map, and f32 always.
   */
  gain?(attrs: A, by: number): unknown;
}

/** A window that slides over a map, as convolutions and pools have it: [rows, columns]; pads [top, left, bottom, right]. */
export interface SlidingWindow {
  readonly size: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly pad: readonly [number, number, number, number];
  /** 'wrap', or what else lies beyond the edge. */
  readonly border: readonly [string, string];
}

/** Which part of the inputs an op needs for a part of its output, for canvases that are computed in tiles (graph/tiling). */
export type Tiling<A> = {
  /** Inputs that are maps of the canvas, [C, H, W]. The others are taken whole. Default: all are maps. */
  readonly maps?: readonly number[];
} & (
  | { readonly rule: 'pointwise' }
  /** Pixels of the first map within a window; null where that is not all. */
  | { readonly rule: 'window'; window(attrs: A): SlidingWindow | null }
  /** The first map, rolled by input 1. */
  | { readonly rule: 'roll' }
  /** All pixels are alike; attributes for a map of another height and width. */
  | { readonly rule: 'uniform'; resized(attrs: A, height: number, width: number): unknown }
  /** What can be added up over pixels. A mean counts by the tile's share of the canvas. */
  | {
      readonly rule: 'sum' | 'mean';
      /** It is taken about input 1, a centre [C]: pixels that are the centre add nothing. */
      readonly about?: {
        /** Whether the result does not change with the centre, to first order. */
        still(attrs: A): boolean;
      };
    }
);

// biome-ignore lint/suspicious/noExplicitAny: an Op of unknown arity and attributes; the graph only passes them through
export interface Op<N extends number = any, A = any> {
  readonly name: string;
  /** Of the output. Default: that of the inputs that are no indices; f32 without any. */
  readonly dtype?: Dtype;
  /** What it can do with maps of f16 while all else is f32. Default: nothing; all inputs are of one dtype. */
  readonly f16Maps?: F16Maps<A>;
  /** How it takes part in canvases that are computed in tiles. Default: its inputs are taken whole. */
  readonly tiling?: Tiling<A>;
  /** It only changes how values are stored, and multiplies them by a number. */
  readonly cast?: { readonly to: 'f16' | 'f32'; scale(attrs: A): number };
  /** It adds its two inputs, so that `fuseSum` may take its place. */
  readonly isSum?: true;
  /** A constant to gradients. */
  readonly stopsGradient?: true;
  /**
   * The output takes the memory of x[0], a state, which `forward` then must not bind: it binds y alone, and finds the
   * old value there. Nothing may read the old value afterwards.
   */
  readonly inplace?: true;
  /** Output shape, or a ShapeError. Pure: never touches the GPU. */
  infer(x: Tuple<Shape, N>, attrs: A): Shape;
  /**
   * How to compute `y`. An empty list means that y is a view of x[0]: the same elements under another shape.
   * `scratch` gives memory for this node alone; its contents are undefined at the start.
   */
  forward(x: Tuple<Ref, N>, y: Ref, attrs: A, scratch: (shape: Shape, dtype?: Dtype) => Ref): readonly Launch[];
  /** Gradient of each input, written as more graph; null where there is none. */
  backward(c: BackwardContext<N, A>): Tuple<Ref | null, N>;
  /** Fusion: this node, whose only reader is `next`, and `next` in one. Null when they do not go together. */
  fuseNext?(self: Applied<A>, next: Applied): Fused | null;
  /** Fusion: this node and the producer of its input `k`, which nobody else reads. */
  fusePrevious?(self: Applied<A>, k: number, previous: Applied): Fused | null;
  /** Fusion: this node, whose only reader is a sum with `other`, of the same shape, and that sum. */
  fuseSum?(self: Applied<A>, other: Ref): Fused | null;
}

export function defineOp<N extends number, A>(op: Op<N, A>): Op<N, A> {
  return op;
}

/** An array of f64 with a shape: what references compute with. */
export interface Value {
  readonly shape: Shape;
  readonly data: Float64Array;
}

export interface Case<N extends number, A> {
  readonly name: string;
  readonly shapes: Tuple<Shape, N>;
  readonly attrs: A;
  /**
   * Input values, when not just any in [-1, 1] will do: element i of input k, made from `u`, uniform in [-1, 1].
   */
  readonly values?: (k: number, i: number, u: number) => number;
}

/** Test facts about one op. They live beside the op; nothing that ships imports them. See test/support/kit.ts. */
// biome-ignore lint/suspicious/noExplicitAny: specs of all arities are tested by one kit
export interface OpSpec<N extends number = any, A = any> {
  readonly op: Op<N, A>;
  /** The slow truth, in f64. */
  reference(x: Tuple<Value, N>, attrs: A): Float64Array;
  /** At least one tiny, one exact-tile and one ragged case. */
  readonly cases: readonly Case<N, A>[];
  /** Shapes and attributes that must be refused, with the message they get. */
  readonly rejects?: readonly (Case<N, A> & { readonly message: RegExp })[];
  /** Relative tolerance of the forward pass, against the largest element. Default 1e-5. */
  readonly rtol?: number;
  /** Inputs that have a gradient. Default: all that are no indices. Others must get null. */
  readonly differentiable?: readonly number[];
  /** Inputs that are indices. Their values are rounded to u32. */
  readonly indices?: readonly number[];
  /** Inputs stored as f16, on top of whether the output is. Where the adapter has no f16, the kit skips the op. */
  readonly f16?: { readonly inputs?: readonly number[]; readonly output?: true };
  /** Cooperative matrices that the adapter has to have: without them the kit skips the op, and says so. */
  readonly matrices?: { readonly side: number; readonly lanes: number };
  /**
   * Cases (by predicate on attrs and shapes) for which op(roll(x)) == roll(op(x)) bit for bit, and by how much the
   * output moves when input 0, or all of `inputs`, are rolled by [dy, dx] over their last two axes. Null: not equivariant.
   */
  torus?(
    attrs: A,
    shapes: Tuple<Shape, N>,
  ): { readonly rollIn: Roll; readonly rollOut: Roll; readonly inputs?: readonly number[] } | null;
  /** Input k in which the op is linear: the kit checks <A x, y> == <x, A' y>. */
  readonly linearIn?: number;
}

/** Shift of the last two axes, in elements: [rows, columns]. */
export type Roll = readonly [dy: number, dx: number];
