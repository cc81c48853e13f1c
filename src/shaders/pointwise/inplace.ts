import { defineKernel, type KernelSource } from '../../gpu/kernel';
import operands from '../lib/operands.wgsl';
import operandsInplace from '../lib/operands_inplace.wgsl';
import operandsInplaceSame from '../lib/operands_inplace_same.wgsl';
import { type Launch, launch, type Ref } from '../op';

/** A kernel of two operands and an output, in three texts: to memory of its own, over either operand, over both in one. */
export interface OperandKernels<U extends string, V extends string> {
  readonly separate: KernelSource<U, V>;
  readonly over: KernelSource<U, V>;
  readonly overBoth: KernelSource<U, V>;
}

/** Of a kernel whose text takes operands by `first` and `second` (lib/operands.wgsl). */
export function operandKernels<U extends string, V extends string>(
  k: Omit<KernelSource<U, V>, 'binds'> & { readonly lib: readonly string[] },
): OperandKernels<U, V> {
  return {
    separate: defineKernel({ ...k, lib: [...k.lib, operands], binds: ['read', 'read', 'write'] }),
    over: defineKernel({
      ...k,
      name: `${k.name}_inplace`,
      lib: [...k.lib, operandsInplace],
      binds: ['read', 'write'],
      firstBinding: 1,
    }),
    overBoth: defineKernel({
      ...k,
      name: `${k.name}_inplace_same`,
      lib: [...k.lib, operandsInplaceSame],
      binds: ['write'],
      firstBinding: 2,
    }),
  };
}

/** The launch of such a kernel, y = f(a, b), which may take the place of a or b. */
export function operandLaunch<U extends string, V extends string>(
  kernels: OperandKernels<U, V>,
  [a, b, y]: readonly [Ref, Ref, Ref],
  common: Omit<Launch<U, V>, 'kernel' | 'bind' | 'inplace'>,
): Launch {
  return launch({
    ...common,
    kernel: kernels.separate,
    bind: [a, b, y],
    inplace(x) {
      if (a.id === b.id) return launch({ ...common, kernel: kernels.overBoth, bind: [y] });
      const flip = x.id === b.id;
      return launch({
        ...common,
        kernel: kernels.over,
        bind: [flip ? a : b, y],
        overrides: { ...common.overrides, FLIP: flip ? 1 : 0 },
      });
    },
  });
}
