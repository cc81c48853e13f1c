import { EngineError, shapeError } from '../../base/errors';
import { checkOptions, checkValues, number, numbers } from '../../base/known_options';
import { type Shape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import pcg from '../lib/pcg.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import wgsl from './random.wgsl';

const kernel = defineKernel({
  name: 'random',
  wgsl,
  lib: [globalIndex, pcg],
  binds: ['read', 'write'],
  uniforms: { n: 'u32', seed: 'u32', stream: 'u32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

export interface RandomOptions {
  /** u32. */
  readonly seed: number;
  /** u32. Two streams of one seed are independent. */
  readonly stream: number;
  /** `uniform` in [0, 1), or standard `normal`. */
  readonly distribution: 'uniform' | 'normal';
}

type RandomAttrs = RandomOptions & { readonly shape: Shape };

const isU32 = (v: number): boolean => Number.isInteger(v) && v >= 0 && v < 2 ** 32;

export const randomOp: Op<1, RandomAttrs> = defineOp<1, RandomAttrs>({
  name: 'random',
  infer([counter], { shape, seed, stream }) {
    if (size(counter) !== 1) throw shapeError('random', 'a counter [1]', counter);
    if (size(shape) < 1) throw shapeError('random', 'at least one element', shape);
    if (!isU32(seed) || !isU32(stream)) {
      throw new EngineError(
        'ShapeError',
        `random wants a seed and a stream that are whole and below 2^32, got ${seed} and ${stream}`,
      );
    }
    return shape;
  },
  forward([counter], y, { seed, stream, distribution }) {
    const n = size(y.shape);
    return [
      launch({
        kernel,
        bind: [counter, y],
        overrides: { NORMAL: distribution === 'normal' ? 1 : 0 },
        uniforms: { n, seed, stream },
        grid: ({ WG }) => flatGrid(n, WG),
      }),
    ];
  },
  backward: () => [null],
});

/**
 * Random numbers: element i is a pure function of (seed, stream, counter, i), on every adapter and on the host
 * (`pcg4d` of src/base/rng.ts). Uniform numbers are the same bit for bit; normal ones to the precision of log and cos.
 * @param counter [1] real: a state that counts runs, say. Truncated to u32; exact below 2^24 in f32, 2048 in f16.
 * @throws EngineError `ShapeError` when the counter is not one number, or seed or stream are no u32.
 */
export function random(g: Builder, shape: Shape, options: RandomOptions, counter: Ref): Ref {
  checkOptions('random', options, { seed: number, stream: number, distribution: ['uniform', 'normal'] }, [
    ...(['seed', 'stream', 'distribution'] as const),
  ]);
  checkValues('random', { shape }, { shape: numbers(0) });
  const { seed, stream, distribution } = options;
  return g.apply(randomOp, [counter], { shape, seed, stream, distribution });
}
