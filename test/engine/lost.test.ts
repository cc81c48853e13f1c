// A device that is lost on the way: the error names what it was at, and a run goes on from its last checkpoint on another.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runOn } from '../../src/app/call';
import { prepareJob } from '../../src/app/job';
import { type LiveJob, openLiveJob } from '../../src/app/live_job';
import type { JobResult, Output } from '../../src/app/output';
import type { Platform } from '../../src/app/platform';
import { Recovery, retryDeviceLost } from '../../src/app/recover';
import { EngineError } from '../../src/base/errors';
import type { Raster } from '../../src/base/raster';
import type { Device } from '../../src/gpu/device';
import { open } from '../../src/gpu/open.node';
import { nodePlatform, type PictureSource } from '../../src/node/platform';
import type { Checkpoint } from '../../src/recipes/checkpoint';
import { fillRecipe } from '../../src/recipes/recipe';
import { type RunResult, run } from '../../src/recipes/run';
import { long } from '../support/all';
import { type Ended, runner } from '../support/cli_run';
import { device } from '../support/device';

const folder = mkdtempSync(join(tmpdir(), 'toroid-lost-'));
const at = (name: string): string => join(folder, name);
const { together } = runner(folder);
const test = suite('lost');
const inputs: ReadonlyMap<string, Raster> = new Map();
const recipe = fillRecipe({
  size: 16,
  scales: { count: 1 },
  stages: [
    { steps: 6, losses: [{ kind: 'tv' }] },
    { steps: 40, losses: [{ kind: 'tv' }] },
  ],
});

test.after(() => rmSync(folder, { recursive: true }));

let known: Promise<RunResult> | undefined;
/** What a run makes whose device stays. */
const undisturbed = (): Promise<RunResult> => {
  known ??= device().then((d) => run(d, recipe, inputs));
  return known;
};

/** Runs the recipe on devices of its own, of which the first `losses` are destroyed under it. */
async function losing(losses: number, checkpoints: boolean, from = 8) {
  const warnings: string[] = [];
  const devices: Device[] = [];
  const reopen = async (): Promise<Device> => {
    const d = await open();
    devices.push(d);
    return d;
  };
  const recovery = new Recovery({ reopen, warn: (t) => warnings.push(t), remedy: 'Go on with --resume kept.' });
  const attempt = (on: Device, resume: Checkpoint | undefined) =>
    run(on, recipe, inputs, {
      resume,
      checkpointSteps: 4,
      onProgress: ({ stage, step }) => {
        if (stage === 1 && step >= from * devices.length && devices.length <= losses) on.gpu.destroy();
      },
      onCheckpoint: async (c) => {
        if (checkpoints) recovery.keep(c);
      },
    });
  try {
    return { result: await retryDeviceLost(await reopen(), recovery, attempt), warnings };
  } finally {
    for (const d of devices) d.close();
  }
}

const AT =
  /^the GPU device was lost \(\w+\): .*; it was at (\d+ runs of )?\d+ launches, \w+#\d+ to \w+#\d+, with most of the work in \w+#\d+ \(\w+\)/;

test('lost twice: the picture is the one that it would have been', async () => {
  const whole = await undisturbed();
  const { result, warnings } = await losing(2, true);
  assert.equal(result.raster, whole.raster);
  assert.is(result.stages.length, 2);
  assert.is(warnings.length, 2, warnings.join('\n'));
  for (const text of warnings) {
    assert.match(text, AT);
    assert.match(text, /; going on from the last checkpoint, step \d+ of stage 2$/);
  }
});

long(test)(
  'without a checkpoint it begins anew; a second time it is an error that names the kernels, and the remedy',
  async () => {
    const whole = await undisturbed();
    const { result, warnings } = await losing(1, false);
    assert.equal(result.raster, whole.raster);
    assert.match(warnings.join(), /; going on from the beginning$/);
    const failure = async (work: Promise<unknown>): Promise<EngineError> => {
      try {
        await work;
      } catch (e) {
        assert.ok(e instanceof EngineError, String(e));
        return e;
      }
      throw assert.unreachable('it ran');
    };
    const error = await failure(losing(2, false));
    assert.is(error.code, 'DeviceError');
    assert.match(error.message, AT);
    assert.match(error.message, '--resume kept');
    // Where the next device is lost before anything was gained, there is no point in a third.
    const again = await failure(losing(9, true, 0));
    assert.match(again.message, /--resume kept/);
  },
);

