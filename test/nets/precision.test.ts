// Nets in f16 with everything else in f32: that it is what it says, how far it is from f32, and what it refuses.
import { existsSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fromHalf, toHalf as rounded } from '../../src/base/half';
import { Rng } from '../../src/base/rng';
import { size } from '../../src/base/shape';
import type { Device } from '../../src/gpu/device';
import { Graph } from '../../src/graph/graph';
import { memoryOf } from '../../src/graph/limits';
import { Plan } from '../../src/graph/plan';
import { schedule } from '../../src/graph/schedule';
import { buildNet } from '../../src/nets/onnx/build';
import { preprocessing } from '../../src/nets/preprocessing';
import type { Net } from '../../src/nets/weights';
import { loadNet } from '../../src/node/weights/find';
import { refuseTooLarge } from '../../src/recipes/assert_fits';
import { fitStage } from '../../src/recipes/memory_fit';
import { finiteRemedy, gradientScale, precisionText, requirePrecision } from '../../src/recipes/precision';
import { prepare } from '../../src/recipes/prepare';
import { fillRecipe } from '../../src/recipes/recipe';
import { run } from '../../src/recipes/run';
import { stageGraph } from '../../src/recipes/stage_graph';
import { toHalf, toReal } from '../../src/shaders/cast';
import { fill } from '../../src/shaders/fill';
import { gram } from '../../src/shaders/gram';
import { add, mul, relu } from '../../src/shaders/pointwise';
import { mean } from '../../src/shaders/sum';
import { device } from '../support/device';
import { close } from '../support/kit';
import { needs } from '../support/needs';
import { smallVgg } from '../support/onnx_files';
import { styleLoss } from '../support/vgg_objective';

const test = suite('precision');
const shared = '../shared/weights';
const has = (await device()).has('shader-f16');
const withHalf = needs(test, has, 'no shader-f16');

const random = (shape: readonly number[], seed: number, low = 0, high = 1): Float32Array => {
  const rng = new Rng(seed);
  return Float32Array.from({ length: size(shape) }, () => low + (high - low) * rng.uniform());
};

withHalf('casts round to nearest, stop at the largest number and keep what is no number', async () => {
  const data = Float32Array.of(1 / 3, -2049, 65504, 65519, 1e30, -1e30, Number.POSITIVE_INFINITY, Number.NaN, 3e-8);
  const g = new Graph();
  const x = g.input([9]);
  const y = toReal(g, toHalf(g, x));
  const plan = await Plan.compile(await device(), g, [g.node(y)]);
  plan.write(x, data);
  plan.run();
  const got = await plan.read(y);
  plan.close();
  const want = fromHalf(rounded(data.map((v) => Math.max(-65504, Math.min(65504, v)))));
  // Numbers below 6e-5 may be flushed to zero.
  assert.equal([...got.slice(0, 7)], [...want.slice(0, 7)]);
  assert.ok(Number.isNaN(got[7]!) && Math.abs(got[8]!) <= 6e-8, `${got}`);
});

withHalf('what constants make becomes f16 where it meets f16, once; what else is f32 does not', async () => {
  const g = new Graph();
  const x = toHalf(g, g.input([4]));
  const c = add(g, g.constant([4], Float32Array.of(1, 2, 3, 4)), g.constant([4], Float32Array.of(1, 1, 1, 1)));
  const count = g.nodes.length;
  const y = mul(g, mul(g, x, c), c);
  assert.is(g.nodes.length, count + 3, 'two products and one cast');
  assert.is(y.dtype, 'f16');
  assert.throws(() => mul(g, x, g.input([4])), /mul of f32 and f16 at once/);
});

withHalf('a gradient through f16 is f16 there, f32 before and behind, and right', async () => {
  const g = new Graph();
  const x = g.input([64]);
  const h = toHalf(g, x, 1, 1 / 256);
  const y = mean(g, mul(g, toReal(g, relu(g, h), 1, 256), x));
  const [dx, dh] = g.grad(y, [x, h], fill(g, y.shape, 64));
  assert.equal([dx!.dtype, dh!.dtype, y.dtype], ['f32', 'f16', 'f32']);
  const plan = await Plan.compile(await device(), g, [dx!, dh!]);
  const data = fromHalf(rounded(random([64], 3, -1, 1)));
  plan.write(x, data);
  plan.run();
  const want = data.map((v) => (v > 0 ? 2 * v : 0));
  close(await plan.read(dx!), want, 1e-3, 'gradient');
  close(
    await plan.read(dh!),
    want.map((v) => 128 * v),
    1e-3,
    'gradient of the f16 part, scaled',
  );
  plan.close();
});

