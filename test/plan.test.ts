import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fromHalf, toHalf } from '../src/base/half';
import { Graph } from '../src/graph/graph';
import { layOut } from '../src/graph/memory';
import { Plan } from '../src/graph/plan';
import { schedule } from '../src/graph/schedule';
import { Watch } from '../src/graph/watch';
import { fill, fillOp } from '../src/shaders/fill';
import { add, affine, mul, relu, scale, square } from '../src/shaders/pointwise';
import { device } from './device';

const test = suite('plan');

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

test('a knob changes a number without compiling anything', async () => {
  const g = new Graph();
  const x = g.input([2]);
  const filled = g.apply(fillOp, [], { shape: [2], value: { knob: 'level', value: 3 } });
  const y = add(g, x, filled);
  const plan = await Plan.compile(await device(), g, [y]);
  plan.write(x, Float32Array.of(0, 1));
  plan.run();
  assert.equal([...(await plan.read(y))], [3, 4]);
  plan.close();
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
  const { slotOf, slots } = layOut(spans);
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
  assert.is(s.layout.slots.length, 3); // the input keeps its own
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
  const watch = new Watch(plan, [next]);
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

test('half floats: every one of the 65536 makes the round trip, and rounding is to nearest even', () => {
  const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const back = toHalf(fromHalf(all));
  for (let i = 0; i < 65536; i++) {
    const nan = (i & 0x7c00) === 0x7c00 && (i & 0x3ff) !== 0;
    if (!nan) assert.is(back[i], i);
    else assert.is(back[i]! & 0x7c00, 0x7c00);
  }
  assert.equal(
    [...toHalf(Float32Array.of(1 + 2 ** -11, 1 + 3 * 2 ** -11, 65519, 65520, 2 ** -25, 2 ** -24))],
    [0x3c00, 0x3c02, 0x7bff, 0x7c00, 0, 1],
  );
});

test.run();
