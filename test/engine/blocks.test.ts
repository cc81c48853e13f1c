// The objective of a stage in blocks is that of the whole canvas: its terms, its gradient, the picture it makes.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EngineError } from '../../src/base/errors';
import { Rng } from '../../src/base/rng';
import { foldable, foldConstants } from '../../src/graph/fold_constants';
import { Graph, type Node } from '../../src/graph/graph';
import { memoryOf } from '../../src/graph/limits';
import { Plan } from '../../src/graph/plan';
import { schedule } from '../../src/graph/schedule';
import { analyse, type TilingAnalysis } from '../../src/graph/tiling/analysis';
import { axisBlocks, type Layout } from '../../src/graph/tiling/layout';
import { split } from '../../src/graph/tiling/split';
import { parseOnnx } from '../../src/nets/onnx/parse';
import { netOf } from '../../src/nets/weights';
import { stageObjective } from '../../src/recipes/objective';
import type { Prepared } from '../../src/recipes/prepare';
import type { RecipeText } from '../../src/recipes/recipe';
import { stageGraph } from '../../src/recipes/stage_graph';
import type { Algorithm } from '../../src/shaders/conv2d/policy';
import { accumulate, clear } from '../../src/shaders/in_place';
import type { Ref } from '../../src/shaders/op';
import { add, affine, mul, scale } from '../../src/shaders/pointwise';
import { ALL, long } from '../support/all';
import { cut, inputs, type Loss, layers, prepared, setupOf, tiny } from '../support/blocks';
import { device } from '../support/device';
import { close } from '../support/kit';
import { needs } from '../support/needs';
import { grey } from '../support/tiny_net';
import { torchSqueezeNet } from '../support/torch_files';

const test = suite('blocks');

interface Found {
  readonly terms: ReadonlyMap<string, number>;
  readonly gradient: Float32Array;
}

/** Terms and gradient at a canvas: whole, or in blocks. The second of two runs counts, so that sums have to start anew. */
async function evaluate(
  p: Prepared,
  canvas: Float32Array,
  layout?: (o: TilingAnalysis) => Layout,
  algorithm: Algorithm = 'direct',
): Promise<Found> {
  const g = new Graph({ convolutions: () => algorithm });
  const [W, H] = p.full;
  const x = g.state([p.resolved.space.rank, H, W], canvas);
  const counter = g.state([1], Float32Array.of(5));
  let built: { loss: Ref; terms: ReadonlyMap<string, Ref> } = stageObjective(g, x, counter, await setupOf(p));
  let gradient: Node;
  let finish = (): void => {};
  if (layout) {
    const o = analyse(g, x, built, p.resolved.torus);
    const parts = split(o, layout(o), 1);
    gradient = parts.gradient;
    built = parts;
    finish = parts.finish;
  } else gradient = g.grad(built.loss, [x])[0]!;
  // Sums are cleared at the end of a run.
  const kept = scale(g, gradient, 2);
  finish();
  const plan = await Plan.compile(await device(), g, [kept, ...built.terms.values()]);
  try {
    plan.run(layout ? 2 : 1);
    const terms = new Map<string, number>();
    for (const [name, v] of built.terms) terms.set(name, (await plan.read(v))[0]!);
    return { terms, gradient: (await plan.read(kept)).map((v) => v / 2) };
  } finally {
    plan.close();
  }
}

async function agree(
  what: string,
  losses: readonly Loss[],
  layout: (o: TilingAnalysis) => Layout,
  more: Partial<RecipeText> = {},
  algorithm?: Algorithm,
  tolerance = 1e-5,
  net = tiny,
): Promise<void> {
  const p = await prepared(losses, more, net);
  const [W, H] = p.full;
  const rng = new Rng(4);
  const start = await p.start([W, H], () => {});
  const canvas = start.map((v) => v + 0.1 * rng.normal());
  const want = await evaluate(p, canvas, undefined, algorithm);
  const got = await evaluate(p, canvas, layout, algorithm);
  assert.equal([...got.terms.keys()], [...want.terms.keys()], what);
  for (const [name, v] of want.terms) close([got.terms.get(name)!], [v], tolerance, `${what}: ${name}`);
  assert.ok(want.gradient.some((v) => v !== 0));
  close(got.gradient, want.gradient, tolerance, `${what}: gradient`, 0);
}

test('blocks cover an axis once, with a halo', () => {
  for (const [side, own, halo] of [
    [64, 16, 8],
    [64, 24, 8],
    [60, 16, 4],
    [64, 48, 8],
  ] as const) {
    for (const torus of [true, false]) {
      const a = axisBlocks(side, own, halo, torus);
      const seen = new Uint8Array(side);
      for (const { at, offset, skip } of a.blocks) {
        for (let k = skip; k < a.own; k++) seen[(at + offset + k) % side]!++;
        if (a.blocks.length === 1) continue;
        assert.ok(torus || (at >= 0 && at + a.window <= side));
        assert.ok(offset >= halo || (!torus && at === 0));
        assert.ok(a.window - offset - a.own >= halo || (!torus && at + a.window === side));
      }
      assert.ok(
        seen.every((n) => n === 1),
        `${side} by ${own}, ${torus}`,
      );
    }
  }
});

