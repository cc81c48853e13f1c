import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/base/rng';
import { Graph, type Node } from '../../src/graph/graph';
import { adamOptimiser } from '../../src/graph/optim/adam';
import { ascent } from '../../src/graph/optim/ascent';
import { lbfgs, qqn } from '../../src/graph/optim/lbfgs';
import { averaged, type Optimiser, type Problem } from '../../src/graph/optim/optimiser';
import { Plan } from '../../src/graph/plan';
import { allFinite } from '../../src/shaders/all_finite';
import type { Ref } from '../../src/shaders/op';
import { add, affine, sqrt, sub } from '../../src/shaders/pointwise';
import { dot, expand } from '../../src/shaders/sum';
import { device } from '../support/device';
import { close } from '../support/kit';

const shape = [3, 5, 7];
const N = 105;
const rng = new Rng(8);
const target = Float32Array.from({ length: N }, () => 2 * rng.uniform() - 1);
const start = Float32Array.from({ length: N }, () => 2 * rng.uniform() - 1);

/** Mean of (x - target)^2 / 2. */
function distance(g: Graph, x: Ref): Ref {
  const e = sub(g, x, g.constant(shape, target));
  return dot(g, e, e, 0.5 / N);
}

async function compile(
  make: (p: Problem) => Optimiser,
  more: Partial<Problem> = {},
  objective: (g: Graph, x: Ref, counter: Ref) => Ref = distance,
): Promise<Optimiser & { plan: Plan; x: Node; counter: Node; value(r: Ref): Promise<number> }> {
  const g = new Graph();
  const x = g.state(shape, start, 'x');
  const counter = g.state([1], new Float32Array(1), 'counter');
  const o = make({ g, param: x, counter, objective: (at) => objective(g, at, counter), ...more });
  const plan = await Plan.compile(await device(), g, [o.loss, o.health]);
  return { ...o, plan, x, counter, value: async (r) => (await plan.read(r))[0]! };
}

const makers = {
  adam: (p: Problem) => adamOptimiser(p, { rate: 0.05 }),
  ascent: (p: Problem) => ascent(p, { rate: 0.05 }),
  lbfgs: (p: Problem) => lbfgs(p, { hold: 1, patience: 2 }),
  qqn: (p: Problem) => qqn(p, { hold: 1, patience: 2 }),
} as const;

const test = suite('optimisers');

test('ascent takes steps of one mean size, in f64', async () => {
  for (const [lo, hi] of [
    [undefined, undefined],
    [-0.4, [0.1, 0.3, 0.8]],
  ] as const) {
    const { plan, x } = await compile((p) => ascent(p, { rate: 0.05 }), { lo, hi });
    const want = Float64Array.from(start);
    for (let k = 0; k < 30; k++) {
      const g = want.map((v, i) => v - target[i]!);
      const size = g.reduce((s, v) => s + Math.abs(v), 0) / N;
      for (let i = 0; i < N; i++) {
        const moved = want[i]! - (0.05 * g[i]!) / (size + 1e-8);
        want[i] = lo === undefined ? moved : Math.min(hi[Math.floor(i / 35)]!, Math.max(lo, moved));
      }
    }
    plan.run(30);
    close(await plan.read(x), want, 1e-4, 'x');
    plan.close();
  }
});

test('ascent stays where the gradient is zero', async () => {
  const { plan, x, ...o } = await compile(
    (p) => ascent(p, { rate: 0.05 }),
    {},
    (g, at) => dot(g, at, at, 0),
  );
  plan.run(3);
  assert.equal(await plan.read(x), start);
  assert.is(await o.value(o.health), 0);
  plan.close();
});

