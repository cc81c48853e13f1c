import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/base/rng';
import { size } from '../../src/base/shape';
import { Graph, type Node } from '../../src/graph/graph';
import { type LbfgsOptions, lbfgs, qqn } from '../../src/graph/optim/lbfgs';
import type { Optimiser, Problem } from '../../src/graph/optim/optimiser';
import { Plan } from '../../src/graph/plan';
import { slice } from '../../src/shaders/concat';
import { CONTROL } from '../../src/shaders/lbfgs';
import type { Ref } from '../../src/shaders/op';
import { add, affine, mul, scale, sqrt, square, sub } from '../../src/shaders/pointwise';
import { dot, sum } from '../../src/shaders/sum';
import { long } from '../support/all';
import { device } from '../support/device';

type Vector = Float64Array;
const inner = (a: Vector, b: Vector): number => a.reduce((s, v, i) => s + v * b[i]!, 0);

/** A function as graph, and the same in f64 with its gradient. */
interface Subject {
  readonly shape: readonly number[];
  readonly start: Float32Array;
  readonly graph: (g: Graph, x: Ref) => Ref;
  readonly host: (x: Vector) => readonly [loss: number, gradient: Vector];
}

/** Sum of stiffness (x - target)^2 / 2, stiffness from 1 to `condition`, evenly in its logarithm. */
function quadratic(n: number, condition: number, seed = 3): Subject {
  const rng = new Rng(seed);
  const target = Float32Array.from({ length: n }, () => 2 * rng.uniform() - 1);
  const start = Float32Array.from({ length: n }, () => 2 * rng.uniform() - 1);
  const stiffness = Float32Array.from({ length: n }, (_, i) => condition ** (i / Math.max(1, n - 1)) / condition);
  const shape = [1, 1, n];
  return {
    shape,
    start,
    graph(g, x) {
      const e = sub(g, x, g.constant(shape, target));
      return dot(g, mul(g, e, g.constant(shape, stiffness)), e, 0.5);
    },
    host(x) {
      const gradient = x.map((v, i) => stiffness[i]! * (v - target[i]!));
      return [inner(gradient, x.map((v, i) => v - target[i]!)) / 2, gradient]; // biome-ignore format: one line
    },
  };
}

/** Sum over `n` pairs (x, y) of 100 (y - x^2)^2 + (1 - x)^2. */
function rosenbrock(n: number): Subject {
  const start = Float32Array.from({ length: 2 * n }, (_, i) => (i < n ? -1.2 + (0.1 * i) / n : 1));
  return {
    shape: [2, 1, n],
    start,
    graph(g, x) {
      const [a, b] = [slice(g, x, 0, 1), slice(g, x, 1, 1)];
      const valley = sum(g, square(g, sub(g, b, square(g, a))));
      return add(g, scale(g, valley, 100), sum(g, square(g, affine(g, a, -1, 1))));
    },
    host(x) {
      let loss = 0;
      const gradient = new Float64Array(2 * n);
      for (let i = 0; i < n; i++) {
        const [a, b] = [x[i]!, x[n + i]!];
        loss += 100 * (b - a * a) ** 2 + (1 - a) ** 2;
        gradient[i] = -400 * a * (b - a * a) - 2 * (1 - a);
        gradient[n + i] = 200 * (b - a * a);
      }
      return [loss, gradient];
    },
  };
}

