// Losses of dreams, content and smoothness: each against its formula in f64, and its slope against central differences. One
// file, long as it is: they share a net, its pictures and the compiled kernels of both.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { z } from 'zod';
import { Graph } from '../../src/graph/graph';
import { Plan } from '../../src/graph/plan';
import { anchor } from '../../src/recipes/losses/anchor';
import { channel } from '../../src/recipes/losses/channel';
import { content, principalComponents } from '../../src/recipes/losses/content';
import { direction } from '../../src/recipes/losses/direction';
import { enhance } from '../../src/recipes/losses/enhance';
import { gramEnhance } from '../../src/recipes/losses/gram_enhance';
import { guide } from '../../src/recipes/losses/guide';
import { lossComponents, lossSchema } from '../../src/recipes/losses/index';
import type { LossComponent } from '../../src/recipes/losses/lib/loss';
import { neuron } from '../../src/recipes/losses/neuron';
import { patches } from '../../src/recipes/losses/patches';
import { tv } from '../../src/recipes/losses/tv';
import { random } from '../../src/shaders/random';
import { device } from '../support/device';
import { close, rolled } from '../support/kit';
import { checkLoss, type Fake, type Given, type HostMap, runLoss, someMap } from '../support/loss_context';

const test = suite('losses of dreams, content and smoothness');

const at = (m: HostMap, c: number, n: number): number => m.data[c * m.shape[1] * m.shape[2] + n]!;
const pixelsOf = (m: HostMap): number => m.shape[1] * m.shape[2];
const mean = (x: ArrayLike<number>): number => Array.from(x).reduce((a, b) => a + b, 0) / x.length;
const power = (m: HostMap): number => mean(m.data.map((v) => v * v));
const relative = (a: HostMap, b: HostMap): number => mean(a.data.map((v, i) => (v - b.data[i]!) ** 2)) / power(b);

/** Second moments over pixels, weighted by a mask of mean 1. */
function moments(m: HostMap, mask?: ArrayLike<number>): number[][] {
  const [C] = m.shape;
  const N = pixelsOf(m);
  const total = mask ? Array.from(mask).reduce((a, b) => a + b, 0) / N : 1;
  return Array.from({ length: C }, (_, i) =>
    Array.from({ length: C }, (_, j) => {
      let sum = 0;
      for (let n = 0; n < N; n++) sum += ((mask ? mask[n]! : 1) / total) * at(m, i, n) * at(m, j, n);
      return sum / N;
    }),
  );
}
const meanSquareOf = (G: number[][]): number => mean(G.flat().map((v) => v * v));

const map = (seed: number, C = 4, H = 5, W = 7): HostMap => someMap([C, H, W], seed, -0.4, 1);
const one = (canvas: HostMap, more: Partial<Fake> = {}): Fake => ({ canvas: { relu: canvas }, ...more });

/** The canvas k times side by side and k times below itself. */
function tiled(m: HostMap, k: number): HostMap {
  const [C, H, W] = m.shape;
  const data = Float64Array.from({ length: C * H * W * k * k }, (_, i) => {
    const x = (i % (W * k)) % W;
    const y = (Math.floor(i / (W * k)) % (H * k)) % H;
    const c = Math.floor(i / (W * k * H * k));
    return m.data[(c * H + y) * W + x]!;
  });
  return { shape: [C, H * k, W * k], data };
}
const roll = (m: HostMap, by: readonly [number, number]): HostMap => ({ shape: m.shape, data: rolled(m, by).data });

test('content: relative to the content, position for position, weighted by layer', async () => {
  const fake: Fake = {
    canvas: { a: map(1), b: map(2, 3, 2, 3) },
    content: { a: map(3), b: map(4, 3, 2, 3) },
  };
  await checkLoss(content, { layers: { a: 2, b: 0.5 } }, fake, ({ canvas, content }) => {
    return 2 * relative(canvas.a!, content!.a!) + 0.5 * relative(canvas.b!, content!.b!);
  });
  const same = await runLoss(content, { layers: ['a'] }, { canvas: { a: map(1) }, content: { a: map(1) } });
  assert.is(same.loss, 0);
  const some = await runLoss(content, { layers: { a: 1, b: 0 } }, fake);
  assert.equal([...some.terms.keys()], ['a']);
  await rejects(runLoss(content, { layers: { a: 0 } }, fake), /no layer has a weight/);
});

