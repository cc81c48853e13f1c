import type { Case, OpSpec, Value } from '../op';
import {
  type Box,
  CONTROL,
  type ControlAttrs,
  controlSize,
  lbfgsControlOp,
  lbfgsHistoryOp,
  lbfgsPickOp,
  lbfgsProductsOp,
  lbfgsTrialOp,
} from './index';
import { control } from './reference';

const at = (v: Value, i: number): number => v.data[i] ?? Number.NaN;

/** Whether element i may move, from position and gradient. */
function free(x: Value, gradient: Value, bounds: Value, { box }: Box, i: number): boolean {
  if (!box) return true;
  const count = bounds.shape[1] ?? 1;
  const c = Math.floor((i * count) / x.data.length);
  const [lo, hi] = [at(bounds, c), at(bounds, count + c)];
  return !((at(x, i) <= lo && at(gradient, i) > 0) || (at(x, i) >= hi && at(gradient, i) < 0));
}

/** Bounds -0.5 and 0.5, and values of which some lie on them. */
const limit = (u: number): number => Math.max(-0.5, Math.min(0.5, u));
const bound = (i: number, count: number): number => (i < count ? -0.5 : 0.5);

const productsCase = (name: string, x: readonly number[], m: number, count: number, box: boolean): Case<6, Box> => ({
  name,
  shapes: [[2, m, ...x], x, x, x, x, [2, count]],
  attrs: { box },
  values: (k, i, u) => (k === 5 ? bound(i, count) : k === 1 || k === 3 ? limit(u) : u),
});

const products: OpSpec<6, Box> = {
  op: lbfgsProductsOp,
  reference([h, x, gb, xt, gt, bounds], attrs) {
    const n = x.data.length;
    const m = h.shape[1] ?? 1;
    const s = xt.data.map((v, i) => v - at(x, i));
    const y = gt.data.map((v, i) => v - at(gb, i));
    const ring = Array.from({ length: 2 * m }, (_, k) => h.data.subarray(k * n, (k + 1) * n));
    const masked = [...ring, s, y, gt.data].map((row) => row.map((v, i) => (free(xt, gt, bounds, attrs, i) ? v : 0)));
    const rows = [...masked, gt.data, gb.data, s];
    const out = rows.flatMap((a) => rows.map((b) => a.reduce((sum, v, i) => sum + v * (b[i] ?? 0), 0) / n));
    return Float64Array.from(out);
  },
  cases: [
    productsCase('one element, one pair', [1], 1, 1, false),
    productsCase('exactly two parts, 13 pairs fill the tile', [2, 16, 16], 13, 1, false),
    productsCase('ragged, in a box by channel', [3, 19, 23], 3, 3, true),
    productsCase('many pairs, in a box', [3, 9, 7], 40, 1, true),
  ],
  rejects: [
    {
      name: 'another history',
      shapes: [[2, 3, 4], [5], [5], [5], [5], [2, 1]],
      attrs: { box: false },
      message: /a history \[2, pairs, \.\.\.value\]/,
    },
    {
      name: 'another gradient',
      shapes: [[2, 3, 4], [4], [5], [4], [4], [2, 1]],
      attrs: { box: false },
      message: /of one shape, got \[4\] and \[5\]/,
    },
    {
      name: 'other bounds',
      shapes: [[2, 3, 4], [4], [4], [4], [4], [2, 3]],
      attrs: { box: true },
      message: /bounds \[2, C\] or \[2, 1\]/,
    },
  ],
  differentiable: [],
};

const usual: ControlAttrs = {
  pairs: 3,
  rate: 0.1,
  longest: 2,
  armijo: 1e-4,
  noise: 1e-6,
  patience: 3,
  hold: 0,
  quadratic: false,
};

