import { EngineError, shapeError } from '../../base/errors';
import { checkOptions, type OptionNames } from '../../base/known_options';
import { rowsCols } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { gather } from '../gather';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import sortKey from '../lib/sort_key.wgsl';
import { type Builder, defineOp, type Launch, launch, type Op, type Ref } from '../op';
import countWgsl from './argsort_count.wgsl';
import moveWgsl from './argsort_move.wgsl';
import rowsWgsl from './argsort_rows.wgsl';
import scanWgsl from './argsort_scan.wgsl';

/** Rows up to this long are sorted by one workgroup each: their indices fit 16 bits. */
const SHORT = 65536;
/** Keys to a block of a long row. */
const BLOCK = 4096;

const rowsKernel = defineKernel({
  name: 'argsort_rows',
  wgsl: rowsWgsl,
  lib: [globalIndex, sortKey],
  binds: ['read', 'write', 'write'],
  uniforms: { P: 'u32', N: 'u32' },
  variants: [
    { WG: 8, BITS: 8, ROWS: 8 },
    { WG: 8, BITS: 8, ROWS: 1 },
    { WG: 64, BITS: 4, ROWS: 1 },
    { WG: 192, BITS: 4, ROWS: 1 },
  ],
  gpu: 3,
});

const countKernel = defineKernel({
  name: 'argsort_count',
  wgsl: countWgsl,
  lib: [sortKey],
  binds: ['read', 'read', 'write'],
  uniforms: { N: 'u32', blocks: 'u32', block: 'u32', shift: 'u32' },
  variants: [
    { WG: 8, TEAM: 1 },
    { WG: 16, TEAM: 16 },
  ],
  gpu: 1,
});

const scanKernel = defineKernel({
  name: 'argsort_scan',
  wgsl: scanWgsl,
  binds: ['read', 'write'],
  uniforms: { n: 'u32' },
  variants: [{ WG: 256 }, { WG: 64 }],
});

const moveKernel = defineKernel({
  name: 'argsort_move',
  wgsl: moveWgsl,
  lib: [sortKey],
  binds: ['read', 'read', 'read', 'write'],
  uniforms: { N: 'u32', blocks: 'u32', block: 'u32', shift: 'u32' },
  variants: [
    { WG: 8, TEAM: 1 },
    { WG: 16, TEAM: 16 },
  ],
  gpu: 1,
});

export interface SortOptions {
  /**
   * Bits of the elements that decide, from the sign down. Default 32: exact. With 24 elements of the same sign,
   * exponent and first 15 bits of the mantissa (within 2^-15 of each other, relatively) count as equal and keep their
   * order, for three quarters of the work: enough for the distances of distributions.
   */
  readonly bits?: 24 | 32;
}

const SORT_OPTIONS: OptionNames<SortOptions> = { bits: [24, 32] };

/** `block` (keys to a block of a long row) and `short` are for tests; the defaults are measured. */
export interface SortAttrs extends SortOptions {
  readonly short?: number;
  readonly block?: number;
}

type Scratch = Parameters<Op<1, SortAttrs>['forward']>[3];

function sortLong(x: Ref, y: Ref, block: number, bits: 24 | 32, scratch: Scratch): Launch[] {
  const [P, N] = rowsCols('argsort', x.shape);
  const blocks = Math.ceil(N / block);
  const pairs = [scratch([P, N, 2], 'u32'), scratch([P, N, 2], 'u32')] as const;
  const counts = scratch([P, 256, blocks], 'u32');
  const starts = scratch([P, 256, blocks], 'u32');
  const launches: Launch[] = [];
  const begin = (32 - bits) / 8;
  for (let pass = begin; pass < 4; pass++) {
    const uniforms = { N, blocks, block, shift: 8 * pass };
    const FIRST = pass === begin ? 1 : 0;
    const LAST = pass === 3 ? 1 : 0;
    // The first pass reads x; any other readable value may stand where the pairs will.
    const from = FIRST ? x : pairs[pass % 2];
    const to = LAST ? y : pairs[(pass + 1) % 2];
    if (!from || !to) continue;
    const grid = ({ WG, TEAM }: Readonly<Record<'WG' | 'TEAM', number>>): readonly [number, number] => [
      Math.ceil((blocks * TEAM) / WG),
      P,
    ];
    launches.push(
      launch({ kernel: countKernel, bind: [x, from, counts], overrides: { FIRST }, uniforms, grid, flops: P * N }),
      launch({ kernel: scanKernel, bind: [counts, starts], uniforms: { n: 256 * blocks }, grid: () => [P] }),
      launch({
        kernel: moveKernel,
        bind: [x, from, starts, to],
        overrides: { FIRST, LAST },
        uniforms,
        grid,
        flops: P * N,
      }),
    );
  }
  return launches;
}

export const argsortOp: Op<1, SortAttrs> = defineOp<1, SortAttrs>({
  name: 'argsort',
  dtype: 'u32',
  infer([x]) {
    const [P, N] = rowsCols('argsort', x);
    if (P < 1 || N < 1) throw shapeError('argsort', 'at least one row of at least one element', x);
    if (N > SHORT && P > 65535) {
      throw new EngineError(
        'ShapeError',
        `argsort wants at most 65535 rows of more than ${SHORT} elements, got [${P}, ${N}]`,
      );
    }
    return x;
  },
  forward([x], y, { bits = 32, short, block = BLOCK }, scratch) {
    const [P, N] = rowsCols('argsort', x.shape);
    // Few rows are better cut into blocks: a row to a workgroup would leave most of the device idle.
    // And the short rows' scratch must be bindable where no more than the WebGPU default is.
    const longest = short ?? (P < 8 ? SHORT / 4 : SHORT);
    if (N > longest || (16 * P * N > 2 ** 27 && P < 65536)) return sortLong(x, y, block, bits, scratch);
    // Not so many rows to a workgroup that there are too few workgroups.
    const MOST = P >= 16 ? 8 : P >= 8 ? 4 : P >= 4 ? 2 : 1;
    const words = scratch([2, P, N, 2], 'u32');
    return [0, 8, 16, 24].slice((32 - bits) / 8).map((SHIFT, k) =>
      launch({
        kernel: rowsKernel,
        bind: [x, words, y],
        overrides: { SHIFT, FIRST: k === 0 ? 1 : 0, MOST },
        uniforms: { P, N },
        grid: ({ ROWS }) => flatGrid(P, Math.min(ROWS, MOST)),
        flops: P * N,
      }),
    );
  },
  backward: () => [null],
});

/**
 * For each row the indices that sort it ascending: x[p, y[p, i]] <= x[p, y[p, i + 1]]. Stable: equal elements (-0 and
 * +0 are equal) keep their order. NaNs come last. Deterministic: a radix sort without atomics.
 * @param x [P, N] real.
 * @returns [P, N] u32: each row a permutation. Has no gradient; see `sort`.
 * @throws EngineError `ShapeError` when x is no matrix or is empty.
 */
export function argsort(g: Builder, x: Ref, options: SortOptions = {}): Ref {
  checkOptions('argsort', options, SORT_OPTIONS);
  return g.apply(argsortOp, [x], options);
}

/**
 * The rows of x [P, N] in ascending order. Differentiable: the gradient goes back to where each element came from.
 * @throws EngineError `ShapeError` when x is no matrix or is empty.
 */
export function sort(g: Builder, x: Ref, options: SortOptions = {}): Ref {
  checkOptions('sort', options, SORT_OPTIONS);
  return gather(g, x, argsort(g, x, options), { permutation: true });
}