/** Evaluations that L-BFGS in f64, as in Nocedal and Wright, algorithm 7.4, backtracking by halves, takes to `goal`. */
function plain(s: Subject, goal: number, most: number, rate: number): number {
  const n = s.start.length;
  let x = Float64Array.from(s.start);
  let [f, g] = s.host(x);
  const pairs: { s: Vector; y: Vector; sy: number }[] = [];
  for (let evaluations = 1; evaluations < most; ) {
    const d = g.map((v) => -v);
    const alpha = pairs.map(() => 0);
    for (const [k, p] of [...pairs.entries()].reverse()) {
      alpha[k] = inner(p.s, d) / p.sy;
      for (let i = 0; i < n; i++) d[i]! -= alpha[k]! * p.y[i]!;
    }
    const last = pairs.at(-1);
    const by = last ? last.sy / inner(last.y, last.y) : rate / Math.sqrt(inner(g, g) / n);
    for (let i = 0; i < n; i++) d[i]! *= by;
    for (const [k, p] of pairs.entries()) {
      const beta = inner(p.y, d) / p.sy;
      for (let i = 0; i < n; i++) d[i]! += (alpha[k]! - beta) * p.s[i]!;
    }
    for (let t = 1; ; t /= 2) {
      const trial = x.map((v, i) => v + t * d[i]!);
      const [ft, gt] = s.host(trial);
      evaluations++;
      if (ft <= goal) return evaluations;
      if (ft > f + 1e-4 * t * inner(d, g) && evaluations < most) continue;
      const step = trial.map((v, i) => v - x[i]!);
      const y = gt.map((v, i) => v - g[i]!);
      const sy = inner(step, y);
      if (sy > 0) pairs.push({ s: step, y, sy });
      if (pairs.length > 10) pairs.shift();
      [x, f, g] = [trial, ft, gt];
      break;
    }
  }
  return most;
}

interface Run extends Optimiser {
  readonly plan: Plan;
  readonly x: Node;
  readonly counter: Node;
  readonly next: Node;
  value(ref: Ref): Promise<number>;
  control(of: keyof typeof CONTROL): Promise<number>;
}

async function start(
  s: Pick<Subject, 'shape' | 'start'> & { graph(g: Graph, x: Ref, counter: Ref): Ref },
  options: LbfgsOptions & Pick<Problem, 'lo' | 'hi'> & { readonly quadratic?: boolean } = {},
): Promise<Run> {
  const g = new Graph();
  const x = g.state(s.shape, s.start, 'x');
  const counter = g.state([1], new Float32Array(1), 'counter');
  const { lo, hi, quadratic: bent = false, ...rest } = options;
  const problem = { g, param: x, counter, lo, hi, objective: (at: Ref) => s.graph(g, at, counter) };
  const o = (bent ? qqn : lbfgs)(problem, { hold: Number.POSITIVE_INFINITY, ...rest });
  const plan = await Plan.compile(await device(), g, [o.loss, o.health]);
  const control = o.states.find(({ name }) => name === 'control')!.node;
  return {
    ...o,
    plan,
    x,
    counter,
    value: async (ref) => (await plan.read(ref))[0]!,
    control: async (of) => (await plan.read(control))[CONTROL[of]]!,
  };
}

/** Runs until the loss at the base is at most `goal`. */
async function reach(r: Run, goal: number, most: number): Promise<number> {
  for (let k = 1; k <= most; k++) {
    r.plan.run();
    if (k > 1 && (await r.control('loss')) <= goal) return k;
  }
  return most + 1;
}

const test = suite('lbfgs');

for (const [name, s, goal, rate, longer = false] of [
  ['a quadratic in 2 dimensions', quadratic(2, 10), 1e-9, 0.1],
  ['a quadratic in 100 dimensions, condition 1e3', quadratic(100, 1e3), 1e-7, 0.1, true],
  ['a quadratic in 1000 dimensions, condition 1e2', quadratic(1000, 1e2), 1e-5, 0.1, true],
  ['the valley of Rosenbrock', rosenbrock(1), 1e-8, 0.1, true],
  ['64 of them', rosenbrock(64), 1e-6, 0.1],
] as const) {
  (longer ? long(test) : test)(
    `${name}: takes about as many evaluations as f64 on the host, QQN no more than a few`,
    async () => {
      const want = plain(s, goal, 400, rate);
      const took: number[] = [];
      for (const bent of [false, true]) {
        const r = await start(s, { rate, longest: 100, quadratic: bent });
        took.push(await reach(r, goal, Math.ceil(1.3 * want) + 5));
        const [loss] = s.host(Float64Array.from(await r.plan.read(r.x)));
        assert.ok(
          loss <= 1.001 * goal + 1e-12,
          `${bent ? 'QQN' : 'L-BFGS'}: the loss of x is ${loss} after ${took.at(-1)} (plain: ${want})`,
        );
        r.plan.close();
      }
      if (process.env.SHOW) console.log(name, want, took);
      assert.ok(want < 400, `plain L-BFGS takes ${want}`);
      assert.ok(took[1]! <= 1.1 * took[0]! + 3, `QQN takes ${took[1]}, L-BFGS ${took[0]}`);
    },
  );
}

