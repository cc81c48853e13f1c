import { EngineError, shapeError } from '../../base/errors';
import { type Shape, sameShape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import totalWgsl from '../gram/gram_total.wgsl';
import { flatGrid, tileVariants } from '../grid';
import finite from '../lib/finite.wgsl';
import free from '../lib/free.wgsl';
import globalIndex from '../lib/global_index.wgsl';
import registerTile from '../lib/register_tile.wgsl';
import treeSum from '../lib/tree_sum.wgsl';
import { defineOp, launch, type Op, type RuntimeScalar } from '../op';
import basisWgsl from './basis.wgsl';
import controlWgsl from './control.wgsl';
import historyWgsl from './history.wgsl';
import pickWgsl from './pick.wgsl';
import productsWgsl from './products.wgsl';
import trialWgsl from './trial.wgsl';

const wide = [{ WG: 64 }, { WG: 256 }] as const;
const basis = defineKernel({
  name: 'lbfgs_basis',
  wgsl: basisWgsl,
  lib: [globalIndex, free],
  binds: ['read', 'read', 'read', 'read', 'read', 'write'],
  uniforms: { n: 'u32', channel: 'u32', bounds: 'u32' },
  variants: wide,
});
const source = {
  wgsl: productsWgsl,
  lib: [registerTile],
  binds: ['read', 'read', 'write'],
  uniforms: { n: 'u32', part: 'u32' },
} as const;
const products = {
  small: defineKernel({ name: 'lbfgs_products_small', ...source, variants: tileVariants.small }),
  medium: defineKernel({ name: 'lbfgs_products', ...source, variants: tileVariants.medium }),
} as const;
const total = defineKernel({
  name: 'lbfgs_products_total',
  wgsl: totalWgsl,
  lib: [globalIndex],
  binds: ['read', 'write'],
  uniforms: { C: 'u32', parts: 'u32', scale: 'f32' },
  variants: [{ WG: 64 }],
});
const control = defineKernel({
  name: 'lbfgs_control',
  wgsl: controlWgsl,
  lib: [finite, treeSum],
  binds: ['read', 'read', 'read', 'read', 'write'],
  uniforms: { pairs: 'u32', rate: 'f32', longest: 'f32', armijo: 'f32', noise: 'f32', patience: 'f32', hold: 'f32' },
  variants: [{ WG: 32 }, { WG: 64 }],
});
const trial = defineKernel({
  name: 'lbfgs_trial',
  wgsl: trialWgsl,
  lib: [finite, globalIndex, free],
  binds: ['read', 'read', 'read', 'read', 'read', 'read', 'write'],
  uniforms: { n: 'u32', rows: 'u32', first: 'u32', channel: 'u32', bounds: 'u32' },
  variants: wide,
});
const history = defineKernel({
  name: 'lbfgs_history',
  wgsl: historyWgsl,
  lib: [globalIndex],
  binds: ['read', 'read', 'read', 'read', 'read', 'read', 'write'],
  uniforms: { n: 'u32', pairs: 'u32', slot: 'u32' },
  variants: wide,
});
const pick = defineKernel({
  name: 'lbfgs_pick',
  wgsl: pickWgsl,
  lib: [globalIndex],
  binds: ['read', 'read', 'read', 'write'],
  uniforms: { n: 'u32', at: 'u32' },
  variants: wide,
});

/** Where the control vector keeps what: scalars first, then the coefficients of the trial, then of the direction. */
export const CONTROL = {
  /** 0: the base is to be looked at (again) in the next run; 1: a line is being searched. */
  phase: 0,
  /** 1: the base moves to this run's trial. */
  accept: 1,
  /** Where this run's pair goes; -1: nowhere. */
  slot: 2,
  /** Loss at the base; not finite when the base cannot be evaluated. */
  loss: 3,
  /** Step along the direction. */
  t: 4,
  /** Trials refused on this line. */
  tries: 5,
  /** Pairs in the history, and the slot of the next one. */
  count: 6,
  head: 7,
  /** Length of a steepest descent step: root mean square of what elements move by. */
  radius: 8,
  /** Steepest descent of a sensible length is -gamma g: y.s / y.y of the newest pair, or radius / |g|. */
  gamma: 9,
  /** Runs since random numbers were drawn. */
  since: 10,
  /** 1: the next run draws. */
  draw: 11,
  /** Steps done. */
  steps: 12,
  /** 1 when there was a run. */
  began: 13,
  coefficients: 16,
} as const;

/** Elements of the control vector for `pairs` pairs. */
export const controlSize = (pairs: number): number => CONTROL.coefficients + 2 * (2 * pairs + 1);

/** Workgroups that fill a large GPU, and fewest elements of one: as for gram. */
const GROUPS = 256;
const ELEMENTS = 256;

function pairsOf(op: string, h: Shape, x: Shape): number {
  const [two = 0, pairs = 0, ...rest] = h;
  if (two !== 2 || pairs < 1 || !sameShape(rest, x)) throw shapeError(op, 'a history [2, pairs, ...value]', h, x);
  return pairs;
}

function controlOf(op: string, c: Shape, pairs: number): void {
  const count = controlSize(pairs);
  if (!sameShape(c, [count])) throw shapeError(op, `a control vector [${count}] for ${pairs} pairs`, c);
}

function same(op: string, shapes: readonly Shape[]): Shape {
  const [first = []] = shapes;
  for (const s of shapes) if (!sameShape(first, s)) throw shapeError(op, 'values and gradients of one shape', first, s);
  return first;
}

function boxOf(op: string, bounds: Shape, x: Shape): void {
  if (!sameShape(bounds, [2, 1]) && !sameShape(bounds, [2, x[0] ?? 1])) {
    throw shapeError(op, 'a value [C, ...] and bounds [2, C] or [2, 1]', x, bounds);
  }
}

type None = Readonly<Record<string, never>>;

export interface Box {
  /** Whether there are bounds at all; otherwise they are not looked at. */
  readonly box: boolean;
}

/**
 * Mean products of all pairs of rows of the basis [S, Y, s, y, g, z, b, q]: ([2, M, ...X] history, base, its gradient,
 * trial, its gradient, bounds [2, C]) -> [2 M + 6, 2 M + 6]. s = q = trial - base, y = z - b, g = z the trial's
 * gradient, b the base's; S, Y, s, y and g only where the trial is free to move. No gradient.
 */
export const lbfgsProductsOp: Op<6, Box> = defineOp<6, Box>({
  name: 'lbfgs_products',
  infer([h, x, gb, xt, gt, bounds]) {
    const rows = 2 * pairsOf('lbfgs_products', h, same('lbfgs_products', [x, gb, xt, gt])) + 6;
    boxOf('lbfgs_products', bounds, x);
    return [rows, rows];
  },
  forward([h, x, gb, xt, gt, bounds], y, { box }, scratch) {
    const n = size(x.shape);
    const rows = y.shape[0] ?? 0;
    const kernel = rows <= 32 ? products.small : products.medium;
    const tiles = Math.ceil(rows / (rows <= 32 ? 32 : 64));
    const wanted = Math.max(1, Math.min(Math.floor(GROUPS / ((tiles * (tiles + 1)) / 2)), Math.floor(n / ELEMENTS)));
    const part = Math.ceil(n / wanted / 16) * 16;
    const parts = Math.ceil(n / part);
    const partial = scratch([parts, rows, rows], 'u32'); // f32 in every plan
    const count = bounds.shape[1] ?? 1;
    const latest = scratch([7, n], 'u32'); // as above
    return [
      launch({
        kernel: basis,
        bind: [x, gb, xt, gt, bounds, latest],
        overrides: { BOX: box ? 1 : 0 },
        uniforms: { n, channel: n / count, bounds: count },
        grid: ({ WG }) => flatGrid(n, WG),
        flops: 2 * n,
      }),
      launch({
        kernel,
        bind: [h, latest, partial],
        overrides: { ALONE: rows <= 32 ? 1 : 0, M: h.shape[1] ?? 1 },
        uniforms: { n, part },
        grid: ({ S, R }) => {
          const t = Math.ceil(rows / (4 * S * R));
          return [t, t, parts];
        },
        flops: rows * (rows + 1) * n,
      }),
      launch({
        kernel: total,
        bind: [partial, y],
        uniforms: { C: rows, parts, scale: 1 / n },
        grid: ({ WG }) => flatGrid(rows * rows, WG),
        flops: (rows * (rows + 1) * parts) / 2,
      }),
    ];
  },
  backward: () => [null, null, null, null, null, null],
});

export interface ControlAttrs {
  readonly pairs: number;
  /** Length of the first step: root mean square of what elements move by. */
  readonly rate: number | RuntimeScalar;
  /** No trial moves elements by more, root mean square. */
  readonly longest: number;
  /** Share of the fall a straight line promises that a step has to bring. */
  readonly armijo: number;
  /** Relative error of losses: below, slopes decide. */
  readonly noise: number;
  /** Trials on one line before it is given up. */
  readonly patience: number;
  /** Runs under the same random numbers; 0 for ever. */
  readonly hold: number;
  /** Trials lie on a parabola from the gradient to the direction (QQN), not on a straight line. */
  readonly quadratic: boolean;
}

/**
 * What a run decides: (control vector of the run before, phase [1], loss at the trial [1], products) -> control vector,
 * laid out as `CONTROL`. Nocedal 1980 (L-BFGS); Chen, Wang and Zhou, "Large-scale L-BFGS using MapReduce", 2014 (by
 * products alone); Nocedal and Wright, "Numerical Optimization", 3.1 (backtracking); Hager and Zhang 2005 (flat
 * places). No gradient.
 */
export const lbfgsControlOp: Op<4, ControlAttrs> = defineOp<4, ControlAttrs>({
  name: 'lbfgs_control',
  infer([c, phase, loss, p], { pairs, armijo, longest }) {
    controlOf('lbfgs_control', c, pairs);
    for (const s of [phase, loss]) if (size(s) !== 1) throw shapeError('lbfgs_control', 'a phase and a loss [1]', s);
    const rows = 2 * pairs + 6;
    if (!sameShape(p, [rows, rows])) throw shapeError('lbfgs_control', `products [${rows}, ${rows}]`, p);
    if (!(armijo > 0 && armijo < 0.5 && longest > 0)) {
      throw new EngineError(
        'ShapeError',
        `lbfgs_control wants armijo between 0 and 0.5 and longest above 0, got ${armijo} and ${longest}`,
      );
    }
    return c;
  },
  forward([c, phase, loss, p], y, { pairs, rate, longest, armijo, noise, patience, hold, quadratic }) {
    return [
      launch({
        kernel: control,
        bind: [c, phase, loss, p, y],
        overrides: { M: pairs, QUADRATIC: quadratic ? 1 : 0 },
        uniforms: { pairs, rate, longest, armijo, noise, patience, hold },
        grid: () => [1],
        flops: 8 * (2 * pairs + 1) ** 2,
      }),
    ];
  },
  backward: () => [null, null, null, null],
});

/** The history with this run's pair in its slot: (history, control, base, its gradient, trial, its gradient). */
export const lbfgsHistoryOp: Op<6, None> = defineOp<6, None>({
  name: 'lbfgs_history',
  infer([h, c, x, gb, xt, gt]) {
    controlOf('lbfgs_history', c, pairsOf('lbfgs_history', h, same('lbfgs_history', [x, gb, xt, gt])));
    return h;
  },
  forward([h, c, x, gb, xt, gt], y) {
    const n = size(x.shape);
    return [
      launch({
        kernel: history,
        bind: [h, c, x, gb, xt, gt, y],
        uniforms: { n, pairs: h.shape[1] ?? 1, slot: CONTROL.slot },
        grid: ({ WG }) => flatGrid(n, WG),
      }),
    ];
  },
  backward: () => [null, null, null, null, null, null],
});

/** Where to evaluate: (base, its gradient, history, control, phase [1], bounds [2, C]) -> a value of the base's shape. */
export const lbfgsTrialOp: Op<6, Box> = defineOp<6, Box>({
  name: 'lbfgs_trial',
  infer([x, gb, h, c, phase, bounds]) {
    controlOf('lbfgs_trial', c, pairsOf('lbfgs_trial', h, same('lbfgs_trial', [x, gb])));
    if (size(phase) !== 1) throw shapeError('lbfgs_trial', 'a phase [1]', phase);
    boxOf('lbfgs_trial', bounds, x);
    return x;
  },
  forward([x, gb, h, c, phase, bounds], y, { box }) {
    const n = size(x.shape);
    const rows = 2 * (h.shape[1] ?? 1);
    const count = bounds.shape[1] ?? 1;
    return [
      launch({
        kernel: trial,
        bind: [x, gb, h, c, phase, bounds, y],
        overrides: { BOX: box ? 1 : 0 },
        uniforms: { n, rows, first: CONTROL.coefficients, channel: n / count, bounds: count },
        grid: ({ WG }) => flatGrid(n, WG),
        flops: 2 * (rows + 1) * n,
      }),
    ];
  },
  backward: () => [null, null, null, null, null, null],
});

/** a where the control vector accepts, else b: (control, a, b). */
export const lbfgsPickOp: Op<3, None> = defineOp<3, None>({
  name: 'lbfgs_pick',
  infer: ([, a, b]) => same('lbfgs_pick', [a, b]),
  forward([c, a, b], y) {
    const n = size(y.shape);
    return [
      launch({
        kernel: pick,
        bind: [c, a, b, y],
        uniforms: { n, at: CONTROL.accept },
        grid: ({ WG }) => flatGrid(n, WG),
      }),
    ];
  },
  backward: () => [null, null, null],
});
