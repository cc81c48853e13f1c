// What the specs of the Gram matrix leave: the centred one is two ops, whose gradient must be all there; and large maps.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/base/rng';
import { Graph } from '../../src/graph/graph';
import { Plan } from '../../src/graph/plan';
import { gram, gramGradOp } from '../../src/shaders/gram';
import { device } from '../support/device';
import { close } from '../support/kit';

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

test('the gradient of a map large enough for the largest tiles', async () => {
  const [C, H, W] = [129, 63, 63]; // the specs' slow references stop short of these
  const N = H * W;
  const rng = new Rng(4, 1);
  const x = Float32Array.from({ length: C * N }, () => 2 * rng.uniform() - 1);
  const dG = Float32Array.from({ length: C * C }, () => 2 * rng.uniform() - 1);
  const g = new Graph();
  const input = g.input([C, H, W], 'x');
  const seed = g.input([C, C], 'dG');
  const dx = g.node(g.apply(gramGradOp, [input, seed], {}));
  for (const variant of [0, 1]) {
    const plan = await Plan.compile(await device(), g, [dx], { variant: () => variant });
    try {
      assert.ok(plan.steps.some((s) => s.kernel === 'gram_grad_large'));
      plan.write(input, x);
      plan.write(seed, dG);
      plan.run();
      const found = await plan.read(dx);
      // A prime number of elements apart, so that they fall on every row and column of a tile; and the last one.
      const some = [...Array.from({ length: 500 }, (_, k) => (k * 1021) % (C * N)), C * N - 1];
      const want = some.map((i) => {
        const [c, n] = [Math.floor(i / N), i % N];
        let sum = 0;
        for (let k = 0; k < C; k++) sum += (dG[c * C + k]! + dG[k * C + c]!) * x[k * N + n]!;
        return sum / N;
      });
      close(
        some.map((i) => found[i]!),
        want,
        1e-5,
        `variant ${variant}`,
      );
    } finally {
      plan.close();
    }
  }
});

test.run();
