import { size } from '../../base/shape';
import { defineKernel, type KernelSource } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { type Launch, launch, type Ref, type RuntimeScalar } from '../op';
import wgsl from './pointwise_over.wgsl';
import oneWgsl from './pointwise_over_one.wgsl';

/** A pointwise function as its launches have it: of a and b, which may be one and the same. */
export interface Pointwise {
  readonly a: Ref;
  readonly b: Ref;
  readonly y: Ref;
  readonly overrides: Readonly<Record<string, number>>;
  readonly s: number | RuntimeScalar;
  readonly t: number | RuntimeScalar;
  readonly flops: number;
}

type Uniforms = 'n' | 's' | 't';

/** The kernels that compute an op's f(a, b) over an operand's memory: b given apart, or a and b the same. */
export interface OverKernels {
  readonly two: KernelSource<Uniforms, 'WG'>;
  readonly one: KernelSource<Uniforms, 'WG'>;
}

/** Those of the op `name`, whose `lib` defines f. */
export function overKernels(name: string, lib: readonly string[], sizes: readonly number[]): OverKernels {
  const uniforms = { n: 'u32', s: 'f32', t: 'f32' } as const;
  const variants = sizes.map((WG) => ({ WG }));
  const common = { lib: [globalIndex, ...lib], uniforms, variants };
  return {
    two: defineKernel({ ...common, name: `${name}_over`, wgsl, binds: ['read', 'write'] }),
    one: defineKernel({ ...common, name: `${name}_over_one`, wgsl: oneWgsl, binds: ['write'] }),
  };
}

/** `Launch.over` of a pointwise function. */
export const overOperand =
  ({ one, two }: OverKernels, { a, b, y, overrides, s, t, flops }: Pointwise) =>
  (x: Ref): Launch => {
    const n = size(y.shape);
    const common = { uniforms: { n, s, t }, grid: ({ WG }: { readonly WG: number }) => flatGrid(n, WG), flops };
    if (a.id === b.id) return launch({ ...common, kernel: one, bind: [y], overrides });
    const second = x.id === b.id;
    return launch({
      ...common,
      kernel: two,
      bind: [second ? a : b, y],
      overrides: { ...overrides, FLIP: second ? 1 : 0 },
    });
  };
