import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/base/rng';
import { type Shape, size } from '../../src/base/shape';
import { Graph, type Node } from '../../src/graph/graph';
import { Plan } from '../../src/graph/plan';
import { axisLinear, sparseMap } from '../../src/shaders/axis_linear';
import { averagePool, flip, gatherAxis, lrn, padNd, sliceNd, split } from '../../src/shaders/axis_linear/moves';
import { resizeNd } from '../../src/shaders/axis_linear/resample';
import { broadcastMul, permute } from '../../src/shaders/broadcast_binary';
import { concat, slice } from '../../src/shaders/concat';
import { convNd, convTransposeNd } from '../../src/shaders/conv_nd';
import { matmulNd } from '../../src/shaders/matmul_nd';
import type { Ref } from '../../src/shaders/op';
import { maxPoolNd, maxPoolNdArgmax } from '../../src/shaders/pool_nd';
import { expandTo, reduceAxes } from '../../src/shaders/reduce_axes';
import { roll } from '../../src/shaders/roll';
import { logSoftmax, softmax } from '../../src/shaders/softmax';
import { instanceNorm } from '../../src/shaders/standardize_rows';
import { device } from '../support/device';
import { close } from '../support/kit';

const test = suite('functions of values of any rank');

/** What a function gives for constant inputs. The first one is an input, so that nothing is computed beforehand. */
async function run(
  f: (g: Graph, x: Ref[]) => Ref,
  ...inputs: { shape: Shape; data: ArrayLike<number> }[]
): Promise<{ shape: Shape; data: number[] }> {
  const g = new Graph();
  const x = inputs.map(({ shape }) => g.input(shape));
  const y = g.node(f(g, x));
  const plan = await Plan.compile(await device(), g, [y]);
  try {
    inputs.forEach(({ data }, k) => {
      plan.write(x[k] as Node, Float32Array.from(data));
    });
    plan.run();
    return { shape: y.shape, data: [...(await plan.read(y))] };
  } finally {
    plan.close();
  }
}

const counting = (...shape: number[]) => ({ shape, data: Array.from({ length: size(shape) }, (_, i) => i + 1) });
function any(seed: number, ...shape: number[]) {
  const rng = new Rng(seed, 1);
  return { shape, data: Array.from({ length: size(shape) }, () => Math.fround(2 * rng.uniform() - 1)) };
}

test('pads in every mode', async () => {
  const x = counting(1, 3);
  const padded = async (mode: Parameters<typeof padNd>[3], ...pads: number[]) =>
    (await run((g, [v]) => padNd(g, v as Ref, pads, mode, 9), x)).data;
  assert.equal(await padded('constant', 0, 2, 0, 1), [9, 9, 1, 2, 3, 9]);
  assert.equal(await padded('edge', 0, 2, 0, 1), [1, 1, 1, 2, 3, 3]);
  assert.equal(await padded('reflect', 0, 4, 0, 1), [1, 2, 3, 2, 1, 2, 3, 2]);
  assert.equal(await padded('wrap', 0, 2, 0, 4), [2, 3, 1, 2, 3, 1, 2, 3, 1]);
  assert.equal(await padded('constant', 0, -1, 0, 1), [2, 3, 9]);
  assert.equal(await padded('reflect', 1, 0, 1, 0), [1, 2, 3, 1, 2, 3, 1, 2, 3]);
});

test('slices, with steps and bounds that lie outside', async () => {
  const x = counting(2, 5);
  const cut = async (start: number, end: number, step = 1) =>
    (
      await run(
        (g, [v]) =>
          sliceNd(g, v as Ref, [
            { axis: 1, start, end, step },
            { axis: 0, start: 0, end: 1 },
          ]),
        x,
      )
    ).data;
  assert.equal(await cut(1, 3), [2, 3]);
  assert.equal(await cut(-2, 1000), [4, 5]);
  assert.equal(await cut(0, 5, 2), [1, 3, 5]);
  assert.equal(await cut(1000, -1000, -2), [5, 3, 1]);
  assert.equal(await cut(-2, 0, -1), [4, 3, 2]);
  assert.throws(
    () => sliceNd(new Graph(), { id: 0, shape: [2, 5], dtype: 'f32' }, [{ axis: 1, start: 3, end: 2 }]),
    /something/,
  );
});

