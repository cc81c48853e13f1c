import {
  blockOf,
  canvasShape,
  distance,
  hidesShape,
  hidesValue,
  laidValue,
  pixelAt,
  pixelCount,
  pixelValue,
  placeValue,
  type Scene,
  scenes,
  seenBeside,
  wordsOf,
} from '../block.spec';
import { NONE } from '../block_words';
import type { Case, OpSpec, Value } from '../op';
import { blockSeamsOp, type SeamsAttrs } from './index';

const cases: Case<5, SeamsAttrs>[] = [...scenes, scenes[2] as Scene, scenes[5] as Scene].map((s, n) => {
  const block = wordsOf(s);
  const lines = n >= scenes.length;
  return {
    name: lines ? `${s.name}, hidden by lines` : s.name,
    shapes: [[pixelCount(s)], hidesShape(s), canvasShape(s), [block.length], [1 + (n % 2), n === 1 ? 32 : 1 + n]],
    attrs: { block: s.block, soft: n % 2 === 0 ? 1 : 40, ...(lines && { lines }) },
    values(k, i, u) {
      if (k === 0) return pixelValue(i, u);
      if (k === 1) return hidesValue(i, u);
      if (k === 2) return laidValue(s, i);
      if (k === 3) return block[i] ?? 0;
      return placeValue(s, i, u);
    },
  };
});

export const spec: OpSpec<5, SeamsAttrs> = {
  op: blockSeamsOp,
  indices: [0, 1, 2, 3, 4],
  reference(x, { block: [bw, bh], soft, lines }) {
    const [pixels, hides, laid, words, places] = x as unknown as [Value, Value, Value, Value, Value];
    const { left, top } = blockOf(words);
    const [, h = 0, w = 0] = hides.shape;
    const n = places.shape[1] ?? 0;
    const under = (dx: number, dy: number): number => laid.data[pixelAt([left, top], dx, dy, laid.shape)] ?? 0;
    const pixel = (p: number): number => pixels.data[p] ?? 0;
    /** What hides a cut behind a pixel of the exemplar, or before it, along y where `down` is 1. */
    const hiding = (p: number, down: number, before: boolean): number => {
      const word = p < h * w ? (hides.data[down * h * w + p] ?? 0) : 0;
      return before ? Math.floor(word / 65536) : word % 65536;
    };
    /** Between pixel (dx, dy) of the block and the one (ox, oy) from it. */
    const seen = (place: number, [dx, dy]: readonly [number, number], [ox, oy]: readonly [number, number]): number => {
      if (dx + ox >= bw || dy + oy >= bh) return 0;
      const own = (Math.floor(place / 65536) + dy) * w + (place % 65536) + dx;
      const next = own + oy * w + ox;
      const pairs = [
        [own, under(dx, dy)],
        [next, under(dx + ox, dy + oy)],
      ].filter(([, below]) => below !== NONE) as [number, number][];
      if (pairs.length === 0) return 0;
      const apart = pairs.reduce((sum, [copy, below]) => sum + distance(pixel(copy), pixel(below)), 0);
      // In the first half of the block the block is behind the cut.
      const behind = oy ? dy < Math.floor(bh / 2) : dx < Math.floor(bw / 2);
      const hidden = hiding(behind ? next : own, oy, behind);
      // Where one alone lies over something, that is taken to go on as the block does.
      if (pairs.length === 1) return seenBeside(2 * apart, 2 * hidden + soft);
      const [a = 0, b = 0] = pairs.map(([, below]) => below);
      const below = lines ? hiding(behind ? a : b, oy, !behind) : distance(pixel(a), pixel(b));
      return seenBeside(apart, hidden + below + soft);
    };
    return Float64Array.from({ length: bh * bw * n }, (_, i) => {
      const place = places.data[i % n] ?? 0;
      const at = Math.floor(i / n);
      const from = [at % bw, Math.floor(at / bw)] as const;
      return seen(place, from, [1, 0]) + 65536 * seen(place, from, [0, 1]);
    });
  },
  cases,
  rejects: [
    {
      name: 'a canvas without labels',
      shapes: [[145], [2, 9, 9], [8, 8], [154], [2, 9]],
      attrs: { block: [4, 4], soft: 1 },
      message: /a canvas \[2, H, W\]/,
    },
  ],
};
