// Calls of the library as JavaScript might make them by mistake: what an argument is not, is refused in words for whoever made it.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EngineError, shown } from '../../src/base/errors';
import * as toroid from '../../src/index.node';
import { device } from '../support/device';

const test = suite('strangers to the library');
const raster = { width: 16, height: 16, data: new Float32Array(3 * 256) };
const rasters = [null, 3, 'nowhere.png', {}, { ...raster, data: [1] }, { ...raster, data: new Float32Array(3) }];
const texts = [null, 3, '', {}, []];
const options = [null, 3, 'wat', []];

/** For each call its right arguments, and what may stand in the place of each. */
async function calls(): Promise<Readonly<Record<string, readonly [unknown, readonly unknown[]][]>>> {
  const on = await device();
  const recipe = toroid.fillRecipe({ ...toroid.builtinRecipe('texture'), size: [32, 32] });
  const inputs = new Map([['style', raster]]);
  const job: [unknown, unknown[]][] = [
    [on, [null, 3, {}]],
    [recipe, [null, 3, 'texture', {}]],
    [inputs, [null, 3, { style: raster }, new Map([['style', null]]), new Map([['style', { width: 1 }]])]],
  ];
  const g = new toroid.Graph();
  const [param, counter] = [g.state([2], new Float32Array(2), 'p'), g.state([1], new Float32Array(1), 'c')];
  const x = g.input([2]);
  const loss = toroid.mean(g, toroid.mul(g, param, x));
  const plan = await toroid.Plan.compile(on, g, [loss]);
  const problem = { g, param, counter, objective: (v: toroid.Ref) => toroid.mean(g, v) };
  const graphs = [null, 3, {}, x];
  const values = [null, 3, 'x', {}];
  const problems = [null, 3, {}, { ...problem, param: x }, { ...problem, objective: 3 }, { ...problem, lo: 'x' }];
  const run = [...options, { memory: 'x' }, { net: 'vgg19' }, { onProgress: 3 }, { signal: 3 }, { resume: 3 }];
  const call = [{ device: 3 }, { net: {} }, { outputs: [3] }, { memory: 'x' }, { stop: 3 }, { onPlan: 'x' }];
  return {
    applyField: [
      [null, [null, 3, {}]],
      [raster, rasters],
    ],
    exemplarPlaces: [[null, [null, 3, {}]]],
    encodePng: [
      [raster, rasters],
      [{}, [...options, { bits: 9 }, { text: 3 }]],
    ],
    toPixels: [[raster, rasters]],
    repeat: [
      [raster, rasters],
      [2, ['x', 0, 1.5, null]],
      [2, [-1, Number.NaN]],
    ],
    seamScore: [[raster, rasters]],
    seamless: [[null, [null, 3, {}]]],
    verdict: [[null, [null, 3, {}]]],
    structureScore: [
      [raster, rasters],
      [raster, rasters],
    ],
    structureLines: [[null, [null, 3, {}]]],
    featureScores: [
      [on, [null, 3]],
      [null, [null, 'vgg19']],
      [raster, rasters],
      [raster, rasters],
    ],
    renderMaterial: [
      [on, [null, 3]],
      [null, [null, {}]],
    ],
    builtinRecipe: [['texture', [...texts, 'textur']]],
    fillRecipe: [[recipe, options]],
    fillSettings: [[{}, options]],
    recordText: [[null, [null, 3]]],
    plasma: [[{ size: [8, 8], seed: 1 }, [...options, {}, { size: 8, seed: 1 }, { size: [8, 8], seed: 'x' }]]],
    runRecipe: [...job, [{}, [...run, { stopAt: {} }, { analysed: 3 }]]],
    profileStage: [...job, [{}, [...options, { stage: 'x' }, { runs: 0 }, { clock: 'sun' }, { net: 'vgg19' }]]],
    tuneRecipe: [...job, [{}, [...options, {}, { tuning: 3 }]]],
    growTexture: [job[0] as [unknown, unknown[]], [raster, rasters], [toroid.fillSettings({}), options], [{}, run]],
    profile: [[plan, [null, 3, {}]]],
    measureRoofline: [[on, [null, {}]]],
    diffOf: [
      [null, [null, 3]],
      [null, [{}]],
    ],
    traceOf: [[null, [null, 3, {}]]],
    emitMeasures: [[null, [null, 3, {}]]],
    adam: [
      [g, graphs],
      [param, values],
      [loss, values],
      [{ rate: 1 }, [...options, {}, { rate: 'x' }, { rate: 1, lo: 'x' }, { rate: 1, counter: 3 }]],
    ],
    lbfgs: [
      [problem, problems],
      [{}, [...options, { history: 'x' }, { rate: Number.NaN }]],
    ],
    qqn: [[problem, problems]],
    ascent: [
      [problem, problems],
      [{ rate: 1 }, [...options, {}, { rate: 'x' }]],
    ],
    averaged: [
      [problem, problems],
      [null, [null, 3, {}]],
    ],
    packed: [
      [g, graphs],
      [[[[2], new Float32Array(2)]], [...values, [3], [null], [[3]], [[[2]]]]],
    ],
    fieldOutput: [['x.npy', texts]],
    mapsOutput: [[[], options.slice(0, 3)]],
    materialOutput: [['x', texts]],
    pictureOutput: [
      ['x.png', texts],
      [{}, [...options, { bits: 9 }, { channels: 2 }]],
    ],
    previewOutput: [
      ['x.png', texts],
      [
        [2, 2],
        ['x', 3, [2], [0, 1], [1.5, 1]],
      ],
    ],
    stagesOutput: [['x', texts]],
    texture: [
      [raster, rasters],
      [{}, [...options, ...call, { recipe: 3 }, { rectify: 3 }, { scales: 'x' }]],
    ],
    run: [
      [recipe, [null, 3, [], 'textur']],
      [{ style: raster }, [...options, { style: 3 }, { style: undefined }]],
      [{}, [...options, ...call, { seed: 'x' }]],
    ],
    seal: [
      [raster, rasters],
      [{}, [...options, { strength: 'x' }, { maps: 3 }, { maps: { h: 3 } }, { rectify: 3 }]],
    ],
    material: [
      [raster, rasters],
      [{}, [...options, { presett: 1 }, { preset: 3 }, { maps: 3 }, { seed: 'x' }, { widthCm: -1 }, { device: 3 }]],
    ],
    readPicture: [
      [raster, rasters],
      [{}, [...options, { most: 'x' }, { onWarning: 3 }]],
    ],
    readSource: [
      [raster, rasters],
      [{}, [...options, {}]],
    ],
    readRecord: [['x.png', [null, 3, {}]]],
    loadNet: [
      ['vgg19', texts],
      [{}, [...options, { folders: 'x' }]],
    ],
    open: [[{}, [...options, { device: 3 }, { device: {} }, { requireGpu: 'x' }]]],
    remote: [['http://127.0.0.1:1', texts]],
    Session: [...job, [{}, [...options, { memory: 'x' }, { every: 'x' }, { snapshots: 0 }, { onState: 3 }]]],
    Graph: [[{}, [...options, { convolutions: 3 }]]],
    Rng: [[1, ['x', null, Number.NaN]]],
    Tuning: [['x', [null, 3]]],
    TuneFile: [['x', texts]],
    ScalarReadback: [
      [plan, [null, 3, {}]],
      [[loss], [null, 3, [null], [new toroid.Graph().input([1])]]],
      [1, ['x', 0, null]],
    ],
    compile: [
      [on, [null, 3, {}]],
      [g, graphs],
      [[loss], [...values, [3]]],
      [{}, [...options, { memory: 'x' }, { scalar: 'f64' }, { variant: 3 }, { fuse: 'x' }]],
    ],
  };
}