test('splits and joins back, flips and picks', async () => {
  const x = any(1, 2, 7, 3);
  const joined = await run((g, [v]) => concat(g, split(g, v as Ref, 1, [2, 4, 1]), -2), x);
  assert.equal(joined, { shape: x.shape, data: x.data });
  const cut = await run((g, [v]) => concat(g, [slice(g, v as Ref, 0, 1, 2), slice(g, v as Ref, 1, 2, 2)], 2), x);
  assert.equal(cut.data, x.data);
  const twice = await run((g, [v]) => flip(g, flip(g, v as Ref, -1), 2), x);
  assert.equal(twice.data, x.data);
  const picked = await run((g, [v]) => gatherAxis(g, v as Ref, 0, [-1, 0, 1]), counting(2, 2));
  assert.equal(picked, { shape: [3, 2], data: [3, 4, 1, 2, 3, 4] });
});

test('a map of no entries gives what it is filled with, and one that changes nothing is no work', async () => {
  const filled = await run(
    (g, [v]) => broadcastMul(g, v as Ref, axisLinear(g, v as Ref, 0, sparseMap([[], []]), 2)),
    counting(2),
  );
  assert.equal(filled.data, [2, 4]);
  const g = new Graph();
  const x = g.input([2, 3]);
  assert.is(padNd(g, x, [0, 0, 0, 0]), x);
  assert.is(permute(g, x, [0, 1]), x);
  assert.is(expandTo(g, x, [2, 3]), x);
});

/** Average pooling along the last axis, said once more. */
function averaged(x: number[], k: number, s: number, e: number, [front, behind]: number[], to: number, all: boolean) {
  return Array.from({ length: to }, (_, o) => {
    const at = Array.from({ length: k }, (_, t) => o * s + t * e - (front ?? 0)).filter(
      (p) => p < x.length + (behind ?? 0),
    );
    const own = at.filter((p) => p >= 0 && p < x.length);
    return own.reduce((sum, p) => sum + (x[p] ?? 0), 0) / (all ? at.length : own.length);
  });
}

test('average pools count what they are told to', async () => {
  const x = any(2, 1, 1, 11);
  for (const [k, s, e, pads, ceil, to] of [
    [3, 2, 1, [1, 1], false, 6],
    [3, 4, 2, [0, 0], true, 3],
    [4, 3, 1, [2, 1], true, 5],
    [2, 4, 1, [0, 1], true, 3],
  ] as [number, number, number, number[], boolean, number][]) {
    for (const countPadding of [false, true]) {
      const options = { strides: [s], dilations: [e], pads, ceil, countPadding };
      const { shape, data } = await run((g, [v]) => averagePool(g, v as Ref, [k], options), x);
      assert.equal(shape, [1, 1, to]);
      close(data, averaged(x.data, k, s, e, pads, to, countPadding), 1e-6, JSON.stringify(options));
    }
  }
});

test('average pools of boxes are those of rows, then of columns', async () => {
  const { shape, data } = await run(
    (g, [v]) => averagePool(g, v as Ref, [2, 3], { strides: [2, 1] }),
    counting(1, 1, 4, 4),
  );
  assert.equal(shape, [1, 1, 2, 2]);
  close(data, [4, 5, 12, 13], 1e-6, 'boxes');
});

test('the places of a max pool, where the last window would begin in the padding', async () => {
  const options = { strides: [2, 2], ceil: true };
  const x = counting(1, 1, 4, 4);
  assert.equal((await run((g, [v]) => maxPoolNd(g, v as Ref, [3, 3], options), x)).data, [11, 12, 15, 16]);
  assert.equal((await run((g, [v]) => maxPoolNdArgmax(g, v as Ref, [3, 3], options), x)).data, [10, 11, 14, 15]);
  const late = await run((g, [v]) => maxPoolNd(g, v as Ref, [1, 1], options), counting(1, 1, 2, 2));
  assert.equal(late, { shape: [1, 1, 1, 1], data: [1] });
});

