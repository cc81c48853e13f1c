// What a plan tells and lets you do while it runs: its launches, losses without waiting, a rate, where the time goes.
//   node examples/plan.mjs
import './any_adapter.mjs';
import { adam, Graph, mean, open, Plan, profile, Rng, ScalarReadback, square, sub } from 'toroid';

const [rng, N] = [new Rng(1), 4096];
const random = () => Float32Array.from({ length: N }, () => rng.uniform());
const g = new Graph();
const x = g.state([N], random(), 'x');
const loss = mean(g, square(g, sub(g, x, g.constant([N], random()))));
adam(g, x, g.grad(loss, [x])[0], { rate: 0.02 });
const device = await open();
const plan = await Plan.compile(device, g, [loss]);

// Every launch with its kernel, overrides, grid, arithmetic and bytes, and what all of it takes.
console.log(`${plan}`);

// Losses while the GPU goes on: each sample is a copy queued behind the runs submitted so far.
const watch = new ScalarReadback(plan, [loss]);
for (let k = 0; k < 6; k++) {
  plan.setScalar('rate', 0.02 * 0.7 ** k); // a number of the host's, changed between runs without compiling anything
  plan.run(10);
  const [value] = await watch.sample();
  console.log(`step ${10 * (k + 1)}: loss ${value.toFixed(6)}`);
}
watch.close();

// What each launch takes: on the clock here; without 'wall' by the GPU's own timestamps, where it has them.
for (const { step, ms } of await profile(plan, 3, 'wall'))
  console.log(`${step.label} (${step.kernel}): ${ms.toFixed(2)} ms`);
plan.close();
device.close();
