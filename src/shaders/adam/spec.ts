import type { Case, OpSpec } from '../op';
import { type AdamAttrs, adamMomentsOp, adamOp, type Betas } from './index';

const betas: Betas = { beta1: 0.9, beta2: 0.999 };
const shapes = [[1], [1, 8, 8], [3, 5, 7]] as const;

const moments: OpSpec<2, Betas> = {
  op: adamMomentsOp,
  reference([s, g], { beta1, beta2 }) {
    const n = g.data.length;
    return s.data.map((old, i) => {
      const now = g.data[i % n] ?? 0;
      return i < n ? beta1 * old + (1 - beta1) * now : beta2 * old + (1 - beta2) * now * now;
    });
  },
  cases: shapes.map((s) => ({ name: `[${s}]`, shapes: [[2, ...s], s], attrs: betas })),
  rejects: [
    {
      name: 'one moment',
      shapes: [
        [3, 4],
        [3, 4],
      ],
      attrs: betas,
      message: /moments \[2, \.\.\.gradient\]/,
    },
    { name: 'a beta of 1', shapes: [[2, 4], [4]], attrs: { beta1: 1, beta2: 0.9 }, message: /got 1 and 0.9/ },
  ],
  differentiable: [],
};

const attrs: AdamAttrs = { ...betas, rate: 0.02, eps: 1e-8, box: false };

function one(
  name: string,
  x: readonly number[],
  steps: number,
  bounds: number,
  a: Partial<AdamAttrs>,
): Case<4, AdamAttrs> {
  const n = x.reduce((p, d) => p * d, 1);
  return {
    name,
    shapes: [x, [2, ...x], [1], [2, bounds]],
    attrs: { ...attrs, ...a },
    values(k, i, u) {
      if (k === 1 && i >= n) return u * u + 0.01; // a mean of squares
      if (k === 2) return steps;
      return k === 3 ? (i < bounds ? -0.4 : 0.6) + 0.1 * u : u;
    },
  };
}

const update: OpSpec<4, AdamAttrs> = {
  op: adamOp,
  reference([x, s, step, b], { beta1, beta2, rate, eps, box }) {
    const n = x.data.length;
    const t = (step.data[0] ?? 0) + 1;
    const count = b.shape[1] ?? 1;
    return x.data.map((v, i) => {
      const mean = (s.data[i] ?? 0) / (1 - beta1 ** t);
      const square = (s.data[n + i] ?? 0) / (1 - beta2 ** t);
      const next = v - (Number(rate) * mean) / (Math.sqrt(square) + eps);
      if (!box) return next;
      const c = Math.floor((i * count) / n);
      return Math.min(Math.max(next, b.data[c] ?? 0), b.data[count + c] ?? 0);
    });
  },
  cases: [
    one('one element, first step', [1], 0, 1, {}),
    one('exactly one workgroup, second step', [1, 8, 8], 1, 1, { rate: 0.5 }),
    one('ragged, in a box', [3, 5, 7], 99, 1, { box: true }),
    one('bounds by channel', [3, 5, 7], 500, 3, { box: true, rate: 0.3 }),
    one('late', [70], 1e6, 1, { rate: 1, eps: 0.1 }),
  ],
  rejects: [
    {
      name: 'other moments',
      shapes: [[3], [2, 4], [1], [2, 1]],
      attrs,
      message: /a value and moments \[2, \.\.\.value\], got \[3\] and \[2, 4\]/,
    },
    { name: 'two counters', shapes: [[3], [2, 3], [2], [2, 1]], attrs, message: /a number of steps \[1\]/ },
    { name: 'other bounds', shapes: [[3], [2, 3], [1], [2, 2]], attrs, message: /bounds \[2, C\] or \[2, 1\]/ },
  ],
  differentiable: [],
};

export const specs: OpSpec[] = [moments, update];
