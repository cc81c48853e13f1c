import type { Shape } from '../../base/shape';
import type { Graph } from '../../graph/graph';
import type { Ref } from '../../shaders/op';
import type { Border } from '../../shaders/pad';
import type { Attributes, Sides } from './attributes';
import type { OnnxModel, OnnxNode, OnnxTensor, OnnxUnsupported } from './model';
import type { NetOptions } from './net_options';

/** How an operator is brought into a graph. An entry of the table in `ops` is all that a new one needs. */
export interface Operator {
  /** Its value computed on the host; used where all inputs are constants. */
  readonly fold?: (c: NodeContext) => readonly OnnxTensor[];
  /** Its value in the graph; used where an input is, or where there is no `fold`. */
  readonly graph?: (c: NodeContext) => readonly Output[];
}

/** What a Pad adds to a map, before anyone has said whether its margin is needed as such. */
export interface Padding {
  /** What is to be padded. */
  readonly x: Ref;
  readonly sides: Sides;
  readonly border: Border;
  /** Of the margin, where the border is `zeros`. */
  readonly value: number;
}

/** The value of a Pad that a convolution may yet take into its own border. */
export interface PendingPad {
  readonly pending: Padding;
  readonly shape: readonly number[];
  readonly type: string;
}

export type Output = Value | PendingPad | null;

/** One node, with what it takes, as its operator sees it. */
export interface NodeContext {
  /** The graph under construction. */
  readonly g: Graph;
  readonly node: OnnxNode;
  readonly model: OnnxModel;
  readonly options: Omit<NetOptions, 'layers'>;
  /** Axes on which the picture is a torus. */
  readonly torus: readonly [vertical: boolean, horizontal: boolean];
  /** The node's attributes. */
  readonly a: Attributes;
  /** `Conv conv1_1`, for messages. */
  readonly who: string;
  /** The operator set that the file is written in. */
  readonly opset: number;

  /** The same for another node, one that this one takes in. */
  at(node: OnnxNode): NodeContext;
  /** Whether input k is given. */
  has(k: number): boolean;
  /** Input k, in the graph or not. */
  value(k: number): Value;
  /** Input k, where it is a Pad that has not been carried out. */
  pendingPad(k: number): PendingPad | undefined;
  /** Input k on the host, where all inputs are constants. */
  tensor(k: number): OnnxTensor;
  /** The numbers of a parameter: a constant, or an input whose value is known. */
  numbers(k: number, what: string): readonly number[];
  /** A list that was an attribute before it became an input; undefined when it is neither. */
  list(k: number, name: string): readonly number[] | undefined;
  /** Input k in the graph. */
  graph(k: number): GraphValue;
  /** Input k in the graph, with the shape that the file gives it ([1] for a scalar). */
  nd(k: number): Ref;
  ndOf(v: GraphValue): Ref;
  /** A value of batch 1 as a feature map [C, H, W]; with several pictures, their channels one behind the other. */
  mapOf(v: GraphValue): Ref;
  shape(k: number): readonly number[];
  /** An axis counted from the front; negative ones count from the back. */
  axis(axis: number, rank: number): number;
  /** The element type of the first input, which most outputs share. */
  type(): string;
  /** A new value of the graph, of the given shape; the Ref is taken as one with as many elements. */
  out(ref: Ref, shape?: readonly number[], type?: string): GraphValue;
  /**
   * Brings numbers into the graph, once for each key. Large ones are read again when they are uploaded, and not kept.
   * @param areWeights whether a NaN or an infinity makes the net useless.
   */
  upload(
    key: string | OnnxTensor,
    shape: readonly number[],
    data: () => Float32Array,
    label: string,
    areWeights?: boolean,
  ): Ref;
  /** Carries a Pad out on the chosen axes. A torus has no edge to pad. */
  pad(padding: Padding, axes: readonly [vertical: boolean, horizontal: boolean]): Ref;
  /** The error that says what of this node cannot be used. */
  unsupported(what: string, hint?: string): OnnxUnsupported;
}

/**
 * A value that the GPU computes. `shape` is what the file calls its shape; the Ref may have another with as many
 * elements: a map of batch 1, [1, C, H, W], is kept as [C, H, W], and a scalar [] as [1].
 */
export interface GraphValue {
  readonly ref: Ref;
  readonly shape: Shape;
  /** Element type by the file; computed in f32 (or the plan's type) whatever it is. `bool` is 0 or 1. */
  readonly type: string;
  /** The elements, where they are known before the run: parameters may be read from it, data may not. */
  readonly known?: OnnxTensor;
  /**
   * What the file would have, from what is in the graph: for indices, which nothing in a graph uses, and for quantised
   * values, where the graph has the real numbers that the file's integers stand for, not rounded.
   */
  readonly finish?: (data: ArrayLike<number>) => ArrayLike<number>;
  /** Quantised, every element alike: what only moves or picks elements leaves it so. */
  readonly quantised?: boolean;
}

/** A value of a net: a constant on the host, or part of the graph. */
export type Value = OnnxTensor | GraphValue;

export const inGraph = (v: Value): v is GraphValue => 'ref' in v;