test('convolutions and pools with a border that wraps move with the map', async () => {
  const x = any(3, 1, 4, 6, 8);
  const w = any(4, 4, 2, 3, 3);
  const bias = any(5, 4);
  const net = (g: Graph, v: Ref, [f, b]: Ref[]): Ref => {
    const wrap = { pads: [1, 1, 1, 1], border: 'wrap' } as const;
    const y = convNd(g, v, f as Ref, { ...wrap, groups: 2, bias: b as Ref });
    return averagePool(g, maxPoolNd(g, y, [3, 3], wrap), [3, 3], wrap);
  };
  const flat = (g: Graph, v: Ref, shape: Shape): Ref =>
    permute(
      g,
      expandTo(g, v, shape),
      shape.map((_, k) => k),
    );
  const still = await run((g, [v, ...p]) => roll(g, cutPlanes(g, net(g, v as Ref, p)), [2, 3]), x, w, bias);
  const moved = await run(
    (g, [v, ...p]) =>
      cutPlanes(g, net(g, flat(g, unplane(g, roll(g, cutPlanes(g, v as Ref), [2, 3])), [1, 4, 6, 8]), p)),
    x,
    w,
    bias,
  );
  assert.equal(moved.data, still.data);
});

const cutPlanes = (g: Graph, v: Ref): Ref => reduceAxes(g, v, 'sum', { axes: [0] });
const unplane = (g: Graph, v: Ref): Ref => expandTo(g, v, [1, ...v.shape]);

test('a transposed convolution gives the size that is asked for, and undoes a convolution by 1', async () => {
  const w = { shape: [1, 1, 3, 3], data: [0, 0, 0, 0, 1, 0, 0, 0, 0] };
  const options = { strides: [2, 2], pads: [1, 1, 1, 1], outputPadding: [1, 1] };
  const { shape, data } = await run(
    (g, [v, f]) => convTransposeNd(g, v as Ref, f as Ref, options),
    counting(1, 1, 2, 2),
    w,
  );
  assert.equal(shape, [1, 1, 4, 4]);
  assert.equal(data, [1, 0, 2, 0, 0, 0, 0, 0, 3, 0, 4, 0, 0, 0, 0, 0]);
  const g = new Graph();
  const tiny = convTransposeNd(g, g.input([2, 4, 5]), g.input([4, 3, 4]), {
    groups: 2,
    strides: [3],
    dilations: [2],
    pads: [1, 2],
  });
  assert.equal(tiny.shape, [2, 6, 16]);
  assert.throws(() => convTransposeNd(g, g.input([1, 1, 1]), g.input([1, 1, 1]), { pads: [1, 1] }), /sides of -1/);
});

test('matrix products with axes in front', async () => {
  const a = any(6, 2, 1, 3, 4);
  const b = any(7, 5, 4, 2);
  const { shape, data } = await run((g, [p, q]) => matmulNd(g, p as Ref, q as Ref), a, b);
  assert.equal(shape, [2, 5, 3, 2]);
  const want = data.map((_, i) => {
    const [t, s, m, n] = [Math.floor(i / 30), Math.floor(i / 6) % 5, Math.floor(i / 2) % 3, i % 2];
    let sum = 0;
    for (let k = 0; k < 4; k++) sum += (a.data[t * 12 + m * 4 + k] as number) * (b.data[s * 8 + k * 2 + n] as number);
    return sum;
  });
  close(data, want, 1e-6, 'products');
  const one = await run((g, [p, q]) => matmulNd(g, p as Ref, q as Ref), any(6, 2, 3, 4), any(7, 4, 2));
  assert.equal(one.shape, [2, 3, 2]);
  await assertThrows(
    () => run((g, [p, q]) => matmulNd(g, p as Ref, q as Ref), any(6, 3, 4), any(7, 5, 2)),
    /\[\.\., M, K\]/,
  );
});

async function assertThrows(f: () => Promise<unknown>, message: RegExp): Promise<void> {
  let thrown: unknown;
  await f().catch((e: unknown) => {
    thrown = e;
  });
  assert.match(String(thrown), message);
}

test('reductions over axes that are no neighbours', async () => {
  const x = counting(2, 3, 2);
  const over = async (fn: Parameters<typeof reduceAxes>[2], axes?: number[], keep = false) =>
    run((g, [v]) => reduceAxes(g, v as Ref, fn, { ...(axes && { axes }), keep }), x);
  assert.equal(await over('sum', [0, -1]), { shape: [3], data: [18, 26, 34] });
  close((await over('mean', [0, 2], true)).data, [4.5, 6.5, 8.5], 1e-6, 'mean');
  assert.equal(await over('max', [2, 0], true), { shape: [1, 3, 1], data: [8, 10, 12] });
  assert.equal(await over('prod', [1]), { shape: [2, 2], data: [15, 48, 693, 960] });
  assert.equal(await over('min'), { shape: [1], data: [1] });
  close((await over('l2', [0, 1, 2])).data, [Math.sqrt(650)], 1e-6, 'l2');
  assert.equal(await over('l1', [1]), { shape: [2, 2], data: [9, 12, 27, 30] });
});

