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
  scenes,
  seenBeside,
  wordsOf,
} from '../block.spec';
import type { Case, OpSpec, Value } from '../op';
import { below } from '../patch_vote/spec';
import { blockSeenOp, type SeenAttrs } from './index';

const windows: Case<5, SeenAttrs>[] = scenes.map((s, n) => ({
  name: `windows, ${s.name}`,
  shapes: [[pixelCount(s)], hidesShape(s), canvasShape(s), [1 + 2 * n, 2], [1]],
  attrs: { block: s.block, soft: n % 2 === 0 ? 1 : 40, trial: false },
  values(k, i, u) {
    if (k === 0) return pixelValue(i, u);
    if (k === 1) return hidesValue(i, u);
    if (k === 2) return laidValue(s, i);
    return k === 3 ? below(s.canvas[i % 2] ?? 0, u) : 0;
  },
}));

const trials: Case<5, SeenAttrs>[] = scenes.map((s, n) => {
  const block = wordsOf(s);
  const [w, h] = s.exemplar;
  const [bw, bh] = s.block;
  return {
    name: `a trial, ${s.name}`,
    shapes: [[pixelCount(s)], hidesShape(s), canvasShape(s), [block.length], [1 + bw * bh]],
    attrs: { block: s.block, soft: n % 2 === 0 ? 1 : 40, trial: true },
    values(k, i, u) {
      if (k === 0) return pixelValue(i, u);
      if (k === 1) return hidesValue(i, u);
      if (k === 2) return laidValue(s, i);
      if (k === 3) return block[i] ?? 0;
      // A copy, cut on the left, and strays.
      const [x, y] = [(i - 1) % bw, Math.floor((i - 1) / bw)];
      const old = laidValue(s, pixelAt(s.corner, x, y, canvasShape(s)));
      if (i % 13 === 12) return below(w * h, u);
      return i > 0 && x > 0 ? (1 + y) * w + x + w - bw : i > 0 ? old : 0;
    },
  };
});

export const spec: OpSpec<5, SeenAttrs> = {
  op: blockSeenOp,
  indices: [0, 1, 2, 3, 4],
  reference(x, { block: [bw, bh], soft, trial }) {
    const [pixels, hides, laid, corners, laying] = x as unknown as [Value, Value, Value, Value, Value];
    const [, h = 0, w = 0] = hides.shape;
    const apart = (a: number, b: number): number => distance(pixels.data[a] ?? 0, pixels.data[b] ?? 0);
    /** Between a copy of pixel a and, `right` of it or below, one of pixel b. */
    const seen = (a: number, b: number, right: boolean): number => {
      if (a >= w * h || b >= w * h) return 0;
      const next = right ? 1 : w;
      const on = right ? a % w < w - 1 : a < w * (h - 1); // a has a next one in the exemplar, b one before
      const back = right ? b % w > 0 : b >= w;
      if ((!on && !back) || (on && b === a + next)) return 0;
      const differences = (on ? apart(a + next, b) : 0) + (back ? apart(a, b - next) : 0);
      const hiding = (p: number): number => hides.data[(right ? 0 : w * h) + p] ?? 0;
      const hidden = (on ? hiding(a) % 65536 : 0) + (back ? Math.floor(hiding(b) / 65536) : 0);
      const twice = on && back ? 1 : 2;
      return Math.min(32767, seenBeside(twice * differences, twice * hidden + soft));
    };
    const sum = (at: (x: number, y: number) => number): number => {
      let all = 0;
      for (let y = 0; y < bh; y++) {
        for (let x = 0; x < bw; x++) {
          if (x + 1 < bw) all += seen(at(x, y), at(x + 1, y), true);
          if (y + 1 < bh) all += seen(at(x, y), at(x, y + 1), false);
        }
      }
      return all;
    };
    const { left, top } = blockOf(corners);
    const found = trial
      ? [[left, top] as const]
      : Array.from(
          { length: corners.shape[0] ?? 0 },
          (_, k) => [corners.data[2 * k] ?? 0, corners.data[2 * k + 1] ?? 0] as const,
        );
    const canvas = (corner: readonly [number, number]) => (x: number, y: number) =>
      laid.data[pixelAt(corner, x, y, laid.shape)] ?? 0;
    return Float64Array.from(
      found.flatMap((corner) => [sum(canvas(corner)), trial ? sum((x, y) => laying.data[1 + y * bw + x] ?? 0) : 0]),
    );
  },
  cases: [...windows, ...trials],
  rejects: [
    {
      name: 'corners of one number',
      shapes: [[145], [2, 9, 9], [2, 8, 8], [5, 1], [1]],
      attrs: { block: [4, 4], soft: 1, trial: false },
      message: /corners \[n, 2\]/,
    },
    {
      name: 'a block that lays another size',
      shapes: [[145], [2, 9, 9], [2, 8, 8], [154], [16]],
      attrs: { block: [4, 4], soft: 1, trial: true },
      message: /a block and what it lays/,
    },
  ],
};