withHalf('Gram matrices of f16 maps are f32: sums beyond the largest f16 are right', async () => {
  const g = new Graph();
  const map = random([6, 8, 8], 5, 300, 600);
  const x = g.input([6, 8, 8]);
  const h = toHalf(g, x);
  const y = g.node(gram(g, toReal(g, h)));
  const [d] = g.grad(y, [x]);
  const plan = await Plan.compile(await device(), g, [y, d!]);
  plan.write(x, map);
  plan.run();
  const v = fromHalf(rounded(map));
  const want = Float64Array.from({ length: 36 }, (_, k) => {
    let sum = 0;
    for (let n = 0; n < 64; n++) sum += v[Math.floor(k / 6) * 64 + n]! * v[(k % 6) * 64 + n]!;
    return sum / 64;
  });
  assert.ok(want[0]! > 65504);
  close(await plan.read(y), want, 1e-5, 'Gram matrix');
  const sums = Float64Array.from({ length: 64 }, (_, n) => [0, 1, 2, 3, 4, 5].reduce((s, c) => s + v[c * 64 + n]!, 0));
  close(
    await plan.read(d!),
    Float64Array.from({ length: 384 }, (_, k) => (2 * sums[k % 64]!) / 64),
    1e-3,
    'gradient',
  );
  plan.close();
});

interface Look {
  readonly loss: number;
  readonly gradient: Float32Array;
}

/** Loss and gradient of a canvas against an exemplar by the features of a net. */
async function look(
  net: Net,
  N: number,
  how: { half?: boolean; scale?: number; seed?: number; winograd?: boolean } = {},
): Promise<Look> {
  const { half = false, scale = gradientScale([{ weight: 1 } as never]), seed = 3 * N * N } = how;
  const g = new Graph({ convolutions: () => (how.winograd ? 'winograd4' : 'direct') });
  const canvas = g.input([3, N, N]);
  const prepared = preprocessing(g, net.preprocessing);
  const layers = net.layers.map((l) => l.layer);
  const features = (image: typeof canvas, torus: boolean): Map<string, typeof canvas> => {
    const x = g.node(prepared(image));
    const shown = half ? toHalf(g, x, 1, 1 / scale) : x;
    const built = buildNet(g, net.model, shown, { layers, torus, edges: 'reflect', pooling: net.pooling });
    return new Map([...built].map(([k, v]) => [k, g.node(half ? toReal(g, v, 1, scale) : v)]));
  };
  const a = features(canvas, true);
  const b = features(g.constant([3, N, N], random([3, N, N], 8, 0.2, 0.6)), false);
  const { loss } = styleLoss(g, a, b, net.layers);
  const [dx] = g.grad(loss, [canvas], fill(g, [1], seed));
  const plan = await Plan.compile(await device(), g, [loss, dx!]);
  plan.write(canvas, random([3, N, N], 9, 0.4, 0.6));
  plan.run();
  const found = { loss: (await plan.read(loss))[0]!, gradient: await plan.read(dx!) };
  plan.close();
  return found;
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (const [i, v] of a.entries()) {
    ab += v * b[i]!;
    aa += v * v;
    bb += b[i]! * b[i]!;
  }
  return ab / Math.sqrt(aa * bb);
}

for (const name of ['small', 'vgg19-normalised-conv3_1', 'vgg19-16x-distilled', 'squeezenet1.0']) {
  const real = name === 'small' || existsSync(shared);
  needs(
    test,
    real && has,
    has ? 'no ../shared/weights' : 'no shader-f16',
  )(`${name}: loss and gradient in f16 are nearly those in f32`, async () => {
    const net = name === 'small' ? smallVgg() : await loadNet(name, { folders: [shared] });
    const N = 32;
    const want = await look(net, N);
    for (const winograd of name.startsWith('vgg19-n') ? [false] : [false, true]) {
      const got = await look(net, N, { half: true, winograd });
      const how = winograd ? 'winograd' : 'sums';
      assert.ok(
        got.gradient.some((v, i) => v !== want.gradient[i]),
        `${how}: it is f16 at all`,
      );
      close([got.loss], [want.loss], 5e-3, `${how}: loss`);
      const cos = cosine(got.gradient, want.gradient);
      assert.ok(cos > 0.997, `${how}: cosine of the gradients ${cos}`);
    }
  });
}

