import type { Case, OpSpec, Value } from '../op';
import { scatterOp, type WrapSliceAttrs, wrapSliceOp } from './index';

/** Where element (i, j) of the window lies in the map, or -1 where it is skipped. */
function places(a: WrapSliceAttrs, [table, cursor, shift]: readonly (Value | undefined)[]): Int32Array {
  const row = 6 * Math.round(cursor?.data[0] ?? 0);
  const at = (k: number): number => Math.trunc((table?.data[row + k] ?? 0) / a.stride);
  const by = (k: number): number => (a.shifted ? Math.round(shift?.data[k] ?? 0) : 0);
  const from = [at(2 * a.place) - by(0), at(2 * a.place + 1) - by(1)] as const;
  const skip = a.skip ? ([at(4), at(5)] as const) : ([0, 0] as const);
  const [[h, w], [H, W]] = [a.size, a.map];
  return Int32Array.from({ length: h * w }, (_, k) => {
    const [i, j] = [Math.floor(k / w), k % w];
    if (i < skip[0] || j < skip[1]) return -1;
    return ((((from[0] + i) % H) + H) % H) * W + ((((from[1] + j) % W) + W) % W);
  });
}

const attrs = (a: Partial<WrapSliceAttrs>): WrapSliceAttrs => ({
  size: [1, 1],
  map: [1, 1],
  place: 0,
  stride: 1,
  skip: false,
  shifted: false,
  filled: false,
  ...a,
});
// Two rows; the second is the one that counts.
const TABLE = [0, 0, 0, 0, 0, 0, 4, -2, 6, 2, 2, 4];
const values =
  (first: number) =>
  (k: number, i: number, u: number): number => {
    if (k === first) return TABLE[i] ?? 0;
    if (k === first + 1) return 1;
    return k === first + 2 ? ([3.3, -7.8][i] ?? 0) : u;
  };
const settings: readonly [string, WrapSliceAttrs][] = [
  ['one element', attrs({})],
  ['exactly one workgroup', attrs({ size: [8, 8], map: [8, 8], shifted: true })],
  ['ragged', attrs({ size: [5, 3], map: [7, 9], place: 1 })],
  ['skipped, at half the resolution', attrs({ size: [4, 5], map: [6, 7], place: 1, stride: 2, skip: true })],
];

export const specs: [OpSpec<number, WrapSliceAttrs>, OpSpec<4, WrapSliceAttrs>] = [
  {
    op: wrapSliceOp,
    reference([x, ...rest], a) {
      const from = places(a, rest);
      const C = x?.shape[0] ?? 0;
      const fill = rest[3];
      return Float64Array.from({ length: C * from.length }, (_, k) => {
        const c = Math.floor(k / from.length);
        const p = from[k % from.length] ?? -1;
        if (p < 0) return a.filled ? (fill?.data[c] ?? 0) : 0;
        return x?.data[c * a.map[0] * a.map[1] + p] ?? Number.NaN;
      });
    },
    cases: [
      ...settings,
      ['skipped and filled', attrs({ size: [6, 6], map: [7, 9], skip: true, filled: true })] as const,
    ].map(
      ([name, a]): Case<number, WrapSliceAttrs> => ({
        name,
        shapes: [[3, ...a.map], [2, 6], [1], [2], [3]],
        attrs: a,
        values: values(1),
      }),
    ),
    rejects: [
      {
        name: 'a window larger than the map',
        shapes: [[1, 2, 2], [1, 6], [1], [2], [1]],
        attrs: attrs({ size: [3, 1], map: [2, 2] }),
        message: /no larger than its map/,
      },
      {
        name: 'a table of pairs',
        shapes: [[1, 2, 2], [3, 2], [1], [2], [1]],
        attrs: attrs({ map: [2, 2] }),
        message: /a table \[n, 6\]/,
      },
    ],
    rtol: 0,
    differentiable: [0],
    torus: () => null,
    linearIn: 0,
  },
  {
    op: scatterOp,
    reference([x, ...rest], a) {
      const to = places(a, rest);
      const N = a.map[0] * a.map[1];
      const out = new Float64Array((x.shape[0] ?? 0) * N);
      x.data.forEach((v, k) => {
        const p = to[k % to.length] ?? -1;
        if (p >= 0) out[Math.floor(k / to.length) * N + p] = v;
      });
      return out;
    },
    cases: settings.map(([name, a]) => ({
      name,
      shapes: [[3, ...a.size], [2, 6], [1], [2]],
      attrs: a,
      values: values(1),
    })),
    rejects: [
      {
        name: 'another window',
        shapes: [[1, 2, 2], [1, 6], [1], [2]],
        attrs: attrs({ map: [4, 4] }),
        message: /a window of 1 x 1/,
      },
    ],
    rtol: 0,
    differentiable: [0],
    torus: () => null,
    linearIn: 0,
  },
];
