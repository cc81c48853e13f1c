import type { onnx } from 'onnx-proto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Graph } from '../../src/graph/graph';
import { Plan } from '../../src/graph/plan';
import { inMemory } from '../../src/nets/onnx/byte_source';
import { parseOnnx } from '../../src/nets/onnx/parse';
import { slim } from '../../src/nets/onnx/slim';
import { bytesOf } from '../../src/nets/onnx/write';
import { type Net, netOf } from '../../src/nets/weights';
import { device } from '../support/device';
import { encoded, ints, randomTensor, valueInfo } from '../support/onnx_files';

const test = suite('channels last');

const node = (opType: string, input: string[], output: string, attribute: onnx.IAttributeProto[] = []) => ({
  ...{ opType, input, output: [output], attribute, name: `model/${output}` },
});
const [toFirst, toLast] = [ints('perm', [0, 3, 1, 2]), ints('perm', [0, 2, 3, 1])];
const mean = { name: 'mean', dims: [1, 1, 3], dataType: 1, floatData: [0.25, 0.5, 1] };
const w = randomTensor('w', [2, 3, 3, 3], 1);
const rest = [node('Conv', ['t', 'w'], 'c', [ints('pads', [1, 1, 1, 1])]), node('Relu', ['c'], 'r')];

/** A network as tf2onnx writes it: the picture [N, H, W, 3], a Transpose, and one back. */
const keras = (before: onnx.INodeProto[], initializer: onnx.ITensorProto[] = []): Uint8Array => {
  const nodes = [...before, ...rest, node('Transpose', ['r'], 'y', [toLast])];
  const output = [{ name: 'y' }];
  return encoded({ node: nodes, input: [valueInfo('x', [0, 0, 0, 3])], output, initializer: [w, ...initializer] });
};
const plain = keras([node('Transpose', ['x'], 't', [toFirst])]);
const net = (bytes: Uint8Array): Net => netOf(parseOnnx(bytes, { name: 'net' }), null);

/** The layer of a picture that grows along its rows. */
async function layer(of: Net, name: string, picture: Float32Array): Promise<number[]> {
  const g = new Graph();
  const x = g.constant([3, 4, 5], picture);
  const out = of.builder.build(g, of.model, x, { layers: [name] }).get(name)!;
  const plan = await Plan.compile(await device(), g, [out]);
  try {
    plan.run();
    return [...(await plan.read(out)), ...out.shape];
  } finally {
    plan.close();
  }
}
const picture = Float32Array.from({ length: 60 }, (_, k) => ((k * 7) % 11) / 11);

test('the Transpose in front is taken up, and so is one behind', async () => {
  const first = net(
    encoded({
      node: [node('Identity', ['x'], 't'), ...rest],
      input: [valueInfo('x', [1, 3, 0, 0])],
      output: [{ name: 'r' }],
      initializer: [w],
    }),
  );
  const last = net(plain);
  assert.equal(last.model.inputs[0]?.shape, [null, 3, null, null]);
  assert.ok(last.names.values.has('relu1_1'), 'it is a chain as any other');
  const want = await layer(first, 'r', picture);
  for (const name of ['r', 'relu1_1', 'y']) assert.equal(await layer(last, name, picture), want, name);
  assert.equal(await layer(net(bytesOf(slim(inMemory(plain), { layers: ['relu1_1'] }).file)), 'r', picture), want);
});

test('what is done to the picture before it is done channels first', async () => {
  const pads = { name: 'pads', dims: [8], dataType: 7, int64Data: [0, 1, 2, 0, 0, 1, 0, 0] };
  const before = [
    node('Sub', ['x', 'mean'], 's'),
    node('Pad', ['s', 'pads'], 'p'),
    node('Transpose', ['p'], 't', [toFirst]),
  ];
  const nchw = encoded({
    node: [node('Sub', ['x', 'mean'], 's'), node('Pad', ['s', 'pads'], 't'), ...rest],
    input: [valueInfo('x', [1, 3, 0, 0])],
    output: [{ name: 'r' }],
    initializer: [w, { ...mean, dims: [3, 1, 1] }, { ...pads, int64Data: [0, 0, 1, 2, 0, 0, 1, 0] }],
  });
  const want = await layer(net(nchw), 'r', picture);
  assert.equal(await layer(net(keras(before, [mean, pads])), 'r', picture), want);
});

test('what cannot be followed is named, with the way out', () => {
  const g = new Graph();
  const odd = net(keras([node('Softmax', ['x'], 's'), node('Transpose', ['s'], 't', [toFirst])]));
  assert.throws(
    () => odd.builder.build(g, odd.model, g.input([3, 4, 4]), { layers: ['r'] }),
    /takes x \[\?, \?, \?, 3\]: channels last.*\n {2}Export it channels first: for tf2onnx, with --inputs-as-nchw x\./,
  );
});

test('VGG of Keras is taken to have its weights from Caffe', () => {
  const named = [node('Transpose', ['x'], 't', [toFirst])];
  const bytes = encoded({
    node: [...named, { ...rest[0]!, name: 'model/block1_conv1/Conv2D' }, rest[1]!],
    input: [valueInfo('x', [0, 0, 0, 3])],
    output: [{ name: 'r' }],
    initializer: [w],
  });
  assert.is(net(bytes).preprocessing.order, 'BGR');
  assert.is(net(plain).preprocessing.order, 'RGB');
});

test.run();
