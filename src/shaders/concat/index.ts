import { EngineError, shapeError } from '../../base/errors';
import { sameShape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, type Launch, launch, type Op, type Ref } from '../op';
import wgsl from './copy.wgsl';

const kernel = defineKernel({
  name: 'copy',
  wgsl,
  lib: [globalIndex],
  binds: ['read', 'write'],
  uniforms: { n: 'u32', start: 'i32', to: 'u32', length: 'i32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

/** Copies `n` elements of x, from `start` on, to y[to..]; what lies outside x counts as 0. */
function copy(x: Ref, y: Ref, n: number, start: number, to: number): Launch {
  const length = size(x.shape);
  return launch({ kernel, bind: [x, y], uniforms: { n, start, to, length }, grid: ({ WG }) => flatGrid(n, WG) });
}

interface Part {
  /** First row of the part. */
  readonly start: number;
  /** Rows of the part (slice) or of the whole (pad). */
  readonly count: number;
}

type None = Readonly<Record<string, never>>;

export const concatOp: Op<number, None> = defineOp<number, None>({
  name: 'concat',
  infer(shapes) {
    const [first, ...rest] = shapes;
    if (!first) throw new EngineError('ShapeError', 'concat wants at least one value, got none');
    for (const s of rest) {
      if (!sameShape(s.slice(1), first.slice(1)) || s.length !== first.length) {
        throw shapeError('concat', 'shapes that differ in the first axis only', first, s);
      }
    }
    return [shapes.reduce((rows, [r = 1]) => rows + r, 0), ...first.slice(1)];
  },
  forward(x, y) {
    let to = 0;
    return x.map((part) => {
      const n = size(part.shape);
      to += n;
      return copy(part, y, n, 0, to - n);
    });
  },
  backward({ g, x, dy, needs }) {
    let start = 0;
    return x.map(({ shape: [count = 1] }, k) => {
      start += count;
      return needs(k) ? slice0(g, dy, start - count, count) : null;
    });
  },
});

export const sliceOp: Op<1, Part> = defineOp<1, Part>({
  name: 'slice0',
  infer([x], { start, count }) {
    const rows = x[0] ?? 0;
    if (![start, count].every(Number.isInteger) || start < 0 || count < 1 || start + count > rows) {
      throw shapeError('slice0', `at least ${start + count} rows to take ${count} from row ${start} on`, x);
    }
    return [count, ...x.slice(1)];
  },
  forward([x], y, { start }) {
    const row = size(x.shape.slice(1));
    return [copy(x, y, size(y.shape), start * row, 0)];
  },
  backward: ({ g, x: [x], dy, attrs: { start } }) => [g.apply(padOp, [dy], { start, count: x.shape[0] ?? 1 })],
});

/** Zeros of `count` rows, with x from row `start` on: the adjoint of slice0. */
export const padOp: Op<1, Part> = defineOp<1, Part>({
  name: 'pad0',
  infer([x], { start, count }) {
    const rows = x[0] ?? 0;
    if (![start, count].every(Number.isInteger) || start < 0 || start + rows > count) {
      throw shapeError('pad0', `at most ${count - start} rows to put from row ${start} of ${count} on`, x);
    }
    return [count, ...x.slice(1)];
  },
  forward([x], y, { start }) {
    const row = size(x.shape.slice(1));
    return [copy(x, y, size(y.shape), -start * row, 0)];
  },
  backward: ({ g, x: [x], dy, attrs: { start } }) => [slice0(g, dy, start, x.shape[0] ?? 1)],
});

/**
 * Values one behind the other along the first axis (channels): [A, ..], [B, ..] -> [A + B, ..].
 * @throws EngineError `ShapeError` when the other axes differ, or there is no value.
 */
export const concat = (g: Builder, refs: readonly Ref[]): Ref => g.apply(concatOp, refs, {});

/**
 * Rows (channels) `start` to `start + count` of the first axis: [A, ..] -> [count, ..].
 * @throws EngineError `ShapeError` when x has not so many.
 */
export const slice0 = (g: Builder, x: Ref, start: number, count: number): Ref =>
  g.apply(sliceOp, [x], { start, count });
