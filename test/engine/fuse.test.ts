import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/base/rng';
import { size } from '../../src/base/shape';
import { Graph, type Node } from '../../src/graph/graph';
import { Plan } from '../../src/graph/plan';
import { type Algorithm, conv2d } from '../../src/shaders/conv2d';
import { gram } from '../../src/shaders/gram';
import type { Borders } from '../../src/shaders/pad';
import { add, relu, square } from '../../src/shaders/pointwise';
import { type PoolOptions, pool2d } from '../../src/shaders/pool2d';
import { channelMean, sum } from '../../src/shaders/sum';
import { device } from '../support/device';
import { close } from '../support/kit';

const test = suite('fuse');

const random = (shape: readonly number[], seed: number): Float32Array => {
  const rng = new Rng(seed);
  return Float32Array.from({ length: size(shape) }, () => 2 * rng.uniform() - 1);
};

/** A stack of conv2d + bias + relu on [3, H, W], and the gradient of its output to the map. */
function stack(border: Borders, depth: number, side = 9): { g: Graph; x: Node; dy: Node; y: Node; dx: Node } {
  const g = new Graph();
  const x = g.input([3, side, side], 'x');
  let y = x;
  for (let k = 0; k < depth; k++) {
    const shape = [6 + 3 * k, y.shape[0] ?? 0, 3, 3];
    const w = g.constant(shape, random(shape, k), `w${k}`);
    const bias = g.constant(shape.slice(0, 1), random(shape.slice(0, 1), 50 + k), `b${k}`);
    y = g.node(conv2d(g, y, w, { bias, pad: [1, 1, 1, 1], border, relu: true }));
  }
  const dy = g.input(y.shape, 'dy');
  return { g, x, dy, y, dx: g.grad(y, [x], dy)[0] as Node };
}

async function outcome(
  s: ReturnType<typeof stack>,
  outputs: readonly Node[],
  fuse: boolean,
): Promise<{ values: Float32Array[]; launches: number; labels: string[] }> {
  const plan = await Plan.compile(await device(), s.g, outputs, { fuse });
  try {
    plan.write(s.x, random(s.x.shape, 7));
    if (outputs.includes(s.dx)) plan.write(s.dy, random(s.dy.shape, 8));
    plan.run();
    const values = await Promise.all(outputs.map((r) => plan.read(r)));
    return { values, launches: plan.cost.launches, labels: plan.steps.map((step) => step.label.split('#')[0] ?? '') };
  } finally {
    plan.close();
  }
}

const count = (labels: readonly string[], name: string): number => labels.filter((l) => l === name).length;

for (const border of [
  ['zeros', 'zeros'],
  ['wrap', 'wrap'],
  ['reflect', 'replicate'],
] as const) {
  test(`conv2d with border ${border} takes its relu along, and its gradient the mask of the relu`, async () => {
    const s = stack(border, 3);
    const apart = await outcome(s, [s.y, s.dx], false);
    const fused = await outcome(s, [s.y, s.dx], true);
    close(fused.values[0] as Float32Array, apart.values[0] as Float32Array, 1e-6, 'y');
    close(fused.values[1] as Float32Array, apart.values[1] as Float32Array, 1e-6, 'dx');
    assert.is(count(apart.labels, 'relu'), 3);
    assert.is(count(apart.labels, 'relu_mask'), 3);
    assert.is(apart.launches - fused.launches, 6, 'launches saved');
    // A fused application stands at the place of its last part, under the name of the op that does the work.
    assert.is(count(fused.labels, 'relu') + count(fused.labels, 'relu_mask'), 0);
  });
}

