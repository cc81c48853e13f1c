// Winograd's convolutions as networks use them: against the direct ones, in chains with bias and relu, with gradients;
// how they are chosen, what they keep in memory, and how far from f64 they are. The op kit tries each kernel.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/base/rng';
import { size } from '../../src/base/shape';
import { Graph, type Node } from '../../src/graph/graph';
import { Plan } from '../../src/graph/plan';
import { type Algorithm, algorithmFor, conv2d } from '../../src/shaders/conv2d';
import { chunksOf, SCRATCH } from '../../src/shaders/conv2d/winograd_launches';
import type { Borders } from '../../src/shaders/pad';
import { device } from '../support/device';
import { close, rolled } from '../support/kit';
import { needs } from '../support/needs';

const test = suite('winograd');

const random = (n: number, seed: number): Float32Array => {
  const rng = new Rng(seed);
  return Float32Array.from({ length: n }, () => 2 * rng.uniform() - 1);
};
const padded = { pad: [1, 1, 1, 1] } as const;

interface Chain {
  readonly g: Graph;
  readonly x: Node;
  /** y and the gradients of x and of the last layer's filters and bias. */
  readonly outputs: readonly Node[];
}

/** Three layers 3 > 6 > 17 > 4 with bias and relu on a map of 7 x 10. */
function chain(algorithm: Algorithm | 'auto', border: Borders, choose?: () => Algorithm): Chain {
  const g = new Graph({ convolutions: choose });
  const x = g.input([3, 7, 10], 'x');
  let y: Node = x;
  const learned: Node[] = [];
  for (const [k, O] of [6, 17, 4].entries()) {
    const shape = [O, y.shape[0] ?? 0, 3, 3];
    const [w, bias] = [g.constant(shape, random(size(shape), k)), g.constant([O], random(O, 50 + k))];
    if (k === 2) learned.push(w, bias);
    y = g.node(conv2d(g, y, w, { ...padded, bias, border, relu: true, algorithm }));
  }
  const dy = g.constant(y.shape, random(size(y.shape), 9));
  return { g, x, outputs: [y, ...g.grad(y, [x, ...learned], dy)] };
}

async function outcome({ g, x, outputs }: Chain): Promise<{ values: Float32Array[]; steps: string[] }> {
  const plan = await Plan.compile(await device(), g, outputs);
  try {
    plan.write(x, random(size(x.shape), 7));
    plan.run();
    const values = await Promise.all(outputs.map((o) => plan.read(o)));
    return { values, steps: plan.steps.map((s) => s.label.split('#')[0] ?? '') };
  } finally {
    plan.close();
  }
}

for (const [algorithm, border] of [
  ['winograd2', ['zeros', 'wrap']],
  ['winograd4', ['wrap', 'reflect']],
] as const) {
  test(`${algorithm} agrees with direct in a chain with border ${border}, and takes bias, relu and masks along`, async () => {
    const want = await outcome(chain('direct', border));
    const got = await outcome(chain(algorithm, border));
    for (const [k, what] of ['y', 'gradient of x', 'gradient of w', 'gradient of bias'].entries()) {
      close(got.values[k] as Float32Array, want.values[k] as Float32Array, 1e-5, what);
    }
    const names = new Set(got.steps);
    assert.is(got.steps.filter((s) => s === 'conv2d_winograd').length, 3 * 6);
    assert.not.ok(names.has('relu') || names.has('conv2d') || names.has('winograd_filter'), [...names].join(' '));
  });
}

test('a graph can be told how to compute its convolutions; left alone it computes them directly', async () => {
  const names = async (c: Chain): Promise<string[]> =>
    c.g.nodes.filter((n) => n.label.startsWith('conv2d') && n.source.from === 'op').map((n) => n.label);
  const usual = await names(chain('auto', ['wrap', 'wrap']));
  assert.equal(usual, await names(chain('direct', ['wrap', 'wrap'])));
  assert.not.ok(usual.includes('conv2d_winograd'));
  const told = await names(chain('auto', ['wrap', 'wrap'], () => 'winograd4'));
  assert.is(told.filter((n) => n === 'conv2d_winograd').length, 6);
  // On GPUs nothing is measured yet, 'gemm' is a guess; on software adapters it was, but for 3 channels.
  const size = { C: 64, O: 64, H: 64, W: 64 };
  assert.equal(
    [algorithmFor(size), algorithmFor(size, { software: false }), algorithmFor(size, { software: true })],
    ['direct', 'gemm', 'winograd4'],
  );
  for (const software of [true, false]) assert.is(algorithmFor({ ...size, C: 3 }, { software }), 'direct');
});

test('what Winograd cannot compute stays direct, or is refused where it was asked for', () => {
  const g = new Graph({ convolutions: () => 'winograd2' });
  const x = g.input([2, 8, 8]);
  const label = (w: readonly number[], options: Parameters<typeof conv2d>[3]): string =>
    g.node(conv2d(g, x, g.input(w), options)).label;
  assert.is(label([4, 2, 3, 3], padded), 'conv2d_winograd');
  assert.is(label([4, 2, 5, 5], padded), 'conv2d');
  assert.is(label([4, 2, 3, 3], { ...padded, stride: [2, 1] }), 'conv2d');
  assert.is(label([4, 2, 3, 3], { pad: [3, 0, 0, 0] }), 'conv2d');
  assert.throws(
    () => label([4, 2, 3, 3], { ...padded, stride: [1, 2], algorithm: 'winograd4' }),
    /winograd4 wants 3 x 3 filters, stride 1 and pads of 0 to 2, got 3 x 3, \[1, 2\] and \[1, 1, 1, 1\]\n {2}Use algorithm/,
  );
});

