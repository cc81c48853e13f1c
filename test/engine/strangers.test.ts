// Every op as JavaScript might call it by mistake: whatever an argument is not, is refused as an EngineError, before anything runs.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EngineError, shown } from '../../src/base/errors';
import { Graph } from '../../src/graph/graph';
import * as ops from '../../src/index.ops';
import type { Ref } from '../../src/shaders/op';

const test = suite('strangers');
const g = new Graph();
const x = (...shape: number[]): Ref => g.input(shape);
const u = (...shape: number[]): Ref => g.input(shape, 'indices', 'u32');
const [map, row, square, one] = [x(3, 8, 8), x(3), x(4, 4), x(1)];
const grids = x(1, 2, 6, 6);
const rowMap = ops.sparseMap([[[0, 1]], [[1, 0.5]]]);
const pixels = ops.sparseMap(Array.from({ length: 64 }, (_, k) => [[63 - k, 1] as const]));

/** A right call of each op, without the graph; what is in braces are its options. */
const calls: Readonly<Record<string, readonly unknown[]>> = {
  allFinite: [map, row],
  argsort: [square, { bits: 24 }],
  sort: [square, { bits: 24 }],
  axisLinear: [map, 1, rowMap, 0.5],
  ...Object.fromEntries(['add', 'sub', 'mul', 'div', 'pow', 'max', 'min', 'prelu'].map((op) => [op, [map, one]])),
  permute: [map, [2, 0, 1]],
  toHalf: [map, 2, 2],
  toReal: [g.input([3], 'half', 'f16'), 2, 2],
  concat: [[map, map], 1],
  slice: [map, 1, 2, 0],
  conv2d: [
    map,
    x(2, 3, 3, 3),
    { bias: x(2), stride: [2, 2], pad: [1, 1, 1, 1], border: ['wrap', 'zeros'], relu: true, algorithm: 'direct' },
  ],
  convTranspose2d: [
    map,
    x(3, 2, 3, 3),
    { size: [16, 16], stride: [2, 2], pad: [1, 1, 1, 1], border: ['wrap', 'zeros'] },
  ],
  convNd: [
    grids,
    x(2, 1, 3, 3),
    { strides: [2, 2], dilations: [1, 1], pads: [1, 1, 1, 1], bias: x(2), border: 'wrap', groups: 2 },
  ],
  convTransposeNd: [
    grids,
    x(2, 1, 3, 3),
    { strides: [2, 2], dilations: [1, 1], pads: [1, 1, 1, 1], bias: x(2), groups: 2, outputPadding: [1, 1] },
  ],
  detach: [map],
  fft: [map, { axes: [true, false], scale: 2 }],
  ifft: [x(2, 3, 8, 8), { axes: [true, false], scale: 2 }],
  ifftReal: [x(2, 3, 8, 8), { axes: [true, false], scale: 2 }],
  fill: [[2, 3], 0.5],
  gather: [square, u(4, 4), { permutation: true }],
  scatterPermutation: [square, u(4, 4)],
  gram: [map, { centred: true, centre: row }],
  horizonOcclusion: [x(1, 8, 8), { reach: 4, scale: 2 }],
  matmul: [square, square, { ta: true, tb: true }],
  matmulNd: [square, square],
  l1Loss: [map, map],
  meanSquare: [map],
  mseLoss: [map, map],
  mulMask: [map, x(1, 8, 8)],
  nearestFeature: [x(3, 4, 4), x(3, 4, 4)],
  normalizeRows: [square],
  orthonormalRows: [square],
  pad: [map, { pad: [1, 1, 1, 1], border: ['zeros', 'wrap'], value: 2 }],
  affine: [map, 2, 1],
  clamp: [map, 0, 1],
  linearCombine: [map, map, 2, 1],
  scale: [map, 2],
  ...Object.fromEntries(['abs', 'exp', 'log', 'relu', 'sign', 'sqrt', 'square'].map((op) => [op, [map]])),
  maxPoolNd: [grids, [2, 2], { strides: [2, 2], dilations: [1, 1], pads: [1, 1, 1, 1], ceil: true, border: 'wrap' }],
  maxPoolNdArgmax: [grids, [2, 2], { strides: [2, 2], dilations: [1, 1], pads: [1, 1, 1, 1], ceil: true }],
  pool2d: [
    map,
    {
      kind: 'average',
      size: [2, 2],
      stride: [2, 2],
      pad: [1, 1, 1, 1],
      border: ['none', 'wrap'],
      ceil: true,
      countPad: true,
      scale: 2,
    },
  ],
  quantile: [square, 3],
  random: [[2, 3], { seed: 1, stream: 2, distribution: 'normal' }, one],
  reduceAxes: [map, 'mean', { axes: [0, -1], keep: true }],
  sumTo: [map, [3, 1, 1]],
  expandTo: [one, [2, 3]],
  reshape: [map, [8, 24]],
  resize: [map, [4, 4], { filter: 'linear', border: ['wrap', 'clamp'] }],
  roll: [map, [1, 2]],
  rollBy: [map, x(2)],
  shade: [map, map, map, { sun: [0, 0, 1] }],
  softmax: [map, -1],
  logSoftmax: [map, -1],
  sparseRemap: [map, pixels, [8, 8]],
  spectrumOverlap: [x(2, 2, 4, 4), x(2, 2, 4, 4), true],
  channelAffine: [grids, x(2), x(2)],
  instanceNorm: [grids, x(2), x(2), 1e-4],
  standardizeRows: [square, 1e-4],
  channelMean: [map],
  channelSum: [map, 2],
  dot: [map, map, 2],
  expand: [one, [2, 3], 2],
  expandChannels: [row, [3, 2, 2], 2],
  mean: [map],
  mulScalar: [map, one, 2],
  sum: [map],
  totalVariation: [map, { border: ['wrap', 'none'] }],
  transpose: [square, [1, 0]],
  ...Object.fromEntries(
    'accurateExp accurateLog ceil cos erf floor hardSwish mish reciprocal round sigmoid sin softplus softsign tanh'
      .split(' ')
      .map((op) => [op, [map]]),
  ),
  ...Object.fromEntries('celu elu leakyRelu swish thresholdedRelu powConst'.split(' ').map((op) => [op, [map, 2]])),
  gelu: [map, 'tanh'],
  hardSigmoid: [map, 0.2, 0.5],
  selu: [map, 1.5, 1],
};

