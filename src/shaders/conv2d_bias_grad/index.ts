import { EngineError } from '../../base/errors';
import { chw } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { defineOp, launch } from '../op';
import wgsl from './conv2d_bias_grad.wgsl';

const kernel = defineKernel({
  name: 'conv2d_bias_grad',
  wgsl,
  binds: ['read', 'write'],
  uniforms: { n: 'u32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

/** [C] from [C, H, W]: sums over the pixels. */
export const biasGradOp = defineOp<1, Record<string, never>>({
  name: 'conv2d_bias_grad',
  infer: ([dy]) => [chw('conv2d_bias_grad', dy)[0]],
  forward([dy], y) {
    const [C, H, W] = chw('conv2d_bias_grad', dy.shape);
    return [launch({ kernel, bind: [dy, y], uniforms: { n: H * W }, grid: () => [C], flops: C * H * W })];
  },
  backward() {
    throw new EngineError('GradError', 'conv2d_bias_grad has no second derivative', 'Leave the bias constant.');
  },
});