withHalf('gradients too small for f16 vanish, unless they are scaled', async () => {
  const [N, seed] = [32, 2 ** -22];
  const net = smallVgg();
  const want = await look(net, N, { seed });
  const plain = await look(net, N, { half: true, seed, scale: 1 });
  const lost = plain.gradient.filter((v, i) => v === 0 && want.gradient[i] !== 0).length / want.gradient.length;
  assert.ok(lost > 0.2 || cosine(plain.gradient, want.gradient) < 0.99, `only ${lost} of it is lost`);
  const scaled = await look(net, N, { half: true, seed, scale: 2 ** 22 });
  assert.ok(cosine(scaled.gradient, want.gradient) > 0.997);
});

const texture = (precision: 'f32' | 'f16' | 'f16-matrix', weight = 1) =>
  fillRecipe({
    net: 'small',
    precision,
    size: 32,
    styles: [{ input: 'style' }],
    inputs: { style: 'style.png' },
    scales: { coarsest: 32 },
    stages: [{ steps: 3, losses: [{ kind: 'gram', weight, layers: ['relu1_1', 'relu2_1'] }, { kind: 'tv' }] }],
  });
const style = { width: 40, height: 40, data: random([3, 40, 40], 4) };

withHalf('only the net is f16: canvas, optimiser, statistics and losses are f32, and the plan takes less', async () => {
  const memory: number[] = [];
  for (const precision of ['f32', 'f16'] as const) {
    const recipe = texture(precision);
    const { stages, setup } = prepare(await device(), recipe, new Map([['style', style]]), smallVgg(), () => {});
    const stage = { ...stages[0]!, size: [64, 64] as const };
    const canvas = new Float32Array(3 * 64 * 64);
    const direct = { ...setup(stage, canvas, () => {}), convolutions: () => 'direct' as const };
    const built = stageGraph(direct, { canvas, counter: 0 });
    const s = schedule(built.graph, built.outputs, { fuse: true, realBytes: 4 });
    memory.push(memoryOf(s));
    const kept = [built.canvas, built.counter, ...built.optimiser.states.map((v) => v.node), ...built.outputs];
    assert.ok(kept.every((v) => v.dtype === 'f32'));
    const of = (name: string): Set<string> =>
      new Set(built.graph.nodes.filter((n) => n.label === name).map((n) => n.dtype));
    assert.equal([...of('conv2d')].sort(), precision === 'f16' ? ['f16', 'f32'] : ['f32']);
    assert.equal([...of('relu')], [precision === 'f16' ? 'f16' : 'f32']);
    assert.equal([...of('gram'), ...of('gram_about')], ['f32']);
  }
  const [whole = 0, less = 0] = memory;
  assert.ok(less < 0.8 * whole, `${less} of ${whole} bytes`);
});

withHalf('where f16 would fit and f32 does not, it is named as a remedy', async () => {
  const found = await device();
  const ready = (precision: 'f32' | 'f16') =>
    prepare(found, texture(precision), new Map([['style', style]]), smallVgg(), () => {});
  const least = (precision: 'f32' | 'f16'): number => {
    const { stages, setup } = ready(precision);
    const canvas = new Float32Array(3 * 32 * 32);
    const misfit = fitStage(
      found,
      setup(stages[0]!, canvas, () => {}),
      { canvas, counter: 0 },
      1,
    );
    return misfit.fits ? 0 : misfit.least!;
  };
  const [half, whole] = [least('f16'), least('f32')];
  assert.ok(half > 0 && half < whole, `${half} and ${whole} bytes`);
  const memory = (half + whole) / 2;
  assert.throws(() => refuseTooLarge(found, ready('f32'), { memory }), /Use precision f16, or allow \d+MB/);
  assert.throws(() => refuseTooLarge(found, ready('f32'), { memory: half - 1 }), /\n {2}Allow \d+MB/);
  refuseTooLarge(found, ready('f16'), { memory });
});

