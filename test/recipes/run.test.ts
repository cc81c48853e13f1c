// What recipes make: at tiny sizes and in few steps, with losses on the picture itself.
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { blur } from '../../src/base/blur';
import { EngineError } from '../../src/base/errors';
import type { Raster } from '../../src/base/raster';
import { Rng } from '../../src/base/rng';
import { Graph } from '../../src/graph/graph';
import { Plan } from '../../src/graph/plan';
import { readRecord, run as runRecipe, toPixels } from '../../src/index.node';
import { readPicture, writePicture } from '../../src/node/picture';
import { encode } from '../../src/recipes/colour/canvas_space';
import { LUMA } from '../../src/recipes/colour/luminance';
import { paletteOf } from '../../src/recipes/colour/palette';
import { plasma } from '../../src/recipes/init/plasma';
import { stageObjective } from '../../src/recipes/objective';
import { allowedSide, planStages } from '../../src/recipes/plan_stages';
import { prepare } from '../../src/recipes/prepare';
import { fillRecipe, type Recipe, type RecipeText } from '../../src/recipes/recipe';
import { type RunOptions, type RunResult, run } from '../../src/recipes/run';
import { zoomed } from '../../src/recipes/zoom';
import { runner } from '../support/cli_run';
import { device } from '../support/device';
import { close } from '../support/kit';

const folder = mkdtempSync(join(tmpdir(), 'toroid-run-'));
const at = (name: string): string => join(folder, name);
const { toroid } = runner(folder);
const test = suite('run');
test.after(() => rmSync(folder, { recursive: true }));

type Stage = RecipeText['stages'][number];
type Loss = Stage['losses'][number];
const look = plasma({ size: [32, 32], seed: 3 });
const inputs = new Map([['style', look]]);
const input = { layers: ['input'] };
const gram: Loss = { kind: 'gram', ...input };
/** Has no gradient: what comes out is what went in. */
const nothing: Loss = { kind: 'tv', weight: 0 };
const recipe = (losses: readonly Loss[], more: Partial<RecipeText> = {}, stage: Partial<Stage> = {}): Recipe =>
  fillRecipe({ size: 16, scales: { count: 1 }, stages: [{ steps: 5, losses: [...losses], ...stage }], ...more });
const styled = { styles: [{ input: 'style' }] };
const flat = (
  red: number,
  green: number,
  blue: number,
  [width, height]: readonly [number, number] = [32, 32],
): Raster => {
  const n = width * height;
  return {
    width,
    height,
    data: Float32Array.from({ length: 3 * n }, (_, i) => [red, green, blue][Math.floor(i / n)]!),
  };
};
/** One number for each pixel, in all three planes. */
const grey = (width: number, height: number, value: (x: number, y: number) => number): Raster => {
  const plane = Array.from({ length: width * height }, (_, i) => value(i % width, Math.floor(i / width)));
  return { width, height, data: Float32Array.from([...plane, ...plane, ...plane]) };
};
const pixel = ({ width, height, data }: Raster, x: number, y: number): number[] =>
  [0, 1, 2].map((c) => data[c * width * height + y * width + x]!);
const apart = (a: Raster, b: Raster): number => {
  assert.equal([a.width, a.height], [b.width, b.height]);
  return a.data.reduce((most, v, i) => Math.max(most, Math.abs(v - b.data[i]!)), 0);
};
const go = async (
  wanted: Recipe,
  given: ReadonlyMap<string, Raster> = inputs,
  o: RunOptions = {},
): Promise<RunResult> => run(await device(), wanted, given, o);

