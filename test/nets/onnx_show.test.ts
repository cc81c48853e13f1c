// What `toroid onnx show` says of a net: shapes, parameters and FLOPs, worked out by hand here.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Graph } from '../../src/graph/graph';
import { parseOnnx } from '../../src/nets/onnx/parse';
import { summary } from '../../src/nets/onnx/summary';
import { encoded, randomTensor, valueInfo, zooVgg } from '../support/onnx_files';

const test = suite('onnx show');

test('a small VGG: shapes at the size asked for, parameters once, a multiplication and an addition are two', () => {
  const model = parseOnnx(encoded(zooVgg()), { name: 'net' });
  const { nodes, outputs } = summary(model, new Graph(), { size: [224, 224] });
  const of = (name: string) => nodes.find((n) => n.node.name === name);
  const first = of('vgg0_conv0_fwd');
  assert.equal(first?.shape, [1, 4, 224, 224]);
  assert.is(first?.parameters, 4 * 3 * 9 + 4);
  assert.is(first?.flops, 2 * 4 * 224 * 224 * 3 * 9);
  assert.equal(of('vgg0_pool4_fwd')?.shape, [1, 8, 7, 7]);
  assert.equal(of('flatten_60')?.shape, [1, 8 * 49]);
  assert.is(of('flatten_60')?.flops, 0);
  assert.is(of('vgg0_dense0_fwd')?.flops, 2 * 5 * 8 * 49);
  assert.equal([...outputs.values()], [[1, 5]]);
  assert.ok(nodes.every((n) => n.problem === ''));
  const wide = summary(model, new Graph(), { size: [64, 32] }).nodes;
  assert.equal(wide[0]?.shape, [1, 4, 32, 64]);
  assert.match(wide.find((n) => n.problem !== '')?.node.name ?? '', 'vgg0_dense0_fwd', 'its Gemm takes 7 x 7 only');
});

test('what toroid lacks is marked, and what is behind it has no shape', () => {
  const bytes = encoded({
    node: [
      { opType: 'Conv', name: 'c', input: ['x', 'w'], output: ['a'] },
      { opType: 'Einsum', name: 'odd', input: ['a'], output: ['b'] },
      { opType: 'Relu', name: 'r', input: ['b'], output: ['y'] },
    ],
    input: [valueInfo('x', [0, 3, 0, 0])],
    output: [{ name: 'y' }],
    initializer: [randomTensor('w', [2, 3, 3, 3], 1)],
  });
  const { nodes } = summary(parseOnnx(bytes, { name: 'net' }), new Graph(), { size: [16, 8] });
  assert.equal(
    nodes.map((n) => n.shape),
    [[1, 2, 6, 14], null, null],
  );
  assert.match(nodes[1]?.problem ?? '', /Einsum odd is not supported/);
  assert.is(nodes[2]?.flops, null);
});

test.run();