/** Features whose channels are mixtures of a few strong patterns and weak noise. */
function patterned(C: number, H: number, W: number): HostMap {
  const N = H * W;
  const sources = [5, 3, 1.5].map((s, k) => someMap([1, H, W], 50 + k, -s, s).data);
  const mixing = someMap([C, 1, 3], 60, -1, 1).data;
  const noise = someMap([C, H, W], 61, 0.6, 0.8).data;
  const data = Float64Array.from({ length: C * N }, (_, i) => {
    const c = Math.floor(i / N);
    return Math.fround(noise[i]! + sources.reduce((s, src, k) => s + mixing[3 * c + k]! * src[i % N]!, 0));
  });
  return { shape: [C, H, W], data };
}

/** Eigenvectors of the covariance of a map, largest eigenvalue first: Jacobi's rotations in f64. */
function principal(m: HostMap): { values: number[]; vectors: number[][] } {
  const [C] = m.shape;
  const N = pixelsOf(m);
  const mu = Array.from({ length: C }, (_, c) => mean(m.data.slice(c * N, (c + 1) * N)));
  const centred: HostMap = { shape: m.shape, data: m.data.map((v, i) => v - mu[Math.floor(i / N)]!) };
  const A = moments(centred);
  const V = A.map((row, i) => row.map((_, j) => Number(i === j)));
  for (let sweep = 0; sweep < 60; sweep++) {
    for (let p = 0; p < C; p++) {
      for (let q = p + 1; q < C; q++) {
        if (Math.abs(A[p]![q]!) < 1e-300) continue;
        const theta = 0.5 * Math.atan2(2 * A[p]![q]!, A[q]![q]! - A[p]![p]!);
        const [cos, sin] = [Math.cos(theta), Math.sin(theta)];
        for (const M of [A, V]) {
          for (const row of M) [row[p], row[q]] = [cos * row[p]! - sin * row[q]!, sin * row[p]! + cos * row[q]!];
        }
        const [rp, rq] = [A[p]!, A[q]!];
        A[p] = rp.map((v, k) => cos * v - sin * rq[k]!);
        A[q] = rq.map((v, k) => sin * rp[k]! + cos * v);
      }
    }
  }
  const order = A.map((_, i) => i).sort((i, j) => A[j]![j]! - A[i]![i]!);
  return { values: order.map((i) => A[i]![i]!), vectors: order.map((i) => V.map((row) => row[i]!)) };
}

const projected = (m: HostMap, axes: number[][]): HostMap => {
  const N = pixelsOf(m);
  const data = Float64Array.from({ length: axes.length * N }, (_, i) =>
    axes[Math.floor(i / N)]!.reduce((s, v, c) => s + v * at(m, c, i % N), 0),
  );
  return { shape: [axes.length, m.shape[1], m.shape[2]], data };
};

test('principal components: those of an eigen-decomposition in f64', async () => {
  const m = patterned(9, 6, 11);
  const want = principal(m);
  assert.ok(want.values[2]! > 3 * want.values[3]!, 'the test means to have three strong components');
  const g = new Graph();
  const rows = principalComponents(g, g.constant(m.shape, Float32Array.from(m.data)), 3);
  const plan = await Plan.compile(await device(), g, [rows]);
  try {
    assert.is(plan.steps.length, 0, 'all of it is done as the plan is compiled');
    const got = await plan.read(rows);
    for (const k of [0, 1, 2]) {
      const row = got.slice(9 * k, 9 * k + 9);
      const sign = Math.sign(row.reduce((s, v, c) => s + v * want.vectors[k]![c]!, 0));
      close(
        row.map((v) => sign * v),
        want.vectors[k]!,
        1e-4,
        `component ${k}`,
      );
    }
  } finally {
    plan.close();
  }
});

test('content: its principal components only; all of them change nothing', async () => {
  const target = patterned(6, 5, 7);
  const axes = principal(target).vectors;
  const fake = one(map(5, 6), { content: { relu: target } });
  const layers = ['relu'];
  for (const pca of [1, 3]) {
    await checkLoss(content, { layers, pca }, fake, ({ canvas }) => {
      const some = axes.slice(0, pca);
      return relative(projected(canvas.relu!, some), projected(target, some));
    });
  }
  const [all, plain] = [await runLoss(content, { layers, pca: 6 }, fake), await runLoss(content, { layers }, fake)];
  close([all.loss], [plain.loss], 1e-5, 'six of six components');
  await rejects(runLoss(content, { layers, pca: 7 }, fake), /has 6 channels, so no 7 principal components/);
});

