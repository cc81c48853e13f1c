import type { Case, OpSpec } from '../op';
import { word } from '../patch_vote/spec';
import { patchPinOp } from './index';

const cases: Case<3, object>[] = (
  [
    ['one pixel', 1, 1],
    ['one workgroup', 8, 8],
    ['ragged', 13, 21],
  ] as const
).map(([name, H, W]) => ({
  name,
  shapes: [
    [H, W],
    [H, W],
    [H, W],
  ] as const,
  attrs: {},
  // any word but 0 says that a pixel is known
  values: (k, i, u) => (k < 2 || i % 3 > 0 ? word(u) : 0),
}));

export const spec: OpSpec<3, object> = {
  op: patchPinOp,
  indices: [0, 1, 2],
  reference: ([canvas, known, mask]) => canvas.data.map((v, i) => (mask.data[i] === 0 ? v : (known.data[i] ?? 0))),
  cases,
  rejects: [
    {
      name: 'a mask of another size',
      shapes: [
        [8, 8],
        [8, 8],
        [8, 9],
      ],
      attrs: {},
      message: /patch_pin wants a canvas \[H, W\], and what is known and where, of its size/,
    },
  ],
  torus: () => ({ inputs: [0, 1, 2], rollIn: [3, 5], rollOut: [3, 5] }),
};
