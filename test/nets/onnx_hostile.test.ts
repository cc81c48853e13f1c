// Files made to do harm: each is refused, in bounded time and memory, with one remedy; or it is harmless.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { onnx } from 'onnx-proto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EngineError } from '../../src/base/errors';
import { Graph } from '../../src/graph/graph';
import { buildNet } from '../../src/nets/onnx/build';
import { inMemory } from '../../src/nets/onnx/byte_source';
import { layerNames } from '../../src/nets/onnx/layers';
import { printable } from '../../src/nets/onnx/model';
import { parseOnnx } from '../../src/nets/onnx/parse';
import { slim } from '../../src/nets/onnx/slim';
import { summary } from '../../src/nets/onnx/summary';
import { isBeside } from '../../src/nets/onnx/tensor';
import { reader } from '../../src/node/weights/find';
import { ALL } from '../support/all';
import { startCounting, stepsOf, stopCounting } from '../support/effort';
import { encoded, int, ints, randomTensor, valueInfo } from '../support/onnx_files';
import { tried } from '../support/onnx_fuzz';

const test = suite('hostile onnx');

const node = (opType: string, input: string[], output: string, attribute: onnx.IAttributeProto[] = []) => ({
  opType,
  input,
  output: [output],
  attribute,
});
const shape = (name: string, v: number[]): onnx.ITensorProto => ({ name, dims: [v.length], dataType: 7, int64Data: v });
const x = valueInfo('x', [1, 3, 8, 8]);

test.before(startCounting);
test.after(stopCounting);

/** The message of the OnnxError, or `accepted`; hostile files must not take long to refuse. */
function refusal(work: () => unknown): string {
  let message = 'accepted';
  const steps = stepsOf(() => {
    try {
      work();
    } catch (error) {
      assert.instance(error, EngineError, `${(error as Error).stack}`);
      assert.is((error as EngineError).code, 'OnnxError', `${error}`);
      assert.ok((error as EngineError).hint, `no remedy: ${error}`);
      message = (error as EngineError).message;
    }
  });
  // Five million are the most; what goes by the square of a file's 20,000 nodes takes hundreds of millions.
  assert.ok(steps < 5e7, `took ${steps} steps: ${message}`);
  return message;
}
const follow = (graph: onnx.IGraphProto): string =>
  refusal(() => summary(parseOnnx(encoded(graph), { name: 'net' }), new Graph(), { size: [8, 8], strict: true }));

const field = (number: number, body: Uint8Array): Uint8Array => {
  const length: number[] = [];
  for (let n = body.length; ; n = Math.floor(n / 128)) {
    length.push((n % 128) + (n >= 128 ? 128 : 0));
    if (n < 128) break;
  }
  const out = new Uint8Array(1 + length.length + body.length);
  out.set([number * 8 + 2, ...length]);
  out.set(body, 1 + length.length);
  return out;
};

test('names of prototypes are names like any other', () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];
  const nodes = names.map((name, k) => node('Relu', [k === 0 ? 'x' : names[k - 1]!], name));
  const bytes = encoded({ node: nodes, input: [x], output: [{ name: 'valueOf' }] });
  const model = parseOnnx(bytes, { name: 'net' });
  const found = buildNet(new Graph(), model, new Graph().input([3, 8, 8]), { layers: [] });
  assert.is(found.size, 0);
  const g = new Graph();
  assert.is(buildNet(g, model, g.input([3, 8, 8]), { layers: names }).size, 5);
  assert.equal(layerNames(model).usual, names);
  assert.is(tried(bytes).built, 'graph');
  const odd = { ...node('Relu', ['x'], 'y', [int('__proto__', 7), int('constructor', 7)]) };
  parseOnnx(encoded({ node: [odd], input: [x], output: [{ name: 'y' }] }));
  assert.is(({} as Record<string, unknown>)['7'], undefined);
  assert.equal(Object.keys(Object.prototype), []);
  assert.match(follow({ node: [node('__proto__', ['x'], 'y')], input: [x], output: [{ name: 'y' }] }), /__proto__/);
});

