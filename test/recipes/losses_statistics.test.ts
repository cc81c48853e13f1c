// The losses that compare statistics of features with a style's, against their formulas in f64.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Graph } from '../../src/graph/graph';
import { Plan } from '../../src/graph/plan';
import { gaussian } from '../../src/recipes/losses/gaussian';
import { gram } from '../../src/recipes/losses/gram';
import { histogram } from '../../src/recipes/losses/histogram';
import type { LossComponent } from '../../src/recipes/losses/lib/loss';
import { mean } from '../../src/recipes/losses/mean';
import { moments } from '../../src/recipes/losses/moments';
import { shiftedGram } from '../../src/recipes/losses/shifted_gram';
import { sliced } from '../../src/recipes/losses/sliced';
import { normalizeRows } from '../../src/shaders/normalize_rows';
import { random } from '../../src/shaders/random';
import { device } from '../support/device';
import { close, rolled } from '../support/kit';
import {
  checkLoss,
  type Fake,
  type FakeStyle,
  type Given,
  type HostMap,
  normalisedMask,
  picked,
  runLoss,
  someMap,
} from '../support/loss_context';
import {
  covariance,
  gaussianDistance,
  type Matrix,
  momentsAbout,
  shiftedMoments,
  type Weighted,
  weighted,
  weightedMean,
} from '../support/statistics_reference';

const test = suite('losses of statistics');

const square = (v: number): number => v * v;
const average = (v: readonly number[]): number => v.reduce((a, b) => a + b, 0) / v.length;
/** mean(((a - b) / rms(b))^2) */
const relative = (a: Matrix | readonly number[], b: Matrix | readonly number[]): number =>
  average(a.flat().map((v, i) => square(v - b.flat()[i]!))) / average(b.flat().map(square));

type Distance = (canvas: Weighted, target: Weighted, torus: readonly [boolean, boolean]) => number;

/** Sum over layers and styles of a distance. */
const summed =
  (distance: Distance, layers: Readonly<Record<string, number>> = { relu1: 1 }) =>
  (fake: Fake): number => {
    let sum = 0;
    for (const [layer, weight] of Object.entries(layers)) {
      for (const { weight: share = 1, target, targetMask, canvasMask } of fake.styles!) {
        const canvas = weighted(fake.canvas[layer]!, canvasMask?.[layer]);
        sum +=
          weight * share * distance(canvas, weighted(target[layer]!, targetMask?.[layer]), fake.torus ?? [true, true]);
      }
    }
    return sum;
  };

const moment =
  (centring: 'origin' | 'dynamic' | 'static'): Distance =>
  (a, b) => {
    const zero = b.rows.map(() => 0);
    const about = centring === 'origin' ? zero : weightedMean(centring === 'static' ? b : a);
    return relative(momentsAbout(a, about), momentsAbout(b, centring === 'origin' ? zero : weightedMean(b)));
  };

const moment3 =
  (w: readonly [number, number, number]): Distance =>
  (a, b) => {
    const [S, T] = [covariance(a), covariance(b)];
    const quiet = 1e-4 * average(T.map((r, i) => r[i]!)) + 1e-12;
    const deviation = (m: Matrix): number[] => m.map((r, i) => Math.sqrt(r[i]! + quiet));
    const [s, t] = [deviation(S), deviation(T)];
    const correlation = (m: Matrix, d: number[]): Matrix => m.map((r, i) => r.map((v, j) => v / (d[i]! * d[j]!)));
    return (
      w[0] * relative(weightedMean(a), weightedMean(b)) +
      w[1] * relative(s, t) +
      w[2] * relative(correlation(S, s), correlation(T, t))
    );
  };

/** Mean of |a - quantile(b)|^e over sorted rows. */
function transported(a: readonly number[], b: readonly number[], e: number): number {
  const up = (v: readonly number[]): number[] => [...v].sort((p, q) => p - q);
  const [x, y] = [up(a), up(b)];
  return average(
    x.map((v, i) => {
      const t = Math.min(Math.max(((i + 0.5) * y.length) / x.length - 0.5, 0), y.length - 1);
      const k = Math.floor(t);
      const q = y[k]! + (t - k) * ((y[k + 1] ?? y[k]!) - y[k]!);
      return Math.abs(v - q) ** e;
    }),
  );
}

const power = (b: Weighted): number => average(b.rows.flatMap((r) => r.map((v, p) => b.mask[p]! * v * v)));
const pickedOf = (r: readonly number[], w: Weighted): number[] => [...w.pick].map((p) => r[p]!);

const histograms: Distance = (a, b) =>
  average(a.rows.map((r, c) => transported(pickedOf(r, a), pickedOf(b.rows[c]!, b), 2))) / power(b);

