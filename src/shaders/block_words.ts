/**
 * A block that is to be laid on a canvas, as the kernels `block_*` take it: a list of words, written by the host before each
 * block. Words of the head, in order; then two of each neighbour, its number and where its corner lies from this block's, and
 * the two lists of pixels of the block, x | y << 16, that are compared.
 */
export interface BlockWords {
  readonly number: number;
  /** Its corner on the canvas, in it. */
  readonly left: number;
  readonly top: number;
  /** How often a pixel of the exemplar stands in the canvas on average. */
  readonly usual: number;
  /** The most that chance counts, as costs are counted. */
  readonly chance: number;
  readonly beside: readonly { readonly number: number; readonly dx: number; readonly dy: number }[];
  readonly few: readonly number[];
  readonly many: readonly number[];
  /** Something lies below its left edge, its right one, top, bottom. */
  readonly bands: readonly [boolean, boolean, boolean, boolean];
  /** It is laid whatever is seen of its cuts. */
  readonly must: boolean;
}

const HEAD = 10;
/** No pixel, no block. */
export const NONE = 0xffffffff;
/** Costs are whole numbers: so many are as much as the exemplar's variance. */
export const COST = 65536;
/** Pixels that are compared everywhere, and at the better places, at most; `lib/block_sample.wgsl` has room for as many. */
export const FEW = 16;
export const MANY = 128;
/** Numbers of neighbours that lie up to so far away are stored with this added. */
const AWAY = 32768;

/** Words of blocks that have so many neighbours at most. */
export const blockLength = (beside: number): number => HEAD + 2 * beside + FEW + MANY;

export function blockWords(block: BlockWords, length: number): Uint32Array {
  const { number, left, top, usual, chance, beside, few, many, bands, must } = block;
  const out = new Uint32Array(length);
  const bits = bands.reduce((sum, any, k) => sum | (Number(any) << k), 0);
  const perUsual = new Uint32Array(Float32Array.of(1 / Math.max(1, usual)).buffer)[0] as number;
  const head = [perUsual, chance, beside.length, few.length, many.length, bits];
  out.set([number, left, top, ...head, Number(must)]);
  let at = HEAD;
  for (const n of beside) {
    out[at++] = n.number;
    out[at++] = ((n.dx + AWAY) | ((n.dy + AWAY) << 16)) >>> 0;
  }
  out.set(few, at);
  out.set(many, at + few.length);
  return out;
}
