// What plans promise, one after another: a long list of short tests.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { open } from '../../src/gpu/open.node';
import { assignSlots } from '../../src/graph/buffer_slots';
import { Graph, type Node } from '../../src/graph/graph';
import { Plan } from '../../src/graph/plan';
import { ScalarReadback } from '../../src/graph/scalar_readback';
import { schedule } from '../../src/graph/schedule';
import { UniformBlocks } from '../../src/graph/uniforms';
import { convOp } from '../../src/shaders/conv2d/ops';
import { fill, fillOp } from '../../src/shaders/fill';
import { gramOp } from '../../src/shaders/gram';
import { accumulate } from '../../src/shaders/in_place';
import { matmulOp } from '../../src/shaders/matmul';
import type { Op } from '../../src/shaders/op';
import { add, affine, mul, relu, scale, square } from '../../src/shaders/pointwise';
import { reshape } from '../../src/shaders/reshape';
import { resizeOp } from '../../src/shaders/resize';
import { mean, sumOp } from '../../src/shaders/sum';
import { transposeOp } from '../../src/shaders/transpose';
import { device } from '../support/device';

const test = suite('plan');

/** A 3 x 3 convolution of 3 channels into 4. */
const conv = {
  filter: { out: 4, in: 3, ky: 3, kx: 3 },
  stride: [1, 1],
  pad: [1, 1, 1, 1],
  border: ['wrap', 'wrap'],
};

test('run() creates no buffer, bind group, pipeline or module', async () => {
  const d = await device();
  const g = new Graph();
  const x = g.state([64], new Float32Array(64).fill(1));
  const y = add(g, square(g, x), fill(g, [64], 0.5));
  g.assign(x, scale(g, y, 0.5));
  const plan = await Plan.compile(d, g, [y]);
  const made: string[] = [];
  const gpu = d.gpu as unknown as Record<string, unknown>;
  const names = [
    'createBuffer',
    'createBindGroup',
    'createComputePipeline',
    'createComputePipelineAsync',
    'createShaderModule',
  ];
  const prototype = Object.getPrototypeOf(d.gpu) as Record<string, (...a: unknown[]) => unknown>;
  for (const name of names) {
    gpu[name] = function (this: unknown, ...a: unknown[]) {
      made.push(name);
      return prototype[name]!.apply(this, a);
    };
  }
  try {
    d.gpu.createBuffer({ size: 4, usage: GPUBufferUsage.COPY_DST }).destroy();
    assert.equal(made, ['createBuffer'], 'the trap itself works');
    made.length = 0;
    for (let k = 0; k < 20; k++) plan.run();
    plan.run(5);
    await d.idle();
    assert.equal(made, []);
  } finally {
    for (const name of names) delete gpu[name];
    plan.close();
  }
});

test('a state keeps its value from run to run; all reads of a run see the old one', async () => {
  const g = new Graph();
  const a = g.state([1], Float32Array.of(1), 'a');
  const b = g.state([1], Float32Array.of(1), 'b');
  g.assign(a, b); // Fibonacci, if and only if both assignments read old values
  g.assign(b, add(g, a, b));
  const plan = await Plan.compile(await device(), g, []);
  plan.run(5);
  plan.run(5);
  assert.is((await plan.read(a))[0], 89);
  assert.is((await plan.read(b))[0], 144);
  plan.write(a, Float32Array.of(0));
  plan.write(b, Float32Array.of(1));
  plan.run();
  assert.is((await plan.read(b))[0], 1);
  plan.close();
});

test('states that take the values of each other take the old ones, whatever the order', async () => {
  const g = new Graph();
  const [a, b, c, d, e] = [1, 2, 3, 4, 5].map((v) => g.state([1], Float32Array.of(v))) as [
    Node,
    Node,
    Node,
    Node,
    Node,
  ];
  g.assign(a, affine(g, a, 10, 0));
  g.assign(b, reshape(g, a, [1])); // by way of a view, and a is assigned before
  g.assign(c, d); // these two change places
  g.assign(d, c);
  g.assign(e, e);
  const plan = await Plan.compile(await device(), g, []);
  const all = async (): Promise<number[]> =>
    Promise.all([a, b, c, d, e].map(async (s) => (await plan.read(s))[0] ?? 0));
  plan.run();
  assert.equal(await all(), [10, 1, 4, 3, 5]);
  plan.run(2);
  assert.equal(await all(), [1000, 100, 4, 3, 5]);
  plan.close();
});

