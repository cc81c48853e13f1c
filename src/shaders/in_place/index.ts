import { shapeError } from '../../base/errors';
import { sameShape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import wgsl from './in_place.wgsl';

export const kernel = defineKernel({
  name: 'in_place',
  wgsl,
  lib: [globalIndex],
  binds: ['read', 'write'],
  uniforms: { n: 'u32', s: 'f32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

const FN = { accumulate: 0, clear: 1, count: 2 } as const;

function op(name: keyof typeof FN): Op<2, { s: number }> {
  return defineOp<2, { s: number }>({
    name,
    inplace: true,
    infer([state, x]) {
      if (name === 'accumulate' && !sameShape(state, x)) throw shapeError(name, 'two equal shapes', state, x);
      return state;
    },
    forward([, x], y, { s }) {
      const n = size(y.shape);
      return [
        launch({
          kernel,
          bind: [x, y],
          overrides: { FN: FN[name] },
          uniforms: { n, s },
          grid: ({ WG }) => flatGrid(n, WG),
          flops: name === 'accumulate' ? 2 * n : 0,
        }),
      ];
    },
    backward: () => [null, null],
  });
}

const ops = { accumulate: op('accumulate'), clear: op('clear'), count: op('count') } as const;

/** A state with s x added to it. In place: nothing may read the state itself any more. No gradient. */
export const accumulate = (g: Builder, state: Ref, x: Ref, s = 1): Ref => g.apply(ops.accumulate, [state, x], { s });

/** A state set to zeros, in place. `any`: a value to bind, of no consequence. */
export const clear = (g: Builder, state: Ref, any: Ref): Ref => g.apply(ops.clear, [state, any], { s: 0 });

/** A state that goes from 0 to n - 1 and round, one on, in place. `any`: a value to bind, of no consequence. */
export const countRound = (g: Builder, state: Ref, n: number, any: Ref): Ref =>
  g.apply(ops.count, [state, any], { s: n });