test('never leaves the box, and finds the minimum in it', async () => {
  const s = quadratic(100, 100);
  for (const bent of [false, true]) {
    const r = await start(s, { rate: 0.1, lo: -0.25, hi: 0.5, quadratic: bent });
    for (let k = 0; k < 60; k++) {
      r.plan.run();
      if (k % 10 > 0) continue;
      const x = await r.plan.read(r.x);
      assert.ok(
        x.every((v) => v >= -0.25 && v <= 0.5),
        `out of the box after ${k + 1}`,
      );
    }
    // Every element is on its own: the minimum is the free one, limited.
    const free = quadratic(100, 100)
      .host(new Float64Array(100))[1]
      .map((v, i) => -v / (100 ** (i / 99) / 100));
    const x = await r.plan.read(r.x);
    for (const [i, v] of x.entries()) {
      const want = Math.min(0.5, Math.max(-0.25, free[i]!));
      assert.ok(Math.abs(v - want) < 2e-3, `element ${i} is ${v}, want ${want}`);
    }
    r.plan.close();
  }
});

/** Sum of x - 2 sqrt x: least at 1, no number below 0. (The logarithm of a negative number is one on some adapters.) */
const barrier: Subject = {
  shape: [3, 4, 5],
  start: new Float32Array(60).map((_, i) => 1.5 + i / 100),
  graph: (g, x) => sum(g, sub(g, x, scale(g, sqrt(g, x), 2))),
  host: () => [0, new Float64Array(0)],
};

test('recovers from trials that are no numbers', async () => {
  for (const bent of [false, true]) {
    const r = await start(barrier, { rate: 5, longest: 100, quadratic: bent });
    let bad = 0;
    for (let k = 0; k < 40; k++) {
      r.plan.run();
      if (!Number.isFinite(await r.value(r.loss))) bad++;
      assert.is(await r.value(r.health), 0);
      assert.ok(
        (await r.plan.read(r.x)).every((v) => v > 0),
        `x after ${k + 1}`,
      );
    }
    assert.ok(bad > 0, 'there was no such trial: the test tests nothing');
    for (const v of await r.plan.read(r.x)) assert.ok(Math.abs(v - 1) < 1e-3, `${v} is not the minimum`);
    r.plan.close();
  }
});

test('where the gradient is zero it stays, and is well', async () => {
  const s = quadratic(20, 5);
  const flat = { ...s, graph: (g: Graph, x: Ref) => scale(g, sum(g, x), 0) };
  for (const subject of [
    flat,
    { ...s, start: Float32Array.from(s.host(new Float64Array(20))[1], (v, i) => -v / (5 ** (i / 19) / 5)) },
  ]) {
    const r = await start(subject);
    r.plan.run(20);
    const x = await r.plan.read(r.x);
    for (const [i, v] of x.entries()) assert.ok(Math.abs(v - subject.start[i]!) < 1e-6, `element ${i}`);
    assert.is(await r.value(r.health), 0);
    r.plan.close();
  }
});

test('what the base holds never gets worse, and may be taken at any time', async () => {
  const s = rosenbrock(8);
  const r = await start(s, { rate: 0.3, longest: 10 });
  let best = Number.POSITIVE_INFINITY;
  for (let k = 0; k < 60; k++) {
    r.plan.run();
    const [loss] = s.host(Float64Array.from(await r.plan.read(r.x)));
    assert.ok(loss <= best * (1 + 1e-5) + 1e-9, `from ${best} to ${loss} in run ${k + 1}`);
    best = loss;
  }
  r.plan.close();
});