test('weights in other files stay beside the model', () => {
  for (const good of ['w.bin', 'data/w.bin', 'a b.data', 'w..bin', '.hidden']) assert.ok(isBeside(good), good);
  const bad = ['', '../w', 'a/../../w', '/etc/passwd', '\\\\host\\w', 'C:\\w', 'c:w', 'w:stream', 'a\0b', 'a//b', '..'];
  bad.push('a\\..\\..\\w', 'nul', 'CON.txt', 'dir/aux', 'w.', 'w ', 'x'.repeat(5000), 'a\nb', './w'.repeat(0));
  for (const location of bad) {
    assert.not.ok(isBeside(location), JSON.stringify(location));
    let asked = false;
    const outside: onnx.ITensorProto = {
      name: 'w',
      dims: [4],
      dataType: 1,
      dataLocation: 1,
      externalData: [{ key: 'location', value: location }],
    };
    const bytes = encoded({ node: [node('Add', ['x', 'w'], 'y')], input: [x], initializer: [outside] });
    const readExternal = (): Uint8Array => {
      asked = true;
      return new Uint8Array(16);
    };
    assert.match(
      refusal(() => parseOnnx(bytes, { readExternal })),
      /not beside the model/,
      location,
    );
    refusal(() => [...slim(inMemory(bytes), { layers: ['y'], readExternal }).file.bytes()]);
    assert.not.ok(asked, `${JSON.stringify(location)} was read`);
  }
  const folder = mkdtempSync(join(tmpdir(), 'toroid-hostile-'));
  try {
    mkdirSync(join(folder, 'net'));
    writeFileSync(join(folder, 'secret'), 'secret');
    symlinkSync(join(folder, 'secret'), join(folder, 'net', 'link'));
    symlinkSync(folder, join(folder, 'net', 'up'));
    const read = reader(join(folder, 'net', 'model.onnx'));
    for (const out of ['link', 'up/secret'])
      assert.match(
        refusal(() => read(out, 0, 6)),
        /leads out of its folder/,
      );
    assert.match(
      refusal(() => read('up', 0, 6)),
      /does not exist/,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('constants that would fill the memory are refused', () => {
  const big = [1, 2 ** 16, 2 ** 16];
  const chain = (op: string, more: string[], count: number): onnx.INodeProto[] =>
    Array.from({ length: count }, (_, k) =>
      node(op, [k === 0 ? 's' : `c${k - 1}`, ...more], `c${k}`, [int('axis', 0)]),
    );
  const last = (nodes: onnx.INodeProto[], initializer: onnx.ITensorProto[]): onnx.IGraphProto => ({
    node: nodes,
    input: [x],
    output: [{ name: nodes.at(-1)!.output![0]! }],
    initializer,
  });
  const range = (to: number): onnx.ITensorProto[] =>
    [0, to, 1].map((v, k) => ({ name: `r${k}`, dims: [], dataType: 7, int64Data: [v] }));
  for (const [what, graph] of [
    ['Range', last([node('Range', ['r0', 'r1', 'r2'], 'y')], range(2 ** 40))],
    ['Expand', last([node('Expand', ['one', 's'], 'y')], [shape('s', big), shape('one', [1])])],
    ['Tile', last([node('Tile', ['one', 's'], 'y')], [shape('s', [2 ** 33]), shape('one', [1])])],
    ['Tile', last([node('Tile', ['x', 's'], 'y')], [shape('s', [1, 1, 2 ** 20, 2 ** 20])])],
    ['Pad', last([node('Pad', ['x', 's'], 'y')], [shape('s', [0, 0, 0, 0, 0, 0, 2 ** 40, 0])])],
    ['Pad', last([node('Pad', ['one', 's'], 'y')], [shape('one', [1]), shape('s', [0, 2 ** 40])])],
    ['Resize', last([node('Resize', ['x', '', '', 's'], 'y')], [shape('s', [1, 3, 2 ** 20, 2 ** 20])])],
    [
      'ConstantOfShape',
      last([node('Shape', ['x'], 'a'), node('ConstantOfShape', ['s'], 'y')], [shape('s', [2 ** 40])]),
    ],
    // Found by mutation: a copy of copies; sixteen million of a row; axes that are a layer's weights.
    [
      'Tile',
      last(
        Array.from({ length: 9 }, (_, k) => node('Tile', k ? [`t${k - 1}`, `t${k - 1}`] : ['s', 's'], `t${k}`)),
        [shape('s', [5])],
      ),
    ],
    ['Range', last([node('Range', ['r0', 'r1', 'r2'], 'y')], range(2 ** 24))],
    [
      'Unsqueeze',
      last([node('ConstantOfShape', ['s'], 'a'), node('Unsqueeze', ['x', 'a'], 'y')], [shape('s', [2 ** 20])]),
    ],
    ['Concat', last(chain('Concat', [], 1).concat(doubling('s', 40)), [shape('s', [1, 2, 3])])],
  ] as [string, onnx.IGraphProto][]) {
    const before = process.memoryUsage().external + process.memoryUsage().heapUsed;
    assert.not.equal(follow(graph), 'accepted', what);
    const grown = process.memoryUsage().external + process.memoryUsage().heapUsed - before;
    assert.ok(grown < 64 * 2 ** 20, `${what} took ${grown} bytes`);
  }
});

/** Each twice as long as the one before. */
function doubling(from: string, times: number): onnx.INodeProto[] {
  return Array.from({ length: times }, (_, k) => {
    const a = k === 0 ? from : `d${k - 1}`;
    return node('Concat', [a, a], `d${k}`, [int('axis', 0)]);
  });
}

test('dimensions and types that do not fit are refused', () => {
  const one = (t: onnx.ITensorProto): string =>
    refusal(() => parseOnnx(encoded({ node: [], initializer: [{ name: 'w', dataType: 1, ...t }] }), { name: 'net' }));
  const raw = new Uint8Array(16);
  assert.is(one({ dims: [4], rawData: raw }), 'accepted');
  for (const dims of [[-4], [2 ** 40], [2 ** 32, 2 ** 32], [2 ** 62, 4, 0], Array(9).fill(1), [3], [5], [2, 3]]) {
    assert.match(one({ dims, rawData: raw }), /impossible dimensions|wants \d+ bytes/, `${dims}`);
  }
  assert.match(one({ dims: [4], floatData: [1, 2, 3] }), /wants 16 bytes/);
  assert.match(one({ dims: [4], dataType: 7, int64Data: [1, 2, 3] }), /wants 4 elements.*has 3/);
  assert.match(one({ dims: [4], dataType: 1 }), /wants 16 bytes.*has 0/);
  const huge = parseOnnx(encoded({ node: [], initializer: [shape('w', [2 ** 53, -(2 ** 53), -1])] }));
  assert.equal(huge.tensors.get('w')!.ints(), [2 ** 53, -(2 ** 53), -1]);
  for (const version of [0, -1, 26, 9999, 2 ** 40]) {
    assert.match(
      refusal(() => parseOnnx(encoded({ node: [] }, 'p', version))),
      /operator set/,
      `${version}`,
    );
  }
  const twice = { node: [], input: [x, x], output: [{ name: 'x' }] };
  assert.match(
    refusal(() => parseOnnx(encoded(twice))),
    /two inputs of one name/,
  );
  const foreign = { node: [{ ...node('Relu', ['x'], 'y'), domain: 'evil' }], input: [x], output: [{ name: 'y' }] };
  assert.match(follow(foreign), /evil\.Relu/);
});

test('weights that are no numbers are reported, by name and place', () => {
  for (const [bad, text] of [
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
  ] as const) {
    const w = randomTensor('conv1_weight', [4, 3, 3, 3], 1);
    w.floatData![17] = bad;
    const graph = { node: [node('Conv', ['x', 'conv1_weight'], 'y')], input: [x], output: [{ name: 'y' }] };
    const model = parseOnnx(encoded({ ...graph, initializer: [w] }), { name: 'net' });
    const g = new Graph();
    const message = refusal(() => buildNet(g, model, g.input([3, 8, 8]), { layers: ['y'] }));
    assert.match(message, `conv1_weight of net holds ${text}, first at 17 of 108`);
  }
});

test('what is often taken for a net is called by its name', () => {
  const text = (s: string): Uint8Array => new TextEncoder().encode(s);
  assert.match(
    refusal(() => parseOnnx(text('version https://git-lfs.github.com/spec/v1\noid'))),
    /git-LFS/,
  );
  assert.match(
    refusal(() => parseOnnx(Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0))),
    /gzip/,
  );
  assert.match(
    refusal(() => parseOnnx(Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0))),
    /zip/,
  );
  for (const page of ['<html>404', '<!DOCTYPE html>', '\n <?xml version="1.0"?>']) {
    assert.match(
      refusal(() => parseOnnx(text(page))),
      /web page/,
    );
  }
});

test('nesting is no way to the stack, nor small parts to the memory', () => {
  // Graphs in attributes of nodes of graphs, 20,000 deep: all of it is left out.
  let inner = encoded({ node: [] });
  inner = field(1, Uint8Array.of());
  for (let k = 0; k < 4000; k++) inner = field(1, field(5, field(6, inner)));
  const nested = field(7, inner);
  refusal(() => parseOnnx(nested));
  refusal(() => slim(inMemory(nested), { name: 'net' }));
  // Types of sequences of sequences.
  let type = field(4, new Uint8Array());
  for (let k = 0; k < 4000; k++) type = field(4, field(1, type));
  refusal(() => parseOnnx(field(7, field(11, field(2, type)))));
  // Two bytes each that would become an object of hundreds.
  const many = new Uint8Array(8 * 2 ** 20);
  for (const [k, number] of (ALL ? [1, 5, 11, 12] : [1]).entries()) {
    for (let i = 0; i < many.length; i += 2) many[i] = number * 8 + 2;
    const start = process.memoryUsage().heapUsed;
    assert.match(
      refusal(() => parseOnnx(field(7, many))),
      /more parts|no op or no output|not an ONNX|weights called/,
      `${k}`,
    );
    assert.ok(process.memoryUsage().heapUsed - start < 128 * 2 ** 20, `${number}: ${process.memoryUsage().heapUsed}`);
  }
  // Attributes with a million numbers of one byte.
  const numbers = { ...node('Relu', ['x'], 'y', [ints('axes', Array(3_000_000).fill(1))]) };
  const listed = encoded({ node: [numbers], input: [x] });
  assert.match(
    refusal(() => parseOnnx(listed)),
    /more parts/,
  );
});

test('nets with very many nodes take time in proportion', () => {
  const N = 20_000;
  const readers = Array.from({ length: N }, (_, k) => node('Relu', ['x'], `y${k}`));
  const wideFile = encoded({ node: readers, input: [x] });
  assert.is(
    refusal(() => layerNames(parseOnnx(wideFile))),
    'accepted',
  );
  const norms = Array.from({ length: N }, (_, k) => node('BatchNormalization', ['x', 'g', 'g', 'g', 'g'], `y${k}`));
  const g = new Graph();
  const model = parseOnnx(encoded({ node: norms, input: [x], initializer: [randomTensor('g', [3], 1)] }));
  assert.is(
    refusal(() => buildNet(g, model, g.input([3, 8, 8]), { layers: ['y7'] })),
    'accepted',
  );
  const wide = node('Concat', Array(200_000).fill('x'), 'y', [int('axis', 1)]);
  const concatenation = encoded({ node: [wide], input: [x] });
  refusal(() => parseOnnx(concatenation));
  // A circle, in a file whose order nobody has checked.
  const circle = [node('Relu', ['x'], 'a'), node('Relu', ['a'], 'x')];
  assert.match(
    refusal(() => parseOnnx(encoded({ node: circle, input: [x] }))),
    /twice/,
  );
  refusal(() => slim(inMemory(encoded({ node: circle, input: [x], output: [{ name: 'a' }] })), { name: 'net' }));
});

test('an operator of the file in place of one of ONNX is refused, another is not', () => {
  const graph = encoded({ name: 'g', node: [node('Relu', ['x'], 'y')], input: [x], output: [{ name: 'y' }] });
  const tagged = (number: number, body: Uint8Array): Uint8Array => {
    const plain = field(1, body);
    // The tag of a field beyond 15 takes two bytes.
    return number < 16
      ? field(number, body)
      : Uint8Array.of(((number * 8 + 2) & 127) | 128, number >> 4, ...plain.subarray(1));
  };
  const named = (name: string, domain: string): Uint8Array => {
    const [n, d] = [field(1, new TextEncoder().encode(name)), field(10, new TextEncoder().encode(domain))];
    return Uint8Array.of(...graph, ...tagged(25, Uint8Array.of(...n, ...d)));
  };
  assert.match(
    refusal(() => parseOnnx(named('Relu', ''), { name: 'net' })),
    'an operator Relu of its own',
  );
  assert.match(
    refusal(() => parseOnnx(named('Relu', 'ai.onnx'), { name: 'net' })),
    'an operator Relu of its own',
  );
  assert.is(
    refusal(() => parseOnnx(named('Relu', 'mine'), { name: 'net' })),
    'accepted',
  );
  assert.is(
    refusal(() => parseOnnx(named('Tanh', ''), { name: 'net' })),
    'accepted',
  );
});

test('names cannot drive a terminal', () => {
  const evil = '\x1b[2J\x1b]0;title\x07\u202eevil';
  const message = refusal(() => parseOnnx(encoded({ node: [node('Relu', [evil], 'y')] }), { name: 'net' }));
  assert.not.match(message, /[^\P{Cc}\n]|\u202e/u);
  assert.is(printable('plain name_1/ä\n'), 'plain name_1/ä\n');
  const long = refusal(() => parseOnnx(encoded({ node: [node('Relu', ['n'.repeat(100_000)], 'y')] })));
  assert.ok(long.length < 2500);
});

test.run();