/** Terms of a stage's objective for each of some canvases, RGB [3, H W], or of what the counter says. */
async function terms(
  wanted: Recipe,
  given: ReadonlyMap<string, Raster>,
  canvases: readonly Raster[],
  counters: readonly number[] = canvases.map(() => 0),
): Promise<Map<string, number>[]> {
  const prepared = prepare(await device(), wanted, given, null, () => {});
  const [stage] = prepared.stages;
  const { space } = prepared.resolved;
  const start = encode(space, canvases[0]!);
  const g = new Graph();
  const x = g.input([space.rank, stage!.size[1], stage!.size[0]], 'canvas');
  const counter = g.input([1], 'counter');
  const { loss, terms } = stageObjective(
    g,
    x,
    counter,
    prepared.setup(stage!, start, () => {}),
  );
  const plan = await Plan.compile(await device(), g, [loss, ...terms.values(), x, counter]);
  const all: Map<string, number>[] = [];
  try {
    for (const [k, count] of counters.entries()) {
      plan.write(counter, Float32Array.of(count));
      plan.write(x, encode(space, canvases[k] ?? canvases[0]!));
      plan.run();
      const values = new Map([['total', (await plan.read(loss))[0]!]]);
      for (const [name, term] of terms) values.set(name, (await plan.read(term))[0]!);
      all.push(values);
    }
  } finally {
    plan.close();
  }
  return all;
}

/** Noise of a grain of two pixels: the same texture at any size. */
function grain(side: number, seed: number): Raster {
  const rng = new Rng(seed, 5);
  const noise = Float32Array.from({ length: 3 * side * side }, () => rng.uniform() - 0.5);
  const soft = blur(noise, [side, side], 1, [true, true]);
  const data = soft.map((v, i) => Math.min(1, Math.max(0, 0.5 + (i < side * side ? 1.2 : 0.6) * v)));
  return { width: side, height: side, data };
}

test('the same recipe gives the same bytes, another seed another picture', async () => {
  const wanted = recipe([{ kind: 'patches' }], { ...styled, size: 24, scales: { count: 2 } });
  const [one, same, other] = [await go(wanted), await go(wanted), await go({ ...wanted, seed: 2 })];
  assert.equal(one.raster, same.raster);
  assert.equal(
    one.stages.map((s) => s.curves),
    same.stages.map((s) => s.curves),
  );
  assert.ok(apart(one.raster, other.raster) > 0.05);
  assert.equal([one.stopped, one.stages.map((s) => s.steps)], [false, [5, 5]]);
});

test('stages take turns at each scale; first, last and fractions run where they stand', () => {
  const stages = (['each', 'each', 'last', 0.3, 'first', 'each'] as const).map((resolution, k) => ({
    name: `s${k}`,
    resolution,
    losses: [nothing],
  }));
  const wanted = fillRecipe({ size: [80, 40], stages });
  const limits = { multiple: [4, 8] as const, accepts: (n: number) => n !== 40 };
  const planned = planStages(wanted, [80, 40], [0.25, 0.5, 1], limits);
  assert.equal(
    planned.map((s) => `${s.path} ${s.name} ${s.size.join('x')} ${s.factor}`),
    [
      'stages[0] s0 20x8 0.25',
      'stages[1] s1 20x8 0.25',
      'stages[0] s0 36x16 0.5', // 40 is not allowed; 20 rounds to the multiple below or above
      'stages[1] s1 36x16 0.5',
      'stages[0] s0 80x40 1',
      'stages[1] s1 80x40 1',
      'stages[2] s2 80x40 1',
      'stages[3] s3 24x16 0.3',
      'stages[4] s4 20x8 0.25',
      'stages[5] s5 20x8 0.25',
      'stages[5] s5 36x16 0.5',
      'stages[5] s5 80x40 1',
    ].map((line) => line.replace('36x16', planned[2]!.size.join('x'))),
  );
  assert.ok(planned[2]!.size[0] !== 40 && planned[2]!.size[0] % 4 === 0 && planned[2]!.size[1] % 8 === 0);
  assert.is(
    allowedSide(67, 1, (n) => n % 5 === 0),
    65,
  );
});

