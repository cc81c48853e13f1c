// What training a network wants of the engine: broadcasting, many parameters at once, steps by names.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as toroid from '../../src/index.node';
import { device } from '../support/device';
import { close } from '../support/kit';

const { adam, add, Graph, lbfgs, mean, mul, packed, Plan, square, sub } = toroid;
const test = suite('train');

test('elementwise functions broadcast, and so do their gradients', async () => {
  const g = new Graph();
  const a = g.constant([2, 3], Float32Array.of(1, 2, 3, 4, 5, 6));
  const b = g.state([3], Float32Array.of(10, 20, 30), 'b');
  const c = g.state([2, 1], Float32Array.of(1, 2), 'c');
  const y = mul(g, add(g, a, b), c);
  const [db, dc] = g.grad(toroid.sum(g, y), [b, c]);
  const plan = await Plan.compile(await device(), g, [y, db!, dc!]);
  plan.run();
  const read = async (ref: typeof y): Promise<number[]> => [...(await plan.read(ref))];
  assert.equal(await read(y), [11, 22, 33, 28, 50, 72]);
  assert.equal(
    [await read(db!), await read(dc!)],
    [
      [3, 3, 3],
      [66, 75],
    ],
  );
  plan.close();
  assert.throws(() => add(g, a, g.input([2])), /add .*\[2, 3\].*\[2\]/);
});

test('adam takes many parameters, counts once, and does with each what it does with one', async () => {
  const run = async (many: boolean): Promise<number[]> => {
    const g = new Graph();
    const params = [g.state([2], Float32Array.of(1, 2), 'p'), g.state([1, 3], Float32Array.of(3, 4, 5), 'q')];
    const loss = add(g, mean(g, square(g, params[0]!)), mean(g, square(g, params[1]!)));
    const gradients = g.grad(loss, params);
    if (many) adam(g, params, gradients, { rate: 0.1 });
    else for (const [k, p] of params.entries()) adam(g, p, gradients[k]!, { rate: 0.1 });
    const counters = g.nodes.filter((n) => n.label === 'adam step').length;
    assert.is(counters, many ? 1 : 2);
    const plan = await Plan.compile(await device(), g, [loss]);
    plan.run(5);
    const found = [...(await plan.read(params[0]!)), ...(await plan.read(params[1]!))];
    plan.close();
    return found;
  };
  assert.equal(await run(true), await run(false));
  const g = new Graph();
  const p = g.state([1], new Float32Array(1), 'p');
  assert.throws(() => adam(g, [p], [], { rate: 1 }), /adam has 1 parameters and 0 gradients/);
  assert.throws(() => adam(g, [], [], { rate: 1 }), /adam has 0 parameters/);
});

test('optimisers of one state take many parameters packed: a line through points by L-BFGS', async () => {
  const g = new Graph();
  const x = g.constant([4, 1], Float32Array.of(0, 1, 2, 3));
  const y = g.constant([4, 1], Float32Array.of(1, 3, 5, 7));
  const { param, unpacked } = packed(g, [
    [[1, 1], new Float32Array(1)],
    [[1], new Float32Array(1)],
  ]);
  const objective = (at: toroid.Ref): toroid.Ref => {
    const [slope, start] = unpacked(at) as [toroid.Ref, toroid.Ref];
    return mean(g, square(g, sub(g, add(g, mul(g, x, slope), start), y)));
  };
  const counter = g.state([1], new Float32Array(1), 'counter');
  const { loss } = lbfgs({ g, param, counter, objective }, { rate: 0.1, hold: Number.POSITIVE_INFINITY });
  const plan = await Plan.compile(await device(), g, [loss]);
  plan.run(40);
  close([...(await plan.read(param))], [2, 1], 1e-3, 'slope and start');
  plan.close();
});

test('step writes by name and runs; names that are not there, or twice, are told', async () => {
  const g = new Graph();
  const [x, y] = [g.input([2], 'x'), g.input([2], 'labels')];
  const sum = add(g, x, y);
  g.state([1], new Float32Array(1), 'w');
  g.state([1], new Float32Array(1), 'w');
  const plan = await Plan.compile(await device(), g, [sum]);
  plan.step({ x: Float32Array.of(1, 2), labels: Float32Array.of(3, 4) });
  assert.equal([...(await plan.read(sum))], [4, 6]);
  plan.step({ x: Float32Array.of(5, 6) });
  assert.equal([...(await plan.read(sum))], [8, 10]);
  const none = Float32Array.of(1, 2);
  assert.throws(
    () => plan.step({ lables: none }),
    /no input and no state lables\. Did you mean labels\?\n {2}It has x, /,
  );
  assert.throws(() => plan.step({ w: none }), /2 inputs and states are called w/);
  const rows = await toroid.profile(plan, 1, 'wall');
  assert.equal(rows.map((r) => r.step.kernel).length, plan.cost.launches);
  plan.close();
});

test.run();