/** A basis of a few elements whose products are what the op gets: they have to be products of something. */
function gramOf(pairs: number, shift: number): (i: number) => number {
  const rows = 2 * pairs + 6;
  const n = 40;
  const wave = (k: number, i: number): number => Math.sin(1 + shift + 1.7 * k * (i + 1) + i * i);
  const s = (k: number, i: number): number => wave(k, i);
  // Curvature between 0.5 and 1.5.
  const y = (k: number, i: number): number => (1 + 0.5 * Math.sin(i)) * s(k, i);
  const z = (i: number): number => wave(91, i) - 0.2 * s(pairs, i);
  const b = (i: number): number => z(i) - y(pairs, i);
  const row = (k: number, i: number): number => {
    if (k < pairs) return s(k, i);
    if (k < 2 * pairs) return y(k - pairs, i);
    return [s(pairs, i), y(pairs, i), z(i), z(i), b(i), s(pairs, i)][k - 2 * pairs] ?? 0;
  };
  return (e) => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += row(Math.floor(e / rows), i) * row(e % rows, i);
    return sum / n;
  };
}

type Scalars = Partial<Record<keyof typeof CONTROL, number>>;

function controlCase(
  name: string,
  scalars: Scalars,
  phase: number,
  loss: number,
  attrs: Partial<ControlAttrs> = {},
  shift = 0,
): Case<4, ControlAttrs> {
  const all = { ...usual, ...attrs };
  const size = controlSize(all.pairs);
  const rows = 2 * all.pairs + 6;
  const before = new Float64Array(size);
  const known: Scalars = { phase: 1, loss: 1, t: 1, radius: 0.1, gamma: 0.3, began: 1, ...scalars };
  for (const [key, v] of Object.entries(known)) before[CONTROL[key as keyof typeof CONTROL]] = v;
  const product = gramOf(all.pairs, shift);
  return {
    name,
    shapes: [[size], [1], [1], [rows, rows]],
    attrs: all,
    values: (k, i, u) => {
      if (k === 0) return i < CONTROL.coefficients ? (before[i] ?? 0) : u;
      return k === 1 ? phase : k === 2 ? loss : product(i);
    },
  };
}

const decide: OpSpec<4, ControlAttrs> = {
  op: lbfgsControlOp,
  reference: ([c, phase, loss, p], attrs) => control(c.data, at(phase, 0), at(loss, 0), p.data, attrs),
  cases: [
    controlCase('the first look at the base', { began: 0, radius: 0 }, 0, 4),
    controlCase('the base again, with history', { count: 2, head: 2, steps: 5 }, 0, 4),
    controlCase('a step, the history not full', { count: 1, head: 1 }, 1, 0.2),
    controlCase('a step, the history full', { count: 3, head: 2, steps: 9 }, 1, 0.2, {}, 4),
    controlCase('a step, and random numbers are due', { count: 3, head: 0, since: 7 }, 1, 0.2, { hold: 8 }),
    controlCase('a step by the slope', { count: 3, head: 1, loss: 1 }, 1, 1, { noise: 1e-3 }),
    controlCase('refused', { count: 3, head: 1 }, 1, 5),
    controlCase('refused for the last time', { count: 3, head: 1, tries: 3 }, 1, 5),
    controlCase('one pair only', { count: 1, head: 0 }, 1, 0.2, { pairs: 1 }),
    controlCase('a parabola', { count: 2, head: 2, t: 0.5 }, 1, 0.2, { quadratic: true, longest: 0.2 }),
    controlCase('a parabola refused', { count: 2, head: 2, t: 0.5 }, 1, 5, { quadratic: true }),
    controlCase('many pairs', { count: 20, head: 7 }, 1, 0.2, { pairs: 20 }),
  ],
  rejects: [
    {
      ...controlCase('another control vector', {}, 1, 1),
      shapes: [[9], [1], [1], [12, 12]],
      message: /a control vector \[30\] for 3 pairs, got \[9\]/,
    },
    {
      ...controlCase('other products', {}, 1, 1),
      shapes: [[30], [1], [1], [11, 12]],
      message: /products \[12, 12\], got \[11, 12\]/,
    },
    { ...controlCase('armijo of 1', {}, 1, 1, { armijo: 1 }), message: /armijo between 0 and 0.5/ },
  ],
  differentiable: [],
  rtol: 1e-4,
};

