import type { OpSpec } from '../op';
import { biasGradOp } from './index';

export const spec: OpSpec<1, Record<string, never>> = {
  op: biasGradOp,
  reference: ([x]) => {
    const [C = 0, H = 0, W = 0] = x.shape;
    return Float64Array.from({ length: C }, (_, c) =>
      x.data.subarray(c * H * W, (c + 1) * H * W).reduce((a, b) => a + b, 0),
    );
  },
  cases: [
    { name: 'one pixel', shapes: [[1, 1, 1]], attrs: {} },
    { name: 'one pixel per thread', shapes: [[4, 8, 8]], attrs: {} },
    { name: 'ragged', shapes: [[5, 7, 39]], attrs: {} },
  ],
  rejects: [{ name: 'a vector', shapes: [[5]], attrs: {}, message: /conv2d_bias_grad wants a feature map/ }],
  differentiable: [],
};