/** A convolution, its relu and a pool, fused or not. */
async function pooled(
  [H, W]: readonly [number, number],
  algorithm: Algorithm,
  options: PoolOptions & { readonly kind: 'max' | 'average' | 'l2' },
  fuse: boolean,
): Promise<{ value: Float32Array; labels: string[] }> {
  const g = new Graph();
  const x = g.input([3, H, W], 'x');
  const [w, bias] = [g.constant([5, 3, 3, 3], random([5, 3, 3, 3], 1)), g.constant([5], random([5], 2))];
  const conv = { bias, pad: [1, 1, 1, 1], border: ['wrap', 'zeros'], relu: true, algorithm } as const;
  const y = g.node(pool2d(g, conv2d(g, x, w, conv), options));
  const plan = await Plan.compile(await device(), g, [y], { fuse });
  try {
    plan.write(x, random(x.shape, 3));
    plan.run();
    return { value: await plan.read(y), labels: plan.steps.map((step) => step.label.split('#')[0] ?? '') };
  } finally {
    plan.close();
  }
}

const halves = { size: [2, 2], stride: [2, 2] } as const;
const pools = (labels: readonly string[]): number => labels.filter((l) => l.endsWith('_pool')).length;

test("a pool of 2 x 2 is made as Winograd's tiles are stored", async () => {
  for (const algorithm of ['winograd2', 'winograd4'] as const) {
    for (const side of [
      [8, 12],
      [6, 10],
      [2, 4],
      [18, 2],
    ] as const) {
      for (const kind of ['max', 'average'] as const) {
        const options = { ...halves, kind, scale: kind === 'max' ? -1.5 : 0.75, border: ['wrap', 'none'] } as const;
        const apart = await pooled(side, algorithm, options, false);
        const fused = await pooled(side, algorithm, options, true);
        close(fused.value, apart.value, 1e-6, `${algorithm} ${side} ${kind}`);
        assert.equal([pools(apart.labels), pools(fused.labels)], [1, 0]);
      }
    }
  }
});

test('other pools keep their own launch', async () => {
  const others = [
    [[7, 8], { ...halves, kind: 'max', ceil: true }],
    [[8, 7], { ...halves, kind: 'max', ceil: true }],
    [[8, 8], { ...halves, kind: 'average', pad: [1, 1, 1, 1] }],
    [[8, 8], { size: [3, 3], stride: [2, 2], kind: 'max' }],
    [[8, 8], { size: [2, 2], stride: [1, 1], kind: 'average' }],
    [[8, 8], { ...halves, kind: 'l2' }],
  ] as const;
  for (const [side, options] of others) {
    const apart = await pooled(side, 'winograd4', options, false);
    const fused = await pooled(side, 'winograd4', options, true);
    close(fused.value, apart.value, 1e-6, JSON.stringify(options));
    assert.is(pools(fused.labels), 1);
  }
});

test('a map that its relu needs on the way back is not pooled away', async () => {
  const g = new Graph();
  const x = g.input([3, 8, 8], 'x');
  const w = g.constant([5, 3, 3, 3], random([5, 3, 3, 3], 1));
  const map = conv2d(g, x, w, { pad: [1, 1, 1, 1], relu: true, algorithm: 'winograd4' });
  const y = pool2d(g, map, { ...halves, kind: 'average' });
  const dx = g.grad(sum(g, square(g, y)), [x])[0] as Node;
  const run = async (fuse: boolean): Promise<{ value: Float32Array; labels: string[] }> => {
    const plan = await Plan.compile(await device(), g, [dx], { fuse });
    try {
      plan.write(x, random(x.shape, 3));
      plan.run();
      return { value: await plan.read(dx), labels: plan.steps.map((step) => step.label.split('#')[0] ?? '') };
    } finally {
      plan.close();
    }
  };
  const [fused, apart] = [await run(true), await run(false)];
  close(fused.value, apart.value, 1e-6, 'dx');
  assert.is(pools(fused.labels), 1);
});

test('what is asked for is not fused away', async () => {
  const g = new Graph();
  const x = g.input([2, 6, 6], 'x');
  const w = g.constant([5, 2, 3, 3], random([5, 2, 3, 3], 1));
  const before = g.node(conv2d(g, x, w));
  const after = g.node(relu(g, before));
  const plan = await Plan.compile(await device(), g, [before, after]);
  try {
    plan.write(x, random(x.shape, 2));
    plan.run();
    const raw = await plan.read(before);
    assert.ok(raw.some((v) => v < 0));
    assert.equal(
      await plan.read(after),
      raw.map((v) => Math.max(v, 0)),
    );
  } finally {
    plan.close();
  }
});

