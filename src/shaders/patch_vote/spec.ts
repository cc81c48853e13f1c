import type { Case, OpSpec } from '../op';
import { PATCH, patchVoteOp } from './index';

/** Words that `g.input` of dtype u32 takes: all bits of u in [-1, 1] used. */
export const word = (u: number): number => Math.floor((u / 2 + 0.5) * 0xffffffff);
/** A whole number in 0..n-1. */
export const below = (n: number, u: number): number => Math.min(n - 1, Math.floor((u / 2 + 0.5) * n));
/** A place x | y << 16 of a patch in an exemplar of w x h, another for every i. */
export const placeIn = (h: number, w: number, i: number, u: number): number =>
  (below(w - PATCH + 1, u) | (((i * 7919) % (h - PATCH + 1)) << 16)) >>> 0;

const cases: Case<2, object>[] = (
  [
    ['the smallest', 8, 8, 8, 8],
    ['one workgroup', 12, 9, 8, 8],
    ['ragged', 21, 30, 19, 23],
    ['one copy, and strays', 40, 40, 27, 24],
  ] as const
).map(([name, h, w, H, W]) => ({
  name,
  shapes: [
    [h, w],
    [2, H, W],
  ] as const,
  attrs: {},
  values: (k, i, u) => {
    if (k === 0) return word(u);
    if (i >= H * W) return below(256, u);
    const copied = name === 'one copy, and strays' && i % 61 > 0;
    return copied ? ((i % W) + 5) | ((Math.floor(i / W) + 3) << 16) : placeIn(h, w, i, u);
  },
}));

export const spec: OpSpec<2, object> = {
  op: patchVoteOp,
  indices: [0, 1],
  reference([{ shape: es, data: e }, { shape, data: m }]) {
    const [, H = 0, W = 0] = shape;
    const w = es[1] ?? 0;
    return Float64Array.from({ length: H * W }, (_, k) => {
      const place = (j: number, i: number): number =>
        m[((Math.floor(k / W) - j + H) % H) * W + (((k % W) - i + W) % W)] ?? 0;
      const own = place(0, 0);
      if ([0, 3, 7].every((j) => [0, 3, 7].every((i) => place(j, i) + i + 65536 * j === own))) {
        return e[(own >>> 16) * w + (own & 0xffff)] ?? 0;
      }
      let total = 0;
      const sum = [0, 0, 0, 0];
      for (let j = 0; j < PATCH; j++) {
        for (let i = 0; i < PATCH; i++) {
          const at = ((Math.floor(k / W) - j + H) % H) * W + (((k % W) - i + W) % W);
          const place = m[at] ?? 0;
          const weight = m[H * W + at] ?? 0;
          const pixel = e[((place >>> 16) + j) * w + (place & 0xffff) + i] ?? 0;
          total += weight;
          for (let c = 0; c < 4; c++) sum[c] = (sum[c] ?? 0) + weight * ((pixel >>> (8 * c)) & 255);
        }
      }
      const mean = sum.map((s) => Math.floor((s + Math.floor(total / 2)) / Math.max(1, total)));
      return mean.reduce((all, v, c) => all + v * 256 ** c, 0);
    });
  },
  cases,
  rejects: [
    {
      name: 'an exemplar smaller than a patch',
      shapes: [
        [7, 20],
        [2, 8, 8],
      ],
      attrs: {},
      message: /an exemplar \[h, w\] of at least 8/,
    },
    {
      name: 'a match without weights',
      shapes: [
        [8, 8],
        [1, 8, 8],
      ],
      attrs: {},
      message: /a match \[2, H, W\]/,
    },
  ],
  torus: () => ({ inputs: [1], rollIn: [3, 5], rollOut: [3, 5] }),
};
