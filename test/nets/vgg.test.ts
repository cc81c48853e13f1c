import { existsSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/base/rng';
import { size } from '../../src/base/shape';
import { Graph } from '../../src/graph/graph';
import { Plan } from '../../src/graph/plan';
import { buildNet } from '../../src/nets/onnx/build';
import { preprocessing } from '../../src/nets/preprocessing';
import type { Net } from '../../src/nets/weights';
import { loadNet } from '../../src/node/weights/find';
import { long } from '../support/all';
import { device } from '../support/device';
import { close, rolled } from '../support/kit';
import { needs } from '../support/needs';
import { smallVgg } from '../support/onnx_files';
import { type Centring, styleLoss, type VggOptions, vggObjective, vggStride } from '../support/vgg_objective';

const test = suite('vgg');
const shared = '../shared/weights';
const whenShared = needs(test, existsSync(shared), 'no ../shared/weights');

function picture(shape: readonly number[], seed: number, low = 0, high = 1): Float32Array {
  const rng = new Rng(seed);
  return Float32Array.from({ length: size(shape) }, () => low + (high - low) * rng.uniform());
}

/** Loss, gradient and terms of a canvas. */
async function objective(
  net: Net,
  shape: readonly number[],
  canvases: readonly Float32Array[],
  options: VggOptions,
): Promise<{ loss: number; gradient: Float32Array; terms: Map<string, number>; launches: number }[]> {
  const g = new Graph();
  const canvas = g.input(shape, 'canvas');
  const exemplar = g.constant([3, 40, 36], picture([3, 40, 36], 7, 0.2, 0.6), 'exemplar');
  const { loss, terms } = vggObjective(g, canvas, exemplar, net, options);
  const [gradient] = g.grad(loss, [canvas]);
  const plan = await Plan.compile(await device(), g, [loss, gradient!, ...terms.values()]);
  const results = [];
  for (const data of canvases) {
    plan.write(canvas, data);
    plan.run();
    const read = new Map<string, number>();
    for (const [name, ref] of terms) read.set(name, (await plan.read(ref))[0]!);
    results.push({
      loss: (await plan.read(loss))[0]!,
      gradient: await plan.read(gradient!),
      terms: read,
      launches: plan.cost.launches,
    });
  }
  plan.close();
  return results;
}

const roll = (shape: readonly number[], data: Float32Array, by: readonly [number, number]): Float32Array =>
  Float32Array.from(rolled({ shape, data: Float64Array.from(data) }, by).data);

async function rolls(
  net: Net,
  shape: readonly number[],
  by: readonly [number, number],
  options: VggOptions,
): Promise<void> {
  const [sy, sx] = vggStride(net, options.layers);
  assert.is((shape[1]! % sy) + (shape[2]! % sx) + Math.abs(by[0] % sy) + Math.abs(by[1] % sx), 0);
  const data = picture(shape, 3);
  const [a, b] = await objective(net, shape, [data, roll(shape, data, by)], options);
  assert.ok(a!.loss > 0.01, `loss ${a!.loss}`);
  close([b!.loss], [a!.loss], 1e-5, 'loss of the rolled canvas', 0);
  close(b!.gradient, roll(shape, a!.gradient, by), 1e-4, 'gradient of the rolled canvas', 0);
}

for (const centring of ['origin', 'dynamic', 'static'] as const satisfies readonly Centring[]) {
  test(`${centring}: a rolled canvas has the same loss and the rolled gradient`, () =>
    rolls(smallVgg(), [3, 48, 32], [16, -24], { centring, torus: true }));
}

test('a torus on one axis rolls along that axis', async () => {
  await rolls(smallVgg(), [3, 32, 48], [0, 24], { torus: [false, true], pooling: 'average' });
  await rolls(smallVgg(), [3, 48, 32], [-8, 0], { torus: [true, false], pooling: 'l2' });
});

long(whenShared)('trained nets: a rolled canvas has the same loss and the rolled gradient', async () => {
  await rolls(await loadNet('vgg19-16x-distilled', { folders: [shared] }), [3, 32, 48], [-16, 32], { torus: true });
  const squeezenet = await loadNet('squeezenet1.0', { folders: [shared] });
  await rolls(squeezenet, [3, 32, 48], [16, 32], { torus: true });
});

test("the gradient is the loss's slope", async () => {
  // Average pools and a short way down the gradient: f32 has little room for differences.
  const shape = [3, 32, 32];
  const data = picture(shape, 3);
  const options: VggOptions = { torus: true, pooling: 'average' };
  const [here] = await objective(smallVgg(), shape, [data], options);
  const norm = Math.hypot(...here!.gradient);
  const h = (0.02 * here!.loss) / norm ** 2;
  const step = (t: number): Float32Array => data.map((v, i) => v + t * here!.gradient[i]!);
  const [up, down] = await objective(smallVgg(), shape, [step(h), step(-h)], options);
  close([(up!.loss - down!.loss) / (2 * h)], [norm ** 2], 0.01, 'slope', 0);
});

test('features compared with themselves: no loss and no gradient', async () => {
  const net = smallVgg();
  const layers = net.layers;
  for (const centring of ['origin', 'dynamic', 'static'] as const) {
    const g = new Graph();
    const x = g.constant([3, 32, 32], picture([3, 32, 32], 5), 'exemplar');
    const canvas = g.input([3, 32, 32], 'canvas');
    const names = layers.map((l) => l.layer);
    const prepare = preprocessing(g, net.preprocessing);
    const targets = buildNet(g, net.model, prepare(x), { layers: names, torus: true });
    const { loss, terms } = styleLoss(
      g,
      buildNet(g, net.model, prepare(canvas), { layers: names, torus: true }),
      targets,
      layers,
      centring,
    );
    assert.is(terms.size, 8);
    const plan = await Plan.compile(await device(), g, [loss, ...g.grad(loss, [canvas])]);
    plan.write(canvas, picture([3, 32, 32], 5));
    plan.run();
    const value = (await plan.read(loss))[0]!;
    assert.ok(value >= 0 && value < 1e-9, `${centring}: loss ${value}`);
    plan.close();
  }
});

test('the terms are those of the formula', async () => {
  const layers = [{ layer: 'relu2_1', mean: 2, covariance: -0.5 }];
  for (const centring of ['origin', 'dynamic', 'static'] as const) {
    const g = new Graph();
    const [a, b] = [picture([6, 5, 7], 1), picture([6, 4, 3], 2)];
    const f = (data: Float32Array, shape: number[]) => new Map([['relu2_1', g.constant(shape, data)]]);
    const { loss, terms } = styleLoss(g, f(a, [6, 5, 7]), f(b, [6, 4, 3]), layers, centring);
    const plan = await Plan.compile(await device(), g, [loss, ...terms.values()]);
    plan.run();
    const rows = (d: Float32Array): number[][] =>
      Array.from({ length: 6 }, (_, c) => [...d.slice((c * d.length) / 6, ((c + 1) * d.length) / 6)]);
    const mean = (v: number[]): number => v.reduce((s, e) => s + e, 0) / v.length;
    const rms = (v: number[]): number => Math.sqrt(mean(v.map((e) => e * e)));
    const moments = (x: number[][], mu: number[]): number[] =>
      x.flatMap((r, i) => x.map((s, j) => mean(r.map((v, k) => (v - mu[i]!) * (s[k]! - mu[j]!)))));
    const [x, y] = [rows(a), rows(b)];
    const [muX, muY] = [x.map(mean), y.map(mean)];
    const zero = [0, 0, 0, 0, 0, 0];
    const G = moments(x, centring === 'origin' ? zero : centring === 'dynamic' ? muX : muY);
    const T = moments(y, centring === 'origin' ? zero : muY);
    const relative = (p: number[], q: number[]): number => mean(p.map((v, i) => ((v - q[i]!) / rms(q)) ** 2));
    const [m, c] = [2 * relative(muX, muY), -0.5 * relative(G, T)];
    close(await plan.read(terms.get('relu2_1 mean')!), [m], 1e-5, 'mean', 0);
    close(await plan.read(terms.get('relu2_1 covariance')!), [c], 1e-4, 'covariance', 0);
    close(await plan.read(loss), [m + c], 1e-4, 'loss', 0);
    plan.close();
  }
});

test('the exemplar is looked at once, when the plan is compiled', async () => {
  const net = smallVgg();
  const g = new Graph();
  const canvas = g.input([3, 32, 32], 'canvas');
  const names = net.layers.map((l) => l.layer);
  const alone = buildNet(g, net.model, preprocessing(g, net.preprocessing)(canvas), { layers: names, torus: true });
  const bare = await Plan.compile(await device(), g, [...alone.values()]);
  const full = new Graph();
  const x = full.input([3, 32, 32], 'canvas');
  const { loss } = vggObjective(full, x, full.constant([3, 64, 64], picture([3, 64, 64], 1)), net, { torus: true });
  const plan = await Plan.compile(await device(), full, [loss]);
  const convolutions = (p: Plan): number => p.steps.filter((s) => /conv/.test(s.label)).length;
  assert.is(convolutions(plan), convolutions(bare));
  bare.close();
  plan.close();
});

test('preprocessing: order, range, mean and deviation', async () => {
  const g = new Graph();
  const x = g.input([3, 1, 2], 'picture');
  const caffe = preprocessing(g, { order: 'BGR', range: 255, mean: [104, 117, 123], std: [1, 2, 1] })(x);
  const plan = await Plan.compile(await device(), g, [caffe]);
  plan.write(x, Float32Array.from([0.1, 0.2, 0.4, 0.5, 0.8, 1]));
  plan.run();
  const want = [
    0.8 * 255 - 104,
    255 - 104,
    (0.4 * 255 - 117) / 2,
    (0.5 * 255 - 117) / 2,
    0.1 * 255 - 123,
    0.2 * 255 - 123,
  ];
  close(await plan.read(caffe), want, 1e-6, 'BGR');
  plan.close();
  assert.is(preprocessing(g, { order: 'RGB', range: 1, mean: [0, 0, 0], std: [1, 1, 1] })(x), x);
});

test('mistakes in what is compared', () => {
  const g = new Graph();
  const x = g.input([3, 32, 32]);
  const e = g.constant([3, 16, 16], new Float32Array(768));
  const net = smallVgg();
  assert.throws(
    () => vggObjective(g, x, e, net, { layers: [{ layer: 'relu6_1', mean: 1, covariance: 1 }] }),
    /no layer relu6_1\. Did you mean relu5_1\?/,
  );
  assert.throws(
    () => vggObjective(g, x, e, net, { layers: [{ layer: 'relu1_1', mean: 0, covariance: 0 }] }),
    /no layer has a weight/,
  );
  assert.throws(
    () => vggObjective(g, g.input([1, 32, 32]), e, net),
    /small vgg wants RGB pictures \[3, H, W\], got \[1, 32, 32\]/,
  );
});

test.run();
