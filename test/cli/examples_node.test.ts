// The examples for Node, each run as a process, and what it leaves looked at.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readText } from '../../src/base/png_read';
import { long } from '../support/all';
import { libraryCopy } from '../support/library_copy';

const test = suite('examples in Node');
const { folder, remove } = libraryCopy();
test.after(remove);

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      [...args],
      { cwd: folder, env: { ...process.env, TOROID_TUNE: 'off', ...env } },
      (_, out, err) => done({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

/** Grey values of a picture of an example, 0..1, one row after another. */
async function greys(name: string): Promise<{ width: number; height: number; at(x: number, y: number): number }> {
  const file = sharp(join(folder, name)).greyscale().raw();
  const { data, info } = await file.toBuffer({ resolveWithObject: true });
  return { ...info, at: (x, y) => (data[y * info.width + x] ?? 0) / 255 };
}

test('node_texture.mjs writes a tile with its recipe inside', async () => {
  const { code, out, err } = await run(['examples/node_texture.mjs', 'examples/sand.png', 'tile.png'], {
    SIZE: '32',
    STEPS: '2',
  });
  assert.is(code, 0, err);
  assert.match(out, /^tile\.png: 32x32\n/);
  assert.match(err, /size 1 of \d+, step \d+ of 2: loss 0\.\d+/);
  const { recipe } = JSON.parse(readText(readFileSync(join(folder, 'tile.png'))).toroid!) as {
    recipe: { seed: number };
  };
  assert.is(recipe.seed, 7);
  const bad = await run(['examples/node_texture.mjs', 'nowhere.png']);
  assert.is(bad.code, 1);
  assert.match(bad.err, /^PictureError: /m);
});

long(test)('custom_loss.mjs makes its loss small, and a labyrinth of two colours', async () => {
  const { code, out, err } = await run(['examples/custom_loss.mjs', 'labyrinth.png']);
  assert.is(code, 0, err);
  const losses = [...out.matchAll(/loss (\d\.\d+)/g)].map((m) => Number(m[1]));
  assert.is(losses.length, 4);
  assert.ok(losses.at(-1)! < losses[0]! && losses[0]! < 1, `losses ${losses}`);
  const { width, height, at } = await greys('labyrinth.png');
  assert.equal([width, height], [192, 192]);
  let [dark, light] = [0, 0];
  for (let i = 0; i < 64 * 64; i++) {
    const v = at(i % 64, Math.floor(i / 64));
    dark += v < 0.25 ? 1 : 0;
    light += v > 0.7 ? 1 : 0;
  }
  assert.ok(dark > 1000 && light > 1000, `${dark} dark and ${light} light pixels of 4096`);
});

long(test)('custom_op: the gradient is that of its loss, and the noise goes', async () => {
  const { code, out, err } = await run(['examples/custom_op/denoise.mjs', 'denoised.png']);
  assert.is(code, 0, err);
  const [slope, differences] = /gradient: ([\d.]+), by differences ([\d.]+)/.exec(out)!.slice(1).map(Number);
  assert.ok(Math.abs(slope! / differences! - 1) < 0.01, out);
  const [noisy, denoised] = /noisy picture ([\d.]+), of the denoised one ([\d.]+)/.exec(out)!.slice(1).map(Number);
  assert.ok(denoised! < 0.35 * noisy!, out);
});

for (const [name, least] of [
  ['train_spirals', 0.98],
  ['train_digits', 0.85],
] as const) {
  long(test)(`${name}.mjs learns, in under 40 lines`, async () => {
    const { code, out, err } = await run([`examples/${name}.mjs`]);
    assert.is(code, 0, err);
    const [right, all] = /right: (\d+) of (\d+)/.exec(out)!.slice(1).map(Number);
    assert.ok(right! / all! >= least, out);
    assert.ok(readFileSync(`examples/${name}.mjs`, 'utf8').trim().split('\n').length < 40);
  });
}

test('plan.mjs tells of a plan what it says', async () => {
  const { code, out, err } = await run(['examples/plan.mjs']);
  assert.is(code, 0, err);
  assert.match(
    out,
    /^op +kernel[\s\S]*8 launches[\s\S]*step 10: loss 0\.0[\s\S]*step 60: loss 0\.01[\s\S]*adam#\d+ \(adam\): /,
  );
});

long(test)('session.mjs pauses, goes back and ends', async () => {
  const { code, out, err } = await run(['examples/session.mjs']);
  assert.is(code, 0, err);
  assert.match(out, /^paused in stage 0 at step \d+\ndone\.png: 48x48\n/);
  assert.is((await greys('done.png')).width, 48);
});

long(test)('devices.mjs works on two devices at once, and leaves nothing on them', async () => {
  const { code, out, err } = await run(['examples/devices.mjs'], { STEPS: '2' });
  assert.is(code, 0, err);
  assert.match(out, /device 1, .*: seed/);
  assert.match(out, /device 2, .*: seed/);
  assert.match(out, /4 tiles; still on the GPUs: 0 and 0 bytes/);
});

long(test)('worker_thread.mjs leaves the main thread free, and ends a thread under way without harm', async () => {
  // Busy with a job, it would be late by all of its time, each time; a machine that is busy makes it late now and then.
  let said = '';
  for (let left = 3, free = false; !free; left--) {
    assert.ok(left > 0, said);
    const { code, out, err } = await run(['examples/worker_thread.mjs', '1'], { STEPS: '4' });
    assert.is(code, 0, err);
    assert.match(out, /^1 tiles, \d{4,} bytes$/m);
    assert.match(out, /given up: AbortError/);
    assert.match(out, /ended with 0/);
    const [took, late] = /in (\d+) ms the main thread was late by (-?\d+) ms/.exec(out)!.slice(1).map(Number);
    said = `the main thread was late by ${late} ms of ${took}`;
    free = 5 * late! < took!;
  }
});

long(test)('process_pool.mjs does a job again whose process was killed', async () => {
  const { code, out, err } = await run(['examples/process_pool.mjs', '1', '1', '--crash'], { STEPS: '2' });
  assert.is(code, 0, err);
  assert.match(err, /a process ended \(SIGKILL\); another takes its place/);
  assert.match(out, /^1 tiles, \d{4,} bytes$/m);
});

test.run();
