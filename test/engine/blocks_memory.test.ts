// A memory budget: what a stage does to keep to it, what it says, and when it is refused.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EngineError } from '../../src/base/errors';
import { parseBytes } from '../../src/cli/arguments';
import type { Device } from '../../src/gpu/device';
import { workOf } from '../../src/graph/tiling/layout';
import { asSums, blocksText, type Fit, fitStage, fitText } from '../../src/recipes/memory_fit';
import { fillRecipe, type RecipeText } from '../../src/recipes/recipe';
import { run } from '../../src/recipes/run';
import type { StageSetup } from '../../src/recipes/stage_setup';
import { ALL, long } from '../support/all';
import { inputs, type Loss, layers, prepared, setupOf, tiny } from '../support/blocks';
import { device } from '../support/device';
import { close } from '../support/kit';
import { grey, vggShape } from '../support/tiny_net';

const test = suite('blocks for memory');

const wide = { size: [64, 32] as [number, number], scales: { count: 1 }, styles: [{ input: 'style' }] };
const grown = async (memory: number | undefined, more: Partial<RecipeText> = {}) => {
  const warnings: string[] = [];
  const recipe = fillRecipe({
    net: 'tiny',
    ...wide,
    stages: [{ steps: 3, losses: [{ kind: 'gram', ...layers }] }],
    ...more,
  });
  const result = await run(await device(), recipe, inputs, { net: tiny, memory, onWarning: (t) => warnings.push(t) });
  return { result, warnings };
};

/** The largest budget of those tried, from a share of the usual memory on, that is met in a certain way. */
const budgetFor = async (how: (fit: Fit) => boolean, from = 0.95): Promise<number> => {
  const p = await prepared([{ kind: 'gram', ...layers }], { size: wide.size });
  const setup = await setupOf(p);
  const start = { canvas: setup.start, counter: 0 };
  const whole = fitStage(await device(), setup, start);
  assert.ok(whole.fits);
  for (let share = from; share > 0.2; share -= 0.03) {
    const fit = fitStage(await device(), setup, start, share * whole.memory);
    if (fit.fits && how(fit)) return share * whole.memory;
  }
  throw assert.unreachable('no budget is met in this way');
};

test('a budget makes a run work in blocks, which says so and makes the same picture', async () => {
  const whole = await grown(undefined);
  assert.equal(whole.warnings, []);
  const { result, warnings } = await grown(await budgetFor((fit) => fit.layout !== null, 0.71));
  assert.is(warnings.length, 1);
  assert.match(
    warnings[0]!,
    /^64x32 in \d+ blocks of \d+x\d+(, with \d+ values? of each step computed again)?, \d+\.\d % more arithmetic, to need no more than [\d.]+ [KM]iB of memory$/,
  );
  close(result.raster.data, whole.result.raster.data, 1e-4, 'picture');
  const { curves } = whole.result.stages[0]!;
  const total = result.stages[0]!.curves.total!.map(([, v]) => v);
  assert.ok(total.length > 0 && total.at(-1)! < total[0]!);
  close([total.at(-1)!], [curves.total!.at(-1)![1]], 1e-4, 'loss');
});

long(test)('a budget nearly large enough makes a run compute values again, to the same bits', async () => {
  const { result: want } = await grown(undefined);
  const ways: [(fit: Fit) => boolean, RegExp][] = [
    [
      (f) => f.planBytes !== undefined && f.recomputed === 0,
      /^64x32 with the statistics of pictures computed before, to need/,
    ],
    [
      (f) => f.layout === null && (f.recomputed ?? 0) > 0,
      /^64x32 with \d+ values? of each step computed again, [\d.]+ % more arithmetic, to need no more than [\d.]+ [KM]iB of memory$/,
    ],
  ];
  for (const [how, pattern] of ways) {
    const { result, warnings } = await grown(await budgetFor(how));
    assert.is(warnings.length, 1);
    assert.match(warnings[0]!, pattern);
    assert.equal(result.raster.data, want.raster.data);
    assert.equal(result.stages[0]!.curves, want.stages[0]!.curves);
  }
});

test('a device that has less memory left than a stage takes gets it in blocks', async () => {
  const d = await device();
  const gpu = d.gpu as unknown as Partial<Pick<GPUDevice, 'pushErrorScope' | 'popErrorScope'>>;
  const [push, pop] = [d.gpu.pushErrorScope.bind(d.gpu), d.gpu.popErrorScope.bind(d.gpu)];
  const scopes: string[] = [];
  let full = 1;
  gpu.pushErrorScope = (filter) => {
    scopes.push(filter);
    return push(filter);
  };
  gpu.popErrorScope = async () => {
    const fails = scopes.pop() === 'out-of-memory' && full-- > 0;
    const error = await pop();
    return fails ? ({ message: 'none left' } as GPUError) : error;
  };
  try {
    const { result, warnings } = await grown(undefined);
    assert.is(result.stages[0]!.steps, 3);
    assert.match(warnings.join(), /^64x32 in \d+ blocks of/);
  } finally {
    delete gpu.pushErrorScope;
    delete gpu.popErrorScope;
  }
});

