export type Pooling = 'max' | 'average' | 'l2';

export interface NetOptions {
  /** Names as `layerNames` gives them. */
  readonly layers: readonly string[];
  /**
   * Axes, [vertical, horizontal], on which the picture is a torus. There every convolution and pool wraps, whatever
   * padding the file has, and a stride of s makes H into exactly H / s: pads are enlarged or cut to kernel - stride,
   * above or left as the file has them, the rest below or right. So a window covers the same pixels as in the file,
   * a convolution without padding keeps its map's size instead of shrinking it, and ceil_mode adds no row. A Pad that
   * is no convolution's is left out: a torus has no edge to pad.
   * Default: neither; the net is as exported.
   */
  readonly torus?: boolean | readonly [vertical: boolean, horizontal: boolean];
  /** What replaces the file's max pools. Average pools stay as they are. */
  readonly pooling?: Pooling;
  /** Multiplies the output of replaced pools, to keep activations at their usual size. Default 1. */
  readonly poolScale?: number;
  /**
   * What to show beyond an edge that is no torus where the file pads convolutions with zeros; a dark frame would
   * count in statistics. A map too small to be reflected is replicated. Pads are enlarged where windows would not reach
   * all of a map, so a stride of s makes H into ceil(H / s): what no window sees, no gradient changes, and lines of it
   * would be left along an edge. Default: the file's zeros and pads.
   */
  readonly edges?: 'reflect' | 'replicate';
}
