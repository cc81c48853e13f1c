import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/base/rng';
import { size } from '../../src/base/shape';
import { Graph, type Node } from '../../src/graph/graph';
import { Plan } from '../../src/graph/plan';
import { averagePool, lrn, padNd, sliceNd } from '../../src/shaders/axis_linear/moves';
import { resizeNd } from '../../src/shaders/axis_linear/resample';
import { permute } from '../../src/shaders/broadcast_binary';
import { concat } from '../../src/shaders/concat';
import { convNd, convTransposeNd } from '../../src/shaders/conv_nd';
import { matmulNd } from '../../src/shaders/matmul_nd';
import type { Ref } from '../../src/shaders/op';
import { reduceAxes } from '../../src/shaders/reduce_axes';
import { logSoftmax } from '../../src/shaders/softmax';
import { instanceNorm } from '../../src/shaders/standardize_rows';
import { device } from '../support/device';

const test = suite('gradients of what is composed of values of any rank');

function any(seed: number, ...shape: number[]) {
  const rng = new Rng(seed, 1);
  return { shape, data: Array.from({ length: size(shape) }, () => Math.fround(2 * rng.uniform() - 1)) };
}

/** <dy, f(x + h d)> for h of both signs, and <grad, d>: the gradient of a composition, to what f32 differences can tell. */
async function slopes(f: (g: Graph, x: Ref) => Ref, ...shape: number[]): Promise<[numeric: number, analytic: number]> {
  const g = new Graph();
  const x = g.input(shape);
  const y = g.node(f(g, x));
  const seed = g.input(y.shape);
  const [dx] = g.grad(y, [x], seed);
  const plan = await Plan.compile(await device(), g, [y, dx as Node]);
  const [at, d, dy] = [any(20, ...shape).data, any(21, ...shape).data, any(22, ...y.shape).data];
  const h = 1e-2;
  const dot = (a: ArrayLike<number>, b: number[]): number => b.reduce((sum, v, i) => sum + v * (a[i] as number), 0);
  const value = async (t: number): Promise<number> => {
    plan.write(
      x,
      Float32Array.from(at, (v, i) => v + t * (d[i] as number)),
    );
    plan.write(seed, Float32Array.from(dy));
    plan.run();
    return dot(await plan.read(y), dy);
  };
  try {
    const numeric = ((await value(h)) - (await value(-h))) / (2 * h);
    await value(0);
    return [numeric, dot(await plan.read(dx as Node), d)];
  } finally {
    plan.close();
  }
}

const constant = (g: Graph, seed: number, ...shape: number[]): Ref =>
  g.constant(shape, Float32Array.from(any(seed, ...shape).data));

const composed: Record<string, [f: (g: Graph, x: Ref) => Ref, ...shape: number[]]> = {
  'average pool': [
    (g, x) => averagePool(g, x, [3, 2], { strides: [2, 1], pads: [1, 1, 1, 0], ceil: true }),
    1,
    2,
    6,
    5,
  ],
  'average pool with a border': [(g, x) => averagePool(g, x, [3], { pads: [1, 1], border: 'reflect' }), 1, 2, 6],
  'local response normalisation': [(g, x) => lrn(g, x, { size: 3, alpha: 1, beta: 0.75, bias: 1 }), 2, 5, 3],
  'instance normalisation': [(g, x) => instanceNorm(g, x, constant(g, 1, 3), constant(g, 2, 3)), 2, 3, 4, 4],
  'convolution, wrapped': [
    (g, x) => convNd(g, x, constant(g, 3, 2, 1, 3, 3), { pads: [1, 1, 1, 1], border: 'wrap', groups: 2 }),
    ...[1, 2, 5, 4],
  ],
  'transposed convolution': [
    (g, x) => convTransposeNd(g, x, constant(g, 4, 2, 3, 3), { strides: [2], pads: [1, 0], outputPadding: [1] }),
    ...[2, 2, 5],
  ],
  'resizing, cubic': [(g, x) => resizeNd(g, x, [2, 5, 3], { mode: 'cubic', antialias: true }), 2, 3, 7],
  'pads, slices and joins': [
    (g, x) =>
      concat(g, [padNd(g, x, [0, 2, 0, 1], 'reflect'), sliceNd(g, x, [{ axis: 1, start: -1, end: -9, step: -2 }])], 1),
    ...[3, 4],
  ],
  'matrix products, broadcast': [
    (g, x) => matmulNd(g, permute(g, x, [2, 0, 1]), constant(g, 5, 2, 4, 1, 3, 2)),
    1,
    3,
    2,
  ],
  'a root of squares': [(g, x) => reduceAxes(g, x, 'l2', { axes: [0, 2] }), 2, 3, 4],
  'a logarithm of softmax': [(g, x) => logSoftmax(g, x, 1), 2, 5, 3],
};
for (const [name, [f, ...shape]] of Object.entries(composed)) {
  test(`gradient: ${name}`, async () => {
    const [numeric, analytic] = await slopes(f, ...shape);
    assert.ok(Math.abs(numeric - analytic) <= 2e-3 * (1 + Math.abs(numeric)), `${analytic}, want ${numeric}`);
    assert.ok(Math.abs(numeric) > 1e-3, 'a direction that tells nothing');
  });
}

test.run();
