import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/base/rng';
import { Graph, type Node } from '../../src/graph/graph';
import { type AdamOptions, adam } from '../../src/graph/optim/adam';
import { Plan } from '../../src/graph/plan';
import { mul, sub } from '../../src/shaders/pointwise';
import { device } from '../support/device';
import { close } from '../support/kit';

const C = 3;
const N = 3 * 35;
const rng = new Rng(5);
const values = (lo: number, hi: number): Float32Array =>
  Float32Array.from({ length: N }, () => lo + (hi - lo) * rng.uniform());
const start = values(-1, 1);
const target = values(-1, 1);
const stiffness = values(0.1, 4);

/** Minimises the sum of stiffness (x - target)^2 / 2. */
async function quadratic(options: AdamOptions): Promise<{ plan: Plan; x: Node; step: Node; moments: Node }> {
  const g = new Graph();
  const shape = [C, 5, 7];
  const x = g.state(shape, start, 'x');
  const gradient = mul(g, g.constant(shape, stiffness), sub(g, x, g.constant(shape, target)));
  const { step, moments } = adam(g, x, gradient, options);
  return { plan: await Plan.compile(await device(), g, []), x, step, moments };
}

/** The same in f64, written from algorithm 1 of the paper. */
function reference(steps: number, rate: (t: number) => number, lo: number[], hi: number[]): Float64Array {
  const x = Float64Array.from(start);
  const m = new Float64Array(N);
  const v = new Float64Array(N);
  for (let t = 1; t <= steps; t++) {
    for (let i = 0; i < N; i++) {
      const d = stiffness[i]! * (x[i]! - target[i]!);
      m[i] = 0.9 * m[i]! + 0.1 * d;
      v[i] = 0.999 * v[i]! + 0.001 * d * d;
      const by = (rate(t) * (m[i]! / (1 - 0.9 ** t))) / (Math.sqrt(v[i]! / (1 - 0.999 ** t)) + 1e-8);
      const c = Math.floor(i / (N / C));
      x[i] = Math.min(Math.max(x[i]! - by, lo[c]!), hi[c]!);
    }
  }
  return x;
}

const free = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
const test = suite('adam');

test('follows the f64 algorithm for 50 steps', async () => {
  const { plan, x, step } = await quadratic({ rate: 0.05 });
  const want = reference(
    50,
    () => 0.05,
    free,
    free.map((b) => -b),
  );
  for (let t = 0; t < 50; t++) plan.run();
  close(await plan.read(x), want, 0, 'x after 50 steps', 1e-4);
  assert.is((await plan.read(step))[0], 50);
  plan.close();
});

test('many steps in one submit equal single steps', async () => {
  const one = await quadratic({ rate: 0.05 });
  const many = await quadratic({ rate: 0.05 });
  for (let t = 0; t < 20; t++) one.plan.run();
  many.plan.run(20);
  assert.equal(await many.plan.read(many.x), await one.plan.read(one.x));
  one.plan.close();
  many.plan.close();
});

test('finds the minimum', async () => {
  const { plan, x } = await quadratic({ rate: 0.02 });
  plan.run(400);
  plan.setScalar('rate', 0.001);
  plan.run(200);
  close(await plan.read(x), target, 0, 'x', 2e-3);
  plan.close();
});

test('the rate is a runtime scalar', async () => {
  const { plan, x } = await quadratic({ rate: 0.05 });
  plan.run(10);
  plan.setScalar('rate', 0.2);
  plan.run(5);
  const want = reference(
    15,
    (t) => (t <= 10 ? 0.05 : 0.2),
    free,
    free.map((b) => -b),
  );
  close(await plan.read(x), want, 0, 'x', 1e-4);
  plan.close();
});

test('stays in a box, one for all or one for each channel', async () => {
  const same = await quadratic({ rate: 0.05, lo: -0.5, hi: 0.25 });
  same.plan.run(50);
  close(
    await same.plan.read(same.x),
    reference(50, () => 0.05, [-0.5, -0.5, -0.5], [0.25, 0.25, 0.25]),
    0,
    'x',
    1e-4,
  );
  same.plan.close();
  const each = await quadratic({ rate: 0.05, lo: -0.75, hi: [0, 0.5, 0.1] });
  each.plan.run(50);
  close(
    await each.plan.read(each.x),
    reference(50, () => 0.05, [-0.75, -0.75, -0.75], [0, 0.5, 0.1]),
    0,
    'x',
    1e-4,
  );
  each.plan.close();
});

test('takes three launches', async () => {
  const { plan } = await quadratic({ rate: 0.05 });
  assert.is(plan.steps.filter((s) => s.kernel.startsWith('adam') || s.label.startsWith('affine')).length, 3);
  plan.close();
});

test('refuses bounds that do not match', async () => {
  const g = new Graph();
  const x = g.state([C], new Float32Array(C));
  assert.throws(() => adam(g, x, x, { rate: 1, lo: [0, 0] }), /bounds \[2, C\] or \[2, 1\], got \[3\] and \[2, 2\]/);
  assert.throws(
    () => adam(g, x, x, { rate: 1, lo: [0, 0, 0], hi: [1, 1] }),
    /as many lowest as highest values, got 3 and 2/,
  );
});

test.run();