const slices =
  (directions: Matrix, e: 1 | 2): Distance =>
  (a, b) => {
    const seen = (w: Weighted, u: readonly number[]): number[] =>
      pickedOf(
        w.mask.map((_, p) => u.reduce((s, v, c) => s + v * w.rows[c]![p]!, 0)),
        w,
      );
    const sum = average(directions.map((u) => transported(seen(a, u), seen(b, u), e)));
    return sum / (e === 2 ? power(b) : Math.sqrt(power(b)));
  };

/** Directions as the block draws them at its first layer: the sequence is what is under test elsewhere. */
async function drawn(P: number, C: number, counter: number): Promise<Matrix> {
  const g = new Graph();
  const at = g.constant([1], Float32Array.of(counter));
  const u = normalizeRows(g, random(g, [P, C], { seed: 1, stream: 100, distribution: 'normal' }, at));
  const plan = await Plan.compile(await device(), g, [u]);
  plan.run();
  const data = await plan.read(u);
  plan.close();
  return Array.from({ length: P }, (_, p) => [...data.slice(p * C, (p + 1) * C)]);
}

const gaussians: Distance = (a, b) => {
  const mu = weightedMean(b);
  const size = mu.reduce((s, v) => s + v * v, 0) + covariance(b).reduce((s, r, i) => s + r[i]!, 0);
  return gaussianDistance(a, b) / size;
};

const shifted =
  (offsets: readonly (readonly [number, number])[]): Distance =>
  (a, b, torus) =>
    average(
      offsets.map((by) => {
        const target = shiftedMoments(b, by, [false, false]);
        return relative(shiftedMoments(a, by, torus).moments, target.moments) * Math.min(1, target.overlap);
      }),
    );

const OFFSETS = [
  [1, 2],
  [-2, 0],
  [0, 3],
] as const;

const mask = (n: number, seed: number): number[] =>
  [...someMap([1, 1, n], seed, 0, 1).data].map((v) => (v < 0.3 ? 0 : v));

/** Two styles of other sizes than the canvas, one of them unwelcome. */
function stage(masked: boolean): Fake {
  const style = (name: string, weight: number, shape: HostMap['shape'], seed: number): FakeStyle => ({
    style: name,
    weight,
    target: { relu1: someMap(shape, seed, -0.2, 0.8), relu2: someMap([4, 6, 7], seed + 1, 0, 2) },
    ...(masked && {
      targetMask: { relu1: mask(shape[1] * shape[2], seed + 2) },
      canvasMask: { relu1: mask(56, seed + 3), relu2: mask(36, seed + 4) },
    }),
  });
  return {
    canvas: { relu1: someMap([5, 7, 8], 1, -0.5, 1), relu2: someMap([4, 6, 6], 2, 0, 1) },
    styles: [style('brick', 0.7, [5, 6, 9], 10), style('moss', -0.3, [5, 8, 8], 20)],
  };
}

interface Kind {
  readonly name: string;
  readonly block: LossComponent;
  readonly given: Given;
  readonly distance: Distance;
  /** Slope and value, where f32 gives less. */
  readonly slope?: number;
  readonly value?: number;
}

let listed: Promise<readonly Kind[]> | undefined;
const kinds = (): Promise<readonly Kind[]> => {
  listed ??= listKinds();
  return listed;
};
const listKinds = async (): Promise<readonly Kind[]> => [
  { name: 'mean', block: mean, given: {}, distance: (a, b) => relative(weightedMean(a), weightedMean(b)) },
  { name: 'gram, origin', block: gram, given: {}, distance: moment('origin') },
  { name: 'gram, dynamic', block: gram, given: { centring: 'dynamic' }, distance: moment('dynamic') },
  { name: 'gram, static', block: gram, given: { centring: 'static' }, distance: moment('static') },
  {
    name: 'moments',
    block: moments,
    given: { mean: 0.5, deviation: 2, correlation: 3 },
    distance: moment3([0.5, 2, 3]),
  },
  { name: 'histogram', block: histogram, given: {}, distance: histograms },
  { name: 'sliced', block: sliced, given: {}, distance: slices(await drawn(5, 5, 0), 2) },
  {
    name: 'sliced, absolute',
    block: sliced,
    given: { projections: 3, distance: 'absolute' },
    distance: slices(await drawn(3, 5, 0), 1),
  },
  { name: 'gaussian', block: gaussian, given: {}, distance: gaussians, slope: 1e-3 },
  { name: 'shifted gram', block: shiftedGram, given: { offsets: OFFSETS }, distance: shifted(OFFSETS) },
];