test('sides are rounded to what views and losses can work on, with a word about it', async () => {
  const said: string[] = [];
  const onWarning = (text: string): unknown => said.push(text);
  const view = { kind: 'wallpaper', group: 'pg', cells: 1 } as const;
  const folded = await go(recipe([nothing], { size: [19, 21], views: [view] }, { steps: 1 }), new Map(), { onWarning });
  assert.ok(folded.raster.width % 2 === 0 && folded.raster.height % 2 === 0, `${folded.raster.width}`);
  assert.match(said.join('\n'), /size 19x21 becomes \d+x\d+: .*multiples of/);
  assert.equal(folded.recipe.size, [folded.raster.width, folded.raster.height]);
  const spectrum = recipe([{ kind: 'spectrum', layers: ['input'] }], { ...styled, size: 67 }, { steps: 1 });
  const { raster } = await go(spectrum);
  assert.ok(raster.width !== 67 && Math.abs(raster.width - 67) < 8, `${raster.width}`);
});

test('styles: shares add up to 1, a negative one turns round, several sizes at once are their mean', async () => {
  const given = new Map([
    ['style', grain(32, 1)],
    ['other', plasma({ size: [32, 40], seed: 9 })],
  ]);
  const canvas = [plasma({ size: [16, 16], seed: 5 })];
  const losses: Loss[] = [gram, { kind: 'mean', ...input }];
  const color = { space: 'free' } as const;
  const of = async (...styles: RecipeText['styles'] & object): Promise<number> =>
    (await terms(recipe(losses, { styles, color }), given, canvas))[0]!.get('total')!;
  const [a, b] = [await of({ input: 'style' }), await of({ input: 'other' })];
  close(
    [await of({ input: 'style', weight: 3 }, { input: 'other', weight: -1 })],
    [0.75 * a - 0.25 * b],
    1e-4,
    'shares',
  );
  const sizes = [1, 2, 0.5];
  const each: number[] = [];
  for (const magnification of sizes) each.push(await of({ input: 'style', magnification }));
  assert.ok(new Set(each).size === 3, 'they differ');
  const mean = each.reduce((sum, v) => sum + v, 0) / 3;
  close([await of({ input: 'style', magnification: sizes })], [mean], 1e-4, 'sizes at once');
});

const sides = grey(32, 32, (x) => (x < 16 ? 1 : 0));
test('masks: each style in its region, and a soft edge between', async () => {
  const given = new Map([
    ['red', flat(0.8, 0.1, 0.1)],
    ['blue', flat(0.1, 0.1, 0.7)],
    ['left', sides],
  ]);
  const make = (feather: number): Recipe =>
    recipe(
      [{ kind: 'mean', ...input }],
      {
        size: 32,
        tile: 'none',
        canvas: '127',
        color: { space: 'free' },
        styles: [{ input: 'red', mask: { input: 'left', feather } }, { input: 'blue' }],
      },
      { steps: 60, optimizer: { kind: 'adam', rate: 0.05 } },
    );
  const hard = (await go(make(0), given)).raster;
  for (const y of [0, 15, 31]) {
    for (const x of [0, 8, 14]) close(pixel(hard, x, y), [0.8, 0.1, 0.1], 0.02, `left ${x} ${y}`, 0.02);
    for (const x of [17, 24, 31]) close(pixel(hard, x, y), [0.1, 0.1, 0.7], 0.02, `right ${x} ${y}`, 0.02);
  }
  const soft = (await go(make(3), given)).raster;
  const reds = Array.from({ length: 32 }, (_, x) => pixel(soft, x, 16)[0]!);
  assert.ok(reds[0]! > reds[15]! + 0.02 && reds[15]! > reds[31]! + 0.02, reds.join(' '));
});