long(test)('a budget too small for one block is refused before any work', async () => {
  const refused = async (memory: number, more: Partial<RecipeText>, pattern: RegExp): Promise<string> => {
    try {
      await grown(memory, { size: [96, 64], ...more });
    } catch (e) {
      assert.ok(e instanceof EngineError && e.code === 'LimitError', String(e));
      assert.match(e.message, pattern, e.message);
      return e.message;
    }
    throw assert.unreachable('it ran');
  };
  const told = await refused(
    1e5,
    {},
    /^96x64 does not fit the memory allowed: even in \d+ blocks of \d+x\d+ (with all that can be computed again )?it takes [\d.]+ [KM]iB of memory, and 97.7 KiB are allowed\n {2}Allow 1MB, or/,
  );
  const enough = 1e6 * Number(/Allow (\d+)MB/.exec(told)?.[1]);
  assert.is((await grown(enough, { size: [96, 64] })).result.stages[0]!.steps, 3, 'what it asks for is enough');
  const sliced: Loss[] = [{ kind: 'sliced', layers: ['relu2_1'] }];
  const whole = await refused(
    1e5,
    { stages: [{ steps: 1, losses: sliced }] },
    /it takes [\d.]+ [KM]iB of memory, .*sliced relu2_1 takes .* of the whole canvas at once/,
  );
  const least = 1e6 * Number(/Allow (\d+)MB/.exec(whole)?.[1]);
  const { warnings } = await grown(least, { size: [96, 64], stages: [{ steps: 1, losses: sliced }] });
  assert.match(warnings.join(), /to need no more than/, 'what it asks for is enough');
});

long(test)('a VGG-19 texture of 4096x4096 takes less than 1.5 GB, and one of 8192x8192 less than 8', async () => {
  const d = await device();
  const vgg = vggShape();
  // An adapter that binds what cards of 8 GB do; nothing is allocated.
  const limits = { ...(d.gpu.limits as object), maxStorageBufferBindingSize: 2 ** 31 - 4, maxBufferSize: 2 ** 32 };
  const card = { gpu: { limits } } as unknown as Device;
  // Its features are computed before the canvas takes its memory.
  inputs.set(
    'large',
    grey(1024, 1024, () => 0.5),
  );
  // Three numbers for a pixel of the canvas, not one.
  const data = Float32Array.from({ length: 3 * 1024 * 1024 }, (_, i) => ((i * 7919) % 1021) / 1021);
  inputs.set('coloured', { width: 1024, height: 1024, data });
  const deep = ['relu1_1', 'relu2_1', 'relu3_1', 'relu4_1'];
  const sizes: [number, number, readonly string[], Loss['kind'], string][] = [
    [4096, 1.5e9, deep, 'gram', 'coloured'],
    [4096, 1.5e9, [...deep, 'relu5_1'], 'moments', 'large'],
    [8192, 8e9, [...deep, 'relu5_1'], 'moments', 'large'],
    [8192, 8e9, [...deep, 'relu5_1'], 'moments', 'coloured'],
  ];
  for (const [side, budget, chosen, kind, input] of ALL ? sizes : sizes.slice(2, 3)) {
    const p = await prepared([{ kind, layers: chosen } as Loss], { size: side, styles: [{ input }] }, vgg);
    const canvas = new Float32Array(p.resolved.space.rank * side * side);
    const setup = asSums(p.setup(p.stages[0]!, canvas, () => {}));
    const fit = fitStage(card, setup, { canvas, counter: 0 }, budget);
    assert.ok(fit.fits && fit.layout && fit.memory < budget, JSON.stringify(fit));
    const more = (workOf(fit.layout) / side ** 2).toFixed(2);
    console.log(
      `${side}, ${input}, ${kind} to ${chosen.at(-1)}: ${blocksText(fit.layout)}, ${fit.memory / 1e9} GB, ${more} times the pixels`,
    );
    assert.ok(Number(more) < 4);
  }
});

test('where memory is too short for Winograd, sums are taken, and that is said', async () => {
  const d = await device();
  const p = await prepared([{ kind: 'gram', layers: ['relu2_1'] }], { size: 64 }, vggShape());
  const canvas = new Float32Array(p.resolved.space.rank * 64 * 64);
  const usual: StageSetup = { ...p.setup(p.stages[0]!, canvas, () => {}), convolutions: () => 'winograd4' };
  const start = { canvas, counter: 0 };
  const least = (setup: StageSetup): number => {
    const found = fitStage(d, setup, start, 1);
    assert.ok(!found.fits && found.least !== undefined, JSON.stringify(found));
    return found.least;
  };
  // What is asked for is the least of both ways.
  const found = fitStage(d, usual, start, least(usual));
  assert.ok(found.fits && found.direct, JSON.stringify(found));
  assert.match(fitText(found) ?? '', /, with convolutions as plain sums, .* to need no more than/);
  const plenty = fitStage(d, usual, start, 1e9);
  assert.ok(plenty.fits && !plenty.direct && fitText(plenty) === null, JSON.stringify(plenty));
  assert.is(fitText({ layout: null, memory: 1e6, direct: true })?.startsWith('with convolutions as plain sums'), true);
});

test('amounts of memory are read as they are written', () => {
  assert.equal(['2GB', '1.5 GiB', '800mb', '2g'].map(parseBytes), [2e9, 1.5 * 2 ** 30, 8e8, 2e9]);
  for (const bad of ['', 'lots', '-2GB', '12', '2XB', '0.1MB'])
    assert.throws(() => parseBytes(bad), /amount of memory/);
});

test.run();
