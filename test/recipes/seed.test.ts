// Init images, from their text to their pixels: a long list of short tests of one small language.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { blur } from '../../src/base/blur';
import { EngineError } from '../../src/base/errors';
import type { Raster } from '../../src/base/raster';
import { resample } from '../../src/base/resample';
import { Rng } from '../../src/base/rng';
import { luminanceSpace, styleSpace } from '../../src/recipes/colour/canvas_space';
import { lumaOf } from '../../src/recipes/colour/luminance';
import { colourMoments } from '../../src/recipes/colour/moments';
import { initInputs, initMatches, parseInit } from '../../src/recipes/init/expression';
import { initNames } from '../../src/recipes/init/names';
import { type PaintSettings, paintInit } from '../../src/recipes/init/paint';
import { plasma } from '../../src/recipes/init/plasma';
import { tokensOf } from '../../src/recipes/init/tokens';
import { seamless, seamScore } from '../../src/recipes/scores/seam';
import { startCounting, stepsOf, stopCounting } from '../support/effort';

const test = suite('seed');

const picture = (width: number, height: number, f: (x: number, y: number, c: number) => number): Raster => ({
  width,
  height,
  data: Float32Array.from({ length: 3 * width * height }, (_, i) => {
    const at = i % (width * height);
    return f(at % width, Math.floor(at / width), Math.floor(i / (width * height)));
  }),
});
const ramp = picture(24, 16, (x, y, c) => (c === 0 ? x / 23 : c === 1 ? y / 15 : 0.25));
const brown = picture(20, 20, (x, y, c) => {
  const v = 0.5 + 0.3 * Math.sin(3 * x + 7 * y);
  return [0.9, 0.6, 0.3][c]! * v + 0.05 * Math.cos(x * (c + 2) + y);
});
const base: PaintSettings = {
  size: [32, 16],
  seed: 3,
  torus: [true, true],
  inputs: new Map([
    ['content', ramp],
    ['my-photo-2', brown],
  ]),
  styles: [brown],
};
const paint = (text: string, settings: Partial<PaintSettings> = {}): Float32Array =>
  paintInit(parseInit(text), { ...base, ...settings });
const near = (a: ArrayLike<number>, b: ArrayLike<number>, allowance: number, what = ''): void => {
  assert.is(a.length, b.length, what);
  for (let i = 0; i < a.length; i++) {
    if (!(Math.abs(a[i]! - b[i]!) <= allowance)) assert.unreachable(`${what} [${i}] ${a[i]}, not ${b[i]}`);
  }
};
/** The message of what it throws, which must be a RecipeError. */
function complaint(make: () => unknown): string {
  try {
    make();
  } catch (e) {
    assert.instance(e, EngineError);
    assert.is((e as EngineError).code, 'RecipeError');
    return (e as Error).message;
  }
  return assert.unreachable('nothing was thrown') as never;
}

test('arithmetic goes by the usual rules, on the scale of 0..255', () => {
  for (const [text, expected] of [
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['10 - 4 - 3', 3],
    ['24 / 4 / 2', 3],
    ['-2 * -3', 6],
    ['- -2 + .5e1', 7],
    ['-(1 + 2) / (1 + 1)', -1.5],
    ['2*3+4*5', 26],
    ['1e2 / 4.', 25],
    ['#fff - 250', 5],
  ] as const) {
    near(paint(text), new Float32Array(3 * 512).fill(expected / 255), 1e-7, text);
  }
  const colour = paint('#7f5a30 * 2 + rgb(1, -2, blue=3)', { size: [1, 1] });
  near(colour, [(254 + 1) / 255, (180 - 2) / 255, (96 + 3) / 255], 1e-6);
});

test('50 + plasma * 0.5 is half the plasma of the same seed, brighter', () => {
  const { data } = plasma({ size: [32, 16], seed: 3 });
  near(
    paint('50 + plasma * 0.5'),
    data.map((v) => 50 / 255 + 0.5 * v),
    1e-6,
  );
  const later = plasma({ size: [32, 16], seed: 3, stretch: true, amplitude: 60, power: 0.7 }).data;
  near(paint('plasma(60, 0.7, stretch=1)'), later, 1e-6);
  near(paint('plasma(stretch=1)'), plasma({ size: [32, 16], seed: 3, stretch: true }).data, 1e-6);
});

