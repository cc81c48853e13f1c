import { COLUMNS } from '../../shaders/wrap_slice';

/** What a canvas is cut by: a number for each axis, [vertical, horizontal]. */
export type Pair<T = number> = readonly [T, T];

/** One axis of a canvas in blocks, in pixels. */
export interface AxisBlocks {
  readonly side: number;
  /** Of each block, what is counted. */
  readonly own: number;
  /** Of each block, what is computed: its own and the halo. */
  readonly window: number;
  readonly blocks: readonly {
    /** First pixel of the window. */
    readonly at: number;
    /** First pixel of its own within the window. */
    readonly offset: number;
    /** How many of its own another block has counted already. */
    readonly skip: number;
  }[];
}

/** A canvas in blocks. */
export type Layout = Pair<AxisBlocks>;

/**
 * Cuts an axis into blocks of `own` pixels with `halo` more on both sides. On a torus windows go round; elsewhere those at
 * the ends lie against the edge, so that the net meets there what it would meet without blocks. The last block overlaps
 * the one before it where `own` does not divide the side. Side, own and halo are multiples of the net's stride.
 */
export function axisBlocks(side: number, own: number, halo: number, torus: boolean): AxisBlocks {
  const window = own + 2 * halo;
  if (own >= side || window >= side) {
    return { side, own: side, window: side, blocks: [{ at: 0, offset: 0, skip: 0 }] };
  }
  const blocks = Array.from({ length: Math.ceil(side / own) }, (_, k) => {
    const first = Math.min(k * own, side - own);
    const at = torus ? (first - halo + side) % side : Math.max(0, Math.min(first - halo, side - window));
    return { at, offset: torus ? halo : first - at, skip: k * own - first };
  });
  return { side, own, window, blocks };
}

/** The rows of the table by which windows are found (shaders/wrap_slice), a block each. */
export function tableOf([y, x]: Layout): Float32Array {
  const rows = y.blocks.flatMap((b) => x.blocks.map((c) => [b.at, c.at, b.offset, c.offset, b.skip, c.skip]));
  return Float32Array.from(
    { length: COLUMNS * rows.length },
    (_, i) => rows[Math.floor(i / COLUMNS)]?.[i % COLUMNS] ?? 0,
  );
}

export const countOf = ([y, x]: Layout): number => y.blocks.length * x.blocks.length;

/** Pixels that all blocks compute together. */
export const workOf = (layout: Layout): number => countOf(layout) * layout[0].window * layout[1].window;

/**
 * Layouts that are worth a try, from the least work, in the largest blocks, to the least memory, in the smallest: none
 * needs both more work and more memory than another.
 */
export function layouts(side: Pair, halo: Pair, stride: Pair, torus: Pair<boolean>): Layout[] {
  const axis = (k: 0 | 1): AxisBlocks[] => {
    const cells = side[k] / stride[k];
    const found = new Map<number, AxisBlocks>();
    for (let n = 1; n <= Math.min(cells, 128); n++) {
      const a = axisBlocks(side[k], Math.ceil(cells / n) * stride[k], halo[k], torus[k]);
      const old = found.get(a.window);
      if (!old || a.blocks.length < old.blocks.length) found.set(a.window, a);
    }
    return [...found.values()];
  };
  const columns = axis(1);
  const all = axis(0).flatMap((y) => columns.map((x): Layout => [y, x]));
  all.sort((a, b) => workOf(a) - workOf(b) || pixels(a) - pixels(b));
  let least = Number.POSITIVE_INFINITY;
  return all.filter((l) => {
    if (pixels(l) >= least) return false;
    least = pixels(l);
    return true;
  });
}

const pixels = ([y, x]: Layout): number => y.window * x.window;