test('pin: what the mask leaves out is the picture, to the last bit of 8', async () => {
  const given = new Map([
    ['style', grain(32, 1)],
    ['photo', look],
    ['hole', grey(32, 32, (x, y) => (x > 7 && x < 20 && y > 7 && y < 20 ? 1 : 0))],
  ]);
  const pin = { input: 'hole', picture: 'photo' };
  for (const more of [{}, { scales: { coarsest: 16, count: 2 } }]) {
    const wanted = recipe([gram], { ...styled, size: 32, tile: 'none', pin, ...more }, { steps: 8 });
    const { raster } = await go(wanted, given);
    let changed = 0;
    for (let y = 0; y < 32; y++) {
      for (let x = 0; x < 32; x++) {
        const bytes = (r: Raster) => pixel(r, x, y).map((v) => Math.round(255 * v));
        if (x > 7 && x < 20 && y > 7 && y < 20) changed += Number(apartBy(bytes(raster), bytes(look)) > 8);
        else assert.equal(bytes(raster), bytes(look), `${x} ${y}`);
      }
    }
    assert.ok(changed > 72, `${changed} of 144 pixels in the hole are new`);
  }
});
const apartBy = (a: number[], b: number[]): number => Math.max(...a.map((v, k) => Math.abs(v - b[k]!)));

test('luminance: the colours of the content stay', async () => {
  const tinted = grey(32, 32, (x, y) => 0.4 + 0.1 * Math.sin(x / 3) * Math.sin(y / 5));
  tinted.data.forEach((v, i) => {
    tinted.data[i] = v + [0.08, 0, -0.06][Math.floor(i / 1024)]! * Math.cos(i / 200);
  });
  const given = new Map([
    ['style', grain(32, 1)],
    ['content', tinted],
  ]);
  const more = { ...styled, content: 'content', size: 32, tile: 'none', color: { space: 'luminance' } } as const;
  const { raster } = await go(recipe([gram], more, { steps: 8, optimizer: { kind: 'adam', rate: 0.005 } }), given);
  const chroma = (r: Raster, i: number): number[] => {
    const rgb = pixel(r, i % 32, Math.floor(i / 32));
    const luma = LUMA.reduce((sum, w, c) => sum + w * rgb[c]!, 0);
    return rgb.map((v) => v - luma);
  };
  for (let i = 0; i < 1024; i++) close(chroma(raster, i), chroma(tinted, i), 1e-4, `pixel ${i}`, 1e-4);
  assert.ok(apart(raster, tinted) > 0.02, 'brightness does not');
});

test('palette: no other colours than those of the input', async () => {
  const palette = { input: 'style', colors: 5 };
  const { raster } = await go(recipe([gram], { ...styled, color: { palette } }));
  const known = paletteOf(look, 5, 1).map((p) => p.colour.map((v) => v.toFixed(4)).join());
  const used = new Set(
    Array.from({ length: 256 }, (_, i) =>
      pixel(raster, i % 16, i >> 4)
        .map((v) => v.toFixed(4))
        .join(),
    ),
  );
  for (const colour of used) assert.ok(known.includes(colour), `${colour} is none of ${known.join(' ')}`);
  assert.ok(used.size > 1);
});

test('enlarge detail: what the content has beyond the coarse scale is not lost on the way', async () => {
  const content = grain(32, 7);
  const given = new Map([['content', content]]);
  const make = (enlarge: 'canvas' | 'detail'): Recipe =>
    recipe([nothing], {
      content: 'content',
      size: 32,
      tile: 'none',
      color: { space: 'free' },
      scales: { coarsest: 16, count: 2, ratio: 0.5 },
      enlarge,
    });
  const [detail, canvas] = [(await go(make('detail'), given)).raster, (await go(make('canvas'), given)).raster];
  assert.ok(apart(detail, content) < 1e-5, `${apart(detail, content)}`);
  assert.ok(apart(canvas, content) > 0.03, `${apart(canvas, content)}`);
});

test('a mirror gives a picture that is symmetrical to the bit', async () => {
  for (const axes of ['x', 'both'] as const) {
    const views = [{ kind: 'mirror', axes } as const];
    const { raster } = await go(recipe([gram], { ...styled, size: [17, 16], views }));
    for (let y = 0; y < 16; y++) {
      for (let x = 0; x < 17; x++) {
        assert.equal(pixel(raster, x, y), pixel(raster, (17 - x) % 17, y), `${axes} ${x} ${y}`);
        if (axes === 'both') assert.equal(pixel(raster, x, y), pixel(raster, x, (16 - y) % 16), `${axes} ${x} ${y}`);
      }
    }
  }
});