test('generators have the moments they say, and are grey with one band', () => {
  for (const [text, mean, deviation] of [
    ['noise', 127.5, 255 / Math.sqrt(12)],
    ['normal(100, deviation=20)', 100, 20],
    ['spectrum(1.5, mean=90, deviation=12)', 90, 12],
  ] as const) {
    const field = paint(text, { size: [64, 64] });
    const n = field.length;
    const m = field.reduce((a, b) => a + b, 0) / n;
    const d = Math.sqrt(field.reduce((a, b) => a + (b - m) ** 2, 0) / n);
    assert.ok(Math.abs(255 * m - mean) < 4, `${text}: mean ${255 * m}`);
    assert.ok(Math.abs(255 * d - deviation) < 0.04 * deviation, `${text}: deviation ${255 * d}`);
  }
  for (const text of ['noise(bands=1)', 'normal(bands=1)', 'plasma(bands=1)', 'spectrum(bands=1)', 'grey(noise)']) {
    const field = paint(text);
    assert.equal(field.slice(0, 512), field.slice(512, 1024), text);
    assert.equal(field.slice(0, 512), field.slice(1024), text);
    assert.ok(new Set(field).size > 100, text);
  }
  for (const text of ['noise', 'normal', 'plasma', 'spectrum']) {
    const field = paint(text);
    assert.not.equal(field.slice(0, 512), field.slice(512, 1024), text);
  }
});

test('the same seed gives the same bytes, another seed others; each occurrence has its own random numbers', () => {
  for (const name of ['noise', 'normal', 'plasma', 'spectrum', 'phase(content)']) {
    const once = paint(name);
    assert.equal(paint(name), once, name);
    assert.not.equal(paint(name, { seed: 4 }), once, name);
    const twice = paint(`${name} - ${name}`);
    assert.ok(
      twice.some((v) => Math.abs(v) > 0.01),
      `${name} - ${name} is nothing`,
    );
    near(paint(`${name} + 0 * ${name}`), once, 1e-6, 'a second one leaves the first');
  }
});

test('everything random joins itself on both axes, at odd sizes too', () => {
  const all = [
    'plasma',
    'noise',
    'spectrum(2)',
    'match(plasma)',
    'blur(noise, 3)',
    'mirror(content)',
    'phase(content)',
  ];
  for (const text of all) {
    for (const size of [
      [64, 48],
      [45, 60],
    ] as const) {
      const [width, height] = size;
      const score = seamScore({ width, height, data: paint(text, { size }) });
      assert.ok(seamless(score), `${text} ${size}: ${JSON.stringify(score)}`);
    }
  }
  const { data } = { data: paint('content', { size: [64, 48] }) };
  assert.not.ok(seamless(seamScore({ width: 64, height: 48, data })), 'the picture itself does not');
});

test('an input is stretched to the canvas, with a notice, and filtered when it shrinks', () => {
  const said: string[] = [];
  const same = paint('content', { size: [24, 16], warn: (t) => said.push(t) });
  near(same, ramp.data, 1e-6);
  assert.equal(said, []);
  near(paint('picture("content")', { size: [24, 16] }), same, 0);
  near(paint('picture(my-photo-2)', { size: [20, 20] }), brown.data, 1e-6);
  paint('content', { size: [20, 20], warn: (t) => said.push(t) });
  assert.match(said.join(), /content is 24x16 and is stretched/);
  // Stripes of one pixel become their mean, not whichever stripe was hit.
  const stripes = new Map([['s', picture(60, 60, (x) => x % 2)]]);
  near(paint('s', { inputs: stripes, size: [12, 12] }).slice(26, 34), new Float32Array(8).fill(0.5), 0.03);
});