test('the mean of iterates is that of all of them, weighted, whatever the start', async () => {
  for (const decay of [0.9, 0.99, 0]) {
    const { plan, x, result } = await compile((p) => averaged(p, makers.adam(p), decay));
    const mean = new Float64Array(N);
    let weight = 0;
    assert.equal(await plan.read(result!), start);
    for (let k = 0; k < 25; k++) {
      plan.run();
      const now = await plan.read(x);
      weight = decay * weight + 1;
      for (let i = 0; i < N; i++) mean[i] = mean[i]! * decay + now[i]!;
    }
    close(await plan.read(result!), mean.map((v) => v / weight), 1e-5, `decay ${decay}`); // biome-ignore format: one line
    plan.close();
  }
});

test('all count their draws and keep to the box', async () => {
  for (const [name, make] of Object.entries(makers)) {
    const { plan, x, counter, ...o } = await compile(make, { lo: [-0.5, -0.4, -0.3], hi: 0.2 });
    plan.run(20);
    const found = await plan.read(x);
    for (const [i, v] of found.entries()) {
      assert.ok(v >= [-0.5, -0.4, -0.3][Math.floor(i / 35)]! - 1e-7 && v <= 0.2 + 1e-7, `${name}: ${i} is ${v}`);
    }
    assert.ok((await o.value(counter)) > 4, `${name} draws`);
    assert.is(await o.value(o.health), 0, name);
    plan.close();
  }
});

test('Adam does not correct kept moments again when the counter restarts', async () => {
  const { plan, x, counter } = await compile(makers.adam);
  const other = await compile(makers.adam);
  plan.run(10);
  other.plan.run(10);
  plan.write(counter, new Float32Array(1));
  plan.run(5);
  other.plan.run(5);
  assert.equal(await plan.read(x), await other.plan.read(other.x));
  plan.close();
  other.plan.close();
});

test('health is finite exactly as long as parameter and states are', async () => {
  // sqrt(3.5 - counter) is no number from the fifth draw on; with and without a box, which could hide it.
  const doomed = (g: Graph, x: Ref, counter: Ref): Ref =>
    add(g, distance(g, x), dot(g, x, expand(g, sqrt(g, affine(g, counter, -1, 3.5)), shape), 1e-3));
  for (const [name, make] of Object.entries(makers)) {
    for (const box of [{}, { lo: -1, hi: 1 }]) {
      const { plan, x, states, ...o } = await compile((p) => averaged(p, make(p)), box, doomed);
      let sick = 0;
      for (let k = 1; k <= 30 && (sick === 0 || k < sick + 2); k++) {
        plan.run();
        const all = [await plan.read(x), ...(await Promise.all(states.map(({ node }) => plan.read(node))))];
        const well = all.every((v) => v.every(Number.isFinite));
        assert.is(Number.isFinite(await o.value(o.health)), well, `${name} ${JSON.stringify(box)} in run ${k}`);
        if (!well && sick === 0) sick = k;
      }
      assert.ok(sick > 0, `${name} is never sick: nothing is tested`);
      plan.close();
    }
  }
});

test('health sees one infinity or NaN among many, whatever their sign', async () => {
  const g = new Graph();
  const x = g.input([9001]);
  const y = g.input([3]);
  const h = allFinite(g, x, y);
  const plan = await Plan.compile(await device(), g, [h]);
  const say = async (at: number, v: number): Promise<number> => {
    const values = new Float32Array(9001).fill(1e30);
    values[at] = v;
    plan.write(x, values);
    plan.run();
    return (await plan.read(h))[0]!;
  };
  assert.is(await say(0, 3.4e38), 0);
  for (const [at, v] of [
    [0, Number.NaN],
    [4095, Number.POSITIVE_INFINITY],
    [9000, Number.NEGATIVE_INFINITY],
    [5000, Number.NaN],
  ] as const) {
    assert.ok(Number.isNaN(await say(at, v)), `${v} at ${at}`);
  }
  assert.is(await say(0, 0), 0);
  plan.write(y, Float32Array.of(1, Number.NaN, 1));
  plan.run();
  assert.ok(Number.isNaN((await plan.read(h))[0]!));
  plan.close();
});

test.run();
