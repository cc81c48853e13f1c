import type { OpSpec, Roll, Value } from '../op';
import { rollByOp, rollOp } from './index';

function reference(x: Value, [dy, dx]: Roll): Float64Array {
  const [H = 1, W = 1] = x.shape.slice(-2);
  const out = new Float64Array(x.data.length);
  for (let p = 0; p < out.length / (H * W); p++) {
    for (let y = 0; y < H; y++) {
      for (let c = 0; c < W; c++) {
        const to = p * H * W + ((((y + dy) % H) + H) % H) * W + ((((c + dx) % W) + W) % W);
        out[to] = x.data[p * H * W + y * W + c] ?? Number.NaN;
      }
    }
  }
  return out;
}

const everywhere = (): { rollIn: Roll; rollOut: Roll } => ({ rollIn: [1, 2], rollOut: [1, 2] });

export const specs: [OpSpec<1, { by: Roll }>, OpSpec<2, { sign: 1 | -1 }>] = [
  {
    op: rollOp,
    reference: ([x], { by }) => reference(x, by),
    cases: [
      { name: 'one element', shapes: [[1, 1, 1]], attrs: { by: [5, -3] } },
      { name: 'exactly one workgroup', shapes: [[1, 8, 8]], attrs: { by: [1, 2] } },
      { name: 'ragged, backwards', shapes: [[3, 5, 7]], attrs: { by: [-2, -9] } },
      { name: 'a matrix', shapes: [[6, 11]], attrs: { by: [0, 4] } },
      { name: 'all the way round', shapes: [[2, 4, 6]], attrs: { by: [-8, 6] } },
    ],
    rejects: [
      { name: 'a vector', shapes: [[4]], attrs: { by: [0, 1] }, message: /at least two axes/ },
      { name: 'half an element', shapes: [[4, 4]], attrs: { by: [0, 0.5] }, message: /whole numbers/ },
    ],
    rtol: 0,
    torus: everywhere,
    linearIn: 0,
  },
  {
    op: rollByOp,
    reference: ([x, s], { sign }) =>
      reference(x, [sign * Math.round(s.data[0] ?? 0), sign * Math.round(s.data[1] ?? 0)]),
    cases: ([1, -1] as const).flatMap((sign) => [
      {
        name: `one element, ${sign}`,
        shapes: [[1, 1, 1], [2]],
        attrs: { sign },
        values: (k, i, u) => (k ? ([3, -2][i] ?? 0) : u),
      },
      {
        name: `exactly one workgroup, ${sign}`,
        shapes: [[1, 8, 8], [2]],
        attrs: { sign },
        values: (k, i, u) => (k ? ([1.3, 2.8][i] ?? 0) : u),
      },
      {
        name: `ragged, ${sign}`,
        shapes: [[3, 5, 7], [2]],
        attrs: { sign },
        values: (k, i, u) => (k ? ([-12, 700.2][i] ?? 0) : u),
      },
    ]),
    rejects: [
      { name: 'three numbers', shapes: [[1, 4, 4], [3]], attrs: { sign: 1 }, message: /a shift \[2\], got/ },
      { name: 'a vector', shapes: [[4], [2]], attrs: { sign: 1 }, message: /at least two axes/ },
    ],
    rtol: 0,
    differentiable: [0],
    torus: everywhere,
    linearIn: 0,
  },
];