test('zoom: so many frames, each begun with the one before, enlarged', async () => {
  const frames: Raster[] = [];
  const more = { content: 'style', size: 24, tile: 'none', color: { space: 'free' } } as const;
  const wanted = recipe([nothing], { ...more, zoom: { frames: 3, factor: 1.3, turn: 10 } }, { steps: 1 });
  const { raster } = await go(wanted, inputs, {
    onFrame: (f) => {
      assert.equal([f.frame, f.frames], [frames.length, 3]);
      frames.push(f.raster);
    },
  });
  assert.is(frames.length, 3);
  assert.is(raster, frames[2]);
  for (const k of [1, 2]) assert.ok(apart(frames[k]!, zoomed(frames[k - 1]!, 1.3, 10)) < 1e-5, `frame ${k}`);
  assert.ok(apart(frames[1]!, frames[0]!) > 0.05);
});

test('the opacity of the content is that of the result, and of every frame of a film', async () => {
  const alpha = Float32Array.from({ length: 1024 }, (_, i) => (i % 32) / 31);
  const given = new Map([['style', { ...look, alpha }]]);
  const more = { content: 'style', size: 32, tile: 'none' } as const;
  const { raster } = await go(recipe([nothing], more, { steps: 1 }), given);
  assert.equal(raster.alpha, alpha);
  const frames: Raster[] = [];
  const film = recipe([nothing], { ...more, zoom: { frames: 2, factor: 1.2 } }, { steps: 1 });
  await go(film, given, { onFrame: (f) => void frames.push(f.raster) });
  assert.is(frames[1]!.alpha?.length, 1024);
  assert.ok(frames[1]!.alpha![0]! > 0.01 && Math.abs(frames[1]!.alpha![15]! - alpha[15]!) < 0.03, 'enlarged too');
});

test('jitter rolls by whole pixels, torus or not', async () => {
  const canvas = [plasma({ size: [16, 16], seed: 5 })];
  const counters = [0, 1, 2, 3, 4, 5, 6, 7];
  for (const tile of ['none', 'both', 'x'] as const) {
    const losses: Loss[] = [
      { kind: 'histogram', ...input }, // only sees which values there are
      { kind: 'tv' }, // also sees the border, where there is one
    ];
    const values = await terms(recipe(losses, { ...styled, tile }, { jitter: 5 }), inputs, canvas, counters);
    const histogram = values.map((v) => v.get('histogram input')!);
    assert.ok(histogram.length === 8 && histogram[0]! > 0);
    close(
      histogram,
      histogram.map(() => histogram[0]!),
      1e-5,
      tile,
    );
    const seen = new Set(values.map((v) => v.get('tv')!.toFixed(5))).size;
    if (tile === 'both') assert.is(seen, 1, 'nothing changes on a torus');
    else assert.ok(seen > 2, `${tile}: it does roll`);
  }
});

test('on a torus it does not matter where the canvas begins', async () => {
  const losses: Loss[] = [
    { kind: 'patches' },
    gram,
    { kind: 'mean', ...input },
    { kind: 'moments', ...input },
    { kind: 'gaussian', ...input },
    { kind: 'sliced', ...input },
    { kind: 'histogram', ...input },
    { kind: 'shifted_gram', ...input },
    { kind: 'spectrum', ...input },
    { kind: 'enhance', ...input },
    { kind: 'gram_enhance', ...input },
    { kind: 'tv' },
  ];
  const canvas = plasma({ size: [32, 32], seed: 5 });
  const data = canvas.data.map((_, i) => {
    const [c, y, x] = [i >> 10, (i >> 5) & 31, i & 31];
    return canvas.data[c * 1024 + ((y + 27) % 32) * 32 + ((x + 13) % 32)]!;
  });
  const wanted = recipe(losses, { ...styled, size: 32 }, { jitter: false });
  const [here, there] = await terms(wanted, inputs, [canvas, { ...canvas, data }]);
  assert.is(here!.size, new Set(here!.keys()).size);
  for (const [name, value] of here!) close([there!.get(name)!], [value], 2e-4, name, 1e-6);
});

