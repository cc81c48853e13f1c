// What the planner says of memory and of cost, held against what a run takes of the device, and against other sizes.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Device } from '../../src/gpu/device';
import { memoryOf } from '../../src/graph/limits';
import type { Schedule } from '../../src/graph/place';
import { Plan } from '../../src/graph/plan';
import { schedule } from '../../src/graph/schedule';
import type { Net } from '../../src/nets/weights';
import { plasma } from '../../src/recipes/init/plasma';
import { asSums, fitStage } from '../../src/recipes/memory_fit';
import { prepare } from '../../src/recipes/prepare';
import { fillRecipe, type Recipe, type RecipeText } from '../../src/recipes/recipe';
import { run } from '../../src/recipes/run';
import { stageGraph } from '../../src/recipes/stage_graph';
import { ALL } from '../support/all';
import { device } from '../support/device';
import { tinyNet, vggShape } from '../support/tiny_net';

const test = suite('memory promise');

const tiny = tinyNet([[16, 16], [24], [16]]);
const style = plasma({ size: [48, 48], seed: 3 });
const inputs = new Map([['style', style]]);
const gram: NonNullable<RecipeText['stages'][number]['losses']>[number] = {
  kind: 'gram',
  layers: ['relu1_1', 'relu2_1', 'relu3_1'],
};

const recipeOf = (side: number, losses: RecipeText['stages'][number]['losses'], net?: Net): Recipe =>
  fillRecipe({
    ...(net && { net: net.name }),
    size: side,
    scales: { count: 1 },
    styles: [{ input: 'style' }],
    stages: [{ steps: 4, losses }],
  });

/** The graph of the only stage, and what the planner thinks of it. */
function planned(d: Device, recipe: Recipe, net: Net | null) {
  const p = prepare(d, recipe, inputs, net, () => {});
  const [stage] = p.stages;
  assert.ok(stage && p.stages.length === 1);
  const [w, h] = stage.size;
  const canvas = new Float32Array(p.resolved.space.rank * w * h);
  return { setup: p.setup(stage, canvas, () => {}), canvas };
}

/** Bytes of all buffers there are at once at most while `work` goes on, whoever makes them. */
async function peakOf(d: Device, work: () => Promise<unknown>): Promise<number> {
  d.pool.trim();
  const gpu = d.gpu as unknown as Partial<Pick<GPUDevice, 'createBuffer'>>;
  const make = d.gpu.createBuffer.bind(d.gpu);
  let [held, most] = [0, 0];
  gpu.createBuffer = (wanted) => {
    const buffer = make(wanted);
    held += buffer.size;
    most = Math.max(most, held);
    const destroy = buffer.destroy.bind(buffer);
    let gone = false;
    buffer.destroy = () => {
      if (!gone) held -= buffer.size;
      gone = true;
      return destroy();
    };
    return buffer;
  };
  try {
    await work();
    assert.ok(held < 0.05 * most, `${held} bytes of ${most} are left behind`);
    return most;
  } finally {
    delete gpu.createBuffer;
  }
}

for (const side of ALL ? [48, 64, 128] : [48]) {
  test(`a run at ${side} px takes what the planner says of the device, to a tenth`, async () => {
    const d = await device();
    const recipe = recipeOf(side, [gram], tiny);
    const { setup, canvas } = planned(d, recipe, tiny);
    const start = { canvas, counter: 0 };
    const whole = fitStage(d, setup, start);
    assert.ok(whole.fits);
    for (const share of ALL ? [undefined, 0.65, 0.45] : [0.45]) {
      const budget = share && share * whole.memory;
      const fit = fitStage(d, setup, start, budget);
      assert.ok(fit.fits, JSON.stringify(fit));
      const peak = await peakOf(d, () => run(d, recipe, inputs, { net: tiny, memory: budget }));
      const ratio = peak / fit.memory;
      console.log(`${side}, ${budget}: ${peak} of ${fit.memory}, ${ratio.toFixed(3)}`);
      assert.ok(ratio > 0.9 && ratio < 1.1, `${peak} bytes where ${fit.memory} were promised: ${ratio.toFixed(3)}`);
    }
  });
}

