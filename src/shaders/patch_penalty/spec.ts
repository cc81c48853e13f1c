import type { Case, OpSpec } from '../op';
import { below, word } from '../patch_vote/spec';
import { MOST, type PenaltyAttrs, patchPenaltyOp } from './index';

const REACH = 4;

const cases: Case<2, PenaltyAttrs>[] = (
  [
    ['one place', 1, 1, 8, 8, 100],
    ['one workgroup', 8, 8, 8, 8, 1000],
    ['ragged', 13, 21, 17, 30, 123456.7],
  ] as const
).map(([name, vh, vw, H, W, price]) => ({
  name,
  shapes: [
    [2, H, W],
    [vh, vw],
  ] as const,
  attrs: { price },
  // most pixels take few places, so that the bound is reached
  values: (k, i, u) => (k === 1 ? word(u) : (below(vw, u ** 3) | ((i % Math.min(vh, 3)) << 16)) >>> 0),
}));

export const spec: OpSpec<2, PenaltyAttrs> = {
  op: patchPenaltyOp,
  indices: [0, 1],
  reference([{ shape, data: match }, { shape: places, data: old }], { price }) {
    const [, H = 0, W = 0] = shape;
    const [vh = 0, vw = 0] = places;
    const counts = new Float64Array(vh * vw);
    for (let k = 0; k < H * W; k++) {
      const at = ((match[k] ?? 0) >>> 16) * vw + ((match[k] ?? 0) & 0xffff);
      counts[at] = (counts[at] ?? 0) + 1;
    }
    const factor = Math.fround((price * vh * vw) / (H * W));
    return old.map((word, k) => {
      let sum = 0;
      let area = 0;
      for (let y = Math.floor(k / vw) - REACH; y <= Math.floor(k / vw) + REACH; y++) {
        for (let x = (k % vw) - REACH; x <= (k % vw) + REACH; x++) {
          if (y < 0 || x < 0 || y >= vh || x >= vw) continue;
          sum += counts[y * vw + x] ?? 0;
          area++;
        }
      }
      const cost = Math.floor(Math.trunc(Math.min(Math.fround(sum * factor), Math.round(MOST * price) * area)) / area);
      const before = word % 2 ** 24;
      return word - before + Math.floor((before + cost + 1) / 2);
    });
  },
  cases,
  rejects: [
    {
      name: 'a row of penalties',
      shapes: [[2, 8, 8], [9]],
      attrs: { price: 1 },
      message: /penalties \[vh, vw\]/,
    },
  ],
  // Where pixels are does not matter.
  torus: () => ({ rollIn: [3, 5], rollOut: [0, 0] }),
};