const statistics: Loss[] = [
  { kind: 'gram', ...layers },
  { kind: 'gram', ...layers, centring: 'dynamic', weight: 0.5 },
  { kind: 'gram', ...layers, centring: 'static', weight: 0.5 },
  { kind: 'mean', ...layers },
  { kind: 'moments', ...layers },
];

long(test)('four blocks give the terms and the gradient of the canvas', async () => {
  await agree('statistics', statistics, cut(2, 2));
});

long(test)("blocks of Winograd's convolutions give those of the canvas", async () => {
  await agree('winograd2', [{ kind: 'gram', ...layers }], cut(2, 2), {}, 'winograd2');
});

const half = needs(test, (await device()).has('shader-f16'), 'no shader-f16');
half('blocks of a net in f16 give those of the canvas, but for its last bits', async () => {
  await agree('f16', [{ kind: 'moments', ...layers }], cut(2, 2), { precision: 'f16' }, 'direct', 2e-3);
});

long(test)('six uneven blocks give them too, with positions, powers, pixels and a mask', async () => {
  const losses: Loss[] = [
    { kind: 'gram', ...layers, centring: 'dynamic' },
    { kind: 'gaussian', layers: ['relu2_1'] },
    { kind: 'content', layers: ['relu2_1'], weight: 0.1 },
    { kind: 'anchor', layers: ['input', 'relu2_1'] },
    { kind: 'enhance', layers: ['relu3_1'], growth: 'log', weight: 0.01 },
    { kind: 'gram_enhance', layers: ['relu3_1'], weight: 0.01 },
    { kind: 'tv', weight: 0.1 },
  ];
  await agree('mixed', losses, cut(2, 3), { content: 'picture' });
  await agree('rows only', losses.slice(0, 3), cut(3, 1), { content: 'picture', tile: 'y' });
});

test('on a plane blocks at the edges see what the canvas has there', async () => {
  await agree(
    'plane',
    [
      { kind: 'gram', ...layers },
      { kind: 'moments', layers: ['relu3_1'] },
    ],
    cut(3, 2),
    {
      tile: 'none',
    },
  );
  if (ALL) await agree('band', [{ kind: 'gram', ...layers }], cut(2, 3), { tile: 'x' });
});

long(test)('with guides, what is pinned, and views', async () => {
  const guide = grey(64, 64, (x) => (x < 40 ? 1 : 0.2));
  inputs.set('guide', guide);
  const mask = { input: 'guide' };
  const covariance: Loss[] = [
    { kind: 'gram', layers: ['relu1_1', 'relu3_1'], centring: 'dynamic' },
    { kind: 'mean', ...layers },
  ];
  await agree('guides', covariance, cut(2, 3), {
    styles: [{ input: 'style', mask }, { input: 'picture' }],
    pin: { ...mask, picture: 'picture' },
  });
  await agree('views', [{ kind: 'gram', ...layers }], cut(2, 2), { views: [{ kind: 'mirror' }] });
});

test('the loss does not change as the canvas rolls by whole strides', async () => {
  const p = await prepared([{ kind: 'gram', ...layers }], {
    stages: [{ steps: 1, jitter: false, losses: [{ kind: 'gram', ...layers }] }],
  });
  const [W, H] = p.full;
  const canvas = await p.start([W, H], () => {});
  const area = W * H;
  const moved = canvas.map(
    (_, i) => canvas[i - (i % area) + ((Math.floor((i % area) / W) + 8) % H) * W + ((i + 20) % W)]!,
  );
  const [a, b] = [await evaluate(p, canvas, cut(2, 3)), await evaluate(p, moved, cut(2, 3))];
  for (const [name, v] of a.terms) close([b.terms.get(name)!], [v], 2e-6, name);
});

for (const optimizer of [{ kind: 'adam' }, { kind: 'lbfgs' }] as const) {
  (optimizer.kind === 'adam' ? test : long(test))(
    `steps of ${optimizer.kind} make the same picture, and allocate nothing`,
    async () => {
      const d = await device();
      const p = await prepared(
        [
          { kind: 'moments', ...layers },
          { kind: 'tv', weight: 0.01 },
        ],
        {
          stages: [
            {
              steps: 6,
              optimizer,
              losses: [
                { kind: 'moments', ...layers },
                { kind: 'tv', weight: 0.01 },
              ],
            },
          ],
        },
      );
      const setup = await setupOf(p);
      const pictures: Float32Array[] = [];
      const losses: number[] = [];
      for (const layout of [undefined, cut(2, 3)]) {
        const { graph, canvas, outputs, optimiser } = stageGraph(setup, { canvas: setup.start, counter: 0 }, layout);
        const plan = await Plan.compile(d, graph, outputs);
        assert.is(memoryOf(schedule(graph, outputs, { fuse: true, realBytes: 4 })), plan.cost.memory, 'as foretold');
        const made: string[] = [];
        const gpu = d.gpu as unknown as Record<string, unknown>;
        const prototype = Object.getPrototypeOf(d.gpu) as Record<string, (...a: unknown[]) => unknown>;
        const traps = ['createBuffer', 'createBindGroup', 'createComputePipeline', 'createComputePipelineAsync'];
        for (const name of traps) {
          gpu[name] = function (this: unknown, ...a: unknown[]) {
            made.push(name);
            return prototype[name]!.apply(this, a);
          };
        }
        plan.run(2);
        for (let k = 0; k < 4; k++) plan.run();
        for (const name of traps) delete gpu[name];
        assert.equal(made, []);
        pictures.push(await plan.read(canvas));
        losses.push((await plan.read(optimiser.loss))[0]!);
        plan.close();
      }
      close(pictures[1]!, pictures[0]!, 1e-4, 'picture');
      close([losses[1]!], [losses[0]!], 1e-4, 'loss');
      assert.ok(pictures[0]!.some((v, i) => Math.abs(v - setup.start[i]!) > 0.01));
    },
  );
}

