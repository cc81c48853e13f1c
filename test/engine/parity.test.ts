// Losses through a trained net, and their gradients to the picture, against TensorFlow.js on its CPU backend: another
// implementation of convolution, pooling and differentiation, by other people.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as tfjs from '@tensorflow/tfjs-core';
import { build } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/base/rng';
import { size } from '../../src/base/shape';
import { Graph } from '../../src/graph/graph';
import { Plan } from '../../src/graph/plan';
import { buildNet } from '../../src/nets/onnx/build';
import type { OnnxModel } from '../../src/nets/onnx/model';
import { parseOnnx } from '../../src/nets/onnx/parse';
import { content } from '../../src/recipes/losses/content';
import { gram } from '../../src/recipes/losses/gram';
import { INPUT } from '../../src/recipes/losses/lib/layers';
import type { LossComponent, LossContext } from '../../src/recipes/losses/lib/loss';
import { mean } from '../../src/recipes/losses/mean';
import { moments } from '../../src/recipes/losses/moments';
import { tv } from '../../src/recipes/losses/tv';
import type { Ref } from '../../src/shaders/op';
import { long } from '../support/all';
import { device } from '../support/device';
import { close } from '../support/kit';
import { lossContext } from '../support/loss_context';
import { needs } from '../support/needs';

const test = suite('parity with TensorFlow.js');
const file = '../shared/weights/vgg19-normalised-conv3_1/vgg19_normalised_conv3_1.onnx';
const whenWeights = needs(test, existsSync(file), 'no ../shared/weights');

/**
 * Its core without layers and backends that these tests do not need. The package's file for Node leaves its gradients
 * out, and the file that registers them is no module that Node loads by itself; so the sources are bundled here.
 */
