import { chw, type Shape } from '../../base/shape';
import { defineKernel, type Needs } from '../../gpu/kernel';
import { flatGrid, tileClass, tileGrid } from '../grid';
import block from '../lib/block.wgsl';
import broadcastLoad from '../lib/broadcast_load.wgsl';
import broadcastLoadSubgroup from '../lib/broadcast_load_subgroup.wgsl';
import globalIndex from '../lib/global_index.wgsl';
import registerTile from '../lib/register_tile.wgsl';
import { type Dtype, type Launch, launch, type Ref } from '../op';
import wgsl from './gram.wgsl';
import factorWgsl from './gram_factor.wgsl';
import gradWgsl from './gram_grad.wgsl';
import rowsWgsl from './gram_rows.wgsl';
import totalWgsl from './gram_total.wgsl';

/** Threads by themselves, which suit processors, then squares, of which the first is the best guess for GPUs. */
const variants = {
  large: [
    { S: 1, R: 1, WG: 32 },
    { S: 16, R: 2, WG: 256 },
    { S: 16, R: 1, WG: 256 },
  ],
  medium: [
    { S: 1, R: 1, WG: 32 },
    { S: 16, R: 1, WG: 256 },
    { S: 8, R: 1, WG: 64 },
  ],
  small: [
    { S: 1, R: 1, WG: 32 },
    { S: 8, R: 1, WG: 64 },
    { S: 16, R: 1, WG: 256 },
  ],
} as const;

const source = {
  wgsl,
  lib: [block, globalIndex, registerTile],
  binds: ['read', 'read', 'write', 'write'],
  uniforms: { C: 'u32', row: 'u32', part: 'u32', parts: 'u32', blocks: 'u32', scale: 'f32' },
  gpu: 1,
} as const;
const kernels = {
  large: defineKernel({ name: 'gram_large', ...source, variants: variants.large }),
  medium: defineKernel({ name: 'gram', ...source, variants: variants.medium }),
  small: defineKernel({ name: 'gram_small', ...source, variants: variants.small }),
} as const;
/**
 * The same, and two that read the factor once for all threads of a subgroup. With 16 channels to a thread it is the
 * fastest on lavapipe, but takes half as long again to compile: for tuning to find.
 */