const rejects = async (promise: Promise<unknown>, message: RegExp): Promise<void> => {
  try {
    await promise;
  } catch (error) {
    assert.match(String(error), message);
    return;
  }
  assert.unreachable(`no error like ${message}`);
};

test('anchor: the picture as it was, by default', async () => {
  const fake: Fake = { canvas: { input: someMap([3, 4, 6], 6) }, start: { input: someMap([3, 4, 6], 7) } };
  await checkLoss(anchor, {}, fake, ({ canvas, start }) => relative(canvas.input!, start!.input!));
});

test('enhance: power relative to the start without a style, to the style with one; the size does not matter', async () => {
  const dream = one(map(8), { start: { relu: map(9) } });
  const start = await checkLoss(enhance, {}, dream, ({ canvas, start }) => -power(canvas.relu!) / power(start!.relu!));
  assert.ok(start.loss < 0, 'a positive weight enhances');
  await checkLoss(enhance, { growth: 'log' }, dream, ({ canvas, start }) => {
    return -Math.log(power(canvas.relu!) / power(start!.relu!));
  });

  const mask = someMap([1, 3, 4], 10, 0, 1).data;
  const styled = one(map(8), {
    styles: [
      { weight: 0.75, target: { relu: map(12, 4, 3, 4) } },
      { weight: -0.25, target: { relu: map(13, 4, 3, 4) }, targetMask: { relu: mask } },
    ],
  });
  const value = ({ canvas, styles }: Fake): number => {
    const norms = styles!.map((s) => Math.sqrt(meanSquareOf(moments(s.target.relu!, s.targetMask?.relu))));
    return -power(canvas.relu!) / (0.75 * norms[0]! + 0.25 * norms[1]!);
  };
  const small = await checkLoss(enhance, { layers: ['relu'] }, styled, value);
  const large = await runLoss(enhance, { layers: ['relu'] }, { ...styled, canvas: { relu: tiled(map(8), 3) } });
  close([large.loss], [small.loss], 1e-5, 'nine copies');
});

test('gram_enhance: bounded, with styles and masks', async () => {
  const mask = someMap([1, 5, 7], 14, 0, 1).data;
  const fake = one(map(15), {
    styles: [
      { weight: 0.6, target: { relu: map(16, 4, 3, 4) }, canvasMask: { relu: mask } },
      { weight: 0.4, target: { relu: map(17, 4, 6, 4) } },
    ],
  });
  const clamps: [number, number][] = [
    [-1, 1],
    [-0.2, 0.05],
    [-50, 50],
  ];
  let bounded = 0;
  for (const [lo, hi] of clamps) {
    await checkLoss(gramEnhance, { layers: { relu: 3 }, clamp: [lo, hi] }, fake, ({ canvas, styles }) => {
      let total = 0;
      for (const s of styles!) {
        const G = moments(canvas.relu!, s.canvasMask?.relu).flat();
        const target = moments(s.target.relu!).flat();
        const norm = mean(target.map((v) => v * v));
        const terms = G.map((v, i) => (-v * target[i]!) / norm);
        bounded += terms.filter((t) => t < lo || t > hi).length;
        total += s.weight! * mean(terms.map((t) => Math.min(hi, Math.max(lo, t))));
      }
      return 3 * total;
    });
  }
  assert.ok(bounded > 0, 'the bounds are met');
  await rejects(runLoss(gramEnhance, { layers: ['relu'] }, one(map(15))), /style/);
  assert.throws(() => gramEnhance.schema.parse({ kind: 'gram_enhance', clamp: [1, -1] }), /low below high/);
});

test('channel: the power of one, of some, of all', async () => {
  const fake = one(map(18), { start: { relu: map(19) } });
  for (const [channels, list] of [
    [2, [2]],
    [
      [3, 1],
      [3, 1],
    ],
    ['all', [0, 1, 2, 3]],
  ] as const) {
    await checkLoss(channel, { layer: 'relu', channels }, fake, ({ canvas, start }) => {
      const m = canvas.relu!;
      const squares = list.flatMap((c) => Array.from({ length: pixelsOf(m) }, (_, n) => at(m, c, n) ** 2));
      return -mean(squares) / power(start!.relu!);
    });
  }
  await rejects(runLoss(channel, { layer: 'relu', channels: [0, 4] }, fake), /relu has 4 channels, .* no channel 4/);
});

