import type { OpSpec } from '../op';
import { channelSumOp } from './index';

export const spec: OpSpec<1, { scale: number }> = {
  op: channelSumOp,
  reference: ([x], { scale }) => {
    const [C = 0, H = 0, W = 0] = x.shape;
    const y = new Float64Array(C);
    x.data.forEach((v, i) => {
      y[Math.floor(i / (H * W))] = (y[Math.floor(i / (H * W))] ?? 0) + scale * v;
    });
    return y;
  },
  cases: [
    { name: 'one pixel', shapes: [[2, 1, 1]], attrs: { scale: 1 } },
    { name: 'exactly one step of a workgroup', shapes: [[4, 8, 8]], attrs: { scale: 1 / 64 } },
    { name: 'many channels, few ragged pixels', shapes: [[130, 3, 5]], attrs: { scale: 1 / 15 } },
    { name: 'few channels, several ragged parts', shapes: [[3, 101, 163]], attrs: { scale: 1 / 16463 } },
    { name: 'exactly four parts', shapes: [[2, 128, 128]], attrs: { scale: 1 } },
  ],
  rejects: [
    {
      name: 'a matrix',
      shapes: [[3, 4]],
      attrs: { scale: 1 },
      message: /channelSum wants a feature map \[C, H, W\], got \[3, 4\]/,
    },
  ],
  linearIn: 0,
};
