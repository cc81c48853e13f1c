/** A symmetric 3x3 matrix by rows: covariances of colours. */
export type Matrix3 = readonly (readonly number[])[];

/** Eigenvalues, largest first and none below 0, and unit eigenvectors of a symmetric 3x3 matrix, by Jacobi's rotations. */
export function symmetricEigen(m: Matrix3): { values: number[]; vectors: number[][] } {
  const a = m.map((row) => [...row]);
  const v = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ];
  const at = (x: number[][], i: number, j: number): number => x[i]?.[j] ?? 0;
  const set = (x: number[][], i: number, j: number, value: number): void => {
    const row = x[i];
    if (row) row[j] = value;
  };
  for (let sweep = 0; sweep < 32; sweep++) {
    for (const [p, q] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      const off = at(a, p, q);
      if (Math.abs(off) < 1e-300) continue;
      const theta = (at(a, q, q) - at(a, p, p)) / (2 * off);
      const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
      const c = 1 / Math.sqrt(t * t + 1);
      const s = t * c;
      for (let k = 0; k < 3; k++) {
        const kp = at(a, k, p);
        const kq = at(a, k, q);
        set(a, k, p, c * kp - s * kq);
        set(a, k, q, s * kp + c * kq);
      }
      for (let k = 0; k < 3; k++) {
        const pk = at(a, p, k);
        const qk = at(a, q, k);
        set(a, p, k, c * pk - s * qk);
        set(a, q, k, s * pk + c * qk);
      }
      for (let k = 0; k < 3; k++) {
        const kp = at(v, k, p);
        const kq = at(v, k, q);
        set(v, k, p, c * kp - s * kq);
        set(v, k, q, s * kp + c * kq);
      }
    }
  }
  const order = [0, 1, 2].sort((i, j) => at(a, j, j) - at(a, i, i));
  return {
    values: order.map((i) => Math.max(0, at(a, i, i))),
    vectors: order.map((i) => [at(v, 0, i), at(v, 1, i), at(v, 2, i)]),
  };
}

/** The symmetric matrix with the same eigenvectors and `f` of the eigenvalues: square roots and their like. */
export function spectralMap(m: Matrix3, f: (value: number, largest: number) => number): number[][] {
  const { values, vectors } = symmetricEigen(m);
  const mapped = values.map((v) => f(v, values[0] ?? 0));
  return [0, 1, 2].map((i) =>
    [0, 1, 2].map((j) => mapped.reduce((s, v, k) => s + v * (vectors[k]?.[i] ?? 0) * (vectors[k]?.[j] ?? 0), 0)),
  );
}

/** The product of two 3x3 matrices. */
export function product(a: Matrix3, b: Matrix3): number[][] {
  return [0, 1, 2].map((i) =>
    [0, 1, 2].map((j) => [0, 1, 2].reduce((s, k) => s + (a[i]?.[k] ?? 0) * (b[k]?.[j] ?? 0), 0)),
  );
}
