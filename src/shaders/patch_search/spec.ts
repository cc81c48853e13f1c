import type { Case, OpSpec, Value } from '../op';
import { compared, costOf } from '../patch_propagate/spec';
import { patchSearchOp, type SearchAttrs } from './index';

const FAR = 0x3fffffff;

const cases: Case<6, SearchAttrs>[] = (
  [
    ['the smallest', 8, 8, 8, 8, {}],
    ['one workgroup', 12, 10, 8, 8, { favour: 26 }],
    ['ragged', 21, 17, 13, 11, { favour: 13 }],
    ['near its own', 21, 17, 13, 11, { reach: 2 }],
    ['labels', 21, 17, 13, 11, {}],
  ] as const
).map(([name, h, w, H, W, attrs]) => {
  const { shapes, values } = compared(h, w, H, W, name === 'labels');
  return {
    name,
    attrs,
    shapes: [...shapes, [H, W]] as const,
    values: (k, i, u) => (k === 5 ? Number(i % 3 > 0) : values(k, i, u)),
  };
});

export const spec: OpSpec<6, SearchAttrs> = {
  op: patchSearchOp,
  indices: [0, 1, 2, 3, 4, 5],
  reference(x, { favour = 0, reach = Number.POSITIVE_INFINITY }) {
    const [, , penalty, , match, searching] = x as readonly Value[];
    const [, H = 0, W = 0] = match?.shape ?? [];
    const [vh = 0, vw = 0] = penalty?.shape ?? [];
    const y = new Float64Array(2 * H * W);
    for (let k = 0; k < H * W; k++) {
      const [px, py] = [k % W, Math.floor(k / W)];
      const cost = (place: number): number => costOf(x, px, py, place);
      const own = match?.data[k] ?? 0;
      let best = own;
      const now = cost(best);
      let least = now === FAR ? FAR : now - Math.floor(now / 256) * favour;
      for (let p = 0; p < vh * vw && searching?.data[k] !== 0; p++) {
        const [sx, sy] = [p % vw, Math.floor(p / vw)];
        const place = sx + sy * 65536;
        if (Math.max(Math.abs(sx - (own & 0xffff)), Math.abs(sy - (own >>> 16))) > reach) continue;
        if (cost(place) >= least) continue;
        best = place;
        least = cost(place);
      }
      y[k] = best;
      y[H * W + k] = cost(best);
    }
    return y;
  },
  cases,
  rejects: [
    {
      name: 'who searches on another canvas',
      shapes: [
        [8, 8],
        [8, 8],
        [1, 1],
        [8, 8],
        [2, 8, 8],
        [9, 8],
      ],
      attrs: {},
      message: /patch_search wants who searches, \[8, 8\]/,
    },
  ],
  torus: () => ({ inputs: [0, 3, 4, 5], rollIn: [3, 5], rollOut: [3, 5] }),
};