withHalf('a recipe in f16 runs, is recorded as such, and ends near f32', async () => {
  const results = [];
  for (const precision of ['f32', 'f16'] as const) {
    results.push(await run(await device(), texture(precision), new Map([['style', style]]), { net: smallVgg() }));
  }
  const [a, b] = results;
  assert.is(b!.recipe.precision, 'f16');
  const last = (r: typeof a): number => r!.stages.at(-1)!.curves.total!.at(-1)![1];
  close([last(b)], [last(a)], 0.01, 'last loss');
  assert.ok(cosine(b!.raster.data, a!.raster.data) > 0.999);
});

const { matrices } = (await device()).adapter;
needs(
  test,
  matrices,
  'no matrix hardware',
)('matrix hardware makes a run like the one of f16 without it', async () => {
  const net = smallVgg([8, 9, 17, 8, 8]);
  const results = [];
  for (const precision of ['f16', 'f16-matrix'] as const) {
    const recipe = fillRecipe({ ...texture(precision), scales: { coarsest: 32 } });
    const { stages, setup } = prepare(await device(), recipe, new Map([['style', style]]), net, () => {});
    const canvas = new Float32Array(3 * 32 * 32);
    const built = stageGraph(
      setup(stages[0]!, canvas, () => {}),
      { canvas, counter: 0 },
    );
    const labels = new Set(built.graph.nodes.map((n) => n.label));
    assert.is(labels.has('conv2d_matrix'), precision === 'f16-matrix');
    results.push(await run(await device(), recipe, new Map([['style', style]]), { net: net }));
  }
  const [a, b] = results;
  const last = (r: typeof a): number => r!.stages.at(-1)!.curves.total!.at(-1)![1];
  close([last(b)], [last(a)], 0.01, 'last loss');
  assert.ok(cosine(b!.raster.data, a!.raster.data) > 0.999);
});

test('a scale for gradients is a power of two that follows the weights', () => {
  const of = (...weights: number[]) => gradientScale(weights.map((weight) => ({ weight }) as never));
  assert.is(of(1), 2 ** -6);
  assert.is(of(0.5, -1024, 3), 2 ** -16);
  assert.is(of(1e-3), 2 ** 4);
  assert.is(of(0), 2 ** -6);
});

test('weights beyond f16 are named, and so is the precision where numbers are not finite', () => {
  const net = smallVgg();
  const weight = net.model.tensors.get('vgg0_conv0_weight')!;
  const floats = (): Float32Array<ArrayBuffer> => weight.floats().fill(70000, 3, 4);
  const model = { ...net.model, tensors: new Map([...net.model.tensors, [weight.name, { ...weight, floats }]]) };
  const [g, h] = [new Graph(), new Graph()];
  const layers = { layers: ['relu1_1'] };
  buildNet(g, model, g.input([3, 16, 16]), layers);
  assert.throws(
    () => buildNet(h, model, h.input([3, 16, 16], 'half', 'f16'), layers),
    /vgg0_conv0_weight of vgg19 holds 70000, and f16 ends at 65504\n {2}Leave precision f16 out/,
  );
  assert.match(finiteRemedy({ precision: 'f16', net: 'mine' }), /^Leave precision f16 out: f16 ends at 65504/);
  assert.match(finiteRemedy({ precision: 'f32', net: 'mine' }), /check that its weights are finite/);
});

test('an adapter without f16 refuses it by name, with a remedy', () => {
  const without = { name: 'Some Adapter', has: () => false, adapter: {} } as unknown as Device;
  assert.throws(
    () => requirePrecision(without, { precision: 'f16-matrix' }),
    /precision f16-matrix needs an adapter that multiplies matrices[\s\S]+Some Adapter does not[\s\S]+Use precision f16/,
  );
  assert.throws(
    () => requirePrecision(without, { precision: 'f16' }),
    /precision f16 needs an adapter with shader-f16, and Some Adapter has none[\s\S]+Leave precision out/,
  );
  requirePrecision(without, { precision: 'f32' });
  assert.is(precisionText({ precision: 'f16', net: 'vgg19' }), 'the net in f16');
  assert.is(precisionText({ precision: 'f16-matrix', net: 'vgg19' }), 'the net in f16, by matrix hardware');
  assert.is(precisionText({ precision: 'f32', net: 'vgg19' }), null);
});

test.run();
