import { type Shape, size } from '../../base/shape';
import type { OpSpec } from '../op';
import { expandChannelsOp, expandOp, mulScalarOp } from './index';

interface Expansion {
  readonly shape: Shape;
  readonly scale: number;
}

const ofExpand: OpSpec<1, Expansion> = {
  op: expandOp,
  reference: ([s], { shape, scale }) => new Float64Array(size(shape)).fill(scale * (s.data[0] ?? 0)),
  cases: [
    { name: 'to one element', shapes: [[1]], attrs: { shape: [1], scale: 1 } },
    { name: 'exactly one workgroup', shapes: [[1]], attrs: { shape: [8, 8], scale: -2 } },
    { name: 'ragged', shapes: [[1]], attrs: { shape: [3, 5, 19], scale: 0.125 } },
  ],
  rejects: [
    {
      name: 'a vector',
      shapes: [[2]],
      attrs: { shape: [4], scale: 1 },
      message: /expand wants a scalar \[1\], got \[2\]/,
    },
  ],
  linearIn: 0,
};

const ofChannels: OpSpec<1, Expansion> = {
  op: expandChannelsOp,
  reference: ([v], { shape, scale }) => {
    const pixels = size(shape.slice(1));
    return Float64Array.from({ length: size(shape) }, (_, i) => scale * (v.data[Math.floor(i / pixels)] ?? 0));
  },
  cases: [
    { name: 'one channel, one pixel', shapes: [[1]], attrs: { shape: [1, 1, 1], scale: 1 } },
    { name: 'exactly two workgroups', shapes: [[8]], attrs: { shape: [8, 4, 4], scale: 0.5 } },
    { name: 'ragged', shapes: [[5]], attrs: { shape: [5, 3, 7], scale: -1 } },
  ],
  rejects: [
    {
      name: 'too few numbers',
      shapes: [[2]],
      attrs: { shape: [3, 4, 4], scale: 1 },
      message: /expandChannels wants one number for each channel of \[3, 4, 4\], got \[2\]/,
    },
  ],
  linearIn: 0,
};

const ofMul: OpSpec<2, { scale: number }> = {
  op: mulScalarOp,
  reference: ([x, s], { scale }) => x.data.map((v) => scale * v * (s.data[0] ?? 0)),
  cases: [
    { name: 'one element', shapes: [[1], [1]], attrs: { scale: 1 } },
    { name: 'exactly one workgroup', shapes: [[4, 4, 4], [1]], attrs: { scale: 2 } },
    { name: 'ragged', shapes: [[3, 5, 7], [1]], attrs: { scale: -0.3 } },
  ],
  rejects: [
    {
      name: 'a vector as scalar',
      shapes: [[4], [4]],
      attrs: { scale: 1 },
      message: /mulScalar wants a scalar \[1\].*got \[4\]/,
    },
  ],
  linearIn: 0,
};

export const specs: OpSpec[] = [ofExpand, ofChannels, ofMul];