for (const masked of [false, true]) {
  test(`value and slope against the formula, ${masked ? 'with' : 'without'} masks`, async () => {
    for (const { name, block, given, distance, value = 2e-5, slope = 1e-4 } of await kinds()) {
      const layers = { relu1: 1.5, relu2: -0.5 };
      // Each layer draws directions of its own; one will do to test them.
      const some = block.kind === 'sliced' ? { relu1: 1.5 } : layers;
      const fake = stage(masked);
      // Sorted values may change places within a step of the difference.
      const step = /sliced|histogram/.test(name) ? 1e-6 : 1e-4;
      try {
        await checkLoss(block, { layers: some, ...given }, fake, summed(distance, some), { value, slope, step });
      } catch (error) {
        throw new Error(`${name}: ${(error as Error).message}`);
      }
    }
  });
}

test('axes that are no torus', async () => {
  for (const torus of [
    [false, true],
    [false, false],
  ] as const) {
    await checkLoss(
      shiftedGram as LossComponent,
      { layers: ['relu1'], offsets: OFFSETS },
      { ...stage(true), torus },
      summed(shifted(OFFSETS)),
    );
  }
});

test('a canvas equal to its style has no loss and next to no gradient', async () => {
  const x = someMap([6, 8, 8], 5, 0, 2);
  const off = { ...x, data: x.data.map((v) => v + 0.5) };
  for (const { name, block, given } of await kinds()) {
    // Shifts of the style stop at its border, so only without a torus are they the same.
    const fake: Fake = { canvas: { relu1: x }, styles: [{ target: { relu1: x } }], torus: [false, false] };
    const { loss, gradient } = await runLoss(block, given, fake);
    const other = await runLoss(block, given, { ...fake, canvas: { relu1: off } });
    assert.ok(Math.abs(loss) < 5e-6, `${name}: ${loss}`);
    const [here, there] = [gradient.relu1!, other.gradient.relu1!].map((d) => Math.hypot(...d));
    if (name !== 'gram, dynamic') assert.ok(here! < 2e-3 * there!, `${name}: gradient ${here}, elsewhere ${there}`);
  }
});

test('rolls of the canvas change nothing but roll the gradient', async () => {
  const [shape, by] = [[4, 6, 8] as const, [2, -3] as const];
  const x = someMap(shape, 6);
  const moved: HostMap = { shape, data: rolled(x, by).data };
  const styles = [{ target: { relu1: someMap([4, 5, 9], 7, 0, 2) } }];
  for (const { name, block, given } of await kinds()) {
    const a = await runLoss(block, given, { canvas: { relu1: x }, styles });
    const b = await runLoss(block, given, { canvas: { relu1: moved }, styles });
    assert.ok(Math.abs(a.loss) > 1e-3, `${name}: ${a.loss}`);
    close([b.loss], [a.loss], 1e-5, name);
    const want = rolled({ shape, data: Float64Array.from(a.gradient.relu1!) }, by).data;
    close(b.gradient.relu1!, want, 1e-4, `${name}: gradient`);
  }
});

test('the same texture at another size has about the same value', async () => {
  // Values from the same distribution: independent pixels.
  const of = (side: number, seed: number): HostMap => someMap([4, side, side], seed);
  const styles = [{ target: { relu1: { ...of(24, 3), data: of(24, 3).data.map((v) => 2 * v * v + 0.2) } } }];
  for (const { name, block, given } of await kinds()) {
    const values: number[] = [];
    for (const side of [16, 32])
      values.push((await runLoss(block, given, { canvas: { relu1: of(side, side) }, styles })).loss);
    close([values[1]!], [values[0]!], 0.1, name);
  }
});

test('gaussian: directions with next to no variance, and features of any size', async () => {
  // As in nets: a few directions hold most of the variance, and some none.
  const [C, N] = [16, 64];
  const parts = someMap([C, 8, 8], 3, -1, 1).data;
  const turn = someMap([1, C, C], 4, -1, 1).data;
  const spread = (strength: number): HostMap => {
    const data = Float64Array.from({ length: C * N }, (_, i) => {
      let v = 1;
      for (let k = 0; k < C; k++) v += turn[Math.floor(i / N) * C + k]! * 10 ** (-k / 3) * parts[k * N + (i % N)]!;
      return Math.fround(strength * v);
    });
    return { shape: [C, 8, 8], data };
  };
  for (const strength of [1e-3, 1, 1e4]) {
    const [a, b] = [spread(strength), spread(0.7 * strength)];
    const same = await runLoss(gaussian, {}, { canvas: { relu1: a }, styles: [{ target: { relu1: a } }] });
    assert.ok(Math.abs(same.loss) < 5e-6, `equal, of size ${strength}: ${same.loss}`);
    const fake: Fake = { canvas: { relu1: a }, styles: [{ target: { relu1: b } }] };
    const apart = await checkLoss(gaussian, {}, fake, summed(gaussians), {
      value: 1e-4,
      slope: 2e-3,
      step: 1e-4 * strength,
    });
    const [here, there] = [same, apart].map(({ gradient }) => Math.hypot(...gradient.relu1!));
    assert.ok(here! < 5e-3 * there!, `gradient ${here}, elsewhere ${there}`);
  }
});