const gradVariants = (fit: keyof typeof variants): readonly Readonly<Record<GradName, number>>[] => [
  ...variants[fit].map((v) => ({ ...v, BLOCKS: 1, BROADCAST: 0 })),
  { S: 1, R: 1, WG: 8, BLOCKS: 1, BROADCAST: 1 },
  { S: 1, R: 1, WG: 8, BLOCKS: 2, BROADCAST: 1 },
];
type GradName = 'S' | 'R' | 'WG' | 'BLOCKS' | 'BROADCAST';
const gradSource = {
  wgsl: gradWgsl,
  lib: [block, registerTile],
  binds: ['read', 'read', 'read', 'read', 'read', 'write'],
  uniforms: { C: 'u32', N: 'u32', depth: 'u32', row: 'u32', bias: 'f32', add: 'u32' },
  subgroupLib: [broadcastLoad, broadcastLoadSubgroup],
  needs: ({ BROADCAST }: Readonly<Record<GradName, number>>): Needs => (BROADCAST ? { features: ['subgroups'] } : {}),
  gpu: 1,
} as const;
const gradKernels = {
  large: defineKernel({ name: 'gram_grad_large', ...gradSource, variants: gradVariants('large') }),
  medium: defineKernel({ name: 'gram_grad', ...gradSource, variants: gradVariants('medium') }),
  small: defineKernel({ name: 'gram_grad_small', ...gradSource, variants: gradVariants('small') }),
} as const;
const totalKernel = defineKernel({
  name: 'gram_total',
  wgsl: totalWgsl,
  lib: [globalIndex],
  binds: ['read', 'write'],
  uniforms: { C: 'u32', parts: 'u32', scale: 'f32' },
  variants: [{ WG: 64 }],
});
const factorKernel = defineKernel({
  name: 'gram_factor',
  wgsl: factorWgsl,
  lib: [globalIndex],
  binds: ['read', 'write'],
  uniforms: { n: 'u32', C: 'u32', depth: 'u32', scale: 'f32' },
  variants: [{ WG: 64 }],
});
const rowsKernel = defineKernel({
  name: 'gram_rows',
  wgsl: rowsWgsl,
  lib: [globalIndex],
  binds: ['read', 'read', 'write'],
  uniforms: { n: 'u32', N: 'u32', row: 'u32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

type Scratch = (shape: Shape, dtype?: Dtype) => Ref;

/** Workgroups that fill a large GPU. */
const GROUPS = 256;
/** Fewest pixels of a part: below, writing and adding partial matrices costs more than it spreads. */
const PIXELS = 256;

/** x - mu in rows of whole vec4s, or x itself where they are whole and the kernels may subtract mu in passing. */
function wholeRows(x: Ref, mu: Ref | null, scratch: Scratch): { x: Ref; mu: Ref | null; launches: readonly Launch[] } {
  const [C, H, W] = chw('gram', x.shape);
  const N = H * W;
  if (N % 4 === 0) return { x, mu, launches: [] };
  const row = Math.ceil(N / 4);
  const y = scratch([C, row, 4], x.dtype);
  const copy = launch({
    kernel: rowsKernel,
    bind: [x, mu ?? x, y],
    overrides: { CENTRED: mu ? 1 : 0 },
    uniforms: { n: C * row, N, row },
    grid: ({ WG }) => flatGrid(C * row, WG),
    flops: mu ? C * N : 0,
  });
  return { x: y, mu: null, launches: [copy] };
}

/** Y [C, C] = (X - mu) (X - mu)' / N, of a map X [C, H, W]. */
export function gramLaunches(map: Ref, centre: Ref | null, y: Ref, scratch: Scratch): readonly Launch[] {
  const [C, H, W] = chw('gram', map.shape);
  const N = H * W;
  const { x, mu, launches } = wholeRows(map, centre, scratch);
  // Dividing the pixels makes as many workgroups as are wanted, so only the waste at the edges counts.
  const fit = C <= 32 ? 'small' : C <= 64 ? 'medium' : 'large';
  const tiles = Math.ceil(C / { small: 32, medium: 64, large: 128 }[fit]);
  const wanted = Math.max(1, Math.min(Math.floor(GROUPS / ((tiles * (tiles + 1)) / 2)), Math.floor(N / PIXELS)));
  const row = Math.ceil(N / 4);
  const part = Math.ceil(N / wanted / 16) * 4; // whole steps of the kernel
  const parts = Math.ceil(row / part);
  const eights = Math.ceil(C / 8);
  const blocks = (eights * (eights + 1)) / 2;
  // Four bytes an element in every plan: the shader keeps f32 in it.
  const partial = scratch(parts === 1 ? [1] : [parts, C, C], 'u32');
  const first = launch({
    kernel: kernels[fit],
    bind: [x, mu ?? x, partial, y],
    overrides: { CENTRED: mu ? 1 : 0 },
    uniforms: { C, row, part, parts, blocks, scale: 1 / N },
    grid: ({ S, R, WG }) => {
      if (S === 1) return flatGrid(blocks * parts, WG);
      const t = Math.ceil(C / (4 * S * R));
      return [t, t, parts];
    },
    flops: C * (C + 1) * N,
  });
  if (parts === 1) return [...launches, first];
  const second = launch({
    kernel: totalKernel,
    bind: [partial, y],
    uniforms: { C, parts, scale: 1 / N },
    grid: ({ WG }) => flatGrid(C * C, WG),
    flops: (C * (C + 1) * parts) / 2,
  });
  return [...launches, first, second];
}

/** What else there is to the gradient of a map. */
export interface Addends {
  /** [C], `scale` times which goes to every pixel of its channel. */
  readonly bias: { readonly b: Ref; readonly scale: number } | null;
  /** Of the shape of the map. */
  readonly map: Ref | null;
  /** What the product is multiplied by. */
  readonly gain: number;
}

/** Y [C, H, W] = (D + D') (X - mu) / N + addends. */
export function gradLaunches(
  [map, d, centre]: readonly [Ref, Ref, Ref | null],
  { bias, map: addend, gain }: Addends,
  y: Ref,
  scratch: Scratch,
): readonly Launch[] {
  const [C, H, W] = chw('gram_grad', map.shape);
  const N = H * W;
  const { x, mu, launches } = wholeRows(map, centre, scratch);
  const row = Math.ceil(N / 4);
  const depth = Math.ceil(C / 4) * 4;
  const n = Math.ceil(C / 16) * 4 * depth;
  const w = scratch([n, 4], 'u32'); // f32 in every plan
  const factor = launch({
    kernel: factorKernel,
    bind: [d, w],
    uniforms: { n, C, depth, scale: gain / N },
    grid: ({ WG }) => flatGrid(n, WG),
    flops: 2 * C * C,
  });
  const product = launch({
    kernel: gradKernels[tileClass(C, N)],
    bind: [x, w, mu ?? x, bias?.b ?? x, addend ?? x, y],
    overrides: { CENTRED: mu ? 1 : 0, BIAS: bias ? 1 : 0 },
    uniforms: { C, N, depth, row, bias: bias?.scale ?? 0, add: addend ? 1 : 0 },
    grid: ({ S, R, WG, BLOCKS }) => {
      if (S === 1) {
        const [along, turns] = flatGrid(Math.ceil(row / 2), WG);
        return [Math.ceil(C / (8 * BLOCKS)), along, turns];
      }
      return tileGrid(C, N, 4 * S * R);
    },
    flops: 2 * C * C * N + (bias ? C * N : 0) + (addend ? C * N : 0),
  });
  return [...launches, factor, product];
}
