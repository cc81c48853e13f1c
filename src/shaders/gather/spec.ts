import type { Case, OpSpec, Value } from '../op';
import { type GatherAttrs, gatherAdjointOp, gatherOp, scatterPermutationOp } from './index';

type Step = (row: number, i: number, j: number) => void;

/** Calls `step` for every index: row, its position in the row, and what it points to. */
function each(idx: Value, step: Step): void {
  const M = idx.shape[1] ?? 1;
  idx.data.forEach((j, k) => {
    step(Math.floor(k / M), k % M, j);
  });
}

/** Indices below N, some of them more than once. */
const any =
  (N: number) =>
  (k: number, _: number, u: number): number =>
    k === 1 ? Math.floor(((u + 1) / 2) * 0.999 * N) : u;
/** A permutation of N in every row: steps of a number prime to N. */
const permuted =
  (N: number, step: number) =>
  (k: number, i: number, u: number): number =>
    k === 1 ? (((i % N) + Math.floor(i / N)) * step) % N : u;

const permutations: Case<2, object>[] = [
  {
    name: 'one element',
    shapes: [
      [1, 1],
      [1, 1],
    ],
    attrs: {},
    values: permuted(1, 1),
  },
  {
    name: 'exactly one workgroup',
    shapes: [
      [1, 64],
      [1, 64],
    ],
    attrs: {},
    values: permuted(64, 27),
  },
  {
    name: 'ragged',
    shapes: [
      [5, 33],
      [5, 33],
    ],
    attrs: {},
    values: permuted(33, 7),
  },
];

const gatherSpec: OpSpec<2, GatherAttrs> = {
  op: gatherOp,
  reference([x, idx]) {
    const out = new Float64Array(idx.data.length);
    const [, N = 1] = x.shape;
    const [, M = 1] = idx.shape;
    each(idx, (p, i, j) => {
      out[p * M + i] = x.data[p * N + Math.min(j, N - 1)] ?? Number.NaN;
    });
    return out;
  },
  cases: [
    {
      name: 'beyond the ends of rows',
      shapes: [
        [3, 7],
        [3, 20],
      ],
      attrs: {},
      values: any(11),
    },
    {
      name: 'one of one',
      shapes: [
        [1, 1],
        [1, 1],
      ],
      attrs: {},
      values: any(1),
    },
    {
      name: 'exactly one workgroup',
      shapes: [
        [2, 8],
        [2, 32],
      ],
      attrs: {},
      values: any(8),
    },
    {
      name: 'more than there are',
      shapes: [
        [3, 7],
        [3, 35],
      ],
      attrs: {},
      values: any(7),
    },
    {
      name: 'fewer than there are',
      shapes: [
        [2, 50],
        [2, 9],
      ],
      attrs: {},
      values: any(50),
    },
    ...permutations.map((c) => ({ ...c, name: `permutation, ${c.name}`, attrs: { permutation: true } })),
  ],
  rejects: [
    {
      name: 'other rows',
      shapes: [
        [2, 4],
        [3, 4],
      ],
      attrs: {},
      message: /as many rows, got \[2, 4\] and \[3, 4\]/,
    },
    { name: 'a vector', shapes: [[4], [4]], attrs: {}, message: /a matrix/ },
    {
      name: 'a permutation of another length',
      shapes: [
        [2, 4],
        [2, 3],
      ],
      attrs: { permutation: true },
      message: /permutation wants equal shapes/,
    },
  ],
  indices: [1],
  linearIn: 0,
  rtol: 1e-6,
};

const scatterSpec: OpSpec<2, object> = {
  op: scatterPermutationOp,
  reference([x, idx]) {
    const out = new Float64Array(idx.data.length);
    const [, N = 1] = x.shape;
    each(idx, (p, i, j) => {
      out[p * N + j] = x.data[p * N + i] ?? Number.NaN;
    });
    return out;
  },
  cases: permutations,
  rejects: [
    {
      name: 'unequal shapes',
      shapes: [
        [2, 4],
        [2, 3],
      ],
      attrs: {},
      message: /two equal shapes/,
    },
  ],
  indices: [1],
  linearIn: 0,
  rtol: 0,
};

const adjointSpec: OpSpec<2, { N: number }> = {
  op: gatherAdjointOp,
  reference([dy, idx], { N }) {
    const [P = 1, M = 1] = dy.shape;
    const out = new Float64Array(P * N);
    each(idx, (p, i, j) => {
      const to = p * N + Math.min(j, N - 1);
      out[to] = (out[to] ?? 0) + (dy.data[p * M + i] ?? Number.NaN);
    });
    return out;
  },
  cases: [
    {
      name: 'one of one',
      shapes: [
        [1, 1],
        [1, 1],
      ],
      attrs: { N: 1 },
      values: any(1),
    },
    {
      name: 'exactly one workgroup',
      shapes: [
        [1, 64],
        [1, 64],
      ],
      attrs: { N: 64 },
      values: any(64),
    },
    {
      name: 'ragged',
      shapes: [
        [3, 35],
        [3, 35],
      ],
      attrs: { N: 7 },
      values: any(7),
    },
  ],
  rejects: [
    {
      name: 'unequal shapes',
      shapes: [
        [2, 4],
        [2, 3],
      ],
      attrs: { N: 4 },
      message: /two equal shapes/,
    },
  ],
  indices: [1],
  linearIn: 0,
};

export const specs: OpSpec[] = [gatherSpec, scatterSpec, adjointSpec];
