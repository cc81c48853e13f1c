import { shapeError } from '../../base/errors';
import { chw, sameShape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { convOp } from '../conv2d';
import { type Conv, convShape } from '../conv2d/geometry';
import { inputGrad } from '../conv2d_input_grad';
import { bankShape, flip, tileOf } from '../conv2d_layout';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { defineOp, launch, type Op } from '../op';
import { haloLaunch } from '../pad';
import wgsl from './conv2d_weight_grad.wgsl';

const kernel = defineKernel({
  name: 'conv2d_weight_grad',
  wgsl,
  lib: [globalIndex],
  binds: ['read', 'read', 'write'],
  uniforms: {
    n: 'u32',
    c: 'u32',
    o: 'u32',
    ky: 'u32',
    kx: 'u32',
    v: 'u32',
    h: 'u32',
    w: 'u32',
    row: 'u32',
    plane: 'u32',
    sy: 'u32',
    sx: 'u32',
  },
  variants: [{ WG: 64 }],
});

/** Gradient of conv2d's weights, in tiles: from x [C, H, W] and dy [O, H', W']. Simple and exact, not fast. */
export const weightGradOp: Op<2, Conv> = defineOp<2, Conv>({
  name: 'conv2d_weight_grad',
  infer([x, dy], conv) {
    const want = convShape('conv2d_weight_grad', x, conv);
    if (!sameShape(dy, want)) {
      throw shapeError('conv2d_weight_grad', `the gradient of a map [${want.join(', ')}]`, dy);
    }
    return bankShape(conv.bank, 'tiles');
  },
  forward([x, dy], y, { bank, stride, pad, border }, scratch) {
    const [C, H, W] = chw('conv2d_weight_grad', x.shape);
    const [o, h, w] = chw('conv2d_weight_grad', dy.shape);
    const bare = pad.every((p) => p === 0);
    const padded = bare ? x : scratch([C, H + pad[0] + pad[2], W + pad[1] + pad[3]]);
    const [, ph, pw] = chw('conv2d_weight_grad', padded.shape);
    const n = size(y.shape);
    const grad = launch({
      kernel,
      bind: [padded, dy, y],
      uniforms: {
        n,
        c: C,
        o,
        ky: bank.ky,
        kx: bank.kx,
        v: tileOf(o),
        h,
        w,
        row: pw,
        plane: ph * pw,
        sy: stride[0],
        sx: stride[1],
      },
      grid: ({ WG }) => flatGrid(n, WG),
      flops: 2 * o * h * w * C * bank.ky * bank.kx,
    });
    return bare ? [grad] : [haloLaunch(x, padded, { top: pad[0], left: pad[1], border }), grad];
  },
  backward({ g, x: [x, dy], dy: d, attrs, needs }) {
    const [, H = 0, W = 0] = x.shape;
    return [
      needs(0) ? inputGrad(g, dy, flip(g, d, attrs.bank), attrs, [H, W]) : null,
      needs(1) ? g.apply(convOp, [x, d], attrs) : null,
    ];
  },
});
