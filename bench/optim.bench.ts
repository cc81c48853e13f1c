// How many evaluations of objective and gradient L-BFGS and QQN take to where Adam is after 200 steps, on textures.
//   node build.mjs bench && node build/bench/optim.bench.js [--quick] [side=64] [history=20] [part of an exemplar's name]
// Every row is checked: the loss of what each ends with is computed again by a plan without optimiser, and the canvas
// lies in its box. Counts, not seconds: the same on every machine, but for the rounding of sums.
import { existsSync } from 'node:fs';
import { EngineError } from '../src/base/errors';
import type { Raster } from '../src/base/raster';
import type { Device } from '../src/gpu/device';
import { findAdapter, open } from '../src/gpu/open.node';
import { ensureAdapter } from '../src/gpu/swiftshader.node';
import { Graph } from '../src/graph/graph';
import { adamOptimiser } from '../src/graph/optim/adam';
import { lbfgs, qqn } from '../src/graph/optim/lbfgs';
import type { Optimiser, Problem } from '../src/graph/optim/optimiser';
import { Plan } from '../src/graph/plan';
import type { Net } from '../src/nets/weights';
import { readPicture } from '../src/node/picture';
import { loadNet } from '../src/node/weights/find';
import { styleSpace } from '../src/recipes/colour/canvas_space';
import { parseInit } from '../src/recipes/init/expression';
import { paintInit } from '../src/recipes/init/paint';
import type { Ref } from '../src/shaders/op';
import { resize } from '../src/shaders/resize';
import { smallVgg } from '../test/support/onnx_files';
import { vggObjective } from '../test/support/vgg_objective';
import { quick, row, table } from './report';

const SHARED = '../shared/weights';
const NET = 'vgg19-normalised-conv3_1';
const words = process.argv.slice(2).filter((a) => !a.startsWith('--'));
const setting = (name: string, usual: number): number =>
  Number(words.find((w) => w.startsWith(`${name}=`))?.slice(name.length + 1) ?? usual);
const only = words.find((w) => !w.includes('=')) ?? '';

const side = setting('side', quick ? 32 : 64);
const history = setting('history', 20);
const steps = quick ? 60 : 200;
const RATE = 0.02;
/** As in src/recipes/stage.ts: half a cosine from the rate to a tenth of it, in 32 stairs. */
const rateAt = (step: number): number => {
  const stair = Math.ceil(steps / 32);
  return RATE * (0.1 + 0.9 * 0.5 * (1 + Math.cos((Math.PI * (step - (step % stair))) / steps)));
};

interface Texture {
  readonly name: string;
  readonly start: Float32Array;
  readonly objective: (g: Graph, x: Ref) => Ref;
}

function textureOf(name: string, exemplar: Raster, net: Net, seed: number): Texture {
  const start = paintInit(parseInit('match(normal)'), {
    size: [side, side],
    seed,
    torus: [true, true],
    inputs: new Map(),
    styles: [exemplar],
    space: styleSpace([exemplar]),
    warn: () => {},
  });
  return {
    name: `${name} ${side} seed ${seed}`,
    start: start.map((v) => Math.min(1, Math.max(0, v))),
    objective(g, x) {
      const full = g.constant([3, exemplar.height, exemplar.width], exemplar.data, 'exemplar');
      const target = resize(g, full, [side, side], { filter: 'bicubic', border: ['clamp', 'clamp'] });
      return vggObjective(g, x, target, net, { torus: [true, true] }).loss;
    },
  };
}

/**
 * Runs an optimiser until the loss is at most `goal`.
 * @returns evaluations, and the loss of the canvas then, by another plan
 */
async function grow(
  device: Device,
  t: Texture,
  optimiser: (p: Problem) => Optimiser,
  most: number,
  goal: number,
): Promise<{ evaluations: number; loss: number }> {
  const shape = [3, side, side];
  const g = new Graph();
  const param = g.state(shape, t.start, 'canvas');
  const counter = g.state([1], new Float32Array(1), 'counter');
  const o = optimiser({ g, param, counter, lo: 0, hi: 1, objective: (x) => t.objective(g, x) });
  const plan = await Plan.compile(device, g, [o.loss]);
  let evaluations = 0;
  let canvas: Float32Array;
  try {
    for (let reached = false; evaluations < most && !reached; evaluations++) {
      plan.setScalar('rate', goal > 0 ? RATE : rateAt(evaluations));
      plan.run();
      if (goal > 0) reached = ((await plan.read(o.loss))[0] ?? 0) <= goal;
    }
    canvas = await plan.read(param);
  } finally {
    plan.close();
  }
  if (!canvas.every((v) => v >= 0 && v <= 1))
    throw new EngineError('BenchError', `${t.name}: the canvas leaves its box`);
  const check = new Graph();
  const x = check.input(shape);
  const y = t.objective(check, x);
  const checking = await Plan.compile(device, check, [y]);
  try {
    checking.write(x, canvas);
    checking.run();
    return { evaluations, loss: (await checking.read(y))[0] ?? Number.NaN };
  } finally {
    checking.close();
    device.pool.trim();
  }
}

const elsewhere = await ensureAdapter(async () => (await findAdapter()) !== null);
if (elsewhere !== null) process.exit(elsewhere);
const device = await open();
const net = quick || !existsSync(SHARED) ? smallVgg() : await loadNet(NET, { folders: [SHARED] });
const subjects = quick
  ? [['pebbles', 1] as const]
  : ['pebbles', 'grass', 'knit', 'lichen'].flatMap((name) => [1, 2].map((seed) => [name, seed] as const));
const rows: string[][] = [];
for (const [name, seed] of subjects) {
  if (!`${name} ${seed}`.includes(only)) continue;
  const t = textureOf(name, await readPicture(`examples/${name}.png`), net, seed);
  const adam = await grow(device, t, (p) => adamOptimiser(p, { rate: RATE }), steps, 0);
  const options = { history, hold: Number.POSITIVE_INFINITY };
  const found: number[] = [];
  for (const [who, make] of [
    ['lbfgs', lbfgs],
    ['qqn', qqn],
  ] as const) {
    const { evaluations, loss } = await grow(device, t, (p) => make(p, options), steps, adam.loss);
    if (!(loss <= 1.001 * adam.loss)) {
      throw new EngineError('BenchError', `${t.name}: ${who} ends at ${loss}, Adam at ${adam.loss}`);
    }
    found.push(evaluations);
  }
  const [lbfgsTook, qqnTook] = found;
  row({
    bench: 'optim',
    adapter: device.name,
    name: t.name,
    net: net.name,
    history,
    steps,
    loss: adam.loss,
    lbfgs: lbfgsTook,
    qqn: qqnTook,
  });
  rows.push([t.name, `${steps}`, adam.loss.toPrecision(4), `${lbfgsTook}`, `${qqnTook}`]);
  console.error(rows.at(-1)?.join('  '));
}
console.log(`\nEvaluations to the loss of Adam, ${net.name}, history ${history}, on ${device.name}`);
console.log(table(['texture', 'Adam', 'loss', 'L-BFGS', 'QQN'], rows));
device.close();