async function load(): Promise<typeof tfjs> {
  const folder = mkdtempSync(join(tmpdir(), 'toroid-parity-'));
  try {
    const outfile = join(folder, 'tfjs.cjs');
    const core = '@tensorflow/tfjs-core';
    const contents = `import '${core}/dist/register_all_gradients'; import '@tensorflow/tfjs-backend-cpu'; export * from '${core}';`;
    const stdin = { contents, resolveDir: process.cwd() };
    await build({
      stdin,
      outfile,
      bundle: true,
      format: 'cjs',
      platform: 'node',
      mainFields: ['module', 'main'],
      logLevel: 'error',
    });
    const loaded = createRequire(import.meta.url)(outfile) as typeof tfjs;
    loaded.setBackend('cpu');
    return loaded;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const tf = await load();

type Shape = readonly [C: number, H: number, W: number];

/** A smooth picture with some noise: neither flat nor all edges. */
function picture([C, H, W]: Shape, seed: number): Float32Array {
  const rng = new Rng(seed);
  return Float32Array.from({ length: C * H * W }, (_, i) => {
    const [c, y, x] = [Math.floor(i / (H * W)), Math.floor(i / W) % H, i % W];
    const wave = Math.sin((2 * Math.PI * (seed * x + c * y)) / W) * Math.cos((2 * Math.PI * (y + c)) / H);
    return 0.5 + 0.3 * wave + 0.4 * (rng.uniform() - 0.5);
  });
}

/** From [C, H, W] to [1, H, W, C], and a gradient back. */
const nhwc = (data: Float32Array, shape: Shape): tfjs.Tensor4D =>
  tf.tidy(() => tf.expandDims(tf.transpose(tf.tensor3d(data, [...shape]), [1, 2, 0]), 0));
const nchw = (x: tfjs.Tensor4D): Float32Array =>
  tf.tidy(() => tf.transpose(tf.squeeze(x, [0]) as tfjs.Tensor3D, [2, 0, 1]).dataSync() as Float32Array);

/**
 * One pixel more on every side: round the torus, or reflected. Of slices, as the gradient of `mirrorPad` leaves out what
 * comes back from the margin (4.22.0).
 */
function padded(x: tfjs.Tensor4D, torus: boolean): tfjs.Tensor4D {
  const margin = (y: tfjs.Tensor4D, axis: 1 | 2): tfjs.Tensor4D => {
    const line = (at: number): tfjs.Tensor4D => {
      const begin: [number, number, number, number] = [0, 0, 0, 0];
      const count: [number, number, number, number] = [...y.shape];
      [begin[axis], count[axis]] = [at, 1];
      return tf.slice(y, begin, count);
    };
    const n = y.shape[axis];
    return tf.concat(torus ? [line(n - 1), y, line(0)] : [line(1), y, line(n - 2)], axis);
  };
  return margin(margin(x, 1), 2);
}

/** The net, layer by layer as the file lists them. */
function features(
  m: OnnxModel,
  layers: readonly string[],
  image: tfjs.Tensor4D,
  torus: boolean,
): Map<string, tfjs.Tensor4D> {
  const values = new Map<string, tfjs.Tensor4D>([['input', image]]);
  for (const { op, inputs, outputs } of m.nodes) {
    if (layers.every((l) => values.has(l))) break;
    const x = values.get(inputs[0]!)!;
    const constant = (k: number): tfjs.Tensor => {
      const t = m.tensors.get(inputs[k]!)!;
      return tf.tensor(t.floats(), [...t.shape]);
    };
    const ops: Record<string, () => tfjs.Tensor4D> = {
      Pad: () => padded(x, torus),
      Conv: () =>
        tf.add(tf.conv2d(x, tf.transpose(constant(1), [2, 3, 1, 0]) as tfjs.Tensor4D, 1, 'valid'), constant(2)),
      Relu: () => tf.relu(x),
      MaxPool: () => tf.maxPool(x, 2, 2, 'same'),
    };
    values.set(outputs[0]!, ops[op]!());
  }
  return values;
}

type Loss = (a: tfjs.Tensor4D, b: tfjs.Tensor4D) => tfjs.Scalar;

const relative = (a: tfjs.Tensor, b: tfjs.Tensor): tfjs.Scalar =>
  tf.div(tf.mean(tf.squaredDifference(a, b)), tf.mean(tf.square(b))) as tfjs.Scalar;
const total = (parts: readonly tfjs.Scalar[]): tfjs.Scalar => parts.reduce((a, b) => tf.add(a, b));
const pixels = (x: tfjs.Tensor4D): tfjs.Tensor2D => tf.reshape(x, [-1, x.shape[3]]);
const products = (x: tfjs.Tensor2D): tfjs.Tensor2D => tf.div(tf.matMul(x, x, true), x.shape[0]);

const means: Loss = (a, b) => relative(tf.mean(pixels(a), 0), tf.mean(pixels(b), 0));
const grams: Loss = (a, b) => relative(products(pixels(a)), products(pixels(b)));
const contents: Loss = (a, b) => relative(a, b);
const momentsOf: Loss = (a, b) => {
  const quiet = tf.mul(tf.mean(tf.moments(pixels(b), 0).variance), 1e-4);
  const of = (x: tfjs.Tensor4D): readonly [tfjs.Tensor, tfjs.Tensor, tfjs.Tensor] => {
    const { mean: mu, variance } = tf.moments(pixels(x), 0);
    const s = tf.sqrt(tf.add(variance, quiet));
    return [mu, s, products(tf.div(tf.sub(pixels(x), mu), s))];
  };
  const target = of(b);
  return total(of(a).map((v, k) => relative(v, target[k]!)));
};

/** Value and gradient to the picture by TensorFlow.js. */
function theirs(
  m: OnnxModel,
  layers: readonly string[],
  loss: Loss,
  x: Float32Array,
  y: Float32Array,
  ys: Shape,
  torus: boolean,
): [number, Float32Array] {
  return tf.tidy(() => {
    const targets = features(m, layers, nhwc(y, ys), torus && loss === contents);
    const { value, grad } = tf.valueAndGrad((image: tfjs.Tensor) => {
      const maps = features(m, layers, image as tfjs.Tensor4D, torus);
      return total(layers.map((layer) => loss(maps.get(layer)!, targets.get(layer)!)));
    })(nhwc(x, [3, 16, 16]));
    return [value.dataSync()[0]!, nchw(grad as tfjs.Tensor4D)];
  });
}

/** The same by a block. */
async function ours(
  m: OnnxModel,
  layers: readonly string[],
  block: LossComponent,
  x: Float32Array,
  y: Float32Array,
  ys: Shape,
  torus: boolean,
): Promise<[number, Float32Array]> {
  const g = new Graph();
  const canvas = g.input([3, 16, 16], 'canvas');
  const map = (image: Ref, wrap: boolean): Map<string, Ref> => buildNet(g, m, image, { layers, torus: wrap });
  const maps = map(canvas, torus);
  const target = g.constant(ys, y, 'target');
  const styles = block.positional ? new Map<string, Ref>() : map(target, false);
  const kept = block.positional ? map(target, torus) : new Map<string, Ref>();
  const c: LossContext = {
    ...lossContext(g, { canvas: {}, torus: [torus, torus] }),
    layers: () => new Map(layers.map((l) => [l, 1])),
    canvas: (layer) => (layer === INPUT ? canvas : maps.get(layer)!),
    styles: (layer) => [
      { style: 'style', weight: 1, canvas: { x: maps.get(layer)! }, target: { x: styles.get(layer)! } },
    ],
    content: (layer) => kept.get(layer)!,
  };
  const terms = block.build(c, block.schema.parse({ kind: block.kind }));
  const gradients = terms.map(({ value }) => g.grad(value, [canvas])[0]!);
  const plan = await Plan.compile(await device(), g, [...terms.map((t) => t.value), ...gradients]);
  try {
    plan.write(canvas, x);
    plan.run();
    let value = 0;
    const total = new Float32Array(x.length);
    for (const { value: v } of terms) value += (await plan.read(v))[0]!;
    for (const d of gradients) {
      for (const [i, v] of (await plan.read(d)).entries()) total[i] = total[i]! + v;
    }
    return [value, total];
  } finally {
    plan.close();
  }
}

const [shallow, deep] = [
  ['relu1_1', 'relu2_1'],
  ['relu1_1', 'relu2_1', 'relu3_1'],
];
for (const [name, block, loss, layers, torus, longer] of [
  ['gram on a torus', gram, grams, deep, true, true],
  ['gram on a sheet', gram, grams, shallow, false],
  // Of the moments they are a part.
  ['mean', mean, means, shallow, true, true],
  ['moments', moments, momentsOf, shallow, true],
  ['content', content, contents, shallow, true],
] as readonly [string, LossComponent, Loss, readonly string[], boolean, boolean?][]) {
  (longer ? long(whenWeights) : whenWeights)(`${name}: value and gradient to the picture`, async () => {
    const m = parseOnnx(readFileSync(file), { name: 'vgg19' });
    const xs: Shape = [3, 16, 16];
    // A style has a size of its own; a content picture has the canvas'.
    const ys: Shape = loss === contents ? xs : [3, 12, 20];
    const [x, y] = [picture(xs, 1), picture(ys, 2)];
    const [value, gradient] = await ours(m, layers, block, x, y, ys, torus);
    const [want, wanted] = theirs(m, layers, loss, x, y, ys, torus);
    assert.ok(want > 1e-3, `${want}`);
    close([value], [want], 1e-4, 'value', 0);
    close(gradient, wanted, 1e-4, 'gradient', 0);
  });
}

test('total variation: value and gradient to the picture', async () => {
  const shape: Shape = [3, 32, 32];
  const x = picture(shape, 3);
  const roughness = (image: tfjs.Tensor): tfjs.Scalar => {
    const on = (axis: 1 | 2): tfjs.Tensor => {
      const from = [0, 0, 0, 0];
      from[axis] = 1;
      const to = [1, 32, 32, 3];
      to[axis] = 31;
      const first = [1, 32, 32, 3];
      first[axis] = 1;
      const next = tf.concat([tf.slice(image, from, to), tf.slice(image, [0, 0, 0, 0], first)], axis);
      return tf.mean(tf.squaredDifference(image, next));
    };
    return tf.add(on(1), on(2));
  };
  const { value: want, grad } = tf.valueAndGrad(roughness)(nhwc(x, shape));
  const g = new Graph();
  const canvas = g.input(shape, 'canvas');
  const c: LossContext = { ...lossContext(g, { canvas: {} }), canvas: () => canvas };
  const [term] = tv.build(c, tv.schema.parse({ kind: 'tv' }));
  const [d] = g.grad(term!.value, [canvas]);
  const plan = await Plan.compile(await device(), g, [term!.value, d!]);
  plan.write(canvas, x);
  plan.run();
  close(await plan.read(term!.value), want.dataSync(), 1e-4, 'value', 0);
  close(await plan.read(d!), nchw(grad as tfjs.Tensor4D), 1e-4, 'gradient', 0);
  assert.is(size(shape), x.length);
  plan.close();
});

test.run();
