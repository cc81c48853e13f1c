import type { Case, OpSpec } from '../op';
import { type NormalizedSgdAttrs, normalizedSgdOp } from './index';

const attrs: NormalizedSgdAttrs = { rate: 0.3, eps: 0.01, box: false };

const one = (
  name: string,
  x: readonly number[],
  count: number,
  a: Partial<NormalizedSgdAttrs>,
): Case<4, NormalizedSgdAttrs> => ({
  name,
  shapes: [x, x, [1], [2, count]],
  attrs: { ...attrs, ...a },
  values: (k, i, u) => (k === 2 ? 0.4 : k === 3 ? (i < count ? -0.4 : 0.6) + 0.1 * u : u),
});

const spec: OpSpec<4, NormalizedSgdAttrs> = {
  op: normalizedSgdOp,
  reference([x, g, length, b], { rate, eps, box }) {
    const count = b.shape[1] ?? 1;
    return x.data.map((v, i) => {
      const next = v - (Number(rate) * (g.data[i] ?? 0)) / ((length.data[0] ?? 0) + eps);
      if (!box) return next;
      const c = Math.floor((i * count) / x.data.length);
      return Math.min(Math.max(next, b.data[c] ?? 0), b.data[count + c] ?? 0);
    });
  },
  cases: [
    one('one element', [1], 1, {}),
    one('exactly one workgroup', [1, 8, 8], 1, { eps: 0 }),
    one('ragged, in a box', [3, 5, 7], 1, { box: true }),
    one('bounds by channel', [3, 5, 7], 3, { box: true, rate: 2 }),
  ],
  rejects: [
    {
      ...one('two shapes', [3], 1, {}),
      shapes: [[3], [4], [1], [2, 1]],
      message: /two equal shapes, got \[3\] and \[4\]/,
    },
    { ...one('two sizes', [3], 1, {}), shapes: [[3], [3], [2], [2, 1]], message: /a size \[1\], got \[2\]/ },
    { ...one('other bounds', [3], 1, {}), shapes: [[3], [3], [1], [2, 2]], message: /bounds \[2, C\] or \[2, 1\]/ },
  ],
  differentiable: [],
};

export const specs: OpSpec[] = [spec];