test('a mask that two ops read stays', async () => {
  // The weights are no constants here, so the masked gradient goes to their gradient too.
  const g = new Graph();
  const x = g.input([2, 6, 6], 'x');
  const w = g.input([5, 2, 3, 3], 'w');
  const y = conv2d(g, x, w, { relu: true });
  const [dx, dw] = g.grad(square(g, y), [x, w]) as [Node, Node];
  const run = async (fuse: boolean): Promise<Float32Array[]> => {
    const plan = await Plan.compile(await device(), g, [dx, dw], { fuse });
    try {
      plan.write(x, random(x.shape, 2));
      plan.write(w, random(w.shape, 3));
      plan.run();
      assert.is(plan.steps.filter((s) => s.label.startsWith('relu_mask')).length, 1);
      return [await plan.read(dx), await plan.read(dw)];
    } finally {
      plan.close();
    }
  };
  const [fused, apart] = [await run(true), await run(false)];
  close(fused[0] as Float32Array, apart[0] as Float32Array, 1e-6, 'dx');
  close(fused[1] as Float32Array, apart[1] as Float32Array, 1e-6, 'dw');
});

/** The gradient of a loss on the Gram matrix and the channels' means of a map that another loss reads through a convolution. */
function losses(): { g: Graph; x: Node; total: Node; dx: Node } {
  const g = new Graph();
  const x = g.input([5, 7, 9], 'x');
  const map = relu(g, conv2d(g, x, g.constant([6, 5, 3, 3], random([6, 5, 3, 3], 1))));
  const deep = relu(g, conv2d(g, map, g.constant([4, 6, 3, 3], random([4, 6, 3, 3], 2))));
  const style = sum(g, square(g, gram(g, map, { centred: true })));
  const means = sum(g, square(g, channelMean(g, map)));
  const total = g.node(add(g, add(g, style, means), sum(g, square(g, deep))));
  return { g, x, total, dx: g.grad(total, [x])[0] as Node };
}

test('the gradient of a Gram matrix takes the sums with other gradients along', async () => {
  const { g, x, total, dx } = losses();
  const run = async (fuse: boolean): Promise<{ value: Float32Array; labels: string[] }> => {
    const plan = await Plan.compile(await device(), g, [dx, total], { fuse });
    try {
      plan.write(x, random(x.shape, 3));
      plan.run();
      return { value: await plan.read(dx), labels: plan.steps.map((s) => s.label.split('#')[0] ?? '') };
    } finally {
      plan.close();
    }
  };
  const [fused, apart] = [await run(true), await run(false)];
  close(fused.value, apart.value, 1e-6, 'dx');
  assert.is(count(apart.labels, 'expand_channels'), 1);
  assert.is(count(fused.labels, 'expand_channels'), 0);
  assert.is(count(apart.labels, 'add') - count(fused.labels, 'add'), 2);
});

test('a gradient that two ops read is not added in passing', async () => {
  const g = new Graph();
  const x = g.input([3, 4, 4], 'x');
  const z = g.input([3, 4, 4], 'z');
  const d = g.grad(sum(g, square(g, gram(g, x))), [x])[0] as Node;
  const both = g.node(add(g, d, z));
  const twice = g.node(add(g, d, d));
  const plan = await Plan.compile(await device(), g, [both, twice]);
  try {
    plan.write(x, random(x.shape, 1));
    plan.write(z, random(x.shape, 2));
    plan.run();
    const [a, b] = [await plan.read(both), await plan.read(twice)];
    close(
      a.map((v, i) => v - random(x.shape, 2)[i]!),
      b.map((v) => v / 2),
      1e-5,
      'sum',
    );
    assert.is(plan.steps.filter((s) => s.label.startsWith('add#')).length, 2);
  } finally {
    plan.close();
  }
});

test.run();
