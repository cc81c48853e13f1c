// The spectrum loss against its formula in f64, and what it promises: no place, no size, no borders.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fourier2d } from '../../src/base/fourier';
import { Rng } from '../../src/base/rng';
import { spectrum } from '../../src/recipes/losses/spectrum';
import { fftSide, fftSizes, isFftSize } from '../../src/shaders/fft';
import { close, rolled } from '../support/kit';
import { checkLoss, type Fake, type HostMap, runLoss, someMap } from '../support/loss_context';

const test = suite('spectrum loss');

type Settings = { channels?: 'together' | 'each'; borders?: 'smooth' | 'window' | 'tile' };
type Size = readonly [H: number, W: number];
interface Complex {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

const planes = ({ shape: [C, H, W], data }: HostMap): Float64Array[] =>
  Array.from({ length: C }, (_, c) => data.slice(c * H * W, (c + 1) * H * W));
const sum = (v: Iterable<number>): number => [...v].reduce((a, b) => a + b, 0);

function dft(field: Float64Array, [H, W]: Size): Complex {
  const re = field.map((v) => v / Math.sqrt(H * W));
  const im = new Float64Array(re.length);
  fourier2d(re, im, W, H);
  return { re, im };
}

/** Spectrum of one channel of the exemplar, its borders seen to. Frequency 0 is 0. */
function own(u: Float64Array, [H, W]: Size, borders: Settings['borders']): Complex {
  const n = H * W;
  let field = u;
  if (borders === 'smooth') {
    // The periodic component has, on the torus, the Laplacian that u has without crossing a border.
    field = u.map((v, i) => {
      const [y, x] = [Math.floor(i / W), i % W];
      const neighbours = [x > 0 && i - 1, x < W - 1 && i + 1, y > 0 && i - W, y < H - 1 && i + W];
      return sum(neighbours.filter((j) => j !== false).map((j) => u[j]! - v));
    });
  } else if (borders === 'window') {
    const hann = (k: number, of: number): number => 0.5 - 0.5 * Math.cos((2 * Math.PI * (k + 0.5)) / of);
    const w = u.map((_, i) => hann(i % W, W) * hann(Math.floor(i / W), H));
    const mean = sum(u.map((v, i) => v * w[i]!)) / sum(w);
    const rms = Math.sqrt(sum(w.map((v) => v * v)) / n);
    field = u.map((v, i) => ((v - mean) * w[i]!) / rms);
  }
  const { re, im } = dft(field, [H, W]);
  if (borders === 'smooth') {
    for (let i = 1; i < n; i++) {
      const laplacian =
        -4 * Math.sin((Math.PI * (i % W)) / W) ** 2 - 4 * Math.sin((Math.PI * Math.floor(i / W)) / H) ** 2;
      re[i]! /= laplacian;
      im[i]! /= laplacian;
    }
  }
  re[0] = 0;
  im[0] = 0;
  return { re, im };
}

/**
 * For each bin of `to`, what of each bin of `from` counts in its average, where it counts: the circle is cut so finely
 * that every edge of a bin is an edge of a cut.
 */
function shares(from: number, to: number): [bin: number, share: number][][] {
  const counts = Array.from({ length: to }, () => new Map<number, number>());
  for (let s = 0; s < 2 * from * to; s++) {
    const f = (s + 0.5) / (2 * from * to);
    const bins = counts[Math.round(f * to) % to]!;
    const bin = Math.round(f * from) % from;
    bins.set(bin, (bins.get(bin) ?? 0) + 1 / (2 * from));
  }
  return counts.map((bins) => [...bins]);
}

/** A density on another grid. */
function moved(density: Float64Array, [h, w]: Size, [H, W]: Size): Float64Array {
  const [rows, columns] = [shares(h, H), shares(w, W)];
  return Float64Array.from({ length: H * W }, (_, i) =>
    sum(
      rows[Math.floor(i / W)]!.flatMap(([y, b]) =>
        columns[i % W]!.map(([x, share]) => b * share * density[y * w + x]!),
      ),
    ),
  );
}

/** Spectra of the exemplar on the coarser of the two grids, and that grid. */
function target(exemplar: HostMap, canvas: Size, borders: Settings['borders']): [Complex[], Size] {
  const [, h, w] = exemplar.shape;
  const size: Size = [Math.min(h, canvas[0]), Math.min(w, canvas[1])];
  const channels = planes(exemplar).map((u) => own(u, [h, w], borders));
  if (h === size[0] && w === size[1]) return [channels, size];
  const dot = (a: Complex, b: Complex): number =>
    sum(a.re.map((v, i) => v * b.re[i]!)) + sum(a.im.map((v, i) => v * b.im[i]!));
  const products = channels.map((a) => channels.map((b) => dot(a, b)));
  let axis = channels.map(() => 1);
  for (let k = 0; k < 1000; k++) {
    axis = products.map((row) => sum(row.map((p, c) => axis[c]! * p)));
    axis = axis.map((v) => v / Math.hypot(...axis));
  }
  const along = (part: 're' | 'im', i: number): number => sum(channels.map((x, c) => axis[c]! * x[part][i]!));
  const spectra = channels.map(({ re, im }) => {
    const at = (d: Float64Array): Float64Array => moved(d, [h, w], size);
    const power = at(re.map((a, i) => a * a + im[i]! * im[i]!));
    const x = at(re.map((a, i) => a * along('re', i) + im[i]! * along('im', i)));
    const y = at(re.map((a, i) => im[i]! * along('re', i) - a * along('im', i)));
    const turn = (v: Float64Array): Float64Array =>
      v.map((e, i) => (i === 0 ? 0 : (Math.sqrt(power[i]!) * e) / (Math.hypot(x[i]!, y[i]!) || 1)));
    return { re: turn(x), im: turn(y) };
  });
  return [spectra, size];
}

const reference =
  ({ channels = 'together', borders = 'smooth' }: Settings) =>
  (fake: Fake): number => {
    const canvas = fake.canvas.input!;
    const [C, H, W] = canvas.shape;
    const x = planes(canvas).map((p) => dft(p, [H, W]));
    const all = x.map((_, c) => c);
    const groups = channels === 'each' ? all.map((c) => [c]) : [all];
    const square = ({ re, im }: Complex): number => sum(re.map((v, i) => (i === 0 ? 0 : v * v + im[i]! * im[i]!)));
    return sum(
      fake.styles!.map(({ weight = 1, target: maps }) => {
        const [y, [h, w]] = target(maps.input!, [H, W], borders);
        const [own, power] = [sum(x.map(square)) / (H * W), sum(y.map(square)) / (h * w)];
        const [rows, columns] = [shares(H, h), shares(W, w)];
        let overlap = 0;
        for (const group of groups) {
          for (let n = 0; n < h * w; n++) {
            // The mean over the bin of |<x, y of bin n>|^2.
            let squares = 0;
            const bin = rows[Math.floor(n / w)]!.flatMap(([v, b]) =>
              columns[n % w]!.map(([u, share]): [number, number] => [v * W + u, b * share]),
            );
            for (const [k, share] of bin) {
              if (k === 0) continue;
              let [re, im] = [0, 0];
              for (const c of group) {
                const [a, b, p, q] = [x[c]!.re[k]!, x[c]!.im[k]!, y[c]!.re[n]!, y[c]!.im[n]!];
                re += a * p + b * q;
                im += b * p - a * q;
              }
              squares += share * (re * re + im * im);
            }
            overlap += Math.sqrt(squares) / (h * w);
          }
        }
        return (weight * (own + power - 2 * overlap)) / (power + C / 12 / 255 ** 2);
      }),
    );
  };

/** A picture whose channels go together, more or less: what phases against each other are about. */
function coloured(shape: HostMap['shape'], seed: number): HostMap {
  const n = shape[1] * shape[2];
  const common = someMap([1, shape[1], shape[2]], seed).data;
  const free = someMap(shape, seed + 1).data;
  return { shape, data: free.map((v, i) => 0.3 * v + (0.7 - 0.2 * Math.floor(i / n)) * common[i % n]!) };
}

const fakeOf = (canvas: HostMap, exemplar: HostMap): Fake => ({
  canvas: { input: canvas },
  styles: [{ target: { input: exemplar } }],
});

for (const [name, canvas, exemplar, settings] of [
  ['an exemplar that tiles', [8, 12], [8, 12], { borders: 'tile' }],
  ['channels for themselves', [8, 12], [8, 12], { borders: 'tile', channels: 'each' }],
  ['the periodic component', [10, 9], [10, 9], { borders: 'smooth' }],
  ['a smaller exemplar', [15, 16], [10, 9], { borders: 'smooth' }],
  ['a larger exemplar, faded', [8, 9], [16, 25], { borders: 'window' }],
  ['an exemplar with large prime factors', [12, 16], [11, 13], { borders: 'smooth' }],
  ['the same, larger and faded', [6, 5], [7, 22], { borders: 'window', channels: 'each' }],
] as const) {
  test(`${name}: value and gradient are the formula's`, async () => {
    const fake = fakeOf(coloured([3, ...canvas], 1), coloured([3, ...exemplar], 5));
    const { warnings } = await checkLoss(spectrum, settings, fake, reference(settings), { value: 2e-5 });
    assert.equal(warnings, []);
  });
}

test('styles count by their weights', async () => {
  const fake: Fake = {
    canvas: { input: coloured([3, 8, 8], 1) },
    styles: [
      { weight: 0.75, target: { input: coloured([3, 8, 8], 5) } },
      { weight: -0.25, target: { input: coloured([3, 6, 10], 7) } },
    ],
  };
  await checkLoss(spectrum, {}, fake, reference({}));
});

test('the exemplar itself costs nothing, wherever it is; and no canvas cares where it is', async () => {
  const exemplar = coloured([3, 16, 12], 3);
  const at = (m: HostMap, dy: number, dx: number): HostMap => ({ ...m, data: rolled(m, [dy, dx]).data });
  for (const shift of [
    [0, 0],
    [5, 0],
    [3, 7],
  ] as const) {
    const { loss } = await runLoss(spectrum, { borders: 'tile' }, fakeOf(at(exemplar, shift[0], shift[1]), exemplar));
    assert.ok(loss < 1e-6, `${loss} at [${shift}]`);
  }
  const canvas = coloured([3, 16, 12], 8);
  const still = await runLoss(spectrum, {}, fakeOf(canvas, exemplar));
  const rolls = await runLoss(spectrum, {}, fakeOf(at(canvas, 4, 9), exemplar));
  close([rolls.loss], [still.loss], 1e-6, 'loss');
  const gradient: HostMap = { ...canvas, data: Float64Array.from(still.gradient.input!) };
  close(rolls.gradient.input!, at(gradient, 4, 9).data, 1e-5, 'gradient');
});

/** Bricks 16 x 8 with mortar, every other course moved by half a brick, and grain. */
function bricks(shape: HostMap['shape'], seed: number, corner = 0): HostMap {
  const [, H, W] = shape;
  const rng = new Rng(seed, 6);
  const data = Float64Array.from({ length: 3 * H * W }, (_, i) => {
    const [c, y, x] = [Math.floor(i / (H * W)), (Math.floor(i / W) % H) + corner, (i % W) + corner];
    const mortar = y % 8 < 1 || (x + 8 * (Math.floor(y / 8) % 2)) % 16 < 1;
    return (mortar ? 0.8 : 0.5 - 0.15 * c) + 0.1 * (rng.uniform() - 0.5);
  });
  return { shape, data };
}

test('one weight for all sizes: 64 and 128 pixels agree; and it knows its own', async () => {
  const exemplar = bricks([3, 45, 50], 1, 3);
  const of = async (canvas: HostMap): Promise<number> => (await runLoss(spectrum, {}, fakeOf(canvas, exemplar))).loss;
  // No size is a multiple of the bricks' but the canvas', so not even bricks cost nothing. (Were a target of 128 pixels
  // interpolated, bricks at 128 would cost 1.4.)
  const [small, large] = [await of(bricks([3, 64, 64], 2)), await of(bricks([3, 128, 128], 2))];
  assert.ok(Math.abs(large - small) < 0.1, `${small} at 64, ${large} at 128`);
  assert.ok(Math.max(small, large) < 0.25, `${small}, ${large} of its own pattern`);
  const noise = await of(someMap([3, 64, 64], 4, 0.2, 0.8));
  assert.ok(noise > 1 && noise < 2, `${noise} of noise`);
  close([await of(someMap([3, 20, 20], 4, 0.5, 0.5))], [1], 0.01, 'one colour');
});

test('what it cannot do it says', async () => {
  const exemplar = coloured([3, 8, 8], 1);
  await assert_rejects(
    runLoss(spectrum, {}, fakeOf(someMap([3, 14, 22], 1), exemplar)),
    /spectrum loss at input wants sides with no prime factor above 5, got 22x14\n.*makes it 24x15 /,
  );
  const mask = new Array(64).fill(1);
  const masked: Fake = {
    canvas: { input: exemplar },
    styles: [{ target: { input: exemplar }, targetMask: { input: mask } }],
    torus: [true, false],
  };
  const { warnings } = await runLoss(spectrum, {}, masked);
  assert.is(warnings.length, 2);
  assert.match(warnings[0]!, /masks/);
  assert.match(warnings[1]!, /torus/);
  const grey = someMap([3, 8, 8], 1, 0.5, 0.5);
  const { loss } = await runLoss(spectrum, {}, fakeOf(exemplar, grey));
  assert.ok(Number.isFinite(loss), 'one colour as style');
});

async function assert_rejects(promise: Promise<unknown>, message: RegExp): Promise<void> {
  let caught: unknown;
  await promise.catch((error: unknown) => {
    caught = error;
  });
  assert.instance(caught, Error);
  assert.match(String((caught as Error).message), message);
}

test('sides that can be transformed', () => {
  assert.equal([1, 7, 11, 14, 97, 254, 509].map(fftSide), [1, 8, 12, 15, 96, 256, 512]);
  assert.equal(fftSizes(1021), [1000, 1024]);
  assert.equal([1, 2, 30, 97, 1.5, 0, -4, 2 ** 21].map(isFftSize), [
    true,
    true,
    true,
    false,
    false,
    false,
    false,
    false,
  ]);
});

test.run();