test('an output that is a view of a state shows what the run saw', async () => {
  const g = new Graph();
  const a = g.state([2], Float32Array.of(1, 2));
  const view = reshape(g, a, [2, 1]);
  const old = affine(g, view, 1, 0);
  g.assign(a, scale(g, a, 3));
  const plan = await Plan.compile(await device(), g, [view, old, a]);
  plan.run(2);
  assert.equal([...(await plan.read(view))], [3, 6]);
  assert.equal([...(await plan.read(old))], [3, 6]);
  assert.equal([...(await plan.read(a))], [9, 18]);
  plan.close();
});

test('an op that reads a value under two names does not write over it', async () => {
  const g = new Graph();
  const x = g.input([2, 2]);
  const y = square(g, x);
  const view = reshape(g, reshape(g, y, [4]), [2, 2]);
  const out = affine(g, add(g, y, view), 1, 0);
  const plan = await Plan.compile(await device(), g, [out], { inplace: true });
  plan.write(x, Float32Array.of(1, 2, 3, 4));
  plan.run();
  assert.equal([...(await plan.read(out))], [2, 8, 18, 32]);
  plan.close();
});

test('what a part of the run reads every time is not written over by it', async () => {
  const g = new Graph();
  const x = g.input([4]);
  const total = g.state([4], new Float32Array(4), 'total');
  const other = g.state([4], new Float32Array(4), 'other');
  const once = square(g, x); // in the part that is done once
  g.section(3);
  // The last op of the part that is done three times is the last to read it.
  const sum = accumulate(g, total, affine(g, once, 1, 0));
  const last = add(g, once, accumulate(g, other, x));
  g.section(1);
  const out = add(g, add(g, sum, last), x);
  const plan = await Plan.compile(await device(), g, [out], { inplace: true });
  plan.write(x, Float32Array.of(1, 2, 3, 4));
  plan.run();
  // Three times the square, the square and three times x, and x.
  assert.equal([...(await plan.read(out))], [8, 24, 48, 80]);
  plan.close();
});

test('ops write over their inputs where that saves memory, and the plan says so', async () => {
  const g = new Graph();
  const n = 4096;
  const x = g.input([n]);
  const y = square(g, x);
  const z = mul(g, affine(g, y, 2, 0), y); // three at a time: y, 2 y and the product
  const out = mean(g, affine(g, z, 1, 0));
  const values = Float32Array.from({ length: n }, (_, i) => (i % 5) / 5);
  const found: { memory: number; bytes: number; kernels: string[]; value: number | undefined }[] = [];
  for (const inplace of [false, undefined]) {
    const plan = await Plan.compile(await device(), g, [out], { inplace });
    plan.write(x, values);
    plan.run();
    const { memory, bytes } = plan.cost;
    found.push({ memory, bytes, kernels: plan.steps.map((s) => s.kernel), value: (await plan.read(out))[0] });
    plan.close();
  }
  const [apart, over] = found;
  assert.is(over?.value, apart?.value);
  assert.is(over?.bytes, apart?.bytes);
  assert.ok(over?.kernels.includes('pointwise_inplace'), over?.kernels.join());
  assert.not(apart?.kernels.includes('pointwise_inplace'));
  assert.is(over?.memory, (apart?.memory ?? 0) - 4 * n);
});

test('an input may be declared by the words of 0.1.0', () => {
  const g = new Graph();
  const dtypes = (['real', 'half', 'f16', 'u32'] as const).map((d) => g.input([1], 'x', d).dtype);
  assert.equal(dtypes, ['f32', 'f16', 'f16', 'u32']);
});

test('the host may write and read inputs and states that nothing reads, and nothing else', async () => {
  const g = new Graph();
  const unread = g.input([3]);
  const idle = g.state([2], Float32Array.of(7, 8));
  const k = g.constant([2], Float32Array.of(1, 2));
  const y = scale(g, g.input([2]), 2);
  const plan = await Plan.compile(await device(), g, [y, k]);
  plan.write(unread, Float32Array.of(1, 2, 3));
  plan.run();
  assert.equal([...(await plan.read(unread))], [1, 2, 3]);
  assert.equal([...(await plan.read(idle))], [7, 8]);
  assert.throws(() => plan.write(k, Float32Array.of(0, 0)), /no input and no state/);
  assert.throws(() => plan.write(y, Float32Array.of(0, 0)), /no input and no state/);
  assert.throws(() => plan.write(unread, Uint32Array.of(0, 0, 0)), /is f32: it is written from/);
  plan.close();
  assert.throws(() => plan.write(unread, Float32Array.of(1, 2, 3)), /closed plan/);
  assert.throws(() => plan.run(), /the plan is closed/);
});

test('a constant that nothing needs takes no memory', () => {
  const g = new Graph();
  const used = g.constant([3], new Float32Array(3));
  const unused = g.constant([1000], new Float32Array(1000));
  square(g, unused);
  const s = schedule(g, [add(g, used, g.input([3]))], { fuse: true, realBytes: 4 });
  assert.equal(
    s.initial.map(({ id }) => id),
    [used.id],
  );
  assert.ok(s.values.every(({ bytes }) => bytes < 100));
  assert.is(schedule(g, [unused], { fuse: true, realBytes: 4 }).hostSlotOf(unused.id) >= 0, true);
});

