// What control.wgsl decides, in f64 and with a two-loop recursion on vectors that have the given products: for spec.ts.
import { CONTROL, type ControlAttrs } from './index';

/** Rows of a matrix L with L L' = P, P positive semidefinite, up to rounding (Cholesky): vectors with these products. */
function vectorsOf(p: Float64Array, rows: number): Float64Array[] {
  const out = Array.from({ length: rows }, () => new Float64Array(rows));
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j <= i; j++) {
      const [a, b] = [out[i], out[j]];
      if (!a || !b) continue;
      const rest = (p[i * rows + j] ?? 0) - inner(a, b);
      // Rows that depend on earlier ones leave only rounding.
      if (i === j) a[j] = rest > 1e-6 * (p[i * rows + i] ?? 0) ? Math.sqrt(rest) : 0;
      else a[j] = (b[j] ?? 0) > 0 ? rest / (b[j] ?? 1) : 0;
    }
  }
  return out;
}

const inner = (a: Float64Array, b: Float64Array): number => a.reduce((s, v, i) => s + v * (b[i] ?? 0), 0);

/** What is carried along with a vector: its coefficients in the basis. */
interface Combination {
  readonly v: Float64Array;
  readonly c: Float64Array;
}

const plus = (a: Combination, by: number, b: Combination): Combination => ({
  v: a.v.map((x, i) => x + by * (b.v[i] ?? 0)),
  c: a.c.map((x, i) => x + by * (b.c[i] ?? 0)),
});

const times = ({ v, c }: Combination, by: number): Combination => ({
  v: v.map((x) => by * x),
  c: c.map((x) => by * x),
});

/**
 * The state after a trial, [controlSize(pairs)]: `before` and `phase`, the loss `f` at the trial, and the inner products `p` of
 * history, step, gradients and trial.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: it takes control.wgsl's steps in their order, to be read side by side
export function control(
  before: Float64Array,
  phase: number,
  f: number,
  p: Float64Array,
  a: ControlAttrs,
): Float64Array {
  const m = a.pairs;
  const count = 2 * m + 1;
  const rows = 2 * m + 6;
  const get = (of: keyof typeof CONTROL): number => before[CONTROL[of]] ?? 0;
  const out = before.slice();
  const set = (of: keyof typeof CONTROL, v: number): void => {
    out[CONTROL[of]] = v;
  };
  const vector = vectorsOf(p, rows);
  const row = (k: number): Float64Array => vector[k] ?? new Float64Array(rows);
  const [s, y, g, z, b, q] = [0, 1, 2, 3, 4, 5].map((k) => row(2 * m + k)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const rate = Number(a.rate);
  const since = get('since') + 1;
  let radius = get('began') === 0 ? rate : get('radius');
  let pairs = get('count');
  let head = get('head');
  let slot = -1;
  let accepted = phase === 0;
  let again = false;
  let t = get('t');
  set('tries', 0);
  set('draw', 0);
  if (phase === 0) {
    set('loss', f);
    if (pairs === 0) radius = rate;
  } else {
    const [drop, rise] = [inner(q, b), inner(q, z)];
    const flat = f <= get('loss') * (1 + a.noise) && rise <= (2 * a.armijo - 1) * drop;
    accepted = f <= get('loss') + a.armijo * Math.min(0, drop) || flat;
    if (accepted) {
      set('loss', f);
      set('steps', get('steps') + 1);
      slot = head;
      head = (head + 1) % m;
      pairs = Math.min(m, pairs + 1);
    } else if (get('tries') === a.patience) {
      again = true;
      radius = 0.5 * Math.sqrt(inner(q, q));
      pairs = 0;
    } else {
      set('tries', get('tries') + 1);
      const shrink = Math.min(0.5, Math.max(0.1, -drop / (2 * (f - get('loss') - drop))));
      t *= a.quadratic ? Math.sqrt(shrink) : shrink;
    }
  }
  if (accepted && a.hold > 0 && since >= a.hold) {
    set('draw', 1);
    again = true;
  }
  let c: Float64Array = before.slice(CONTROL.coefficients + count);
  let gamma = get('gamma');
  if (accepted) {
    const unit = (k: number): Float64Array => Float64Array.from({ length: count }, (_, i) => Number(i === k));
    const order = Array.from({ length: pairs }, (_, k) => (head + 2 * m - 1 - k) % m);
    const pair = (k: number): { s: Combination; y: Combination } => ({
      s: { v: k === slot ? s : row(k), c: unit(k) },
      y: { v: k === slot ? y : row(m + k), c: unit(m + k) },
    });
    let d: Combination = { v: g.map((v) => -v), c: unit(2 * m).map((v) => -v) };
    const alpha = order.map((k) => {
      const w = pair(k);
      const by = inner(w.s.v, d.v) / inner(w.s.v, w.y.v);
      d = plus(d, -by, w.y);
      return by;
    });
    const newest = order[0];
    const size = Math.sqrt(inner(g, g));
    if (newest === undefined) {
      gamma = radius / size;
      d = times(d, gamma);
    } else {
      const w = pair(newest);
      gamma = inner(w.s.v, w.y.v) / inner(w.y.v, w.y.v);
      d = times(d, gamma);
      for (let k = order.length - 1; k >= 0; k--) {
        const u = pair(order[k] ?? 0);
        d = plus(d, (alpha[k] ?? 0) - inner(u.y.v, d.v) / inner(u.s.v, u.y.v), u.s);
      }
    }
    c = d.c;
    t = Math.min(1, a.longest / Math.sqrt(inner(d.v, d.v)));
  }
  set('phase', again ? 0 : 1);
  set('accept', Number(accepted));
  set('slot', slot);
  set('t', t);
  set('count', pairs);
  set('head', head);
  set('radius', radius);
  set('gamma', gamma);
  set('since', out[CONTROL.draw] === 1 ? 0 : since);
  set('began', 1);
  out[14] = 0;
  out[15] = 0;
  for (let k = 0; k < count; k++) {
    const to = c[k] ?? 0;
    const bent = t * t * to - (k === 2 * m ? t * (1 - t) * gamma : 0);
    out[CONTROL.coefficients + k] = again ? 0 : a.quadratic ? bent : t * to;
    out[CONTROL.coefficients + count + k] = again ? 0 : to;
  }
  return out;
}