const isRef = (v: unknown): boolean => typeof v === 'object' && v !== null && 'dtype' in v;
const isOptions = (v: unknown): v is Record<string, unknown> =>
  typeof v === 'object' && v !== null && !Array.isArray(v) && !isRef(v) && v !== rowMap && v !== pixels;
/** Where a longer list is another right one. */
const ANY_LENGTH = /^(concat|fill|random|expand|expandTo|expandChannels) |^reduceAxes axes/;

/** What JavaScript may pass in place of `right`. */
function wrong(right: unknown, at: string): readonly unknown[] {
  if (isRef(right)) return [null, 3, 'x', {}, [right], new Graph().input([3])];
  if (typeof right === 'number') return ['wat', Number.NaN, null, [], {}, map, true];
  if (typeof right === 'string') return ['wat', 3, null, [right]];
  if (typeof right === 'boolean') return ['yes', 3, null];
  if (!Array.isArray(right)) return ['wat', 3, null, []];
  const [first, ...rest] = right;
  const longer = ANY_LENGTH.test(at) ? [] : [[...right, first, first, first, first]];
  return ['wat', 3, null, {}, ...longer, ...wrong(first, at).map((v) => [v, ...rest])];
}

/** All calls that are wrong in one place, and what was put there. */
function* mistakes(name: string, right: readonly unknown[]): Generator<[string, readonly unknown[]]> {
  for (const [k, value] of right.entries()) {
    const put = (v: unknown): readonly unknown[] => right.with(k, v);
    for (const v of wrong(value, `${name} ${k}`)) yield [`${name} ${k}: ${shown(v)}`, put(v)];
    if (!isOptions(value)) continue;
    for (const [option, own] of Object.entries(value))
      for (const v of wrong(own, `${name} ${option}`))
        yield [`${name} ${option}: ${shown(v)}`, put({ ...value, [option]: v })];
  }
  if (right.some(isRef)) yield [`${name} without the graph`, right];
}