test('what depends on constants alone is computed once, at compilation', async () => {
  const g = new Graph();
  const c = g.constant([3], Float32Array.of(1, 2, 3));
  const twice = scale(g, c, 2);
  const x = g.input([3]);
  const y = mul(g, twice, x);
  const plan = await Plan.compile(await device(), g, [y]);
  assert.is(plan.cost.launches, 1);
  plan.write(x, Float32Array.of(1, 10, 100));
  plan.run();
  assert.equal([...(await plan.read(y))], [2, 40, 600]);
  plan.close();
});

test('what no output needs is left out', async () => {
  const g = new Graph();
  const x = g.input([3]);
  square(g, x);
  const y = relu(g, x);
  const plan = await Plan.compile(await device(), g, [y]);
  assert.is(plan.cost.launches, 1);
  plan.close();
});

test('a runtime scalar changes a number without compiling anything', async () => {
  const g = new Graph();
  const x = g.input([2]);
  const filled = g.apply(fillOp, [], { shape: [2], value: { scalar: 'level', value: 3 } });
  const y = add(g, x, filled);
  const plan = await Plan.compile(await device(), g, [y]);
  plan.write(x, Float32Array.of(0, 1));
  plan.run();
  assert.equal([...(await plan.read(y))], [3, 4]);
  // The filled value depends on nothing, and is made in every run all the same.
  plan.setScalar('level', 5);
  plan.run();
  assert.equal([...(await plan.read(y))], [5, 6]);
  assert.throws(() => plan.setScalar('lever', 1), /no runtime scalar lever/);
  plan.close();
});

test('a runtime scalar changes the gradient too', async () => {
  const g = new Graph();
  const x = g.input([1]);
  const y = scale(g, x, { scalar: 'factor', value: 2 });
  const [dx] = g.grad(y, [x]) as [never];
  const plan = await Plan.compile(await device(), g, [y, dx]);
  plan.write(x, Float32Array.of(10));
  for (const factor of [2, -3]) {
    plan.setScalar('factor', factor);
    plan.run();
    assert.equal([...(await plan.read(y)), ...(await plan.read(dx))], [10 * factor, factor]);
  }
  plan.close();
});

test('a number that a uniform cannot hold is refused, and not another one', async () => {
  const d = await device();
  for (const value of [2 ** 32, -1, 0.5]) {
    const blocks = new UniformBlocks(256);
    const kernel = { name: 'k', wgsl: '', binds: [], uniforms: { n: 'u32' }, variants: [{}] } as const;
    blocks.add({ kernel, bind: [], uniforms: { n: value }, grid: () => [1] });
    assert.throws(() => blocks.upload(d), /does not fit a uniform of type u32/);
  }
});

test('the gradient of a value used twice is the sum; one that is not used has gradient zero', async () => {
  const g = new Graph();
  const x = g.input([2]);
  const unused = g.input([2]);
  const y = mul(g, x, affine(g, x, 3, 1)); // 3x^2 + x
  const [dx, du] = g.grad(y, [x, unused]) as [never, never];
  const plan = await Plan.compile(await device(), g, [dx, du]);
  plan.write(x, Float32Array.of(2, -1));
  plan.run();
  assert.equal([...(await plan.read(dx))], [13, -5]);
  assert.equal([...(await plan.read(du))], [0, 0]);
  plan.close();
});

test('a value too large for the adapter is refused before anything is allocated', async () => {
  const d = await device();
  const before = d.pool.use;
  const g = new Graph();
  const side = 2 ** Math.ceil(Math.log2(Math.sqrt(d.gpu.limits.maxStorageBufferBindingSize / 4)) + 1);
  const y = relu(g, g.input([1, side, side]));
  try {
    await Plan.compile(d, g, [y]);
    assert.unreachable('compiled');
  } catch (e) {
    assert.match((e as Error).message, /needs a .* buffer \(\[1, \d+, \d+\]\); this adapter binds at most/);
    assert.is((e as Error).name, 'LimitError');
  }
  assert.equal(d.pool.use, before);
});

