import type { Case, OpSpec, Roll, Value } from '../op';
import { type TotalVariationOptions, totalVariationGradOp, totalVariationOp } from './index';

/** Calls `step` with every pair of neighbours. */
function pairs(
  x: Value,
  { border = ['none', 'none'] }: TotalVariationOptions,
  step: (a: number, b: number) => void,
): void {
  const [C = 1, H = 1, W = 1] = x.shape;
  for (let c = 0; c < C; c++) {
    for (let i = 0; i < H; i++) {
      for (let j = 0; j < W; j++) {
        const at = (p: number, q: number): number => (c * H + (p % H)) * W + (q % W);
        if (j + 1 < W || border[1] === 'wrap') step(at(i, j), at(i, j + 1));
        if (i + 1 < H || border[0] === 'wrap') step(at(i, j), at(i + 1, j));
      }
    }
  }
}

const torus: TotalVariationOptions = { border: ['wrap', 'wrap'] };
const shapes: readonly (readonly [string, readonly [number, number, number], TotalVariationOptions])[] = [
  ['one element, a torus', [1, 1, 1], torus],
  ['one element', [1, 1, 1], {}],
  ['exactly one workgroup', [1, 8, 8], torus],
  ['ragged', [3, 5, 7], {}],
  ['a cylinder', [2, 9, 4], { border: ['none', 'wrap'] }],
  ['the other cylinder', [2, 9, 4], { border: ['wrap', 'none'] }],
  ['two by one, a torus', [3, 2, 1], torus],
  ['several workgroups', [3, 31, 33], torus],
];

const cases: Case<1, TotalVariationOptions>[] = shapes.map(([name, s, attrs]) => ({ name, shapes: [s], attrs }));
const gradCases: Case<2, TotalVariationOptions>[] = shapes.map(([name, s, attrs]) => ({
  name,
  shapes: [s, [1]],
  attrs,
}));

const spec: OpSpec<1, TotalVariationOptions> = {
  op: totalVariationOp,
  reference([x], attrs) {
    let sum = 0;
    pairs(x, attrs, (a, b) => {
      sum += ((x.data[b] ?? 0) - (x.data[a] ?? 0)) ** 2;
    });
    return Float64Array.of(sum / x.data.length);
  },
  cases,
  rejects: [{ name: 'a matrix', shapes: [[4, 4]], attrs: {}, message: /a feature map \[C, H, W\], got \[4, 4\]/ }],
};

const gradSpec: OpSpec<2, TotalVariationOptions> = {
  op: totalVariationGradOp,
  reference([x, dy], attrs) {
    const out = new Float64Array(x.data.length);
    pairs(x, attrs, (a, b) => {
      const d = (2 * (dy.data[0] ?? 0) * ((x.data[b] ?? 0) - (x.data[a] ?? 0))) / x.data.length;
      out[b] = (out[b] ?? 0) + d;
      out[a] = (out[a] ?? 0) - d;
    });
    return out;
  },
  cases: gradCases,
  rejects: [
    { name: 'two numbers', shapes: [[1, 4, 4], [2]], attrs: {}, message: /a number \[1\]/ },
    { name: 'a matrix', shapes: [[4, 4], [1]], attrs: {}, message: /a feature map/ },
  ],
  linearIn: 0,
  torus: ({ border }): { rollIn: Roll; rollOut: Roll } | null =>
    border?.every((b) => b === 'wrap') ? { rollIn: [1, 2], rollOut: [1, 2] } : null,
};

export const specs: OpSpec[] = [spec, gradSpec];
