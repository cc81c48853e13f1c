import type { Case, OpSpec, Roll, Value } from '../op';
import { type Border, resizeAdjointOp, resizeOp, type Sides } from './index';

type Attrs = Parameters<typeof resizeOp.infer>[1];

type Filter = NonNullable<Attrs['filter']>;

function filter(kind: Filter, d: number): number {
  const x = Math.abs(d);
  if (kind === 'linear') return Math.max(0, 1 - x);
  if (x >= 2) return 0;
  if (kind === 'spline') return x < 1 ? 2 / 3 - x ** 2 + x ** 3 / 2 : (2 - x) ** 3 / 6;
  return x < 1 ? 1.5 * x ** 3 - 2.5 * x ** 2 + 1 : -0.5 * x ** 3 + 2.5 * x ** 2 - 4 * x + 2;
}

/** The M x N matrix of one axis. */
function matrix(N: number, M: number, border: Border, kind: Filter): number[][] {
  const scale = Math.max(1, N / M);
  return Array.from({ length: M }, (_, o) => {
    const row = new Array<number>(N).fill(0);
    const centre = ((o + 0.5) * N) / M - 0.5;
    for (let t = Math.floor(centre - 2 * scale) - 1; t <= centre + 2 * scale + 1; t++) {
      const at = border === 'wrap' ? ((t % N) + N) % N : Math.min(Math.max(t, 0), N - 1);
      row[at] = (row[at] ?? 0) + filter(kind, (t - centre) / scale);
    }
    const total = row.reduce((a, b) => a + b, 0);
    return row.map((w) => w / total);
  });
}

/** Applies the matrices of both axes, or their transposes. */
function apply(x: Value, small: Sides, large: Sides, a: Attrs, transpose: boolean): Float64Array {
  const [C = 1, H = 1, W = 1] = x.shape;
  const { filter: kind = 'bicubic' } = a;
  const [rows, columns] = a.border ?? ['clamp', 'clamp'];
  const down = matrix(small[0], large[0], rows, kind);
  const along = matrix(small[1], large[1], columns, kind);
  const weight = (m: number[][], o: number, i: number): number => (transpose ? m[i]?.[o] : m[o]?.[i]) ?? 0;
  const [H2, W2] = a.size;
  const out = new Float64Array(C * H2 * W2);
  for (let k = 0; k < out.length; k++) {
    const c = Math.floor(k / (H2 * W2));
    let sum = 0;
    for (let y = 0; y < H; y++) {
      const wy = weight(down, Math.floor(k / W2) % H2, y);
      if (wy === 0) continue;
      for (let i = 0; i < W; i++) sum += wy * weight(along, k % W2, i) * (x.data[(c * H + y) * W + i] ?? 0);
    }
    out[k] = sum;
  }
  return out;
}

const sides = (v: Value): Sides => [v.shape[1] ?? 1, v.shape[2] ?? 1];

const torus: Attrs['border'] = ['wrap', 'wrap'];
const cases: readonly Case<1, Attrs>[] = [
  { name: 'one element up', shapes: [[1, 1, 1]], attrs: { size: [3, 2] } },
  { name: 'down to one element', shapes: [[2, 3, 5]], attrs: { size: [1, 1], border: torus } },
  { name: 'the same size', shapes: [[2, 3, 5]], attrs: { size: [3, 5], border: torus } },
  { name: 'twice, a torus', shapes: [[1, 4, 4]], attrs: { size: [8, 8], border: torus } },
  { name: 'half, a torus', shapes: [[2, 8, 12]], attrs: { size: [4, 6], border: torus } },
  { name: 'x 3/2, a torus', shapes: [[2, 10, 6]], attrs: { size: [15, 9], border: torus } },
  { name: 'x 4/3, ragged, clamped', shapes: [[3, 7, 9]], attrs: { size: [9, 12] } },
  { name: 'up and down, a cylinder', shapes: [[3, 10, 7]], attrs: { size: [7, 11], border: ['clamp', 'wrap'] } },
  { name: 'rows only', shapes: [[3, 5, 8]], attrs: { size: [13, 8], border: ['wrap', 'clamp'] } },
  { name: 'columns only', shapes: [[3, 5, 8]], attrs: { size: [5, 3] } },
  { name: 'linear up', shapes: [[2, 5, 4]], attrs: { size: [9, 9], filter: 'linear', border: torus } },
  { name: 'spline up, a torus', shapes: [[2, 6, 9]], attrs: { size: [8, 12], filter: 'spline', border: torus } },
  { name: 'spline down', shapes: [[2, 9, 7]], attrs: { size: [5, 9], filter: 'spline' } },
  { name: 'linear down', shapes: [[2, 9, 10]], attrs: { size: [4, 3], filter: 'linear' } },
  { name: 'far down, a torus', shapes: [[1, 31, 3]], attrs: { size: [2, 2], border: torus } },
];

/** Sides of n and m have the same phase again after n / gcd elements of the one and m / gcd of the other. */
function rolls(from: Sides, to: Sides, { border }: Attrs): { rollIn: Roll; rollOut: Roll } | null {
  if (border !== torus) return null;
  const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
  const by = (a: Sides, b: Sides): Roll => [a[0] / gcd(a[0], b[0]), (2 * a[1]) / gcd(a[1], b[1])];
  return { rollIn: by(from, to), rollOut: by(to, from) };
}

const rejects: OpSpec<1, Attrs>['rejects'] = [
  { name: 'a matrix', shapes: [[4, 4]], attrs: { size: [2, 2] }, message: /a feature map \[C, H, W\], got \[4, 4\]/ },
  { name: 'no side', shapes: [[1, 4, 4]], attrs: { size: [0, 2] }, message: /1 to 16384 elements, got 4x4 to 0x2/ },
];

export const specs: OpSpec<1, Attrs>[] = [
  {
    op: resizeOp,
    reference: ([x], a) => apply(x, sides(x), a.size, a, false),
    cases: [
      ...cases,
      {
        name: 'a constant',
        shapes: [[1, 7, 9]],
        attrs: { size: [16, 5], border: torus },
        values: () => 0.1,
      },
    ],
    rejects,
    linearIn: 0,
    torus: (a, [[, H = 1, W = 1]]) => rolls([H, W], a.size, a),
  },
  {
    op: resizeAdjointOp,
    // The cases the other way round: from the size they resize to, back.
    reference: ([dy], a) => apply(dy, a.size, sides(dy), a, true),
    cases: cases.map(({ name, shapes: [[C = 1, H = 1, W = 1]], attrs }) => ({
      name,
      shapes: [[C, ...attrs.size]],
      attrs: { ...attrs, size: [H, W] },
    })),
    rejects,
    linearIn: 0,
    torus: (a, [[, H = 1, W = 1]]) => rolls([H, W], a.size, a),
  },
];