test('a loss means the same at 128 and at 256 pixels', async () => {
  const losses: Loss[] = [
    { kind: 'patches' },
    gram,
    { kind: 'gram', centring: 'dynamic', ...input },
    { kind: 'mean', ...input },
    { kind: 'moments', ...input },
    { kind: 'sliced', ...input },
    { kind: 'gaussian', ...input },
    { kind: 'histogram', ...input },
    {
      kind: 'shifted_gram',
      offsets: [
        [1, 0],
        [0, 3],
      ],
      ...input,
    },
    { kind: 'spectrum', ...input },
    { kind: 'content', ...input },
    { kind: 'enhance', ...input },
    { kind: 'gram_enhance', ...input },
    { kind: 'tv' },
  ];
  const given = new Map([
    ['style', grain(128, 1)],
    ['content', grain(128, 2)],
  ]);
  // The same noise on a larger canvas: of less contrast than the style, and of other colours.
  const canvas = (side: number): Raster => {
    const { data } = grain(side, side);
    const n = side * side;
    // Green goes a little with red, which it does not in the style.
    const mixed = data.map(
      (v, i) => 0.4 + 0.5 * (v - 0.5) + (i < n ? 0.1 : i < 2 * n ? 0.3 * ((data[i - n] ?? 0) - 0.5) : 0),
    );
    return { width: side, height: side, data: mixed };
  };
  const at = async (size: number): Promise<Map<string, number>> => {
    const wanted = recipe(losses, { ...styled, content: 'content', size, color: { space: 'free' } }, { jitter: false });
    return (await terms(wanted, given, [canvas(size)]))[0]!;
  };
  const [small, large] = [await at(128), await at(256)];
  const wrong: string[] = [];
  for (const [name, value] of small) {
    if (name === 'total') continue; // of losses and enhancements, which cancel
    const ratio = large.get(name)! / value;
    if (Math.abs(ratio - 1) > 0.15) wrong.push(`${name}: ${value} and ${large.get(name)}, ${ratio.toFixed(2)} times`);
  }
  assert.equal(wrong, []);
});

