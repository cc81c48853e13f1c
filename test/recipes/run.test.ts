// What recipes make: at tiny sizes and in few steps, with losses on the picture itself.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EngineError } from '../../src/base/errors';
import type { Raster } from '../../src/base/raster';
import { Rng } from '../../src/base/rng';
import { LUMA } from '../../src/recipes/colour/luminance';
import { paletteOf } from '../../src/recipes/colour/palette';
import { allowedSide, planStages } from '../../src/recipes/plan_stages';
import { fillRecipe, type Recipe } from '../../src/recipes/recipe';
import { resolveRecipe } from '../../src/recipes/resolve';
import { upscale } from '../../src/recipes/upscale';
import { zoomed } from '../../src/recipes/zoom';
import { device } from '../support/device';
import { close } from '../support/kit';
import {
  apart,
  flat,
  go,
  grain,
  gram,
  grey,
  input,
  inputs,
  type Loss,
  look,
  nothing,
  pixel,
  recipe,
  styled,
} from '../support/small_runs';

const test = suite('run');

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

test('what no adapter can do is not called a lack of this one', async () => {
  const wanted = recipe([{ kind: 'sliced', ...input, projections: 1 }], { ...styled, size: [2056, 2048] });
  const fault = await go(wanted).catch((e: unknown) => (e as Error).message);
  assert.match(String(fault), /^2056x2048 is too large, on any adapter: .* at most 4194304 .*\n {2}Use a size up to/s);
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

/** White on the left. */
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

test('enlarge soft: rows and columns of noise are alike, where canvas leaves some fainter', async () => {
  const rng = new Rng(1, 1);
  const data = Float32Array.from({ length: 3 * 96 * 96 }, () => rng.uniform());
  /** The least mean square difference between neighbouring columns over the largest, of those 4 apart together. */
  const evenness = async (enlarge: Recipe['enlarge']): Promise<number> => {
    const wanted = recipe([nothing], { ...styled, size: 128, enlarge });
    const resolved = resolveRecipe(wanted, null, inputs);
    const [stage] = planStages(wanted, [128, 128], [1], { multiple: [1, 1], accepts: () => true });
    const start = { canvas: data, counter: 0, optimiser: '', states: [] };
    const { canvas } = await upscale(await device(), start, [96, 96], stage!, resolved, async () => data);
    const sums = [0, 0, 0, 0];
    for (let i = 0; i + 1 < canvas.length; i++) {
      if (i % 128 < 127) sums[i % 4] = sums[i % 4]! + (canvas[i + 1]! - canvas[i]!) ** 2;
    }
    return Math.min(...sums) / Math.max(...sums);
  };
  const [canvas, soft] = [await evenness('canvas'), await evenness('soft')];
  assert.ok(canvas < 0.4 && soft > 0.6, `canvas ${canvas}, soft ${soft}`);
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

test.run();
