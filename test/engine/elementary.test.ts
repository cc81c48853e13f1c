import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Graph } from '../../src/graph/graph';
import { Plan } from '../../src/graph/plan';
import { type UnaryName, unaryOp } from '../../src/shaders/unary';
import { truths } from '../../src/shaders/unary/reference';
import { device } from '../support/device';

const test = suite('elementary functions, element by element');

async function compute(fn: UnaryName, s: number, x: Float32Array): Promise<Float32Array> {
  const g = new Graph();
  const a = g.input([x.length], 'x');
  const y = g.apply(unaryOp, [a], { fn, s });
  const plan = await Plan.compile(await device(), g, [y]);
  try {
    plan.write(a, x);
    plan.run();
    return await plan.read(y);
  } finally {
    plan.close();
  }
}

/** The range, and the largest relative error allowed at any element; near a zero of the function, an absolute one. */
const wanted: [fn: UnaryName, s: number, lo: number, hi: number, error: number, absolute?: number][] = [
  ['exp', 0, -80, 85, 1e-6],
  ['log', 0, 1e-6, 40, 1e-6],
  ['tanh', 0, -60, 60, 1e-6],
  ['tanh', 0, -1, 1, 1e-6],
  ['sigmoid', 0, -80, 80, 1e-6],
  ['softplus', 0, -80, 80, 1e-6],
  ['elu', 1, -20, 2, 1e-6],
  ['erf', 0, -6, 6, 1e-6],
  ['gelu', 0, -5, 8, 1e-6],
  ['sin', 0, -300, 300, 1e-6, 3e-7],
  ['cos', 0, -300, 300, 1e-6, 3e-7],
  ['powConst', 2.3, 0.01, 50, 1e-6],
  ['powConst', -0.75, 0.01, 50, 1e-6],
  ['powConst', 7, -20, 20, 1e-6],
  ['mish', 0, -30, 30, 1e-6],
];

for (const [fn, s, lo, hi, error, absolute = 1e-37] of wanted) {
  test(`${fn}(${s || ''}) in ${lo} .. ${hi}`, async () => {
    const n = 4001;
    const x = Float32Array.from({ length: n }, (_, i) => lo + ((hi - lo) * i) / (n - 1));
    const y = await compute(fn, s, x);
    y.forEach((got, i) => {
      const want = truths[fn](x[i] as number, s, 0);
      const off = Math.abs(got - want);
      assert.ok(off <= error * Math.abs(want) + absolute, `${fn}(${x[i]}) is ${got}, want ${want}`);
    });
  });
}

test('ends of the range', async () => {
  const x = Float32Array.of(-Infinity, -1e30, -200, 200, 1e30, Infinity);
  assert.equal([...(await compute('tanh', 0, x))], [-1, -1, -1, 1, 1, 1]);
  assert.equal([...(await compute('sigmoid', 0, x))], [0, 0, 0, 1, 1, 1]);
  assert.equal([...(await compute('elu', 1, x))], [-1, -1, -1, 200, Math.fround(1e30), Infinity]);
  assert.equal([...(await compute('erf', 0, x))], [-1, -1, -1, 1, 1, 1]);
});

test('what is not a number stays so', async () => {
  for (const fn of ['tanh', 'sigmoid', 'gelu', 'powConst', 'hardSwish'] as const) {
    assert.ok(Number.isNaN((await compute(fn, 0.3, Float32Array.of(Number.NaN)))[0]), fn);
  }
});

test.run();