test('local response normalisation', async () => {
  const x = any(8, 1, 5, 2);
  const { data } = await run((g, [v]) => lrn(g, v as Ref, { size: 4, alpha: 2, beta: 0.5, bias: 3 }), x);
  const want = x.data.map((v, i) => {
    const c = Math.floor(i / 2);
    let sum = 0;
    for (let k = Math.max(0, c - 1); k <= Math.min(4, c + 2); k++) sum += (x.data[k * 2 + (i % 2)] as number) ** 2;
    return v / (3 + 0.5 * sum) ** 0.5;
  });
  close(data, want, 1e-6, 'lrn');
});

test('instance normalisation has the mean and deviation it is given', async () => {
  const { data } = await run(
    (g, [v, s, b]) => instanceNorm(g, v as Ref, s as Ref, b as Ref, 0),
    any(9, 2, 3, 40),
    { shape: [3], data: [1, 2, 3] },
    { shape: [3], data: [-1, 0, 5] },
  );
  for (let r = 0; r < 6; r++) {
    const row = data.slice(40 * r, 40 * r + 40);
    const mean = row.reduce((a, b) => a + b, 0) / 40;
    const deviation = Math.sqrt(row.reduce((a, b) => a + (b - mean) ** 2, 0) / 40);
    close([mean, deviation], [[-1, 0, 5][r % 3] as number, (r % 3) + 1], 1e-5, `row ${r}`);
  }
});

test('softmax counts axes from the end too, and its logarithm is one', async () => {
  const x = any(10, 2, 3, 4);
  const p = await run((g, [v]) => softmax(g, v as Ref, -2), x);
  const log = await run((g, [v]) => logSoftmax(g, v as Ref, 1), x);
  close(p.data.map(Math.log), log.data, 1e-5, 'logarithm');
});

// By ONNX's definition of Resize, each from a few lines of arithmetic.
test('resizes as ONNX does', async () => {
  const x = counting(4);
  const to = async (n: number, options: Parameters<typeof resizeNd>[3]) =>
    (await run((g, [v]) => resizeNd(g, v as Ref, [n], options), x)).data;
  assert.equal(await to(8, { mode: 'nearest' }), [1, 1, 2, 2, 3, 3, 4, 4]);
  assert.equal(await to(6, { coordinates: 'asymmetric', nearest: 'floor' }), [1, 1, 2, 3, 3, 4]);
  assert.equal(await to(6, { coordinates: 'asymmetric', nearest: 'ceil' }), [1, 2, 3, 3, 4, 4]);
  close(await to(8, { mode: 'linear' }), [1, 1.25, 1.75, 2.25, 2.75, 3.25, 3.75, 4], 1e-6, 'linear');
  close(await to(7, { mode: 'linear', coordinates: 'align_corners' }), [1, 1.5, 2, 2.5, 3, 3.5, 4], 1e-6, 'corners');
  close(await to(2, { mode: 'linear', coordinates: 'align_corners', scales: [0.6] }), [1, 3.142857], 1e-6, 'width 2.4');
  close(await to(2, { mode: 'linear', antialias: true }), [1.625, 3.375], 1e-6, 'antialias');
  close(await to(2, { mode: 'cubic' }), [1.40625, 3.59375], 1e-6, 'cubic');
  close(await to(1, { mode: 'linear', coordinates: 'pytorch_half_pixel' }), [1], 1e-6, 'one');
  const crop = { coordinates: 'tf_crop_and_resize', mode: 'linear', roi: [0.5, 1.5], extrapolation: 10 } as const;
  close(await to(4, crop), [2.5, 3.5, 10, 10], 1e-6, 'crop');
  const all = { mode: 'cubic', excludeOutside: true } as const;

  close(await ofOnes(all), new Array(9).fill(1), 1e-6, 'weights add up to 1');
});

async function ofOnes(options: Parameters<typeof resizeNd>[3]): Promise<number[]> {
  return (await run((g, [v]) => resizeNd(g, v as Ref, [9], options), { shape: [4], data: [1, 1, 1, 1] })).data;
}

test.run();
