// The centred Gram matrix is two ops; specs test each, this tests that the gradient through the mean is all there.
import { suite } from 'uvu';
import { Rng } from '../src/base/rng';
import { Graph } from '../src/graph/graph';
import { Plan } from '../src/graph/plan';
import { gram } from '../src/shaders/gram';
import { device } from './device';
import { close } from './kit';

const test = suite('gram');

test('centred: the covariance, and its gradient through the mean', async () => {
  const [C, H, W] = [5, 6, 9];
  const N = H * W;
  const rng = new Rng(3, 1);
  const x = Float32Array.from({ length: C * N }, () => 30 + rng.uniform()); // far from the origin
  const dG = Float32Array.from({ length: C * C }, () => 2 * rng.uniform() - 1);
  const direction = Float64Array.from(x, () => 2 * rng.uniform() - 1);

  const covariance = (v: Float64Array): Float64Array => {
    const rows = Array.from({ length: C }, (_, c) => v.slice(c * N, (c + 1) * N));
    const free = rows.map((r) => r.map((e) => e - r.reduce((a, b) => a + b, 0) / N));
    return Float64Array.from(free.flatMap((a) => free.map((b) => a.reduce((s, e, n) => s + e * b[n]!, 0) / N)));
  };
  const loss = (h: number): number =>
    covariance(Float64Array.from(x, (v, i) => v + h * direction[i]!)).reduce((s, v, i) => s + v * dG[i]!, 0);

  const g = new Graph();
  const input = g.input([C, H, W], 'x');
  const seed = g.input([C, C], 'dG');
  const y = gram(g, input, { centred: true });
  const [dx] = g.grad(y, [input], seed);
  const plan = await Plan.compile(await device(), g, [y, dx!]);
  try {
    plan.write(input, x);
    plan.write(seed, dG);
    plan.run();
    close(await plan.read(y), covariance(Float64Array.from(x)), 2e-5, 'covariance');
    const along = (await plan.read(dx!)).reduce((s, v, i) => s + v * direction[i]!, 0);
    close([along], [(loss(1e-4) - loss(-1e-4)) / 2e-4], 1e-4, 'gradient');
  } finally {
    plan.close();
  }
});

test.run();
