// Mistakes of those who write with the engine: each is named as theirs, with one remedy.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EngineError } from '../../src/base/errors';
import { open } from '../../src/gpu/open.node';
import { Graph } from '../../src/graph/graph';
import { adam } from '../../src/graph/optim/adam';
import { Plan } from '../../src/graph/plan';
import { ScalarReadback } from '../../src/graph/scalar_readback';
import { defineOp } from '../../src/shaders/op';
import { add, mul, scale, square } from '../../src/shaders/pointwise';
import { mean } from '../../src/shaders/sum';
import { device } from '../support/device';

const test = suite('mistakes');

/** What it says, which is never that toroid has a bug, and always what to do. */
async function said(work: () => unknown, code = 'GraphError'): Promise<string> {
  try {
    await work();
  } catch (error) {
    assert.instance(error, EngineError, `${error}`);
    assert.is((error as EngineError).code, code, `${error}`);
    assert.not.match(`${error}`, /bug in toroid/);
    return (error as EngineError).message;
  }
  throw new Error('nothing was refused');
}

test('in graphs', async () => {
  const [g, other] = [new Graph(), new Graph()];
  const x = g.input([4], 'x');
  const w = g.state([4], new Float32Array(4), 'w');
  const far = other.input([4], 'far');
  const loss = mean(g, square(g, mul(g, x, w)));
  assert.match(await said(() => add(g, x, far)), /the value far#0 belongs to another graph\n {2}Build all/);
  assert.match(await said(() => g.grad(loss, [far])), /far#0 belongs to another graph/);
  assert.match(await said(() => g.apply(scaleOp, [3 as never], {})), /a value of the graph is wanted, got 3/);
  assert.match(
    await said(() => g.assign(x, loss)),
    /assign wants a state, got x#0, which is an input\n {2}Make it with/,
  );
  assert.match(await said(() => g.assign(w, loss)), /\[1\] f32 cannot become the state w#1 \[4\] f32/);
  assert.match(await said(() => g.grad(loss, [w], x)), /gradient of sum#\d+ \[1\] is seeded with \[4\]/);
  assert.match(
    await said(() => adam(g, x, x, { rate: 1 })),
    /adam changes a state, and x#0 is none\n {2}Make the param/,
  );
  assert.match(await said(() => g.state([2], [1, 2] as never, 's')), /s wants a Float32Array or a Uint32Array/);
  for (const shape of [[], [0], [2.5], [-1], 4, undefined])
    assert.match(await said(() => g.input(shape as never, 'x'), 'ShapeError'), /x wants a shape of whole numbers/);
  const wrong = g.apply(wrongOp, [w], {});
  assert.match(await said(() => g.grad(wrong, [w])), /backward of wrong gives \[1\] for its input 0, which is \[4\]/);
});

const scaleOp = defineOp<1, object>({ name: 'nothing', infer: ([x]) => x, forward: () => [], backward: () => [null] });
const wrongOp = defineOp<1, object>({
  name: 'wrong',
  infer: ([x]) => x,
  forward: () => [],
  backward: ({ g, dy }) => [mean(g, dy)],
});

test('with plans', async () => {
  const g = new Graph();
  const x = g.input([2], 'x');
  const between = square(g, x);
  const y = mean(g, scale(g, between, { scalar: 'rate', value: 1 }));
  const plan = await Plan.compile(await device(), g, [y]);
  const far = new Graph().input([2], 'far');
  assert.match(await said(() => plan.read(between)), /square#1 is not kept after a run\n {2}Name it among the outputs/);
  assert.match(await said(() => plan.read(far)), /far#0 belongs to another graph/);
  assert.match(await said(() => plan.write(far, new Float32Array(2))), /far#0 belongs to another graph/);
  assert.match(await said(() => plan.write(y, new Float32Array(1))), /sum#\d+ cannot be written/);
  assert.match(await said(() => plan.write(x, new Uint32Array(2))), /x#0 is f32: it is written from a Float32Array/);
  assert.match(await said(() => plan.write(x, [1, 2] as never)), /x#0 is f32: it is written from a Float32Array/);
  assert.match(await said(() => plan.write(x, new Float32Array(3)), 'ShapeError'), /x#0 \[2\] has 2 elements, and 3/);
  assert.match(
    await said(() => plan.setScalar('rat', 1)),
    /no runtime scalar rat\. Did you mean rate\?\n {2}It has rate\./,
  );
  assert.match(await said(() => plan.readWords(y)), /is f32, not u32\n {2}Use plan\.read\./);
  const readback = new ScalarReadback(plan, [y], 1);
  const first = readback.sample();
  assert.match(await said(() => readback.sample()), /1 samples are under way/);
  await first;
  readback.close();
  plan.close();
  assert.match(await said(() => plan.run()), /the plan is closed/);
  assert.match(await said(() => plan.read(y)), /is of a closed plan/);
  const h = new Graph();
  const odd = h.apply(oddOp, [h.input([2])], {});
  assert.match(
    await said(async () => Plan.compile(await device(), h, [odd])),
    /odd#1 launches nothing, and is no view/,
  );
});

const oddOp = defineOp<1, object>({ name: 'odd', infer: () => [5], forward: () => [], backward: () => [null] });

test('a device that is closed says so, whatever is asked of it', async () => {
  const own = await open();
  const g = new Graph();
  const x = g.input([2], 'x');
  const y = mean(g, x);
  const plan = await Plan.compile(own, g, [y]);
  const readback = new ScalarReadback(plan, [y]);
  own.close();
  for (const use of [
    () => Plan.compile(own, g, [y]),
    () => plan.run(),
    () => plan.write(x, new Float32Array(2)),
    () => plan.read(y),
    () => readback.sample(),
    () => own.idle(),
    () => own.createBuffer({ size: 4, usage: 8 }),
  ])
    assert.match(
      await said(use, 'DeviceError'),
      /^the device is closed\n {2}Use it before device\.close\(\)/,
      `${use}`,
    );
  plan.close();
  own.close();
});

test.run();
