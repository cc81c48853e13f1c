// Networks that recipes look through, by structure: against an independent evaluation in f64, around a torus, in f16. The table of
// networks makes it long.
import { existsSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/base/rng';
import { size } from '../../src/base/shape';
import { Graph } from '../../src/graph/graph';
import { Plan } from '../../src/graph/plan';
import { buildNet, netStride } from '../../src/nets/onnx/build';
import { layerNames } from '../../src/nets/onnx/layers';
import type { OnnxModel } from '../../src/nets/onnx/model';
import { parseOnnx, parseTensor } from '../../src/nets/onnx/parse';
import { type KnownWeights, knownWeights, netOf, weightsNamed } from '../../src/nets/weights';
import { fillRecipe } from '../../src/recipes/recipe';
import { run } from '../../src/recipes/run';
import { toHalf, toReal } from '../../src/shaders/cast';
import type { Ref } from '../../src/shaders/op';
import { add, scale } from '../../src/shaders/pointwise';
import { dot } from '../../src/shaders/sum';
import { ALL, long } from '../support/all';
import { device } from '../support/device';
import { close, rolled } from '../support/kit';
import { needs } from '../support/needs';
import { type Map3, reference, thinned } from '../support/net_reference';
import { encoded, int, randomTensor, valueInfo, zooVgg } from '../support/onnx_files';
import { torchGoogLeNet, torchResNet18, torchSqueezeNet, torchVggBn } from '../support/torch_files';

const test = suite('backbones');
const zoo = '../shared/onnx/light';
const whenZoo = needs(test, existsSync(zoo), 'no ../shared/onnx');
const withHalf = needs(test, (await device()).has('shader-f16'), 'no shader-f16');

const random = (shape: readonly number[], seed: number, low = 0, high = 1): Float32Array => {
  const rng = new Rng(seed, 5);
  return Float32Array.from({ length: size(shape) }, () => low + (high - low) * rng.uniform());
};

interface Looked {
  readonly features: ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;
  readonly loss: number;
  readonly gradient: Float32Array;
}

/** What gradients in f16 are multiplied by. */
const LIFT = 256;

/** Features of a picture [3, N, N], and a loss of them: the mean square of each layer. */
async function look(
  m: OnnxModel,
  layers: readonly string[],
  data: Float32Array,
  how: { torus?: boolean; half?: boolean; edges?: 'reflect' } = {},
): Promise<Looked> {
  const { torus = false, half = false, edges } = how;
  const N = Math.sqrt(data.length / 3);
  const g = new Graph();
  const x = g.input([3, N, N], 'picture');
  const built = buildNet(g, m, half ? toHalf(g, x, 1, 1 / LIFT) : x, { layers, torus, ...(edges && { edges }) });
  const refs = new Map([...built].map(([k, v]) => [k, g.node(half ? toReal(g, v, 1, LIFT) : v)]));
  const terms = [...refs.values()].map((v): Ref => scale(g, dot(g, v, v), 1 / size(v.shape)));
  const loss = g.node(terms.reduce((a, b) => add(g, a, b)));
  const [dx] = g.grad(loss, [x]);
  const plan = await Plan.compile(await device(), g, [...refs.values(), loss, dx!]);
  try {
    plan.write(x, data);
    plan.run();
    const features = new Map<string, { shape: readonly number[]; data: Float32Array }>();
    for (const [name, v] of refs) features.set(name, { shape: v.shape, data: await plan.read(v) });
    return { features, loss: (await plan.read(loss))[0]!, gradient: await plan.read(dx!) };
  } finally {
    plan.close();
  }
}

interface Backbone {
  readonly name: string;
  readonly model: () => OnnxModel;
  readonly layers: readonly string[];
  /** Side of the picture, and what the layers shrink it by. */
  readonly side: number;
  readonly stride: number;
  /** Whether it needs files that are not in the repository. */
  readonly shared?: boolean;
  /** Whether another of them has what it is made of. */
  readonly akin?: boolean;
}

const fromZoo = (name: string, by: number) => (): OnnxModel =>
  thinned(parseOnnx(readFileSync(`${zoo}/${name}.onnx`), { name }), by);
const torch = (bytes: Uint8Array) => (): OnnxModel => parseOnnx(bytes, { name: 'exported' });
const narrow = [3, 4, 5, 6, 7];

const backbones: readonly Backbone[] = [
  {
    name: 'VGG-19 by MXNet',
    model: () => parseOnnx(encoded(zooVgg([3, 4, 4, 6, 6])), { name: 'vgg19' }),
    layers: ['relu1_1', 'relu3_4', 'relu5_4'],
    side: 48,
    stride: 16,
  },
  {
    name: 'VGG-16 with normalisation by torch',
    model: torch(torchVggBn([2, 2, 3, 3, 3], narrow)),
    layers: ['relu1_2', 'relu4_1', 'pool5'],
    side: 64,
    stride: 32,
    akin: true,
  },
  {
    name: 'VGG-19 by torch, folded',
    model: torch(torchVggBn([2, 2, 4, 4, 4], narrow, { opset: 13, folded: true })),
    layers: ['conv2_2', 'relu5_1'],
    side: 48,
    stride: 16,
    akin: true,
  },
  {
    name: 'ResNet-18 by torch',
    model: torch(torchResNet18()),
    layers: ['relu1', 'layer1', 'layer2.0', 'layer4'],
    side: 64,
    stride: 32,
  },
  {
    name: 'ResNet-18 by torch, folded',
    model: torch(torchResNet18([4, 5, 6, 7], { opset: 14, folded: true })),
    layers: ['layer1.0', 'layer3'],
    side: 96,
    stride: 16,
    akin: true,
  },
  {
    name: 'SqueezeNet 1.1 by torch',
    model: torch(torchSqueezeNet()),
    layers: ['relu1', 'fire3', 'fire9'],
    side: 48,
    stride: 16,
  },
  {
    name: 'GoogLeNet by torch, with its own scaling of channels',
    model: torch(torchGoogLeNet()),
    layers: ['relu1', 'relu2', 'inception3b', 'inception5a'],
    side: 64,
    stride: 32,
  },
  {
    name: 'SqueezeNet of the zoo',
    model: fromZoo('light_squeezenet', 8),
    layers: ['relu1', 'fire2', 'fire9'],
    side: 64,
    stride: 16,
    shared: true,
    akin: true,
  },
  {
    name: 'AlexNet of the zoo',
    model: fromZoo('light_bvlc_alexnet', 16),
    layers: ['relu1_1', 'relu3_3'],
    side: 96,
    stride: 16,
    shared: true,
  },
  {
    name: 'Inception v1 of the zoo',
    model: fromZoo('light_inception_v1', 16),
    layers: ['relu2', 'inception3a', 'inception4e', 'inception5b'],
    side: 96,
    stride: 32,
    shared: true,
    akin: true,
  },
  {
    name: 'VGG-19 of the zoo, by Caffe2',
    model: fromZoo('light_vgg19', 16),
    layers: ['relu1_1', 'conv4_2', 'relu5_4'],
    side: 64,
    stride: 16,
    shared: true,
    akin: true,
  },
];

/** The loss of `look`, in f64. */
function lossOf(features: ReadonlyMap<string, Map3>, values: readonly string[]): number {
  const mean = (d: Float64Array): number => d.reduce((s, v) => s + v * v, 0) / d.length;
  return values.reduce((s, v) => s + mean(features.get(v)!.data), 0);
}

for (const { name, model, layers, side, stride, shared } of backbones.filter((b) => ALL || !b.akin)) {
  (shared ? whenZoo : test)(`${name}: features, gradient and torus are those of its definition`, async () => {
    const m = model();
    const named = layerNames(m).values;
    const values = layers.map((l) => named.get(l)!);
    assert.ok(
      values.every((v) => v !== undefined),
      `${layers} are ${values}`,
    );
    assert.equal(netStride(m, layers), [stride, stride]);
    const shape = [3, side, side] as const;
    const data = random(shape, 1, -1, 1);
    const along = random(shape, 2, -1, 1);
    for (const torus of [false, true]) {
      const got = await look(m, layers, data, { torus });
      const f64 = (by: number): Map<string, Map3> =>
        reference(m, { shape, data: Float64Array.from(data, (v, i) => v + by * along[i]!) }, torus, values);
      const want = f64(0);
      for (const [k, layer] of layers.entries()) {
        const { shape: s, data: d } = got.features.get(layer)!;
        const map = want.get(values[k]!)!;
        assert.equal([...s], [...map.shape], layer);
        close(d, map.data, 2e-5, `${layer}${torus ? ' on a torus' : ''}`);
        if (torus) assert.is(side % s[1]!, 0, `${layer} divides the picture`);
      }
      close([got.loss], [lossOf(want, values)], 1e-5, 'loss');
      if (!torus) {
        // Relus and pools have corners: a step so small that hardly any is crossed, and f64 to see it.
        const step = 1e-6;
        const slope = (lossOf(f64(step), values) - lossOf(f64(-step), values)) / (2 * step);
        const found = got.gradient.reduce((s, v, i) => s + v * along[i]!, 0);
        close([found], [slope], 2e-3, 'gradient along a random direction');
        continue;
      }
      const moved = rolled({ shape, data: Float64Array.from(data) }, [stride, -stride]);
      const other = await look(m, layers, Float32Array.from(moved.data), { torus });
      close([other.loss], [got.loss], 1e-6, 'loss of the rolled picture');
      const back = rolled({ shape, data: Float64Array.from(other.gradient) }, [-stride, stride]);
      close(back.data, got.gradient, 1e-5, 'gradient of the rolled picture');
    }
  });

  const inHalf = shared && !existsSync(zoo) ? whenZoo : withHalf;
  inHalf(`${name}: in f16 it is nearly what it is in f32`, async () => {
    const m = model();
    const data = random([3, side, side], 1, -1, 1);
    const [a, b] = [
      await look(m, layers, data, { torus: true }),
      await look(m, layers, data, { torus: true, half: true }),
    ];
    close([b!.loss], [a!.loss], 0.02, 'loss');
    const dotOf = (x: Float32Array, y: Float32Array): number => x.reduce((s, v, i) => s + v * y[i]!, 0);
    const cosine =
      dotOf(a!.gradient, b!.gradient) / Math.sqrt(dotOf(a!.gradient, a!.gradient) * dotOf(b!.gradient, b!.gradient));
    assert.ok(cosine > 0.95, `cosine of the gradients ${cosine}`);
  });
}

withHalf('a mean over a whole map meets the map again in f16', async () => {
  const node = (opType: string, input: string[], output: string, attribute: object[] = []) => ({
    opType,
    name: output,
    input,
    output: [output],
    attribute,
  });
  // Squeeze and excitation: Hu, Shen and Sun 2018.
  const bytes = encoded({
    name: 'gated',
    node: [
      node('Conv', ['x', 'w1'], 'map'),
      node('GlobalAveragePool', ['map'], 'mean'),
      node('Conv', ['mean', 'w2', 'b2'], 'less'),
      node('Relu', ['less'], 'bright'),
      node('Conv', ['bright', 'w3'], 'more'),
      node('Sigmoid', ['more'], 'gate'),
      node('Mul', ['map', 'gate'], 'gated'),
      node('Add', ['gated', 'mean'], 'sum'),
      node('GlobalMaxPool', ['sum'], 'peak'),
      node('Sub', ['sum', 'peak'], 'under'),
      node('Concat', ['under', 'gated'], 'both', [int('axis', 1)]),
      node('LRN', ['both'], 'local', [int('size', 3)]),
    ],
    initializer: [
      randomTensor('w1', [6, 3, 1, 1], 1),
      randomTensor('w2', [3, 6, 1, 1], 2),
      randomTensor('b2', [3], 3),
      randomTensor('w3', [6, 3, 1, 1], 4),
    ],
    input: [valueInfo('x', [1, 3, 0, 0])],
    output: [{ name: 'local' }],
  });
  const m = parseOnnx(bytes, { name: 'gated' });
  const data = random([3, 16, 16], 4, -1, 1);
  const [a, b] = [await look(m, ['local'], data), await look(m, ['local'], data, { half: true })];
  close(b!.features.get('local')!.data, a!.features.get('local')!.data, 5e-3, 'features');
  close(b!.gradient, a!.gradient, 2e-2, 'gradient');
});

withHalf('local response normalisation in f16 takes what pictures of 0 to 255 excite', async () => {
  const node = { opType: 'LRN', name: 'y', input: ['x'], output: ['y'], attribute: [int('size', 5)] };
  const graph = { name: 'lrn', node: [node], input: [valueInfo('x', [1, 3, 0, 0])], output: [{ name: 'y' }] };
  const m = parseOnnx(encoded(graph), { name: 'lrn' });
  const data = random([3, 8, 8], 5, 500, 3000); // squares of up to 9e6; f16 ends at 65504
  const [a, b] = [await look(m, ['y'], data), await look(m, ['y'], data, { half: true })];
  close(b!.features.get('y')!.data, a!.features.get('y')!.data, 2e-3, 'features');
});

test('away from tori no pixel is left out, and no layer shrinks by more than its strides', async () => {
  const m = parseOnnx(torchSqueezeNet(), { name: 'squeezenet' });
  for (const side of [32, 33, 47]) {
    const got = await look(m, ['relu1', 'fire3', 'fire9'], random([3, side, side], side), { edges: 'reflect' });
    const sides = [...got.features.values()].map((f) => f.shape[1]);
    assert.equal(
      sides,
      [2, 4, 16].map((s) => Math.ceil(side / s)),
    );
    const power = (rows: readonly number[], columns: readonly number[]): number => {
      let sum = 0;
      for (const y of rows)
        for (const x of columns) for (let c = 0; c < 3; c++) sum += got.gradient[(c * side + y) * side + x]! ** 2;
      return sum / (rows.length * columns.length);
    };
    const all = Array.from({ length: side }, (_, k) => k);
    const inner = power(all.slice(4, -4), all.slice(4, -4));
    for (const [k, line] of [
      power([0], all),
      power([side - 1], all),
      power(all, [0]),
      power(all, [side - 1]),
    ].entries()) {
      assert.ok(line > 0.01 * inner && line < 5 * inner, `${side}: line ${k} has ${line} against ${inner}`);
    }
  }
});

/** Every layer that the manifest names is found where a file has its structure. */
function findsItsLayers(files: readonly (readonly [string, OnnxModel])[]): void {
  for (const [name, model] of files) {
    const known = weightsNamed(name);
    const net = netOf(model, known);
    const named = [...Object.keys(known.aliases), ...net.sets.style, ...net.sets.content, ...net.sets.dream];
    for (const layer of named) assert.ok(net.names.values.has(layer), `${name} has ${layer}`);
    for (const [alias, place] of Object.entries(known.aliases)) {
      const [op, count] = place.split(':');
      const value = model.nodes.filter((n) => n.op === op)[Number(count) - 1]?.outputs[0];
      assert.is(net.names.values.get(alias), value, `${name} ${alias}`);
    }
    // Recipes build by these names, too.
    const g = new Graph();
    const built = buildNet(g, net.model, g.input([3, 96, 96]), { layers: [...new Set(named)], torus: true });
    assert.is(built.size, new Set(named).size);
    // A file of unknown origin has the same layers, if perhaps under other names.
    if (name !== 'alexnet') assert.equal(netOf(model, null).sets.style, net.sets.style);
  }
}

test('every layer that the manifest names is found where a file has its structure', () =>
  findsItsLayers([
    ['squeezenet1.1', parseOnnx(torchSqueezeNet(), { name: 'squeezenet1.1' })],
    ['resnet18', parseOnnx(torchResNet18(), { name: 'resnet18' })],
    ['vgg16-bn', parseOnnx(torchVggBn([2, 2, 3, 3, 3], narrow), { name: 'vgg16-bn' })],
  ]));

whenZoo("the same of the zoo's files", () =>
  findsItsLayers([
    ['squeezenet1.0-zoo', fromZoo('light_squeezenet', 16)()],
    ['alexnet', fromZoo('light_bvlc_alexnet', 16)()],
    ['googlenet', fromZoo('light_inception_v1', 16)()],
    ['inception-v1', fromZoo('light_inception_v1', 16)()],
    ['vgg19-caffe2', fromZoo('light_vgg19', 16)()],
  ]),
);

test('a layer that a net does not have is an error that names a near one', () => {
  const g = new Graph();
  const of = (m: Uint8Array, known: KnownWeights) => netOf(parseOnnx(m, { name: known.name }), known).model;
  assert.throws(
    () => buildNet(g, of(torchSqueezeNet(), weightsNamed('squeezenet1.1')), g.input([3, 64, 64]), { layers: ['fir5'] }),
    /squeezenet1\.1 has no layer fir5\. Did you mean fire5\?/,
  );
  assert.throws(
    () => buildNet(g, of(torchResNet18(), weightsNamed('resnet18')), g.input([3, 64, 64]), { layers: ['layer2.2'] }),
    /resnet18 has no layer layer2\.2\. Did you mean layer\d(\.\d)?\?/,
  );
  assert.ok(knownWeights.every((w) => w.layers.length > 0));
});

const weights = '../shared/weights/squeezenet1.0-deep-compression';
const whenWeights = needs(test, existsSync(weights), 'no ../shared/weights');

/** A classifier on the data that came with it. */
async function classifies(half: boolean): Promise<void> {
  const m = parseOnnx(readFileSync(`${weights}/squeezenet1.0.onnx`), { name: 'squeezenet1.0' });
  const tensor = (name: string) => parseTensor(readFileSync(`${weights}/test_data_set_0/${name}_0.pb`), name);
  const want = tensor('output').floats();
  const best = (v: Float32Array): number => v.indexOf(v.reduce((a, b) => Math.max(a, b)));
  const got = (await look(m, m.outputs, tensor('input').floats(), { half })).features.get(m.outputs[0]!)!;
  assert.equal([...got.shape], [1000, 1, 1]);
  assert.is(best(got.data), best(want));
  close(got.data, want, half ? 0.02 : 1e-4, 'logits');
}

long(whenWeights)('the whole classifier says what it said', () => classifies(false));
(existsSync(weights) ? withHalf : whenWeights)('the whole classifier says the same in f16', () => classifies(true));

test('a recipe finds layers by their aliases, in a file given by its path and in a known one', async () => {
  const bytes = torchSqueezeNet();
  const picture = { width: 32, height: 32, data: random([3, 32, 32], 6) };
  for (const known of [null, weightsNamed('squeezenet1.1')]) {
    const net = netOf(parseOnnx(bytes, { name: 'mine' }), known);
    const recipe = fillRecipe({
      net: 'mine',
      size: 32,
      tile: 'none',
      content: 'shown',
      canvas: 'shown',
      styles: [{ input: 'shown' }],
      inputs: { shown: 'shown.png' },
      scales: { coarsest: 32 },
      stages: [
        {
          steps: 2,
          losses: [
            { kind: 'gram', layers: ['relu1', 'fire2'] },
            { kind: 'content' },
            { kind: 'enhance', layers: { fire5: 0.1 } },
          ],
        },
      ],
    });
    const result = await run(await device(), recipe, new Map([['shown', picture]]), { net });
    assert.ok(result.raster.data.every(Number.isFinite));
  }
});

test.run();