test('memory: values whose lives do not meet share a slot, those that meet never do', () => {
  const spans = [
    { id: 0, bytes: 100, from: 0, to: 1 },
    { id: 1, bytes: 90, from: 1, to: 2 },
    { id: 2, bytes: 100, from: 2, to: 3 },
    { id: 3, bytes: 10, from: 2, to: 9 },
    { id: 4, bytes: 100, from: 4, to: 9 },
  ];
  const { slotOf, slots } = assignSlots(spans);
  for (const a of spans) {
    assert.ok(slots[slotOf.get(a.id)!]! >= a.bytes);
    for (const b of spans) {
      const meet = a.from <= b.to && b.from <= a.to;
      if (a.id !== b.id && meet) assert.is.not(slotOf.get(a.id), slotOf.get(b.id), `${a.id} and ${b.id}`);
    }
  }
  assert.ok(slots.reduce((x, y) => x + y, 0) <= 210);
});

test('memory: a long chain needs two slots', () => {
  const g = new Graph();
  let x = relu(g, g.input([1000]));
  for (let k = 0; k < 20; k++) x = square(g, x);
  const s = schedule(g, [x], { fuse: true, realBytes: 4 });
  assert.is(s.assignment.slots.length, 3); // the input keeps its own
});

test('buffers of a closed plan serve the next one', async () => {
  const d = await device();
  const build = async (): Promise<Plan> => {
    const g = new Graph();
    return Plan.compile(d, g, [relu(g, g.input([5000]))]);
  };
  (await build()).close();
  const { idle, peak } = d.pool.use;
  const plan = await build();
  assert.is(d.pool.use.peak, peak);
  assert.ok(d.pool.use.idle < idle);
  plan.close();
});

test('a watch reads losses while runs go on', async () => {
  const g = new Graph();
  const n = g.state([1], Float32Array.of(0));
  const next = affine(g, n, 1, 1);
  g.assign(n, next);
  const plan = await Plan.compile(await device(), g, [next]);
  const watch = new ScalarReadback(plan, [next]);
  plan.run();
  const one = watch.sample();
  plan.run(2);
  const three = watch.sample();
  plan.run(4);
  assert.equal([...(await one)], [1]);
  assert.equal([...(await three)], [3]);
  assert.equal([...(await watch.sample())], [7]);
  watch.close();
  plan.close();
});

test('a lost device is an error, not silence', async () => {
  const d = await open();
  const g = new Graph();
  const y = relu(g, g.input([4]));
  const plan = await Plan.compile(d, g, [y]);
  const watch = new ScalarReadback(plan, [y]);
  const failure = async (work: () => unknown): Promise<string> => {
    try {
      await work();
    } catch (e) {
      return (e as Error).name;
    }
    return 'none';
  };
  d.gpu.destroy();
  plan.run();
  assert.is(await failure(() => watch.sample()), 'DeviceError');
  assert.is(await failure(() => plan.read(y)), 'DeviceError');
  assert.is(await failure(() => plan.run()), 'DeviceError');
  d.close();
});

test('an error that no call was there to catch comes out of the next read', async () => {
  const d = await open();
  const g = new Graph();
  const y = relu(g, g.input([4]));
  const plan = await Plan.compile(d, g, [y]);
  d.gpu.createBuffer({ size: 4, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE });
  try {
    await plan.read(y);
    assert.unreachable('read');
  } catch (e) {
    assert.is((e as Error).name, 'DeviceError');
  }
  d.close();
});

test('no op asks for a grid that adapters need not have, however large', () => {
  const large: readonly (readonly [string, Op, readonly (readonly number[])[], unknown])[] = [
    ['transpose', transposeOp, [[3, 2 ** 24]], { perm: [1, 0] }],
    ['transpose', transposeOp, [[2 ** 24, 3]], { perm: [1, 0] }],
    ['transpose', transposeOp, [[70000, 8, 8]], { perm: [0, 2, 1] }],
    [
      'matmul',
      matmulOp,
      [
        [64, 8],
        [8, 2 ** 24],
      ],
      {},
    ],
    ['gram', gramOp, [[64, 4096, 4096]], {}],
    ['sum', sumOp, [[64, 4096, 4096]], { scale: 1 }],
    [
      'conv2d',
      convOp,
      [
        [3, 8192, 8192],
        [1, 3, 3, 3, 4],
      ],
      conv,
    ],
    ['resize', resizeOp, [[3, 8192, 8192]], { size: [16384, 16384] }],
  ];
  for (const [name, op, shapes, attrs] of large) {
    const x = shapes.map((shape, id) => ({ id, shape, dtype: 'f32' as const }));
    const y = { id: 100, shape: op.infer(shapes as never, attrs as never), dtype: 'f32' as const };
    for (const l of op.forward(x as never, y, attrs as never, (shape, dtype = 'f32') => ({ id: 101, shape, dtype }))) {
      for (const v of l.kernel.variants) {
        const grid = l.grid(v);
        assert.ok(Math.max(...grid.map((n = 1) => n)) <= 65535, `${name} ${shapes} wants ${grid}`);
      }
    }
  }
});

test.run();
