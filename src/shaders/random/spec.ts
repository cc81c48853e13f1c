import { pcg4d } from '../../base/rng';
import { size } from '../../base/shape';
import type { Case, OpSpec } from '../op';
import { randomOp } from './index';

type Attrs = Parameters<typeof randomOp.infer>[1];
const uniform = (bits: number): number => Math.floor(bits / 256) / 2 ** 24;

const spec = (distribution: 'uniform' | 'normal'): OpSpec<1, Attrs> => {
  const one = (name: string, shape: readonly number[], counter: number, stream = 0): Case<1, Attrs> => ({
    name: `${distribution}, ${name}`,
    shapes: [[1]],
    attrs: { shape, seed: 20260730, stream, distribution },
    values: () => counter,
  });
  return {
    op: randomOp,
    reference: ([counter], { shape, seed, stream }) =>
      Float64Array.from({ length: size(shape) }, (_, i) => {
        const [a, b] = pcg4d(seed, stream, Math.trunc(counter.data[0] ?? 0), i);
        if (distribution === 'uniform') return uniform(a);
        return Math.sqrt(-2 * Math.log(1 - uniform(a))) * Math.cos(2 * Math.PI * uniform(b));
      }),
    cases: [
      one('one element', [1], 0),
      one('exactly one workgroup', [8, 8], 1),
      one('ragged', [3, 7, 11], 16777215, 4294967295),
      one('many', [64, 147], 12.7, 3),
    ],
    rejects: [
      { ...one('two counters', [1], 0), shapes: [[2]], message: /a counter \[1\], got \[2\]/ },
      {
        ...one('a negative seed', [1], 0),
        attrs: { shape: [1], seed: -1, stream: 0, distribution },
        message: /below 2\^32, got -1 and 0/,
      },
      { ...one('nothing', [0], 0), message: /at least one element/ },
    ],
    differentiable: [],
    // WGSL allows cos an absolute error of 2^-11, and the radius goes up to 5.8. (SwiftShader is off by 4e-5.)
    rtol: distribution === 'uniform' ? 0 : 1e-3,
  };
};

export const specs: OpSpec<1, Attrs>[] = [spec('uniform'), spec('normal')];
