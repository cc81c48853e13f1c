// An adapter that has nothing beyond what every one must have: no timestamps, no subgroups, no f16, the smallest limits.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EngineError } from '../../src/base/errors';
import { Device } from '../../src/gpu/device';
import { facts, findAdapter, waitGpu } from '../../src/gpu/open.node';
import { plasma } from '../../src/recipes/init/plasma';
import { fillRecipe, type RecipeText } from '../../src/recipes/recipe';
import { run } from '../../src/recipes/run';
import { long } from '../support/all';
import { device } from '../support/device';
import { close } from '../support/kit';
import { tinyNet } from '../support/tiny_net';

const test = suite('bare adapter');

const net = tinyNet([[8, 8], [12]]);
const inputs = new Map([['style', plasma({ size: [40, 40], seed: 3 })]]);
const recipe = (more: Partial<RecipeText> = {}) =>
  fillRecipe({
    net: net.name,
    size: 32,
    scales: { count: 1 },
    styles: [{ input: 'style' }],
    stages: [
      {
        steps: 3,
        losses: [
          { kind: 'gram', layers: ['relu1_1', 'relu2_1'] },
          { kind: 'patches', weight: 0.1 },
        ],
      },
    ],
    ...more,
  });

/** Instances of WebGPU, which must outlive their devices. */
const instances: GPU[] = [];

async function bare(): Promise<Device> {
  const found = await findAdapter();
  assert.ok(found);
  instances.push(found.instance);
  const gpu = await found.adapter.requestDevice({ label: 'bare' });
  return new Device(gpu, facts(found.adapter), { waitFor: waitGpu, release: () => {} });
}

long(test)('a run makes the picture that it makes with all features', async () => {
  const d = await bare();
  try {
    for (const feature of ['timestamp-query', 'subgroups', 'shader-f16'] as const) assert.not(d.has(feature), feature);
    assert.is(d.gpu.limits.maxStorageBufferBindingSize, 2 ** 27);
    assert.is(d.gpu.limits.maxComputeWorkgroupStorageSize, 2 ** 14);
    const [want, got] = [await run(await device(), recipe(), inputs, { net }), await run(d, recipe(), inputs, { net })];
    assert.is(got.stages[0]!.steps, 3);
    close(got.raster.data, want.raster.data, 1e-4, 'picture');
  } finally {
    d.close();
  }
});

test('what it cannot do is refused by name', async () => {
  const d = await bare();
  const failure = async (work: Promise<unknown>): Promise<string> => {
    try {
      await work;
    } catch (e) {
      assert.ok(e instanceof EngineError, String(e));
      return `${e.code}: ${e.message}`;
    }
    return 'none';
  };
  try {
    assert.match(await failure(run(d, recipe({ precision: 'f16' }), inputs, { net })), /^AdapterError: .*shader-f16/);
  } finally {
    d.close();
  }
});

test.run();