test('match gives each axis the mean and the spread of the styles', () => {
  const field = paint('match(plasma)', { size: [64, 64] });
  for (const c of [0, 1, 2] as const) {
    const part = field.subarray(c * 4096, (c + 1) * 4096);
    const want = brown.data.subarray(c * 400, (c + 1) * 400);
    const mean = (a: Float32Array): number => a.reduce((s, v) => s + v, 0) / a.length;
    const spread = (a: Float32Array): number => Math.sqrt(a.reduce((s, v) => s + (v - mean(a)) ** 2, 0) / a.length);
    assert.ok(Math.abs(mean(part) - mean(want)) < 1e-5);
    assert.ok(Math.abs(spread(part) - spread(want)) < 1e-5);
  }
  // It is the same plasma, band by band, as long as colours need all of RGB.
  const raw = plasma({ size: [64, 64], seed: 3 }).data;
  for (const c of [0, 1, 2]) {
    const [from, to] = [c * 4096 + 5, c * 4096 + 2000];
    const factor = (field[to]! - field[from]!) / (raw[to]! - raw[from]!);
    near(
      field.slice(c * 4096, (c + 1) * 4096),
      raw.slice(c * 4096, (c + 1) * 4096).map((v) => field[from]! + factor * (v - raw[from]!)),
      1e-4,
    );
    assert.ok(factor > 0);
  }
});

test('match of one colour is the mean of the styles; two styles count the same; grey styles make grey', () => {
  const { mean } = colourMoments([brown]);
  near(paint('match(7)', { size: [1, 2] }), [mean[0], mean[0], mean[1], mean[1], mean[2], mean[2]], 1e-5);
  const dark = picture(8, 8, () => 0.1);
  near(
    paint('match(7)', { size: [1, 1], styles: [brown, dark] }),
    mean.map((v) => (v + 0.1) / 2),
    1e-5,
  );
  const grey = picture(8, 8, (x, y) => 0.2 + 0.01 * x * y);
  const field = paint('match(noise)', { styles: [grey] });
  near(field.slice(0, 512), field.slice(512, 1024), 1e-5);
  assert.equal(styleSpace([grey]).rank, 1);
});

test('match works along the axes of the canvas: brightness only, over the colours of a content', () => {
  const field = paint('match(noise)', { size: [24, 16], space: luminanceSpace(ramp) });
  const n = 24 * 16;
  const mean = (planes: Float32Array): number => {
    const luma = lumaOf({ width: planes.length / 3, height: 1, data: planes });
    return luma.reduce((a, b) => a + b, 0) / luma.length;
  };
  assert.ok(Math.abs(mean(field) - mean(brown.data)) < 1e-5, 'the brightness of the style');
  for (let i = 0; i < n; i += 37) {
    const [r, g] = [field[i]! - field[n + i]!, ramp.data[i]! - ramp.data[n + i]!];
    assert.ok(Math.abs(r - g) < 1e-5, `red less green at ${i}`);
  }
});

test('recolour gives the mean and the covariance of the styles', () => {
  const field = paint('recolour(plasma)', { size: [64, 64] });
  const made = colourMoments([{ width: 64, height: 64, data: field }]);
  const want = colourMoments([brown]);
  near(made.mean, want.mean, 1e-5);
  near(made.covariance.flat(), want.covariance.flat(), 1e-5);
});

test('blur is the Gaussian of its radius, wide or narrow, around the torus; elsewhere it mirrors', () => {
  for (const sigma of [0.7, 3, 11]) {
    const [w, h] = [90, 7];
    const dot = new Float32Array(w * h);
    dot[3 * w + 2] = 1;
    const made = blur(dot, [w, h], sigma, [true, true]);
    const row = Float64Array.from({ length: w }, (_, x) => {
      let sum = 0;
      for (let y = 0; y < h; y++) sum += made[y * w + x]!;
      return sum;
    });
    const gauss = (x: number): number => {
      let sum = 0;
      for (let k = -3; k <= 3; k++) sum += Math.exp(-0.5 * ((x - 2 + k * w) / sigma) ** 2);
      return sum / (sigma * Math.sqrt(2 * Math.PI));
    };
    near(
      row,
      row.map((_, x) => gauss(x)),
      (sigma < 8 ? 0.02 : 0.04) * gauss(2),
      `sigma ${sigma}`,
    );
    const level = blur(new Float32Array(w * h).fill(0.3), [w, h], sigma, [false, true]);
    near(level, new Float32Array(w * h).fill(0.3), 1e-6);
    const still = blur(dot, [w, h], sigma, [true, false]);
    assert.ok(still[3 * w + w - 1]! < 1e-3, 'it does not wrap where there is no torus');
  }
});