/** Node's platform, whose first device is lost at step 8 of the second stage. */
function losingPlatform(): { platform: Platform<PictureSource>; output: Output; opened: () => number } {
  const devices: Device[] = [];
  const openDevice = async (): Promise<Device> => {
    const d = await open();
    devices.push(d);
    return d;
  };
  const output: Output = {
    onProgress: ({ stage, step }) => {
      if (stage === 1 && step >= 8 && devices.length === 1) devices[0]?.gpu.destroy();
    },
  };
  return { platform: { ...nodePlatform, openDevice }, output, opened: () => devices.length };
}

test('a call of the library, and a job that people play with, go on by themselves', async () => {
  const whole = await undisturbed();
  const call = losingPlatform();
  const warnings: string[] = [];
  const called = await runOn(call.platform, recipe, inputs, {
    outputs: [call.output],
    checkpointSteps: 4,
    onWarning: (t) => warnings.push(t),
  });
  assert.equal([called.raster, call.opened()], [whole.raster, 2]);
  assert.match(warnings.join(), /going on from the last checkpoint, step \d+ of stage 2/);

  const live = losingPlatform();
  const job = await prepareJob(live.platform, recipe, inputs, { warn: () => undefined });
  let opened: LiveJob | null = null;
  const result = await new Promise<JobResult>((done, fail) => {
    const begun = openLiveJob(live.platform, job, [live.output], { onDone: done, onError: fail });
    begun.then((o) => {
      opened = o;
      o?.session.resume();
    }, fail);
  });
  await (opened as LiveJob | null)?.close();
  assert.equal([result.raster, live.opened()], [whole.raster, 2]);
});

long(test)('`toroid run --checkpoint` goes on by itself, and leaves the folder to go on from', async () => {
  writeFileSync(at('r.json'), JSON.stringify(recipe));
  // A driver that is reset: the device of the first request is lost at its thirtieth submission.
  writeFileSync(
    at('reset.mjs'),
    `import { globals } from ${JSON.stringify(pathToFileURL(resolve('node_modules/webgpu/index.js')).href)};
    const { requestDevice } = globals.GPUAdapter.prototype;
    let left = Number(process.env.RESETS);
    globals.GPUAdapter.prototype.requestDevice = async function (...a) {
      const device = await requestDevice.apply(this, a);
      if (left-- <= 0) return device;
      const { queue } = device;
      const { submit } = Object.getPrototypeOf(queue);
      let count = 0;
      queue.submit = (list) => {
        submit.call(queue, list);
        if (++count === 30) device.destroy();
      };
      return device;
    };`,
  );
  const go = (resets: string, ...runs: [out: string, ...more: string[]][]) =>
    together(
      runs.map(([out, ...more]) => ['run', 'r.json', '--tune', 'off', '-o', out, ...more]),
      { RESETS: resets, NODE_OPTIONS: `--import=${pathToFileURL(at('reset.mjs')).href}` },
    ) as Promise<[Ended, Ended]>;
  // The only reset is for the first: the other is not disturbed.
  const [part, whole] = await go('1', ['part.png', '--checkpoint', 'kept', '--every', '4'], ['whole.png']);
  assert.is(whole.code, 0, whole.err);
  assert.not.match(whole.err, /was lost/);
  assert.is(part.code, 0, part.err);
  assert.match(part.err, /the GPU device was lost .*going on from the last checkpoint, step \d+/);
  assert.ok(readFileSync(at('whole.png')).equals(readFileSync(at('part.png'))), 'the same bytes');
  const [never, hopeless] = await go(
    '99',
    ['never.png'],
    ['hopeless.png', '--checkpoint', 'kept2', '--every', '100000'],
  );
  assert.is.not(never.code, 0);
  assert.match(never.err, /the GPU device was lost .*it was at .*\(\w+\)\n.*--checkpoint/);
  assert.not(existsSync(at('never.png')));
  assert.match(hopeless.err, /toroid run --resume kept2/);
});

test.run();
