import type { Shape } from '../../base/shape';
import type { Case, OpSpec, Value } from '../op';
import { PATCH } from '../patch_vote';
import { below, placeIn, word } from '../patch_vote/spec';
import { type PropagateAttrs, patchPropagateOp } from './index';

const FAR = 0x3fffffff;
const NEIGHBOURS = [-1, 0, 1].flatMap((y) => [-1, 0, 1].map((x) => [x, y] as const)).filter(([x, y]) => x || y);

/** Cost of a place for the patch at (x, y) of the canvas. */
export function costOf(
  [canvas, exemplar, penalty, labels]: readonly Value[],
  x: number,
  y: number,
  place: number,
): number {
  const [H = 0, W = 0] = canvas?.shape ?? [];
  const w = exemplar?.shape[1] ?? 0;
  const [sx, sy] = [place & 0xffff, place >>> 16];
  const price = penalty?.data[sy * (penalty.shape[1] ?? 0) + sx] ?? 0;
  if (((price / 2 ** 24) & (labels?.data[y * W + x] ?? 0)) === 0) return FAR;
  let sum = price % 2 ** 24;
  for (let j = 0; j < PATCH; j++) {
    for (let i = 0; i < PATCH; i++) {
      const a = canvas?.data[((y + j) % H) * W + ((x + i) % W)] ?? 0;
      const b = exemplar?.data[(sy + j) * w + sx + i] ?? 0;
      for (let c = 0; c < 32; c += 8) sum += (((a >>> c) & 255) - ((b >>> c) & 255)) ** 2;
    }
  }
  return sum;
}

/** Shapes of what patches are compared with, and their values: a canvas made of the exemplar's own pixels, so that costs differ. */
export function compared(
  h: number,
  w: number,
  H: number,
  W: number,
  labelled: boolean,
): { shapes: readonly [Shape, Shape, Shape, Shape, Shape]; values(k: number, i: number, u: number): number } {
  const pixel = (x: number, y: number): number => word(Math.sin(x * 0.7 + 3 * Math.cos(y * 0.4)));
  return {
    shapes: [
      [H, W],
      [h, w],
      [h - PATCH + 1, w - PATCH + 1],
      [H, W],
      [2, H, W],
    ],
    values(k, i, u) {
      if (k === 0) return pixel(i % W, Math.floor(i / W));
      if (k === 1) return pixel((i % w) + below(2, u), Math.floor(i / w));
      if (k === 2) return (below(5000, u) | ((labelled ? 1 << (i % 3) : 255) << 24)) >>> 0;
      if (k === 3) return labelled ? 1 + (i % 6) : 255;
      if (i >= H * W) return below(2_000_000, u);
      // a copy, where the exemplar is large enough, and strays
      const copied = h > H + PATCH && w > W + PATCH && i % 97 > 0;
      return copied ? ((i % W) + 1) | ((Math.floor(i / W) + 2) << 16) : placeIn(h, w, i >> 3, u);
    },
  };
}

const cases: Case<5, PropagateAttrs>[] = (
  [
    ['the smallest', 8, 8, 8, 8, { step: 1 }],
    ['one workgroup, costs counted anew', 16, 16, 8, 8, { step: 2, recost: true }],
    ['ragged, favoured', 25, 40, 21, 30, { step: 4, recost: true, favour: 13 }],
    ['weights', 25, 40, 21, 30, { step: 1, recost: true, favour: 13, scale: 100_000 }],
    ['one copy, and strays', 60, 60, 40, 33, { step: 2, recost: true, favour: 13, scale: 1000 }],
    ['labels', 25, 40, 21, 30, { step: 1, recost: true }],
  ] as const
).map(([name, h, w, H, W, attrs]) => ({ name, attrs, ...compared(h, w, H, W, name === 'labels') }));

export const spec: OpSpec<5, PropagateAttrs> = {
  op: patchPropagateOp,
  indices: [0, 1, 2, 3, 4],
  reference(x, { step, favour = 0, recost, scale }) {
    const [, , penalty, , match] = x as readonly Value[];
    const [, H = 0, W = 0] = match?.shape ?? [];
    const [vh = 0, vw = 0] = penalty?.shape ?? [];
    const y = new Float64Array(2 * H * W);
    for (let k = 0; k < H * W; k++) {
      const [px, py] = [k % W, Math.floor(k / W)];
      let best = match?.data[k] ?? 0;
      const copied = [-7, -4, 0, 3, 7].every((j) =>
        [-7, -4, 0, 3, 7].every(
          (i) => (match?.data[((py + j + H) % H) * W + ((px + i + W) % W)] ?? 0) === best + i + 65536 * j,
        ),
      );
      const anew = costOf(x, px, py, best);
      const penaltyAt = (penalty?.data[(best >>> 16) * vw + (best & 0xffff)] ?? 0) % 2 ** 24;
      let cost = recost ? (copied && anew < FAR ? penaltyAt : anew) : (match?.data[H * W + k] ?? 0);
      const tried = new Set([best]);
      for (const [dx, dy] of NEIGHBOURS) {
        const near = match?.data[((py + dy * step + H) % H) * W + ((px + dx * step + W) % W)] ?? 0;
        const [sx, sy] = [(near & 0xffff) - dx * step, (near >>> 16) - dy * step];
        if (sx < 0 || sy < 0 || sx >= vw || sy >= vh) continue;
        const place = (sx | (sy << 16)) >>> 0;
        if (tried.has(place)) continue;
        tried.add(place);
        const c = costOf(x, px, py, place);
        const favoured = c - Math.floor(c / 256) * favour;
        if (favoured >= cost) continue;
        cost = favoured;
        best = place;
      }
      y[k] = best;
      const part = scale === undefined ? 0 : Math.floor((255 * scale) / (scale + Math.min(cost, FAR)));
      y[H * W + k] = scale === undefined ? cost : Math.max(1, Math.floor((part * part) / 255));
    }
    return y;
  },
  cases,
  rejects: [
    {
      name: 'a canvas of another size than the match',
      shapes: [
        [8, 9],
        [8, 8],
        [1, 1],
        [8, 8],
        [2, 8, 8],
      ],
      attrs: { step: 1 },
      message: /a canvas and labels of the match's size \[8, 8\]/,
    },
    {
      name: 'penalties of another size',
      shapes: [
        [8, 8],
        [9, 9],
        [1, 1],
        [8, 8],
        [2, 8, 8],
      ],
      attrs: { step: 1 },
      message: /penalties \[2,2\]/,
    },
  ],
  torus: () => ({ inputs: [0, 3, 4], rollIn: [3, 5], rollOut: [3, 5] }),
};