test('terms: one for each layer, and for each of the moments', async () => {
  const names = async (block: LossComponent, given: Given): Promise<string[]> => [
    ...(await runLoss(block, given, stage(false))).terms.keys(),
  ];
  assert.equal(await names(gram as LossComponent, {}), ['relu1', 'relu2']);
  assert.equal(await names(gram as LossComponent, { layers: { relu1: 0, relu2: 1 } }), ['relu2']);
  assert.equal(await names(moments as LossComponent, { layers: ['relu2'], deviation: 0 }), [
    'relu2 mean',
    'relu2 correlation',
  ]);
  for (const given of [{ layers: { relu1: 0 } }]) {
    const message = await names(gram as LossComponent, given).catch((e: Error) => e.message);
    assert.match(String(message), /no layer has a weight/);
  }
});

test('directions are drawn anew each step', async () => {
  const at = async (counter: number): Promise<number> =>
    (await runLoss(sliced, { layers: ['relu1'] }, { ...stage(false), counter })).loss;
  const [a, b, again] = [await at(0), await at(1), await at(0)];
  assert.is(a, again);
  assert.ok(Math.abs(a - b) > 1e-4 * Math.abs(a), `${a} ${b}`);
});

test('no more projections than fit into a buffer, with a word about it', async () => {
  const few = await runLoss(sliced, { layers: ['relu1'], projections: 50 }, { ...stage(false), largest: 8 * 64 * 7 });
  assert.equal(few.warnings, ['sliced: 7 projections instead of 50 at relu1: more do not fit into one buffer']);
  assert.equal((await runLoss(sliced, { projections: 50 }, stage(false))).warnings, []);
});

test('offsets that a coarse scale cannot hold are shortened, with a word about it', async () => {
  const fake = stage(false);
  const given = {
    layers: ['relu1'],
    offsets: [
      [0, 30],
      [0, 40],
      [-9, 1],
    ],
  };
  const { warnings, loss } = await runLoss(shiftedGram, given, fake);
  assert.match(warnings[0]!, /relu1 is small: offsets \[\[0,4\],\[-3,1\]\] instead of/);
  close(
    [loss],
    [
      summed(
        shifted([
          [0, 4],
          [-3, 1],
        ]),
      )(fake),
    ],
    1e-5,
    'shortened',
  );
});

test('a mask that does not overlap itself asks for nothing', async () => {
  const line = Array.from({ length: 64 }, (_, p) => (p < 8 ? 1 : 0));
  const fake: Fake = {
    canvas: { relu1: someMap([3, 8, 8], 1) },
    styles: [{ target: { relu1: someMap([3, 8, 8], 2) }, targetMask: { relu1: line } }],
  };
  assert.is((await runLoss(shiftedGram, { offsets: [[3, 0]] }, fake)).loss, 0);
});

test('masks: pixels of no weight do not count, in either picture', async () => {
  const half = Array.from({ length: 64 }, (_, p) => (p % 8 < 4 ? 1 : 0));
  const spoiled = (m: HostMap): HostMap => ({ ...m, data: m.data.map((v, i) => (half[i % 64]! > 0 ? v : 100 * v)) });
  const [a, b] = [someMap([3, 8, 8], 1), someMap([3, 8, 8], 2, 0, 2)];
  const fake = (x: HostMap, y: HostMap): Fake => ({
    canvas: { relu1: x },
    styles: [{ target: { relu1: y }, targetMask: { relu1: half }, canvasMask: { relu1: half } }],
  });
  for (const { name, block, given } of await kinds()) {
    const clean = await runLoss(block, given, fake(a, b));
    const dirty = await runLoss(block, given, fake(spoiled(a), spoiled(b)));
    assert.ok(Math.abs(clean.loss) > 1e-3, name);
    close([dirty.loss], [clean.loss], 1e-5, name);
    const outside = dirty.gradient.relu1!.filter((_, i) => half[i % 64] === 0);
    assert.ok(
      outside.every((v) => v === 0),
      `${name}: a gradient outside the mask`,
    );
  }
  assert.equal([...picked([0, 1, 0.5, 0.4])], [1, 2]);
  assert.equal([...normalisedMask([1, 3])], [0.5, 1.5]);
});

test.run();
