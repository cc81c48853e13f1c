// Statistics of feature maps in f64, written from their definitions.
import { type HostMap, normalisedMask, picked } from './loss_context';

export type Matrix = readonly (readonly number[])[];

/** A map as rows of pixels, and what each pixel counts (mean 1). */
export interface Weighted {
  readonly rows: Matrix;
  readonly H: number;
  readonly W: number;
  readonly mask: readonly number[];
  readonly pick: readonly number[];
}

export function weighted({ shape: [C, H, W], data }: HostMap, mask?: ArrayLike<number>): Weighted {
  const N = H * W;
  const rows = Array.from({ length: C }, (_, c) => [...data.slice(c * N, (c + 1) * N)]);
  const all = rows[0]?.map(() => 1) ?? [];
  return { rows, H, W, mask: mask ? [...normalisedMask(mask)] : all, pick: [...picked(mask ?? all)] };
}

export const weightedMean = ({ rows, mask }: Weighted): number[] =>
  rows.map((r) => r.reduce((s, v, p) => s + v * mask[p]!, 0) / r.length);

export const momentsAbout = ({ rows, mask }: Weighted, about: readonly number[]): Matrix =>
  rows.map((a, i) =>
    rows.map((b, j) => a.reduce((s, v, p) => s + mask[p]! * (v - about[i]!) * (b[p]! - about[j]!), 0) / a.length),
  );

export const covariance = (w: Weighted): Matrix => momentsAbout(w, weightedMean(w));

/** Moments between pixels and those at p - by, weighted by the root of both masks; and the mean of these weights. */
export function shiftedMoments(
  { rows, H, W, mask }: Weighted,
  [dy, dx]: readonly [number, number],
  torus: readonly [boolean, boolean],
): { moments: Matrix; overlap: number } {
  let total = 0;
  let pairs = 0;
  const sums = rows.map(() => rows.map(() => 0));
  for (let y = 0; y < H; y++) {
    for (let x = 0; x < W; x++) {
      const [v, u] = [y - dy, x - dx];
      if ((!torus[0] && (v < 0 || v >= H)) || (!torus[1] && (u < 0 || u >= W))) continue;
      const p = y * W + x;
      const q = ((v + 8 * H) % H) * W + ((u + 8 * W) % W);
      const w = Math.sqrt(mask[p]! * mask[q]!);
      total += w;
      pairs++;
      rows.forEach((a, i) => {
        rows.forEach((b, j) => {
          sums[i]![j]! += w * a[p]! * b[q]!;
        });
      });
    }
  }
  return { moments: sums.map((r) => r.map((s) => s / total)), overlap: total / pairs };
}

const product = (a: Matrix, b: Matrix): number[][] =>
  a.map((r) => (b[0] ?? []).map((_, j) => r.reduce((s, v, k) => s + v * b[k]![j]!, 0)));

/** Eigenvalues, and eigenvectors as columns, of a symmetric matrix, by Jacobi's rotations. */
function eigen(a: Matrix): { values: number[]; vectors: number[][] } {
  const n = a.length;
  const m = a.map((r) => [...r]);
  const vectors = m.map((_, i) => m.map((_, j) => Number(i === j)));
  const size = Math.hypot(...a.flat());
  const isLeft = (): boolean => m.some((r, i) => r.some((v, j) => i !== j && Math.abs(v) > 1e-17 * size));
  for (let sweep = 0; sweep < 30 && isLeft(); sweep++) {
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        if (m[p]![q] === 0) continue;
        const angle = 0.5 * Math.atan2(2 * m[p]![q]!, m[p]![p]! - m[q]![q]!);
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        for (const row of [...m, ...vectors]) {
          [row[p], row[q]] = [c * row[p]! + s * row[q]!, c * row[q]! - s * row[p]!];
        }
        const [up, uq] = [[...m[p]!], [...m[q]!]];
        for (let k = 0; k < n; k++) {
          m[p]![k] = c * up[k]! + s * uq[k]!;
          m[q]![k] = c * uq[k]! - s * up[k]!;
        }
      }
    }
  }
  return { values: m.map((r, i) => r[i]!), vectors };
}

function root(a: Matrix): Matrix {
  const { values, vectors } = eigen(a);
  return a.map((_, i) =>
    a.map((_, j) => values.reduce((s, v, k) => s + Math.sqrt(Math.max(v, 0)) * vectors[i]![k]! * vectors[j]![k]!, 0)),
  );
}

/** W_2^2 of the normal distributions of two maps, covariances raised by 1e-3 of the target's Frobenius norm. */
export function gaussianDistance(a: Weighted, b: Weighted): number {
  const target = covariance(b);
  const floor = 1e-3 * Math.hypot(...target.flat()) + 1e-12;
  const raised = (m: Matrix): Matrix => m.map((r, i) => r.map((v, j) => v + (i === j ? floor : 0)));
  const [S, T] = [raised(covariance(a)), raised(target)];
  const half = root(T);
  const cross = root(product(product(half, S), half));
  const [m, n] = [weightedMean(a), weightedMean(b)];
  return (
    m.reduce((s, v, i) => s + (v - n[i]!) ** 2, 0) + S.reduce((s, r, i) => s + r[i]! + T[i]![i]! - 2 * cross[i]![i]!, 0)
  );
}
