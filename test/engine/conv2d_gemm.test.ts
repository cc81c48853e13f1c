// Convolution as a matrix product in workgroup memory, as networks use it: against direct sums, in chains with bias and
// relu, with gradients; when it is taken, and into how many sums it is cut. The op kit tries each variant against f64.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/base/rng';
import { size } from '../../src/base/shape';
import type { Scalar } from '../../src/gpu/kernel';
import { Graph, type Node } from '../../src/graph/graph';
import { Plan } from '../../src/graph/plan';
import { type Algorithm, conv2d } from '../../src/shaders/conv2d';
import { partsOf } from '../../src/shaders/conv2d/gemm';
import type { Borders } from '../../src/shaders/pad';
import { long } from '../support/all';
import { device } from '../support/device';
import { close } from '../support/kit';
import { needs } from '../support/needs';

const test = suite('conv2d gemm');

const random = (n: number, seed: number): Float32Array => {
  const rng = new Rng(seed);
  return Float32Array.from({ length: n }, () => 2 * rng.uniform() - 1);
};

/** y and the gradient of x of layers 3 > 6 > 66 > 9 with bias and relu on a map of 7 x 10, and the kernels launched. */
async function chain(algorithm: Algorithm, border: Borders, scalar: Scalar = 'f32') {
  const g = new Graph();
  const x = g.input([3, 7, 10], 'x');
  let y: Node = x;
  for (const [k, O] of [6, 66, 9].entries()) {
    const shape = [O, y.shape[0] ?? 0, 3, 3];
    const [w, bias] = [g.constant(shape, random(size(shape), k)), g.constant([O], random(O, 50 + k))];
    y = g.node(conv2d(g, y, w, { pad: [1, 1, 1, 1], bias, border, relu: true, algorithm }));
  }
  const dy = g.constant(y.shape, random(size(y.shape), 9));
  const outputs = [y, ...g.grad(y, [x], dy)];
  const plan = await Plan.compile(await device(), g, outputs, { scalar });
  try {
    plan.write(x, random(size(x.shape), 7));
    plan.run();
    const values = await Promise.all(outputs.map((o) => plan.read(o)));
    return { values, kernels: plan.steps.map((s) => s.kernel) };
  } finally {
    plan.close();
  }
}

for (const border of [
  ['reflect', 'replicate'],
  ['wrap', 'zeros'],
] as const) {
  (border[0] === 'reflect' ? test : long(test))(
    `agrees with direct sums in a chain with border ${border}, and takes bias, relu and masks along`,
    async () => {
      const want = await chain('direct', border);
      const got = await chain('gemm', border);
      for (const [k, what] of ['y', 'gradient of x'].entries()) {
        close(got.values[k] as Float32Array, want.values[k] as Float32Array, 1e-5, what);
      }
      // The gradient to 3 channels stays with the kernel for few of them, and its halo.
      const folds = border[0] === 'reflect' ? 3 : 0;
      assert.is(got.kernels.filter((k) => k === 'conv2d_gemm').length, 5);
      assert.is(got.kernels.filter((k) => k === 'conv2d_gemm_sum').length, 2, 'the two sums over 66 channels');
      assert.is(got.kernels.filter((k) => k === 'conv2d_few_channels').length, 1);
      assert.is(got.kernels.filter((k) => k === 'pad_grad').length, folds);
      assert.is(got.kernels.length, 9 + folds, got.kernels.join(' '));
    },
  );
}

const half = needs(test, (await device()).has('shader-f16'), 'no shader-f16');
half('f16 storage agrees with f32 to its rounding', async () => {
  const exact = await chain('gemm', ['wrap', 'wrap']);
  const rounded = await chain('gemm', ['wrap', 'wrap'], 'f16');
  for (const [k, v] of rounded.values.entries()) close(v, exact.values[k] as Float32Array, 1e-2, `value ${k} in f16`);
});

test('small maps of deep layers are cut into enough sums for a large GPU, large ones are not', () => {
  for (const [C, O, side] of [
    [512, 512, 8],
    [512, 512, 16],
    [512, 512, 32],
    [256, 256, 32],
    [64, 64, 256],
    [64, 64, 4096],
    [3, 64, 32],
  ] as const) {
    const parts = partsOf(C, [O, side, side]);
    const groups = Math.ceil(O / 64) * Math.ceil(side / 8) ** 2 * parts;
    assert.ok(groups >= 512 || parts === Math.max(1, Math.floor(C / 32)), `${C} > ${O} at ${side}: ${groups}`);
    assert.ok(parts === 1 || groups < 1024, `${C} > ${O} at ${side}: ${groups} workgroups are more than needed`);
    assert.ok(parts * O * side * side <= 4 * 2 ** 20 || parts === 1, 'at most 16 MiB of scratch memory');
  }
});

test('what it cannot compute stays direct, or is refused where it was asked for', () => {
  const g = new Graph();
  const x = g.input([2, 8, 8]);
  const label = (o: number, k: number, stride: number): string =>
    g.node(conv2d(g, x, g.input([o, 2, k, k]), { stride: [stride, stride], algorithm: 'gemm' })).label;
  assert.is(label(4, 3, 1), 'conv2d');
  assert.throws(() => label(8, 5, 1), /gemm wants 3 x 3 filters, stride 1 and pads of 0 to 2, got 5 x 5/);
  assert.throws(() => label(8, 3, 2), /gemm wants 3 x 3 filters, stride 1 .* \[2, 2\]/);
});

test.run();
