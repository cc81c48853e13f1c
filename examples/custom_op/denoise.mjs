// Takes the noise off a picture and leaves its edges, with the op of softabs.mjs.
//   node examples/custom_op/denoise.mjs denoised.png
//
// loss = mean((x - noisy)²) + w mean(softabs(x - its neighbour to the right) + softabs(x - the one below))
import { writeFile } from 'node:fs/promises';
import '../any_adapter.mjs';
import { adam, add, encodePng, Graph, mean, mix, mseLoss, open, Plan, plasma, roll, sub } from 'toroid';
import { softabs } from './softabs.mjs';

const [to = 'denoised.png'] = process.argv.slice(2);
const N = 96;
const W = 0.2; // how much smoothness weighs
let seed = 1;
const random = () => {
  seed = (seed * 48271) % 2147483647;
  return seed / 2147483647;
};

// Flat patches of colour with sharp borders, and noise on them: left to right, clean, noisy, denoised.
const clean = plasma({ size: [N, N], seed: 4 }).data.map((v) => 0.15 + 0.7 * Math.min(1, Math.floor(4 * v) / 3));
const noisy = clean.map((v) => v + 0.35 * (random() + random() - 1));

const device = await open();
const g = new Graph();
const given = g.constant([3, N, N], noisy, 'noisy');
const x = g.state([3, N, N], noisy, 'canvas');
const right = mean(g, softabs(g, sub(g, x, roll(g, x, [0, 1]))));
const below = mean(g, softabs(g, sub(g, x, roll(g, x, [1, 0]))));
const near = mseLoss(g, x, given);
const loss = mix(g, near, add(g, right, below), 1, W);
const [gradient] = g.grad(loss, [x]);

// Whether the gradient is that of the loss: moved a little against it, the loss falls by as much as it says.
const { next } = adam(g, x, gradient, { rate: 0.01, lo: 0, hi: 1 });
const plan = await Plan.compile(device, g, [loss, gradient, next]);
const at = async (canvas) => {
  plan.write(x, canvas);
  plan.run();
  return (await plan.read(loss))[0];
};
const start = noisy.map((v, i) => v + 0.1 * Math.sin(i)); // anywhere will do
await at(start);
const d = await plan.read(gradient);
const norm = Math.hypot(...d);
const h = 0.3;
const fall =
  (await at(start.map((v, i) => v + (h * d[i]) / norm))) - (await at(start.map((v, i) => v - (h * d[i]) / norm)));
console.log(`slope along the gradient: ${norm.toFixed(6)}, by differences ${(fall / (2 * h)).toFixed(6)}`);
plan.write(x, noisy);
plan.run(Number(process.env.STEPS ?? 150));
const denoised = await plan.read(next);
plan.close();
device.close();

const error = (a) => Math.sqrt(a.reduce((s, v, i) => s + (v - clean[i]) ** 2, 0) / a.length);
console.log(`error of the noisy picture ${error(noisy).toFixed(3)}, of the denoised one ${error(denoised).toFixed(3)}`);
const data = new Float32Array(9 * N * N);
for (const [k, picture] of [clean, noisy, denoised].entries()) {
  for (let i = 0; i < 3 * N; i++) data.set(picture.subarray(i * N, (i + 1) * N), i * 3 * N + k * N);
}
await writeFile(to, await encodePng({ width: 3 * N, height: N, data }));
console.log(`${to}: ${3 * N}x${N}`);
