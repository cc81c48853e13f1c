// A loss of your own, made small by Adam: the engine without recipes. It grows a labyrinth that tiles.
//   node examples/custom_loss.mjs labyrinth.png
//
// The loss is the energy of Ohta and Kawasaki (1986), one line of graph for each of its three terms: every pixel wants to
// be -1 or 1; neighbours want to be alike; seen from afar, all wants to be grey.
import { writeFile } from 'node:fs/promises';
import './any_adapter.mjs';
import {
  adam,
  add,
  affine,
  encodePng,
  Graph,
  mean,
  mix,
  open,
  Plan,
  pool2d,
  repeat,
  scale,
  square,
  totalVariation,
} from 'toroid';

const [to = 'labyrinth.png'] = process.argv.slice(2);
const N = 64;
const steps = Number(process.env.STEPS ?? 400);
const device = await open();

// 1. The graph: what one step computes. Nothing runs yet; shapes are [channels, rows, columns].
const g = new Graph();
let seed = 1;
const random = () => {
  seed = (seed * 48271) % 2147483647;
  return seed / 2147483647;
};
const noise = Float32Array.from({ length: N * N }, () => 0.4 * random() - 0.2);
const canvas = g.state([1, N, N], noise, 'canvas'); // what one run of the plan leaves for the next
const far = { kind: 'average', size: [8, 8], stride: [4, 4], pad: [2, 2, 2, 2], border: ['wrap', 'wrap'] };
const poles = mean(g, square(g, affine(g, square(g, canvas), 1, -1))); // mean((x² - 1)²)
const alike = totalVariation(g, canvas, { border: ['wrap', 'wrap'] }); // round the torus: this is why it tiles
const afar = mean(g, square(g, pool2d(g, canvas, far)));
const loss = add(g, mix(g, poles, alike, 1, 1), scale(g, afar, 8));

// 2. Its gradient is more graph, and so is the optimiser.
const [gradient] = g.grad(loss, [canvas]);
const { next } = adam(g, canvas, gradient, { rate: 0.02, lo: -1, hi: 1 });

// 3. Compiled once, then replayed: a run makes no buffers and reads nothing back.
const plan = await Plan.compile(device, g, [loss, next]);
for (let k = 0; k < 4; k++) {
  plan.run(steps / 4);
  const [value] = await plan.read(loss);
  console.log(`step ${(k + 1) * (steps / 4)}: loss ${value.toFixed(4)}`);
}
const x = await plan.read(next);
plan.close();
device.close();

// 4. -1..1 as two colours: a raster is planes of red, green and blue, 0..1.
const [dark, light] = [
  [0.1, 0.12, 0.2],
  [0.93, 0.86, 0.7],
];
const data = Float32Array.from({ length: 3 * N * N }, (_, i) => {
  const c = Math.floor(i / (N * N));
  return dark[c] + (light[c] - dark[c]) * (0.5 + 0.5 * x[i % (N * N)]);
});
await writeFile(to, await encodePng(repeat({ width: N, height: N, data }, 3, 3)));
console.log(`${to}: ${N}x${N}, shown 3 x 3`);