test('filters that two convolutions share are transformed once', () => {
  const g = new Graph();
  const w = g.constant([4, 2, 3, 3], random(72, 1));
  for (const x of [g.input([2, 8, 8]), g.input([2, 5, 5])]) {
    g.grad(conv2d(g, x, w, { ...padded, algorithm: 'winograd2' }), [x]);
  }
  assert.is(g.nodes.filter((n) => n.label === 'winograd_filter').length, 2); // one each way
});

test('scratch memory stays within its bound however large the map', () => {
  for (const tile of [2, 4] as const) {
    for (const [C, O, side] of [
      [3, 64, 512],
      [64, 64, 4096],
      [512, 512, 33],
      [512, 512, 9],
      [512, 512, 512],
    ] as const) {
      const { tiles, size: each, span, count } = chunksOf(C, [O, side, side], tile);
      assert.ok((tile + 2) ** 2 * (4 * Math.ceil(C / 4) + O) * each <= SCRATCH, `F(${tile}) ${C} > ${O} at ${side}`);
      assert.is(each % span, 0);
      assert.is(span % 8, 0);
      assert.is(tiles, Math.ceil(side / tile) ** 2);
      assert.ok(count * each >= tiles && (count - 1) * each < tiles, `${count} x ${each} for ${tiles}`);
    }
  }
});

/** A convolution of 64 > 8 channels on a torus of 8 x 8, by each algorithm. */
async function wide(x: Float32Array): Promise<Record<'direct' | 'winograd2' | 'winograd4', Float32Array>> {
  const g = new Graph();
  const given = g.input([64, 8, 8], 'x');
  const w = g.constant([8, 64, 3, 3], random(8 * 64 * 9, 2));
  const algorithms = ['direct', 'winograd2', 'winograd4'] as const;
  const ys = algorithms.map((algorithm) =>
    g.node(conv2d(g, given, w, { ...padded, border: ['wrap', 'wrap'], algorithm })),
  );
  const plan = await Plan.compile(await device(), g, ys);
  try {
    plan.write(given, x);
    plan.run();
    const [direct, winograd2, winograd4] = (await Promise.all(ys.map((y) => plan.read(y)))) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    return { direct, winograd2, winograd4 };
  } finally {
    plan.close();
  }
}

test('the error in f32 is as documented: F(2) below that of direct sums, F(4) about twice it', async () => {
  const x = random(64 * 64, 3);
  const w = random(8 * 64 * 9, 2);
  const got = await wide(x);
  const error = { direct: 0, winograd2: 0, winograd4: 0 };
  let scale = 0;
  for (let at = 0; at < 8 * 64; at++) {
    const [o, i, j] = [at >> 6, (at >> 3) & 7, at & 7];
    let sum = 0;
    for (let c = 0; c < 64; c++)
      for (let k = 0; k < 9; k++) {
        const pixel = ((i + Math.floor(k / 3) + 7) & 7) * 8 + ((j + (k % 3) + 7) & 7);
        sum += x[64 * c + pixel]! * w[(o * 64 + c) * 9 + k]!;
      }
    scale += sum * sum;
    for (const a of ['direct', 'winograd2', 'winograd4'] as const) error[a] += (got[a][at]! - sum) ** 2;
  }
  const rms = (a: keyof typeof error): number => Math.sqrt(error[a] / scale);
  const text = `direct ${rms('direct')}, F(2) ${rms('winograd2')}, F(4) ${rms('winograd4')}`;
  assert.ok(rms('direct') > 0 && rms('direct') < 1e-6, text);
  assert.ok(rms('winograd2') < 6e-7, text);
  assert.ok(rms('winograd4') < 1.6e-6, text);
});

test('on a torus rolls by whole tiles are exact, others up to rounding', async () => {
  const x = random(64 * 64, 4);
  const still = await wide(x);
  for (const [roll, exact] of [
    [4, true],
    [1, false],
  ] as const) {
    const turn = (v: Float32Array, C: number): Float32Array =>
      Float32Array.from(rolled({ shape: [C, 8, 8], data: Float64Array.from(v) }, [roll, roll]).data);
    const moved = await wide(turn(x, 64));
    for (const a of ['winograd2', 'winograd4'] as const) {
      const want = turn(still[a], 8);
      close(moved[a], want, exact ? 0 : 1e-5, `${a}, rolled by ${roll}`, 0);
    }
  }
});

const half = needs(test, (await device()).has('shader-f16'), 'no shader-f16');
half('f16 storage agrees with f32 to its rounding, for the transforms stay f32', async () => {
  const c = chain('winograd4', ['wrap', 'zeros']);
  const exact = await outcome(c);
  const plan = await Plan.compile(await device(), c.g, c.outputs, { scalar: 'f16' });
  try {
    plan.write(c.x, random(size(c.x.shape), 7));
    plan.run();
    for (const [k, o] of c.outputs.entries()) {
      close(await plan.read(o), exact.values[k] as Float32Array, 1e-2, `value ${k} in f16`);
    }
  } finally {
    plan.close();
  }
});

test.run();