test('a loss that becomes NaN or infinite: back to the last good step, at half the learning rate, with a warning', async () => {
  const said: string[] = [];
  // Away from the content, by a gradient that grows with the distance, until its square is too large for a float.
  const losses = (weight: number): Loss[] => [{ kind: 'content', weight, ...input }];
  const make = (weight: number, rate: number, steps: number): Recipe =>
    recipe(
      losses(weight),
      { content: 'content', tile: 'none', size: 16, canvas: '133', color: { space: 'free' } },
      { steps, optimizer: { kind: 'adam', rate } },
    );
  const given = new Map([['content', flat(0.5, 0.5, 0.5, [16, 16])]]);
  const onWarning = (text: string): unknown => said.push(text);
  const { raster, stages } = await go(make(-4e19, 0.02, 12), given, { onWarning });
  assert.match(
    said.join('\n'),
    /recipe at 16x16: the (loss|optimiser's state) became (NaN|infinite|NaN or infinite) by step \d+; the stage goes back to step \d+ and halves the learning rate/,
  );
  assert.ok(
    raster.data.every((v) => v > 0.5 && v < 1),
    'what was good stays',
  );
  assert.ok(stages[0]!.curves.total!.every(([, v]) => Number.isFinite(v)));
  for (const weight of [1e38, -1e38]) {
    try {
      await go(make(weight, 0.02, 12), given);
      assert.unreachable('accepted');
    } catch (error) {
      assert.ok(error instanceof EngineError, (error as Error).stack);
      assert.is(error.code, 'RunError');
      assert.match(
        error.message,
        /^stages\[0\]: the (loss|optimiser's state) is (NaN|infinite|NaN or infinite) from the start.*\n {2}Try a smaller weight/,
      );
    }
  }
  // In a later stage there is something to lose: it ends there, and the run goes on.
  said.length = 0;
  const wanted = make(1, 0.02, 3);
  const [first] = wanted.stages;
  const bad = { ...first!, name: 'bad', losses: fillRecipe({ stages: [{ losses: losses(1e38) }] }).stages[0]!.losses };
  const whole = await go({ ...wanted, stages: [first!, bad, first!] }, given, { onWarning });
  assert.match(
    said.join('\n'),
    /bad at 16x16: the (loss|optimiser's state) keeps becoming (NaN|infinite|NaN or infinite); the stage ends at step 0/,
  );
  assert.ok(whole.raster.data.every(Number.isFinite));
  assert.ok(whole.stages.length >= 2);
});

test('toroid run: again from the picture; an input that moved or changed; --input, --set, --seed', async () => {
  mkdirSync(at('out'));
  await writePicture(at('look.png'), look);
  const wanted = {
    size: 24,
    inputs: { style: 'look.png' },
    ...styled,
    stages: [{ steps: 4, losses: [{ kind: 'patches' }] }],
  };
  writeFileSync(at('mine.json'), JSON.stringify(wanted));
  const bytes = (name: string): Buffer => readFileSync(at(name));
  const ok = async (...args: string[]): Promise<string> => {
    const { code, err } = await toroid(['run', ...args]);
    assert.is(code, 0, err);
    return err;
  };
  await ok('mine.json', '-o', 'out/one.png');
  await Promise.all([
    ok('out/one.png', '-o', 'out/again.png'),
    ok('out/one.png', '-o', 'out/seed.png', '--seed', '2'),
    ok('mine.json', '-o', 'out/set.png', '--set', 'seed=2'),
    ok('mine.json', '-o', 'out/size.png', '--size', '20x16', '-s', 'stages[0].losses[0].patch=5'),
  ]);
  assert.ok(bytes('out/one.png').equals(bytes('out/again.png')), 'the same bytes');
  assert.not(bytes('out/one.png').equals(bytes('out/seed.png')));
  assert.ok(bytes('out/set.png').equals(bytes('out/seed.png')), 'a setting is a setting, however it is given');
  const size = await readPicture(at('out/size.png'));
  assert.equal([size.width, size.height], [20, 16]);
  renameSync(at('look.png'), at('moved.png'));
  const moved = await toroid(['run', 'out/one.png', '-o', 'x.png']);
  assert.is(moved.code, 1);
  assert.match(
    moved.err,
    /^RecipeError: input style: there is no file .*look\.png\n {2}Say where .*--input style=\S+\n$/,
  );
  await ok('out/one.png', '-o', 'out/there.png', '--input', 'style=moved.png');
  assert.equal(apart(await readPicture(at('out/there.png')), await readPicture(at('out/one.png'))), 0);
  await writePicture(at('look.png'), plasma({ size: [32, 32], seed: 8 }));
  const changed = await toroid(['run', 'out/one.png', '-o', 'x.png']);
  assert.is(changed.code, 1);
  assert.match(
    changed.err,
    /^RecipeError: input style: .*look\.png is not the file it was.*\n {2}Use it all the same: --input style=/,
  );
  // Who gives it means it, from the command line as from a program.
  const warning = /input style is not the file that the recipe was run with: the picture will be another/;
  assert.match(await ok('out/one.png', '-o', 'out/other.png', '--input', 'style=look.png'), warning);
  const warnings: string[] = [];
  const record = await readRecord(at('out/one.png'));
  const called = await runRecipe(
    record!,
    { style: at('look.png') },
    { device: await device(), onWarning: (text) => warnings.push(text) },
  );
  assert.match(warnings.join('\n'), warning);
  assert.equal(called.toPixels().data, toPixels(await readPicture(at('out/other.png'))).data);
});

test.run();
