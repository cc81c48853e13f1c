// A small network learns which of two spirals a point lies on.
//   node examples/train_spirals.mjs
import './any_adapter.mjs';
import { adam, add, Graph, matmul, mean, mul, open, Plan, Rng, scale, softplus, tanh } from 'toroid';

const rng = new Rng(7);
const N = 128; // points, every other one on the first spiral
const x = new Float32Array(2 * N);
const y = Float32Array.from({ length: N }, (_, k) => (k % 2 ? 1 : -1));
for (let k = 0; k < N; k++) {
  const [radius, turn] = [0.1 + (0.9 * k) / N, (3 * Math.PI * k) / N + (k % 2 ? Math.PI : 0)];
  x.set([radius * Math.cos(turn), radius * Math.sin(turn)], 2 * k);
}

// What one step computes: layers 2-24-24-1, the logistic loss, its gradient, and Adam for all parameters at once.
const g = new Graph();
const [points, classes] = [g.input([N, 2], 'x'), g.input([N, 1], 'y')];
const params = [];
const layer = (of, from, to) => {
  const start = Float32Array.from({ length: from * to }, () => (3 * (rng.uniform() - 0.5)) / Math.sqrt(from));
  const [w, b] = [g.state([from, to], start, 'w'), g.state([to], new Float32Array(to), 'b')];
  params.push(w, b);
  return add(g, matmul(g, of, w), b); // [N, to] + [to]
};
const score = layer(tanh(g, layer(tanh(g, layer(points, 2, 24)), 24, 24)), 24, 1);
const loss = mean(g, softplus(g, scale(g, mul(g, score, classes), -1)));
adam(g, params, g.grad(loss, params), { rate: 0.03 });

// Compiled once, replayed: `step` writes inputs by their names, and runs.
const device = await open();
const plan = await Plan.compile(device, g, [loss, score]);
for (let k = 0; k < 5; k++) {
  plan.step({ x, y }, 40);
  console.log(`loss ${(await plan.read(loss))[0].toFixed(4)}`);
}
const found = await plan.read(score);
console.log(`right: ${found.filter((s, k) => s * y[k] > 0).length} of ${N}`);
device.close();
