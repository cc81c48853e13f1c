// What the references of the block ops share: blocks as numbers, distances of pixels, and scenes to try them on.

import type { Shape } from '../base/shape';
import { type BlockWords, blockLength, blockWords, NONE } from './block_words';
import type { Value } from './op';
import { below, word } from './patch_vote/spec';

type Pair = readonly [x: number, y: number];

export interface Block extends Omit<BlockWords, 'usual'> {
  /** The f32 1 / `usual`. */
  readonly perUsual: number;
}

/** A block's words, read as src/shaders/block_words.ts has them. */
export function blockOf({ data }: Value): Block {
  const at = (i: number): number => data[i] ?? 0;
  const pair = (i: number): Pair => [at(i) % 65536, Math.floor(at(i) / 65536)];
  const [beside, few, many] = [at(5), at(6), at(7)];
  const pixels = 10 + 2 * beside;
  return {
    number: at(0),
    left: at(1),
    top: at(2),
    perUsual: new Float32Array(Uint32Array.of(at(3)).buffer)[0] ?? 0,
    chance: at(4),
    beside: Array.from({ length: beside }, (_, k) => {
      const [dx, dy] = pair(11 + 2 * k);
      return { number: at(10 + 2 * k), dx: dx - 32768, dy: dy - 32768 };
    }),
    few: Array.from(data.slice(pixels, pixels + few)),
    many: Array.from(data.slice(pixels + few, pixels + few + many)),
    bands: [1, 2, 4, 8].map((bit) => Math.floor(at(8) / bit) % 2 === 1) as unknown as BlockWords['bands'],
    must: at(9) === 1,
  };
}

/** Which pixel of a canvas [.., H, W] is (x, y) of a window at that corner. */
export const pixelAt = ([left, top]: Pair, x: number, y: number, [, H = 0, W = 0]: Shape): number =>
  ((top + y) % H) * W + ((left + x) % W);

const bytes = (pixel: number): number[] => [0, 8, 16, 24].map((shift) => (pixel >>> shift) & 255);

/** Differences of the colours twice and that of the outlines once. */
export function distance(a: number, b: number): number {
  const [r = 0, g = 0, b_ = 0, o = 0] = bytes(a).map((v, c) => Math.abs(v - (bytes(b)[c] ?? 0)));
  return 2 * (r + g + b_) + o;
}

/** The sum of the squared differences of the four bytes. */
export const squares = (a: number, b: number): number =>
  bytes(a).reduce((sum, v, c) => sum + (v - (bytes(b)[c] ?? 0)) ** 2, 0);

/** How much a difference is seen beside edges, 256ths. */
export const seenBeside = (apart: number, beside: number): number =>
  Math.min(65535, Math.floor((256 * apart) / beside));

/** A block on a canvas on which copies lie with holes between them, the same and what is known, or nothing. */
export interface Scene {
  readonly name: string;
  readonly exemplar: Pair;
  readonly canvas: Pair;
  readonly block: Pair;
  readonly corner: Pair;
  readonly lies: 'copies' | 'known' | 'nothing';
}

const scene = (
  name: string,
  exemplar: Pair,
  canvas: Pair,
  block: Pair,
  corner: Pair,
  lies: Scene['lies'] = 'copies',
): Scene => ({ name, exemplar, canvas, block, corner, lies });

/** Tiny, one workgroup of pixels, and so on; the last is ragged. */
export const scenes: readonly Scene[] = [
  scene('tiny', [4, 4], [5, 4], [3, 3], [1, 0]),
  scene('one workgroup', [16, 15], [16, 16], [8, 8], [4, 3]),
  scene('partly known', [19, 14], [21, 17], [9, 7], [5, 4], 'known'),
  scene('nothing below', [19, 14], [21, 17], [9, 7], [5, 4], 'nothing'),
  scene('over the border', [17, 19], [20, 22], [9, 10], [16, 17]),
  scene('ragged', [23, 21], [31, 27], [13, 11], [20, 6], 'known'),
];

/** Pixels of a scene: the exemplar's, then the canvas's. */
export const pixelCount = ({ exemplar: [w, h], canvas: [W, H] }: Scene): number => w * h + W * H;

/** Pixels of all colours, and runs of equal ones. */
export const pixelValue = (i: number, u: number): number => (i % 8 < 4 ? 0x40302010 : word(u));

/** What hides a cut beside each pixel of a scene's exemplar, nothing or some of it. */
export const hidesShape = ({ exemplar: [w, h] }: Scene): Shape => [2, h, w];
export const hidesValue = (i: number, u: number): number =>
  i % 3 === 0 ? 0 : below(1786, u ** 3) | (below(1786, (17 * u) % 1) << 16);

/** Element i of [2, H, W]: which pixel lies in each of the canvas, and of which block: cells of pixels that follow one another, over the end of a row too. */
export function laidValue({ exemplar: [w, h], canvas: [W, H], lies }: Scene, i: number): number {
  const q = i % (W * H);
  const [x, y] = [q % W, Math.floor(q / W)];
  const cell = Math.floor(x / 5) * 7 + Math.floor(y / 4) * 11;
  if (lies === 'nothing' || cell % 6 === 5) return NONE;
  if (lies === 'known' && cell % 4 === 0) return i < W * H ? w * h + q : NONE;
  return i < W * H ? (cell * 37 + (x % 5) + (y % 4) * w) % (w * h) : cell;
}

/** Pixels x | y << 16 of the block where something lies below. */
export function filledPixels(s: Scene): number[] {
  const [bw, bh] = s.block;
  return Array.from({ length: bw * bh }, (_, i) => (i % bw) | (Math.floor(i / bw) << 16)).filter(
    (p) => laidValue(s, pixelAt(s.corner, p & 0xffff, p >>> 16, [2, s.canvas[1], s.canvas[0]])) !== NONE,
  );
}

/** A place x | y << 16 in the exemplar for a copy of the block; other ones for other i. */
export const placeValue = ({ exemplar: [w, h], block: [bw, bh] }: Scene, i: number, u: number): number =>
  below(w - bw + 1, u) | (((i * 7) % (h - bh + 1)) << 16);

/** Words of a scene's block. */
export function wordsOf(s: Scene, wishes: Partial<BlockWords> = {}): Uint32Array {
  const filled = filledPixels(s);
  const any = filled.length > 0;
  const block: BlockWords = {
    number: 5,
    left: s.corner[0],
    top: s.corner[1],
    usual: 1.7,
    chance: 1311,
    beside: [],
    few: filled.slice(0, 16),
    many: filled.slice(-128),
    bands: [any, any, any, any],
    must: true,
    ...wishes,
  };
  return blockWords(block, blockLength(block.beside.length));
}

/** A canvas's shape, [2, H, W]. */
export const canvasShape = ({ canvas: [W, H] }: Scene): readonly [number, number, number] => [2, H, W];