/** Exports that take nothing a stranger could get wrong, or are a kind of value and no call. */
const OTHERS =
  /^(Device|EngineError|Node\w+|Plan|Remote\w+|Watch|measureRoof|builtinRecipes|recipeJsonSchema|textureSettings|ensureAdapter|findAdapter|findRecord|defineKernel|VERSION)$/;

test('every call refuses what is not what it takes', async () => {
  const ops = new Set<unknown>(Object.values(await import('../../src/index.ops')));
  const all = await calls();
  const named = new Map<string, unknown>(Object.entries(toroid));
  const missing = [...named].filter(([name, v]) => !ops.has(v) && !OTHERS.test(name) && !(name in all));
  assert.equal(
    missing.map(([name]) => name),
    [],
  );
  const faults: string[] = [];
  for (const [name, parts] of Object.entries(all)) {
    const right = parts.map(([value]) => value);
    for (const [k, [, wrong]] of parts.entries()) {
      for (const v of wrong) {
        const at = `${name} ${k}: ${shown(v)} ${typeof v === 'object' && v ? Object.keys(v) : ''}`;
        try {
          await called(name, named.get(name), right.with(k, v));
          faults.push(`${at} is accepted`);
        } catch (error) {
          if (!(error instanceof EngineError) || /bug in toroid/.test(`${error}`)) faults.push(`${at}: ${error}`);
        }
      }
    }
  }
  assert.is(faults.join('\n'), '');
});

/** A function, a constructor, or the one static method. */
function called(name: string, own: unknown, args: readonly unknown[]): unknown {
  if (name === 'compile') return Reflect.apply(toroid.Plan.compile, toroid.Plan, args);
  return /^[A-Z]/.test(name) ? Reflect.construct(own as never, args) : Reflect.apply(own as never, undefined, args);
}

test.run();