test('resampling keeps a level and a mean, and cubic follows a slope', () => {
  const level = new Float32Array(7 * 5).fill(0.4);
  for (const filter of ['cubic', 'soft'] as const) {
    for (const to of [
      [3, 2],
      [20, 11],
      [7, 4],
    ] as const) {
      near(resample(level, [7, 5], to, filter), new Float32Array(to[0] * to[1]).fill(0.4), 1e-6);
    }
  }
  const rng = new Rng(1);
  const random = Float32Array.from({ length: 30 }, () => rng.uniform());
  const mean = (a: Float32Array): number => a.reduce((s, v) => s + v, 0) / a.length;
  assert.ok(Math.abs(mean(resample(random, [6, 5], [4, 3], 'soft')) - mean(random)) < 1e-6, 'area keeps the mean');
  const slope = Float32Array.from({ length: 12 }, (_, i) => i);
  near(
    resample(slope, [12, 1], [24, 1], 'cubic').slice(6, 18),
    Float32Array.from({ length: 12 }, (_, i) => (i + 6.5) / 2 - 0.5),
    1e-5,
  );
});

test('inputs are listed, each once; a style is known to be needed', () => {
  assert.equal(initInputs(parseInit('content + phase(style) * content - plasma')), ['content', 'style']);
  assert.ok(initMatches(parseInit('1 + match(noise)')));
  assert.not.ok(initMatches(parseInit('1 + noise')));
});

test('every name that is listed can be written as its usage says', () => {
  for (const { usage, about } of initNames) {
    for (const text of usage.split(/, or (?:just )?/)) {
      assert.is(paint(text, { inputs: new Map([...base.inputs, ['style', brown]]) }).length, 3 * 512, text);
    }
    assert.ok(about.length >= 10 && about.length < 120);
  }
});

test('errors say where, and what to write', () => {
  const cases: [string, string, RegExp?][] = [
    ['50 + plasm', 'canvas: unknown name "plasm" at column 6. Did you mean plasma?\n  50 + plasm\n       ^'],
    ['plasma + contnet', 'unknown name "contnet" at column 10. Did you mean content?'],
    ['my-photo-2 * 2', 'unknown name "my" at column 1. Write picture(my-photo-2) for that input.'],
    ['clouds(3)', 'unknown name "clouds" at column 1. Known: noise, normal,'],
    ['plasma(powr=2)', 'plasma has no option "powr" at column 8. Did you mean power?'],
    ['plasma(power=2, power=3)', 'power is given twice at column 17'],
    ['plasma(power=2, 3)', 'a number without a name after one with at column 17'],
    ['noise(1, 2)', 'noise has too many numbers at column 10. Write noise(bands=3).'],
    ['noise(bands=2)', 'bands is 2 at column 13. It is 1 (grey) or 3.'],
    ['noise(bands=4)', 'bands is 4, but goes from 1 to 3 at column 13'],
    ['plasma(stretch=0.5)', 'stretch is 0.5, not a whole number at column 16'],
    ['plasma(noise)', 'a number is missing at column 8'],
    ['plasma(', 'a number is missing at column 8'],
    ['plasma(1', 'no closing bracket for the one at column 7'],
    ['(1 + 2', 'no closing bracket for the one at column 1'],
    ['1 + 2)', 'a closing bracket too many at column 6'],
    ['1 + ', 'something is missing at column 5'],
    ['   ', 'an empty expression at column 4'],
    ['2 plasma', 'a + - * or / is missing at column 3'],
    ['2 / plasma', 'only a number can be divided by at column 3'],
    ['2 / (1 - 1)', 'a division by 0 at column 3'],
    ['2 × 3', '"×" means nothing at column 3. Write * instead.'],
    ['#12345', '#12345 is no colour at column 1'],
    ['rgb(1, 2)', 'rgb needs three numbers at column 1'],
    ['match * 2', 'match needs brackets at column 1. Write match(plasma).'],
    ['phase(3)', 'the name of an input is missing at column 7'],
    ['"content"', 'a quoted name at column 1. Write picture("content").'],
    ['picture("a', 'a quote is not closed at column 9'],
    ['1e99', '1e99 is too large at column 1'],
    ['🙂', '"🙂" means nothing at column 1'],
    ['plasma + 🙂', '"🙂" means nothing at column 10'],
  ];
  for (const [text, expected] of cases) {
    const message = complaint(() => parseInit(text, ['content', 'my-photo-2']));
    assert.ok(message.includes(expected), `${text}\n${message}\n${expected}`);
    const [, line = '', caret = ''] = message.split('\n');
    assert.is(line.slice(2), text.replaceAll('\t', ' '));
    assert.is(Number(/at column (\d+)/.exec(message)?.[1]), caret.length - 2, message);
  }
  const long = complaint(() => parseInit(`${'1 + '.repeat(60)}oops`, []));
  const [, line = '', caret = ''] = long.split('\n');
  assert.is(line.slice(caret.length - 1), 'oops');
  assert.ok(line.length < 80);
  assert.match(
    complaint(() => paint('match(plasma)', { styles: [] })),
    /match takes the colours of the styles, and there is none/,
  );
  assert.match(
    complaint(() => paint('1 + nowhere')),
    /unknown name "nowhere" at column 5/,
  );
  const much = Array.from({ length: 6 }, () => '1e9').join('*');
  assert.match(
    complaint(() => paint(`noise * ${much}`)),
    /values that are not finite/,
  );
});

