// What a step of the built-in recipes launches, moves and keeps, to the byte. Seconds belong to bench/; counts do
// not depend on the adapter, so a change of one is a change of the code, for better or worse, and is to be looked at.
//   UPDATE_GOLDEN=1 node build/test/run.js golden      rewrites test/golden/*.txt
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Raster } from '../../src/base/raster';
import { Rng } from '../../src/base/rng';
import { Plan } from '../../src/graph/plan';
import { schedule } from '../../src/graph/schedule';
import type { Net } from '../../src/nets/weights';
import { loadNet } from '../../src/node/weights/find';
import { builtinRecipe } from '../../src/recipes/builtin';
import { prepare } from '../../src/recipes/prepare';
import { fillRecipe } from '../../src/recipes/recipe';
import { type StageGraph, stageGraph } from '../../src/recipes/stage_graph';
import { fillTexture } from '../../src/recipes/texture';
import { ALL } from '../support/all';
import { device } from '../support/device';
import { needs } from '../support/needs';
import { smallVgg } from '../support/onnx_files';
import { type PlanTable, planTable } from '../support/plan_table';

const test = suite('golden');
const folder = 'test/golden';
const shared = '../shared/weights';
const whenShared = needs(test, existsSync(shared), 'no ../shared/weights');
const updating = process.env.UPDATE_GOLDEN === '1';

interface Built {
  readonly name: string;
  /** The builtin recipe whose last stage it is. */
  readonly recipe: 'texture' | 'texture-net';
  readonly canvas: readonly [number, number];
  readonly exemplar: readonly [number, number];
  readonly grey: boolean;
  readonly net: Net | null;
}

const patches = (side: number, exemplar: number, grey: boolean): Built => ({
  name: `patches-${side}-from-${exemplar}-${grey ? 'grey' : 'rgb'}`,
  recipe: 'texture',
  canvas: [side, side],
  exemplar: [exemplar, exemplar],
  grey,
  net: null,
});
const vgg = (name: string, net: Net): Built => ({
  name,
  recipe: 'texture-net',
  canvas: [64, 64],
  exemplar: [128, 128],
  grey: false,
  net,
});

const patchPlans = [64, 128].flatMap((side) =>
  [256, 128].flatMap((exemplar) => [false, true].map((grey) => patches(side, exemplar, grey))),
);
const knownNets = ['vgg19-normalised-conv3_1', 'vgg19-16x-distilled'];
const netName = (net: string): string => `${net}-64`;

/** A picture of noise; of a grey one the colour space has one axis, and the plan one channel. */
function picture([width, height]: readonly [number, number], grey: boolean): Raster {
  const rng = new Rng(1);
  const n = width * height;
  const plane = Float32Array.from({ length: n }, () => rng.uniform());
  const data = Float32Array.from({ length: 3 * n }, (_, i) => (grey ? (plane[i % n] ?? 0) : rng.uniform()));
  return { width, height, data };
}

/** The graph of one step of the last stage, as a run of the recipe builds it. */
async function step({ recipe, canvas, exemplar, grey, net }: Built): Promise<StageGraph> {
  const texture = fillRecipe(fillTexture(builtinRecipe(recipe), { size: canvas }));
  const inputs = new Map([['style', picture(exemplar, grey)]]);
  const warnings: string[] = [];
  const { resolved, stages, setup } = prepare(await device(), texture, inputs, net, (text) => warnings.push(text));
  const last = stages.at(-1)!;
  const rank = grey ? 1 : 3;
  assert.equal([resolved.space.rank, last.size], [rank, canvas]);
  const start = new Float32Array(rank * canvas[0] * canvas[1]);
  // Direct convolutions, as on a GPU: what a software adapter takes instead has tests of its own.
  const graph = stageGraph(
    { ...setup(last, start, (text) => warnings.push(text)), convolutions: undefined },
    { canvas: start, counter: 0 },
  );
  assert.equal(warnings, [], 'an adapter that makes a recipe smaller has other plans');
  return graph;
}

async function tableOf(built: Built): Promise<PlanTable> {
  const { graph, outputs } = await step(built);
  return planTable(built.name, schedule(graph, outputs, { fuse: true, realBytes: 4 }));
}

function matchesGolden(name: string, text: string): void {
  const file = `${folder}/${name}.txt`;
  if (updating) writeFileSync(file, text);
  const want = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (text === want) return;
  const [is, was] = [text.split('\n'), want.split('\n')];
  const at = is.findIndex((line, k) => line !== was[k]);
  const line = at < 0 ? is.length : at;
  assert.unreachable(
    `${file}:${line + 1} says\n  ${was[line] ?? '(nothing)'}\nbut the plan now has\n  ${is[line] ?? '(nothing)'}\n` +
      'If that is meant, UPDATE_GOLDEN=1 writes it down; look at the difference, and say in the commit what it bought.',
  );
}

/** Compiles the plan on the device at hand: what it will launch must be what the table says. */
async function compilesToTable(built: Built): Promise<void> {
  const { graph, outputs } = await step(built);
  const table = await tableOf(built);
  // A GPU may begin with another variant than a processor; grids differ then, counts never.
  const plan = await Plan.compile(await device(), graph, outputs, { variant: () => 0 });
  try {
    const rows = plan.steps.map((s) =>
      [s.label.replace(/#.*/, ''), s.kernel, JSON.stringify(s.overrides), s.grid.join('x'), s.flops, s.bytes].join(' '),
    );
    assert.equal(
      rows,
      table.run.map((r) => [r.op, r.kernel, JSON.stringify(r.overrides), r.grid, r.flops, r.bytes].join(' ')),
    );
    const { memory, ...counts } = plan.cost;
    const { memory: laidOut, ...wanted } = table.cost;
    assert.equal(counts, wanted);
    // A pool rounds a slot up to a multiple of 256 bytes, or by an eighth at most.
    const most = laidOut * 1.125 + 256 * (table.run.length + table.setup.length + 16);
    assert.ok(memory >= laidOut && memory <= most, `${memory} bytes of buffers for ${laidOut} of slots`);
  } finally {
    plan.close();
  }
}

for (const built of patchPlans) test(built.name, async () => matchesGolden(built.name, (await tableOf(built)).text));

test('vgg-small-64', async () => {
  matchesGolden('vgg-small-64', (await tableOf(vgg('vgg-small-64', smallVgg()))).text);
});

for (const net of knownNets) {
  whenShared(netName(net), async () => {
    const built = vgg(netName(net), await loadNet(net, { folders: [shared] }));
    matchesGolden(built.name, (await tableOf(built)).text);
  });
}

test('the table is what a plan of this adapter launches', async () => {
  if (ALL) for (const built of [patches(64, 256, false), patches(64, 128, true)]) await compilesToTable(built);
  await compilesToTable(vgg('vgg-small-64', smallVgg()));
});

test('building a plan twice gives the same table', async () => {
  const [first, second] = [patches(64, 256, false), patches(64, 256, false)];
  assert.is((await tableOf(first)).text, (await tableOf(second)).text);
});

test('no golden file is left over', () => {
  const known = [...patchPlans.map((p) => p.name), 'vgg-small-64', ...knownNets.map(netName)].map((n) => `${n}.txt`);
  assert.equal(readdirSync(folder).sort(), known.sort());
});

test.run();