test('neuron: one channel at one place', async () => {
  const fake = one(map(20), { start: { relu: map(21) } });
  for (const [position, n] of [
    [[0, 0], 0],
    [[1, 1], 4 * 7 + 6],
    [[0.3, 0.5], 2 * 7 + 2],
  ] as const) {
    const { gradient } = await checkLoss(neuron, { layer: 'relu', channel: 1, position }, fake, (f) => {
      return -at(f.canvas.relu!, 1, n) / Math.sqrt(power(f.start!.relu!));
    });
    assert.equal(
      [...gradient.relu!].flatMap((v, i) => (v === 0 ? [] : [i])),
      [35 + n],
      'nothing else moves',
    );
  }
  await rejects(runLoss(neuron, { layer: 'relu', channel: 9 }, fake), /no channel 9/);
});

test('direction: given or drawn, by dot product or by cosine', async () => {
  const fake = one(map(22), { start: { relu: map(23) } });
  const d = [1, -2, 0.5, 0];
  const length = Math.hypot(...d);
  const along = (m: HostMap, n: number): number => d.reduce((s, v, c) => s + (v / length) * at(m, c, n), 0);
  const over = (m: HostMap, f: (n: number) => number): number =>
    mean(Array.from({ length: pixelsOf(m) }, (_, n) => f(n)));
  await checkLoss(direction, { layer: 'relu', direction: d }, fake, ({ canvas, start }) => {
    return -over(canvas.relu!, (n) => along(canvas.relu!, n)) / Math.sqrt(power(start!.relu!));
  });
  await checkLoss(direction, { layer: 'relu', direction: d, measure: 'cosine' }, fake, ({ canvas }) => {
    const m = canvas.relu!;
    return -over(m, (n) => along(m, n) / Math.hypot(...[0, 1, 2, 3].map((c) => at(m, c, n))));
  });
  // A random one: the gradient is the direction, the same at every pixel and for the same seed, of length 1.
  const [a, b] = [await runLoss(direction, { layer: 'relu' }, fake), await runLoss(direction, { layer: 'relu' }, fake)];
  assert.equal(a.gradient, b.gradient);
  const drawn = [0, 1, 2, 3].map((c) => a.gradient.relu![35 * c]! * 35 * Math.sqrt(power(fake.start!.relu!)));
  close([Math.hypot(...drawn)], [1], 1e-5, 'length');
  assert.ok(drawn.every((v) => v <= 0) && drawn.some((v) => v < 0), 'enhances, and asks for no silence');
  close(a.gradient.relu!.slice(35, 70), new Float32Array(35).fill(a.gradient.relu![35]!), 1e-6, 'pixels');
  await rejects(runLoss(direction, { layer: 'relu', direction: [1, 2] }, fake), /4 channels, .* 2 numbers/);
  await rejects(runLoss(direction, { layer: 'relu', direction: [0, 0, 0, 0] }, fake), /only zeros/);
});

test('guide: pulled towards the feature of the guide that matches best', async () => {
  const target = map(24, 4, 3, 6);
  const fake = one(map(25), { inputs: { flowers: { relu: target } } });
  const best = (m: HostMap, n: number): number => {
    const scores = Array.from({ length: pixelsOf(target) }, (_, k) =>
      [0, 1, 2, 3].reduce((s, c) => s + at(m, c, n) * at(target, c, k), 0),
    );
    return scores.indexOf(Math.max(...scores));
  };
  const { gradient } = await checkLoss(guide, { input: 'flowers', layers: ['relu'] }, fake, ({ canvas }) => {
    const m = canvas.relu!;
    let sum = 0;
    for (let n = 0; n < 35; n++) {
      for (let c = 0; c < 4; c++) sum += at(m, c, n) * at(target, c, best(m, n));
    }
    return -sum / (4 * 35) / power(target);
  });
  const wanted = Array.from({ length: 4 * 35 }, (_, i) => {
    const n = i % 35;
    return -at(target, Math.floor(i / 35), best(fake.canvas.relu!, n)) / (4 * 35) / power(target);
  });
  close(gradient.relu!, wanted, 1e-5, 'the gradient is that feature');
  await rejects(runLoss(guide, { layers: ['relu'] }, fake), /no guide/);
});