const named = new Map<string, unknown>(Object.entries(ops));
const call = (name: string, ...args: readonly unknown[]): unknown =>
  (named.get(name) as (...args: readonly unknown[]) => unknown)(...args);

test('each op has a right call here', () => {
  const own = new Set(Object.keys(calls).map((name) => named.get(name)));
  const others = ['sparseMap', 'defineOp', 'launch'].map((name) => named.get(name));
  const missing = [...named].filter(([, op]) => typeof op === 'function' && !own.has(op) && !others.includes(op));
  assert.equal(missing, []);
  for (const [name, right] of Object.entries(calls)) call(name, g, ...right);
});

test('a call that is wrong in one place is refused, in words for whoever made it', () => {
  const faults: string[] = [];
  for (const [name, right] of Object.entries(calls)) {
    for (const [at, args] of mistakes(name, right)) {
      try {
        call(name, ...(args === right ? args : [g, ...args]));
        faults.push(`${at} is accepted`);
      } catch (error) {
        if (!(error instanceof EngineError)) faults.push(`${at}: ${error}`);
      }
    }
  }
  assert.is(faults.join('\n'), '');
});

test('what is said names the argument, what it is, and the call', () => {
  for (const [name, args, text] of [
    [
      'resize',
      [map, [4, 4], { border: ['wrap', 'wat'] }],
      /^border: is \["wrap","wat"\], but a list of two of wrap, clamp is wanted by resize\.$/,
    ],
    [
      'conv2d',
      [map, x(2, 3, 3, 3), { border: 'wrap' }],
      /^border: is "wrap", but a list of two of zeros, replicate, .* by conv2d\.$/,
    ],
    [
      'pool2d',
      [map, { kind: 'max', size: [2, 2] }],
      /^stride: is undefined, but a list of 2 numbers is wanted by pool2d\.$/,
    ],
    ['pad', [map, { border: ['wrap', 'wrap'] }], /^pad: is undefined, but a list of 4 numbers is wanted by pad\.$/],
    ['reduceAxes', [map, 'wat'], /^fn: "wat" is none of sum, mean, prod, max, min, l1, l2, sumSquare\.$/],
    ['scale', [map, one], /^s: is a group \{ \}, but a number is wanted by scale\.$/],
    ['affine', [map, 2], /^t: is undefined, but a number is wanted by affine\.$/],
    ['roll', [map, 3], /^by: is 3, but a list of 2 numbers is wanted by roll\.$/],
    ['fill', [[2, 0.5], 0], /^fill wants a shape of whole numbers from 1, such as \[3, 64, 64\], got \[2,0.5\]$/],
    [
      'sparseRemap',
      [map, [[[0, 1]]]],
      /^sparseRemap wants a sparse map, got a list\n {2}Make it with sparseMap\(rows\)\.$/,
    ],
  ] as const)
    assert.throws(
      () => call(name, g, ...args),
      (error: unknown) => error instanceof EngineError && text.test(error.message),
      name,
    );
  for (const rows of ['wat', null, [3], [[3]], [[[0, 'x']]]])
    assert.throws(() => ops.sparseMap(rows as never), /sparseMap wants a list of \[index, weight\] for each row/);
  assert.throws(() => call('relu', map), /^the graph is wanted first, got one of its values\n {2}Write relu\(g, x\)\./);
});

test.run();