type None = Readonly<Record<string, never>>;

const historyCase = (name: string, x: readonly number[], m: number, slot: number): Case<6, None> => ({
  name,
  shapes: [[2, m, ...x], [controlSize(m)], x, x, x, x],
  attrs: {},
  values: (k, i, u) => (k === 1 && i === CONTROL.slot ? slot : u),
});

const history: OpSpec<6, None> = {
  op: lbfgsHistoryOp,
  reference([h, c, x, gb, xt, gt]) {
    const n = x.data.length;
    const m = h.shape[1] ?? 1;
    return h.data.map((v, k) => {
      const row = Math.floor(k / n);
      const i = k % n;
      if (row % m !== at(c, CONTROL.slot)) return v;
      return row < m ? at(xt, i) - at(x, i) : at(gt, i) - at(gb, i);
    });
  },
  cases: [
    historyCase('one element', [1], 1, 0),
    historyCase('nothing to write, exact', [1, 4, 4], 2, -1),
    historyCase('ragged, the last slot', [3, 5, 7], 3, 2),
  ],
  rejects: [
    {
      ...historyCase('x', [3], 2, 0),
      name: 'another control vector',
      shapes: [[2, 2, 3], [7], [3], [3], [3], [3]],
      message: /a control vector \[26\]/,
    },
  ],
  differentiable: [],
};

const trialCase = (
  name: string,
  x: readonly number[],
  m: number,
  phase: number,
  count: number,
  box: boolean,
): Case<6, Box> => ({
  name,
  shapes: [x, x, [2, m, ...x], [controlSize(m)], [1], [2, count]],
  attrs: { box },
  values: (k, i, u) => (k === 0 ? limit(u) : k === 3 ? u / m : k === 4 ? phase : k === 5 ? bound(i, count) : u),
});

const trial: OpSpec<6, Box> = {
  op: lbfgsTrialOp,
  reference([x, g, h, c, phase, bounds], attrs) {
    const n = x.data.length;
    const rows = h.data.length / n;
    const count = bounds.shape[1] ?? 1;
    return x.data.map((v, i) => {
      let d = at(c, CONTROL.coefficients + rows) * at(g, i);
      for (let k = 0; k < rows; k++) d += at(c, CONTROL.coefficients + k) * at(h, k * n + i);
      const moved = at(phase, 0) !== 0 && free(x, g, bounds, attrs, i) ? v + d : v;
      if (!attrs.box) return moved;
      const channel = Math.floor((i * count) / n);
      return Math.min(at(bounds, count + channel), Math.max(at(bounds, channel), moved));
    });
  },
  cases: [
    trialCase('one element', [1], 1, 1, 1, false),
    trialCase('the base, exactly one workgroup', [1, 8, 8], 2, 0, 1, false),
    trialCase('ragged, in a box by channel', [3, 5, 7], 4, 1, 3, true),
  ],
  rejects: [
    {
      ...trialCase('two phases', [3], 1, 1, 1, false),
      shapes: [[3], [3], [2, 1, 3], [22], [2], [2, 1]],
      message: /a phase \[1\], got \[2\]/,
    },
  ],
  differentiable: [],
};

const pickCase = (name: string, x: readonly number[], accept: number): Case<3, None> => ({
  name,
  shapes: [[controlSize(1)], x, x],
  attrs: {},
  values: (k, i, u) => (k === 0 && i === CONTROL.accept ? accept : u),
});

const pick: OpSpec<3, None> = {
  op: lbfgsPickOp,
  reference: ([c, a, b]) => (at(c, CONTROL.accept) === 1 ? a : b).data,
  cases: [pickCase('one element', [1], 1), pickCase('exact', [1, 8, 8], 0), pickCase('ragged', [3, 5, 7], 1)],
  rejects: [
    { ...pickCase('two shapes', [3], 1), shapes: [[22], [3], [4]], message: /of one shape, got \[3\] and \[4\]/ },
  ],
  differentiable: [],
};

export const specs: OpSpec[] = [products, decide, history, trial, pick];