test('tv: on the torus, and not; the size does not matter', async () => {
  const picture = someMap([3, 5, 6], 26);
  const reference =
    (torus: readonly [boolean, boolean]) =>
    ({ canvas }: Fake): number => {
      const m = canvas.input!;
      let sum = 0;
      for (let c = 0; c < 3; c++) {
        for (let y = 0; y < 5; y++) {
          for (let x = 0; x < 6; x++) {
            const here = at(m, c, 6 * y + x);
            if (x < 5 || torus[1]) sum += (at(m, c, 6 * y + ((x + 1) % 6)) - here) ** 2;
            if (y < 4 || torus[0]) sum += (at(m, c, 6 * ((y + 1) % 5) + x) - here) ** 2;
          }
        }
      }
      return sum / (3 * 5 * 6);
    };
  for (const torus of [
    [true, true],
    [false, true],
    [false, false],
  ] as const) {
    await checkLoss(tv, {}, { canvas: { input: picture }, torus }, reference(torus));
  }
  const small = await runLoss(tv, {}, { canvas: { input: picture } });
  const large = await runLoss(tv, {}, { canvas: { input: tiled(picture, 2) } });
  close([large.loss], [small.loss], 1e-6, 'four copies');
});

/** The filters that the first loss of a run draws: [P, C k k]. Drawn by the device, whose cosine may be a rough one. */
async function filtersOf(P: number, C: number, k: number, localised: boolean): Promise<number[][]> {
  const g = new Graph();
  const zero = g.constant([1], new Float32Array(1));
  const noise = random(g, [P, C * k * k], { seed: 1, stream: 100, distribution: 'normal' }, zero);
  const plan = await Plan.compile(await device(), g, [noise]);
  const draw = await plan.read(noise);
  plan.close();
  return Array.from({ length: P }, (_, p) => {
    const sigma = localised ? [0, 1, 2, 0.6][p % 4]! : 0;
    const row = Array.from({ length: C * k * k }, (_, i) => {
      const [y, x] = [(Math.floor(i / k) % k) - (k - 1) / 2, (i % k) - (k - 1) / 2];
      return draw[p * C * k * k + i]! * (sigma === 0 ? 1 : Math.exp(-(x * x + y * y) / (2 * sigma * sigma)));
    });
    return row.map((v) => v / Math.hypot(...row));
  });
}

/** Sorted projections of the patches whose middle counts. */
function projections(
  m: HostMap,
  filter: number[],
  k: number,
  torus: boolean,
  counts?: (n: number) => boolean,
): number[] {
  const [C, H, W] = m.shape;
  const h = (k - 1) / 2;
  const found: number[] = [];
  for (let y = 0; y < H; y++) {
    for (let x = 0; x < W; x++) {
      const whole = y >= h && y + h < H && x >= h && x + h < W;
      if ((!torus && !whole) || (counts && !counts(y * W + x))) continue;
      let sum = 0;
      for (let c = 0; c < C; c++) {
        for (let i = 0; i < k; i++) {
          for (let j = 0; j < k; j++) {
            sum += filter[(c * k + i) * k + j]! * at(m, c, ((y + i - h + H) % H) * W + ((x + j - h + W) % W));
          }
        }
      }
      found.push(sum);
    }
  }
  return found.sort((a, b) => a - b);
}

/** mean_i |x_i - quantile of y at (i + 0.5) / n|, both sorted. */
function between(x: number[], y: number[]): number {
  return mean(
    x.map((v, i) => {
      const t = Math.min(y.length - 1, Math.max(0, ((i + 0.5) * y.length) / x.length - 0.5));
      const low = Math.min(y.length - 2, Math.floor(t));
      return Math.abs(v - (y.length === 1 ? y[0]! : y[low]! + (t - low) * (y[low + 1]! - y[low]!)));
    }),
  );
}

test('patches: the sliced distance in f64, on the torus and off it, localised, masked', async () => {
  const canvas = { input: someMap([3, 8, 9], 40) };
  const target = { input: someMap([3, 7, 10], 41) };
  const masks = {
    canvasMask: { input: someMap([1, 8, 9], 42).data },
    targetMask: { input: someMap([1, 7, 10], 43).data },
  };
  const counts = (mask?: ArrayLike<number>) => mask && ((n: number) => 2 * mask[n]! >= Math.max(...Array.from(mask)));
  for (const [k, localised, torus, masked] of [
    [3, false, true, false],
    [3, true, false, false],
    [1, false, true, false],
    [5, false, true, true],
    [3, true, false, true],
  ] as const) {
    const filters = await filtersOf(4, 3, k, localised);
    const fake: Fake = { canvas, styles: [{ weight: 0.5, target, ...(masked && masks) }], torus: [torus, torus] };
    await checkLoss(
      patches,
      { patch: k, projections: 4, localised },
      fake,
      (f) => {
        const { canvasMask, targetMask } = f.styles![0]!;
        const each = filters.map((filter) =>
          between(
            projections(f.canvas.input!, filter, k, torus, counts(canvasMask?.input)),
            projections(target.input, filter, k, false, counts(targetMask?.input)),
          ),
        );
        return 0.5 * mean(each);
      },
      { value: 1e-4, step: 1e-6, slope: 2e-3 },
    );
  }
});

