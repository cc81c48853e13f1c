// A small convolutional network learns to read digits that this script draws: moved about, dim or bright, noisy.
//   node examples/train_digits.mjs
import './any_adapter.mjs';
import { adam, add, convNd, Graph, logSoftmax, matmul, mean, mul, open, Plan, Rng, relu, reshape, scale } from 'toroid';

const GLYPHS = '75557 26227 71747 71717 55711 74717 74757 71222 75757 75717'.split(' '); // a digit a row of 3 bits
const [rng, N, SIDE] = [new Rng(7), 40, 12];
function draw() {
  const [x, y] = [new Float32Array(N * SIDE * SIDE), new Float32Array(N * 10)];
  for (let k = 0; k < N; k++) {
    const [top, left, ink] = [Math.floor(3 * rng.uniform()), Math.floor(7 * rng.uniform()), 0.5 + rng.uniform() / 2];
    for (let i = 0; i < SIDE * SIDE; i++) {
      const [row, col] = [(Math.floor(i / SIDE) - top) >> 1, ((i % SIDE) - left) >> 1]; // a bit is 2 x 2 pixels
      const bit = col >= 0 && col < 3 ? (GLYPHS[k % 10][row] >> (2 - col)) & 1 : 0;
      x[k * SIDE * SIDE + i] = ink * bit + 0.4 * (rng.uniform() - 0.5);
    }
    y[10 * k + (k % 10)] = 1;
  }
  return { x, y };
}
const [g, params] = [new Graph(), []];
const weights = (from, shape) => {
  const numbers = { length: shape.reduce((a, b) => a * b) };
  const start = Float32Array.from(numbers, () => (rng.uniform() - 0.5) * Math.sqrt(12 / from));
  return params[params.push(g.state(shape, start, 'w')) - 1];
};
const conv = (of, w) => relu(g, convNd(g, of, w, { strides: [2, 2], pads: [1, 1, 1, 1] }));
const maps = conv(conv(g.input([N, 1, SIDE, SIDE], 'x'), weights(16, [4, 1, 4, 4])), weights(36, [8, 4, 3, 3]));
const scores = add(g, matmul(g, reshape(g, maps, [N, 72]), weights(72, [72, 10])), weights(1e9, [10]));
const loss = scale(g, mean(g, mul(g, logSoftmax(g, scores), g.input([N, 10], 'y'))), -10); // cross entropy
adam(g, params, g.grad(loss, params), { rate: 0.015 });
const plan = await Plan.compile(await open(), g, [loss, scores]);
for (let k = 0; k < 100; k++) plan.step(draw());
plan.step(draw()); // digits that were never seen before
const best = (row) => row.indexOf(Math.max(...row));
const found = await plan.read(scores);
const right = Array.from({ length: N }, (_, k) => best(found.subarray(10 * k, 10 * k + 10)) === k % 10).filter(Boolean);
console.log(`loss ${(await plan.read(loss))[0].toFixed(3)}, right: ${right.length} of ${N}`);
plan.device.close();