test('replay gives the same bytes, one by one or many at once', async () => {
  const found: Float32Array[] = [];
  for (const batches of [[30], [1, 7, 22]]) {
    const r = await start(rosenbrock(16), { hold: 6, lo: -2, hi: 0.9 });
    for (const n of batches) r.plan.run(n);
    found.push(await r.plan.read(r.x), await r.plan.read(r.states[2]!.node));
    r.plan.close();
  }
  assert.equal(found[0], found[2]);
  assert.equal(found[1], found[3]);
});

test('draws anew only between steps, keeps history then', async () => {
  const s = quadratic(50, 20);
  // A valley that rises with the counter: nothing is lower than a base of the draw before.
  const moving = {
    ...s,
    graph: (g: Graph, x: Ref, counter: Ref) =>
      add(g, mul(g, s.graph(g, x), affine(g, counter, 0.05, 1)), scale(g, counter, 10)),
  };
  const r = await start(moving, { hold: 5 });
  const seen: number[] = [];
  for (let k = 0; k < 30; k++) {
    r.plan.run();
    seen.push(await r.value(r.counter));
  }
  assert.ok(seen[29]! >= 4 && seen[29]! <= 6, `${seen}`);
  assert.ok((await r.control('count')) === 10, 'the history is full');
  r.plan.close();
});

test('history lives on where a new stage looks at its base afresh', async () => {
  const s = quadratic(100, 1e3);
  const r = await start(s, { rate: 0.1, longest: 100 });
  r.plan.run(60);
  for (const { node, enlarged } of r.states) {
    if (enlarged === 'reset') r.plan.write(node, new Float32Array(size(node.shape)));
  }
  const before = await r.plan.read(r.x);
  r.plan.run();
  assert.equal(await r.plan.read(r.x), before, 'the first run looks at the base');
  assert.is(await r.control('count'), 10);
  const took = await reach(r, 1e-7, 100);
  assert.ok(61 + took <= 140, `${61 + took} evaluations, 123 without the break`);
  r.plan.close();
});

test('run() creates nothing', async () => {
  const r = await start(rosenbrock(4));
  const d = await device();
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
    r.plan.run();
    r.plan.run(10);
    await d.idle();
    assert.equal(made, []);
  } finally {
    for (const name of names) delete gpu[name];
    r.plan.close();
  }
});

test('health says when the base itself cannot be evaluated', async () => {
  // sqrt(2.5 - counter): a number for the draws 0, 1 and 2 only.
  const s = quadratic(10, 3);
  const doomed = {
    ...s,
    graph: (g: Graph, x: Ref, counter: Ref) => add(g, s.graph(g, x), sqrt(g, affine(g, counter, -1, 2.5))),
  };
  const r = await start(doomed, { hold: 2, patience: 3 });
  let sick = 0;
  for (let k = 1; k <= 30 && sick === 0; k++) {
    r.plan.run();
    if (Number.isNaN(await r.value(r.health))) sick = k;
    assert.ok((await r.plan.read(r.x)).every(Number.isFinite));
  }
  assert.ok(sick > 4, `in run ${sick}`);
  r.plan.close();
  const never = await start({ ...s, graph: (g, x) => sqrt(g, affine(g, s.graph(g, x), -1, -1)) });
  never.plan.run();
  assert.ok(Number.isNaN(await never.value(never.health)));
  never.plan.close();
  // The host may put the base elsewhere and begin again: phase 0.
  const r2 = await start(s);
  r2.plan.run(3);
  r2.plan.write(r2.x, new Float32Array(10).fill(Number.NaN));
  r2.plan.write(r2.states.find(({ name }) => name === 'phase')!.node, new Float32Array(1));
  r2.plan.run();
  assert.ok(Number.isNaN(await r2.value(r2.health)));
  r2.plan.write(r2.x, s.start);
  r2.plan.run(20);
  assert.is(await r2.value(r2.health), 0);
  r2.plan.close();
});

test('refuses options that make no sense', async () => {
  const g = new Graph();
  const param = g.state([1, 2, 2], new Float32Array(4));
  const problem = { g, param, counter: g.state([1], new Float32Array(1)), objective: (x: Ref) => sum(g, x) };
  assert.throws(() => lbfgs(problem, { history: 0 }), /history and hold of at least 1, got 0 and 8/);
  assert.is(size(param.shape), 4);
});

test.run();