test('patches: several styles, fewer projections where there is no room, fine scales, refusals', async () => {
  const canvas = { input: someMap([3, 9, 9], 44) };
  const styles = [45, 46].map((seed) => ({ weight: 0.5, target: { input: someMap([3, 9, 8], seed) } }));
  const both = await runLoss(patches, { patch: 3 }, { canvas, styles });
  assert.ok(both.loss > 0);
  assert.equal(both.warnings, []);
  const tight = await runLoss(patches, { patch: 3 }, { canvas, styles, largest: 8 * 81 * 5 });
  assert.match(tight.warnings[0]!, /^5 projections a step instead of 16: the adapter binds 3.2 KiB at most$/);
  const [one] = styles;
  const given = (localised: unknown) => ({ patch: 5, projections: 4, localised });
  const coarse = await runLoss(patches, given('auto'), { canvas, styles: [one!], fine: false });
  const fine = await runLoss(patches, given('auto'), { canvas, styles: [one!], fine: true });
  assert.is(coarse.loss, (await runLoss(patches, given(false), { canvas, styles: [one!] })).loss);
  assert.is(fine.loss, (await runLoss(patches, given(true), { canvas, styles: [one!], fine: false })).loss);
  assert.is.not(coarse.loss, fine.loss);
  const corner = { input: Float64Array.from({ length: 72 }, (_, i) => Number(i === 0)) };
  await rejects(
    runLoss(patches, { patch: 3 }, { canvas, styles: [{ ...one!, targetMask: corner }] }),
    /leaves no 3x3 patch of the exemplar/,
  );
  await rejects(runLoss(patches, { patch: 11 }, { canvas, styles }), /smaller than a 11x11 patch/);
  assert.throws(() => patches.schema.parse({ kind: 'patches', patch: 4 }), /must be odd/);
});

test('on the torus a rolled canvas has the same loss, and the rolled gradient', async () => {
  const by = [2, 3] as const;
  const styles = [{ target: { relu: map(30, 4, 3, 4) } }];
  const checks: readonly (readonly [LossComponent, Given, Fake])[] = [
    [tv, {}, { canvas: { input: someMap([3, 5, 6], 31) } }],
    [
      patches,
      { patch: 3 },
      { canvas: { input: someMap([3, 5, 6], 31) }, styles: [{ target: { input: someMap([3, 6, 5], 38) } }] },
    ],
    [enhance, { layers: ['relu'] }, one(map(32), { styles })],
    [gramEnhance, { layers: ['relu'] }, one(map(33), { styles })],
    [channel, { layer: 'relu', channels: 1 }, one(map(34), { start: { relu: map(35) } })],
    [direction, { layer: 'relu' }, one(map(34), { start: { relu: map(35) } })],
    [guide, { layers: ['relu'] }, one(map(36), { inputs: { guide: { relu: map(37, 4, 3, 3) } } })],
  ];
  for (const [block, given, fake] of checks) {
    const [layer = '', m] = Object.entries(fake.canvas)[0] as [string, HostMap];
    const still = await runLoss(block, given, fake);
    const moved = await runLoss(block, given, { ...fake, canvas: { [layer]: roll(m, by) } });
    close([moved.loss], [still.loss], 2e-6, `${block.kind}: loss`);
    const gradient = Float64Array.from(still.gradient[layer]!);
    close(moved.gradient[layer]!, rolled({ shape: m.shape, data: gradient }, by).data, 1e-5, `${block.kind}: gradient`);
  }
});

test('the list and the schema name the same losses, with a sentence for each', () => {
  assert.equal(
    lossSchema.options.map((o) => o.shape.kind.value),
    lossComponents.map((b) => b.kind),
  );
  for (const b of lossComponents) {
    assert.match(b.about, /^[A-Z].*\.$/, b.kind);
    const { properties = {} } = z.toJSONSchema(b.schema, { io: 'input' });
    for (const [name, field] of Object.entries(properties)) {
      if (name !== 'kind') assert.ok(typeof field === 'object' && field.description, `${b.kind}.${name} is described`);
    }
  }
  assert.equal(lossSchema.parse({ kind: 'tv' }), { kind: 'tv', weight: 1 });
});

test.run();