/** Launches, arithmetic and bytes moved in a step. */
function costOf(s: Schedule): { launches: number; flops: number; bytes: number; memory: number } {
  const list = s.launches.filter((l) => !l.setup);
  return {
    launches: list.length,
    flops: list.reduce((n, l) => n + (l.launch.flops ?? 0), 0),
    bytes: list.reduce(
      (n, l) => n + [...new Set(l.launch.bind.map((r) => r.id))].reduce((m, id) => m + s.bytesOf(id), 0),
      0,
    ),
    memory: memoryOf(s),
  };
}

test('a pixel costs as much at 2048 as at 256, to 15 %: on paper', async () => {
  const d = await device();
  const limits = { ...(d.gpu.limits as object), maxStorageBufferBindingSize: 2 ** 31 - 4, maxBufferSize: 2 ** 32 };
  const card = { gpu: { limits }, adapter: d.adapter, has: () => false } as unknown as Device;
  const vgg = vggShape();
  const deep = ['relu1_1', 'relu2_1', 'relu3_1', 'relu4_1'];
  for (const [what, losses, net] of [
    ['gram', [{ kind: 'gram', layers: deep }], vgg],
    ['patches', [{ kind: 'patches' }], null],
  ] as const) {
    const costs = [256, 512, 1024, 2048].map((side) => {
      const { setup, canvas } = planned(card, recipeOf(side, [...losses], net ?? undefined), net);
      const { graph, outputs } = stageGraph(asSums(setup), { canvas, counter: 0 });
      const { launches, ...all } = costOf(schedule(graph, outputs, { fuse: true, realBytes: 4 }));
      return { launches, ...Object.fromEntries(Object.entries(all).map(([k, v]) => [k, v / side ** 2])) };
    }) as ReturnType<typeof costOf>[];
    const [small, ...larger] = costs;
    console.log(
      what,
      costs
        .map((c) =>
          Object.values(c)
            .map((v) => v.toFixed(0))
            .join(' '),
        )
        .join(' | '),
    );
    for (const c of larger) {
      for (const key of ['flops', 'bytes'] as const) {
        const ratio = c[key] / small![key];
        assert.ok(ratio > 0.85 && ratio < 1.15, `${what}: ${key} of a pixel, ${ratio.toFixed(3)} of those at 256`);
      }
      assert.ok(c.memory / small!.memory < 1.15, `${what}: memory of a pixel`);
      // Launches are not by the pixel: there are as many, or a few more where rows are sorted in pieces.
      assert.ok(c.launches < 2 * small!.launches, `${what}: ${c.launches} launches, ${small!.launches} at 256`);
    }
  }
});

/** The calls that `work` makes of a device and of its queue, by name. */
function callsOf(d: Device, work: () => void): string[] {
  const calls: string[] = [];
  const freed: (() => void)[] = [];
  for (const target of [d.gpu, d.gpu.queue]) {
    const own = target as unknown as Record<string, unknown>;
    const kind = Object.getPrototypeOf(target) as object;
    for (const name of Object.getOwnPropertyNames(kind)) {
      const { value } = Object.getOwnPropertyDescriptor(kind, name) ?? {};
      if (typeof value !== 'function' || name === 'constructor') continue;
      own[name] = (...a: unknown[]) => {
        calls.push(name);
        return (value as (...b: unknown[]) => unknown).apply(target, a);
      };
      freed.push(() => delete own[name]);
    }
  }
  try {
    work();
    return calls;
  } finally {
    for (const free of freed) free();
  }
}

test('of the host a step asks to be sent, and nothing else: no buffer, no bind group, no write, no read-back', async () => {
  const d = await device();
  const { setup, canvas } = planned(d, recipeOf(64, [gram], tiny), tiny);
  const { graph, outputs } = stageGraph(setup, { canvas, counter: 0 });
  const plan = await Plan.compile(d, graph, outputs);
  try {
    for (const steps of [1, 1, 8]) {
      assert.equal(
        callsOf(d, () => plan.run(steps)),
        ['createCommandEncoder', 'submit'],
      );
    }
    const some = d.gpu.createBuffer({ size: 4, usage: GPUBufferUsage.COPY_DST });
    const written = callsOf(d, () => d.gpu.queue.writeBuffer(some, 0, new Float32Array(1)));
    assert.equal(written, ['writeBuffer'], 'calls are seen');
    some.destroy();
    await d.idle();
  } finally {
    plan.close();
  }
});

test.run();
