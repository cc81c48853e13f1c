import type { Case, OpSpec } from '../op';
import { argsortOp, type SortAttrs } from './index';

/** The number made of the first `bits` bits of the f32 that is v. */
function head(v: number, bits: number): number {
  const word = new DataView(new ArrayBuffer(4));
  word.setFloat32(0, v);
  if (bits === 24) word.setUint8(3, 0);
  return word.getFloat32(0);
}

/** a comes before b; NaNs after everything. */
function compare(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

const long: SortAttrs = { short: 0, block: 128 };
const shapes: readonly (readonly [string, readonly [number, number]])[] = [
  ['one element', [1, 1]],
  ['two', [2, 2]],
  ['a power of two', [3, 256]],
  ['ragged', [5, 333]],
];
const special = [Number.NaN, -Number.NaN, Infinity, -Infinity, 0, -0, 1e-30, -1e-30, 3e38, -3e38];

const cases: Case<1, SortAttrs>[] = [
  ...shapes.flatMap(([name, shape]) => [
    { name, shapes: [shape] as const, attrs: {} },
    { name: `${name}, by blocks`, shapes: [shape] as const, attrs: long },
  ]),
  ...[{}, long].map((attrs, k) => ({
    name: `many equal, ${k}`,
    shapes: [[2, 700]] as const,
    attrs,
    values: (_: number, __: number, u: number) => Math.round(3 * u),
  })),
  ...[{}, long].map((attrs, k) => ({
    name: `all equal, ${k}`,
    shapes: [[1, 300]] as const,
    attrs,
    values: () => -0.5,
  })),
  ...[{}, long].map((attrs, k) => ({
    name: `infinities, zeros and NaNs, ${k}`,
    shapes: [[2, 64]] as const,
    attrs,
    values: (_: number, i: number, u: number) => (i % 3 ? (special[i % special.length] ?? 0) : u),
  })),
  ...[{ bits: 24 } as const, { bits: 24, ...long } as const].map((attrs, k) => ({
    name: `by 24 bits, ${k}`,
    shapes: [[9, 333]] as const,
    attrs,
    // Many within 2^-15 of each other.
    values: (_: number, __: number, u: number) => Math.round(9 * u) + 1e-5 * u,
  })),
  { name: 'seventeen rows', shapes: [[17, 100]], attrs: {} },
  { name: 'nine rows', shapes: [[9, 100]], attrs: {} },
  { name: 'the longest short row', shapes: [[1, 65536]], attrs: { short: 65536 } },
  { name: 'the shortest long row', shapes: [[2, 65537]], attrs: {} },
];

export const spec: OpSpec<1, SortAttrs> = {
  op: argsortOp,
  reference([x], { bits = 32 }) {
    const [P = 1, N = 1] = x.shape;
    const rows = Array.from({ length: P }, (_, p) => {
      const row = x.data.subarray(p * N, (p + 1) * N).map((v) => head(v, bits));
      return Array.from(row.keys()).sort((a, b) => compare(row[a] ?? 0, row[b] ?? 0) || a - b);
    });
    return Float64Array.from(rows.flat());
  },
  cases,
  rejects: [
    { name: 'a vector', shapes: [[4]], attrs: {}, message: /a matrix \[rows, cols\], got \[4\]/ },
    { name: 'nothing', shapes: [[2, 0]], attrs: {}, message: /at least one element, got \[2, 0\]/ },
  ],
  rtol: 0,
};
