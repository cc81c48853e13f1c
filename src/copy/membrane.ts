/** A step between two neighbours, from pixel `p` to pixel `q`, that is to vanish: how much too large q - p is, a plane each. */
export interface Steps {
  readonly p: Int32Array;
  readonly q: Int32Array;
  /** [planes][steps] */
  readonly excess: readonly Float64Array[];
}

/** What may be left of an equation, root mean square: bands are up to some hundred pixels wide, so u is then off by less than 0.01. */
const TOLERANCE = 1e-6;
const MOST_ROUNDS = 600;

/**
 * The smoothest correction that takes steps away: minimises the sum over pairs of neighbours of (u_q - u_p + excess)^2, with
 * u = 0 outside `band`: the Poisson equation lap u = div g of gradient blending (Perez, Gangnet and Blake 2003) with g = 0 but
 * at the steps. Rows and, where `wrap`, columns close. By conjugate gradients: a band is narrow, so few rounds are enough.
 * @param band [H, W], 1 where a pixel may change
 * @returns one plane of [H, W] for each of `excess`
 */
export function membrane(
  band: Uint8Array,
  [width, height]: readonly [width: number, height: number],
  wrap: boolean,
  { p, q, excess }: Steps,
): Float64Array[] {
  const place = new Int32Array(band.length).fill(-1);
  let n = 0;
  for (let i = 0; i < band.length; i++) if (band[i]) place[i] = n++;
  // Index n stands for all that does not change; a pixel without a neighbour there (an open end) has none: -1.
  const beside = new Int32Array(4 * n).fill(-1);
  const count = new Float64Array(n);
  for (let i = 0; i < band.length; i++) {
    const k = place[i] ?? -1;
    if (k < 0) continue;
    const y = Math.floor(i / width);
    const x = i - y * width;
    const around = [
      i - x + (x === 0 ? width - 1 : x - 1),
      i - x + (x === width - 1 ? 0 : x + 1),
      y > 0 ? i - width : wrap ? i + width * (height - 1) : -1,
      y < height - 1 ? i + width : wrap ? x : -1,
    ];
    for (const [d, j] of around.entries()) {
      if (j < 0) continue;
      const to = place[j] ?? -1;
      beside[4 * k + d] = to < 0 ? n : to;
      count[k] = (count[k] ?? 0) + 1;
    }
  }
  return excess.map((steps) => {
    const right = new Float64Array(n);
    for (const [s, e] of steps.entries()) {
      const a = place[p[s] ?? 0] ?? -1;
      const b = place[q[s] ?? 0] ?? -1;
      if (a >= 0) right[a] = (right[a] ?? 0) + e;
      if (b >= 0) right[b] = (right[b] ?? 0) - e;
    }
    const u = conjugateGradients(beside, count, right);
    const out = new Float64Array(band.length);
    for (let i = 0; i < band.length; i++) if ((place[i] ?? -1) >= 0) out[i] = u[place[i] ?? 0] ?? 0;
    return out;
  });
}

/** Solves count x - sum of x beside = right, with a diagonal preconditioner. */
function conjugateGradients(beside: Int32Array, count: Float64Array, right: Float64Array): Float64Array {
  const n = count.length;
  const x = new Float64Array(n);
  const r = right.slice();
  const d = new Float64Array(n + 1); // the last stays 0: pixels that do not change
  const ad = new Float64Array(n);
  let rz = 0;
  for (let k = 0; k < n; k++) {
    const z = (r[k] ?? 0) / (count[k] ?? 1);
    d[k] = z;
    rz += z * (r[k] ?? 0);
  }
  for (let round = 0; round < MOST_ROUNDS && rz > n * TOLERANCE ** 2; round++) {
    let dad = 0;
    for (let k = 0; k < n; k++) {
      let sum = (count[k] ?? 0) * (d[k] ?? 0);
      for (let j = 4 * k; j < 4 * k + 4; j++) {
        const to = beside[j] ?? -1;
        if (to >= 0) sum -= d[to] ?? 0;
      }
      ad[k] = sum;
      dad += sum * (d[k] ?? 0);
    }
    if (!(dad > 0)) break;
    const alpha = rz / dad;
    let next = 0;
    for (let k = 0; k < n; k++) {
      x[k] = (x[k] ?? 0) + alpha * (d[k] ?? 0);
      const rest = (r[k] ?? 0) - alpha * (ad[k] ?? 0);
      r[k] = rest;
      next += (rest * rest) / (count[k] ?? 1);
    }
    const beta = next / rz;
    rz = next;
    for (let k = 0; k < n; k++) d[k] = (r[k] ?? 0) / (count[k] ?? 1) + beta * (d[k] ?? 0);
  }
  return x;
}