test('what is too long, too deep or too much is refused', () => {
  assert.match(
    complaint(() => parseInit('1'.padEnd(3000, '+1'))),
    /3000 characters/,
  );
  assert.match(
    complaint(() => parseInit(`${'('.repeat(40)}1${')'.repeat(40)}`)),
    /more than 32 brackets/,
  );
  assert.match(
    complaint(() => parseInit(`${'-'.repeat(40)}1`)),
    /more than 32 brackets or signs/,
  );
  assert.match(
    complaint(() => parseInit(`0${'+noise'.repeat(40)}`)),
    /more than 32 names/,
  );
  assert.is(paint(`1${'+1'.repeat(900)}`, { size: [1, 1] })[0], Math.fround(901 / 255));
});

test('whatever is typed is read or refused, soon', () => {
  const rng = new Rng(11);
  const words = [...initNames.map((s) => s.name), 'content', 'x', '1', '2.5', '.', '1e9', '#fff', '#', '"a"', '"', "'"];
  const signs = ['+', '-', '*', '/', '(', ')', '(', ')', ',', '=', ' ', '\t', '\n', 'é', '🙂', '\ud800', '\0', '%'];
  const all = [...words, ...signs];
  let read = 0;
  startCounting();
  const steps = stepsOf(() => {
    for (let k = 0; k < 6000; k++) {
      const count = 1 + rng.below(k % 100 === 0 ? 400 : 12);
      const text = Array.from({ length: count }, () => all[rng.below(all.length)]).join('');
      try {
        const e = parseInit(text, ['content', 'x', 'a']);
        assert.ok(initInputs(e).every((name) => ['content', 'x', 'a'].includes(name)));
        read++;
      } catch (error) {
        if (!(error instanceof EngineError) || error.code !== 'RecipeError') {
          assert.unreachable(`${JSON.stringify(text)}: ${error}`);
        }
        assert.ok((error as Error).message.length < 700, (error as Error).message);
      }
    }
  });
  stopCounting();
  assert.ok(read > 100, `only ${read} were read`);
  assert.ok(steps < 1e7, `${steps} steps: nothing takes exponential time`);
  // Random characters of any kind.
  for (let k = 0; k < 2000; k++) {
    const text = Array.from({ length: rng.below(30) }, () => String.fromCharCode(rng.below(k % 2 ? 128 : 65536))).join(
      '',
    );
    try {
      assert.is(tokensOf(text).at(-1)?.kind, 'end');
      parseInit(text, []);
    } catch (error) {
      if (!(error instanceof EngineError)) assert.unreachable(`${JSON.stringify(text)}: ${error}`);
    }
  }
});

test.run();
