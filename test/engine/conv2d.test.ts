import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/base/rng';
import { size } from '../../src/base/shape';
import type { Scalar } from '../../src/gpu/kernel';
import { Graph, type Node } from '../../src/graph/graph';
import { Plan } from '../../src/graph/plan';
import { type Border, conv2d, convTranspose2d } from '../../src/shaders/conv2d';
import { device } from '../support/device';
import { close } from '../support/kit';
import { needs } from '../support/needs';

const test = suite('conv2d');

const random = (shape: readonly number[], seed: number): Float32Array => {
  const rng = new Rng(seed);
  return Float32Array.from({ length: size(shape) }, () => 2 * rng.uniform() - 1);
};
const dot = (a: Float32Array, b: Float32Array): number => a.reduce((s, v, i) => s + v * (b[i] ?? 0), 0);

/** Runs a graph with random inputs and reads some of its values. */
async function values(g: Graph, outputs: readonly Node[], scalar: Scalar = 'f32'): Promise<Float32Array[]> {
  const plan = await Plan.compile(await device(), g, outputs, { scalar });
  try {
    for (const n of g.nodes) if (n.source.from === 'input') plan.write(n, random(n.shape, n.id));
    plan.run();
    return await Promise.all(outputs.map((o) => plan.read(o)));
  } finally {
    plan.close();
  }
}

for (const [border, stride] of [
  ['zeros', 1],
  ['wrap', 2],
  ['reflect', 1],
  ['replicate', 3],
] as const satisfies readonly (readonly [Border, number])[]) {
  test(`convTranspose2d is the adjoint of conv2d: ${border}, stride ${stride}`, async () => {
    const g = new Graph();
    const [H, W] = [8, 10];
    const x = g.input([3, H, W], 'x');
    const w = g.input([5, 3, 3, 3], 'w');
    const options = {
      stride: [stride, stride],
      pad: [1, 1, 1, 1],
      border: [border, border],
    } as const;
    const there = g.node(conv2d(g, x, w, options));
    const y = g.input(there.shape, 'y');
    const back = g.node(convTranspose2d(g, y, w, { ...options, size: [H, W] }));
    // Its own gradients: with x for a seed, that of y is conv2d(x), and that of w is that of conv2d with y for a seed.
    const [dy, dw] = g.grad(back, [y, w], x) as [Node, Node];
    const [same] = g.grad(there, [w], y) as [Node];
    const [a, b, c, d, e] = (await values(g, [there, back, dy, dw, same])) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    close([dot(a, random(y.shape, y.id))], [dot(b, random(x.shape, x.id))], 1e-5, '<A x, y>', 1e-4);
    close(c, a, 1e-6, 'gradient of y');
    close(d, e, 1e-6, 'gradient of w');
  });
}

test('convTranspose2d without a size makes the smallest map', () => {
  const g = new Graph();
  const w = g.input([4, 2, 3, 5]);
  assert.equal(convTranspose2d(g, g.input([4, 6, 7]), w, { stride: [2, 2] }).shape, [2, 13, 17]);
  assert.equal(convTranspose2d(g, g.input([4, 6, 7]), w, { pad: [1, 2, 1, 2] }).shape, [2, 6, 7]);
  assert.throws(
    () => convTranspose2d(g, g.input([3, 6, 7]), w),
    /convTranspose2d wants a map \[4, 6, 7\], got \[3, 6, 7\]/,
  );
  assert.throws(() => conv2d(g, g.input([2, 6, 7]), g.input([4, 2, 3])), /filters \[O, C, Ky, Kx\], got \[4, 2, 3\]/);
});

test('filters that two convolutions share are laid out once', () => {
  const g = new Graph();
  const w = g.constant([4, 2, 3, 3], random([4, 2, 3, 3], 1));
  const [a, b] = [g.input([2, 8, 8]), g.input([2, 5, 5])];
  const [y, z] = [conv2d(g, a, w), conv2d(g, b, w)];
  g.grad(y, [a]);
  g.grad(z, [b]);
  assert.is(g.nodes.filter((n) => n.label === 'conv2d_layout').length, 2); // one each way
});

const half = needs(test, (await device()).has('shader-f16'), 'no shader-f16');
half('f16 storage agrees with f32 to its rounding', async () => {
  for (const stride of [1, 2]) {
    const g = new Graph();
    const x = g.input([5, 10, 14], 'x');
    const w = g.input([9, 5, 3, 3], 'w');
    const y = g.node(
      conv2d(g, x, w, { stride: [stride, stride], pad: [1, 1, 1, 1], border: ['wrap', 'wrap'], relu: true }),
    );
    const outputs = [y, ...g.grad(y, [x, w])];
    const exact = await values(g, outputs);
    const rounded = await values(g, outputs, 'f16');
    rounded.forEach((v, k) => close(v, exact[k] as Float32Array, 2e-3, `value ${k} in f16, stride ${stride}`));
  }
});

test.run();
