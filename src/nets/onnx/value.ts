import type { Shape } from '../../base/shape';
import type { Ref } from '../../shaders/op';
import type { OnnxTensor } from './model';

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