test('what comes from constants alone is computed apart, to the same bits', async () => {
  const p = await prepared([{ kind: 'moments', ...layers }]);
  const setup = await setupOf(p);
  const found: Float32Array[] = [];
  for (const apart of [false, true]) {
    const d = await device();
    const { graph, canvas, outputs } = stageGraph(setup, { canvas: setup.start, counter: 0 }, cut(2, 2));
    if (apart) {
      assert.ok(foldable(graph, outputs).length >= 6);
      await foldConstants(d, graph, outputs);
      assert.is(foldable(graph, outputs).length, 0);
    }
    const plan = await Plan.compile(d, graph, outputs);
    plan.run(2);
    found.push(await plan.read(canvas));
    plan.close();
  }
  assert.equal(found[1], found[0]);
});

long(test)('what is computed again within a block is the same to the bit', async () => {
  const p = await prepared([{ kind: 'moments', ...layers }]);
  const setup = await setupOf(p);
  const found: Float32Array[] = [];
  const memory: number[] = [];
  for (const budget of [Number.MAX_SAFE_INTEGER, 0]) {
    const { graph, canvas, outputs } = stageGraph(setup, { canvas: setup.start, counter: 0 }, cut(2, 3));
    const plan = await Plan.compile(await device(), graph, outputs, { memory: budget });
    assert.is((plan.recomputed?.values ?? 0) > 0, budget === 0);
    plan.run(3);
    found.push(await plan.read(canvas));
    memory.push(plan.cost.memory);
    plan.close();
  }
  assert.equal(found[1], found[0]);
  assert.ok(memory[1]! < memory[0]!, memory.join());
});

test('a loss that takes features of the whole canvas at once is named', async () => {
  const p = await prepared([
    { kind: 'gram', ...layers },
    { kind: 'sliced', layers: ['relu2_1'] },
  ]);
  const setup = await setupOf(p);
  assert.throws(
    () => stageGraph(setup, { canvas: setup.start, counter: 0 }, cut(2, 2)),
    (e: unknown) => e instanceof EngineError && e.code === 'LimitError' && /sliced relu2_1/.test(e.message),
  );
  const pixels = await prepared([{ kind: 'gram', layers: ['input'] }, { kind: 'patches' }]);
  assert.is(pixels.full[0], 48);
});

test('what a repeated part of a run reads is there each time', async () => {
  const g = new Graph();
  const x = g.input([4]);
  const s = g.state([4], new Float32Array(4));
  const one = g.constant([1], Float32Array.of(1));
  const square2 = mul(g, x, x);
  g.section(3);
  // Without care the last of these would take the memory of the square.
  const chain = affine(g, affine(g, add(g, square2, square2), 1, 1), 2, 0);
  const sum = accumulate(g, s, chain);
  g.section(1);
  const out = affine(g, sum, 1, 0);
  g.assign(s, clear(g, sum, one));
  const plan = await Plan.compile(await device(), g, [out]);
  plan.write(x, Float32Array.of(0, 1, 2, 3));
  plan.run(2);
  assert.equal([...(await plan.read(out))], [6, 18, 54, 114]);
  assert.is(plan.cost.launches, 3 * 4 + 3);
  plan.close();
});

test('a value that was written over is not read', () => {
  const g = new Graph();
  const s = g.state([4], new Float32Array(4));
  const one = g.constant([4], new Float32Array(4).fill(1));
  const sum = accumulate(g, s, one);
  assert.throws(() => schedule(g, [add(g, sum, s)], { fuse: true, realBytes: 4 }), /written over/);
});

const strided = netOf(parseOnnx(torchSqueezeNet(), { name: 'strided' }), null);
for (const tile of ALL ? (['none', 'both'] as const) : (['none'] as const)) {
  test(`a net with strides and without pads is the same in blocks, tile ${tile}`, async () => {
    const losses: Loss[] = [{ kind: 'gram', layers: ['relu1', 'fire2', 'fire5'] }];
    await agree(
      tile,
      losses,
      cut(2, 2),
      { tile, stages: [{ steps: 4, jitter: false, losses }] },
      'direct',
      1e-5,
      strided,
    );
  });
}

test.run();
