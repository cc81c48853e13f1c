// What happens to a run from outside: signals, closed terminals and pipes, folders that go, GPUs that are not there.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EngineError } from '../../src/base/errors';
import { gpuText } from '../../src/cli/doctor';
import { ChatterFilter } from '../../src/cli/driver_chatter';
import { atWork, stopOnSignal, underNohup } from '../../src/cli/stop';
import { chooseGpu } from '../../src/gpu/open.node';
import { readPicture, writePicture } from '../../src/node/picture';
import { plasma } from '../../src/recipes/init/plasma';
import { ALL } from '../support/all';
import { runner } from '../support/cli_run';
import { needs } from '../support/needs';

const folder = mkdtempSync(join(tmpdir(), 'toroid-signals-'));
const at = (name: string): string => join(folder, name);
const { start, toroid } = runner(folder);
const test = suite('signals');
const linux = needs(test, process.platform === 'linux', 'no Linux');
const long = needs(test, ALL, 'long, see npm run test:all');
const small = ['--size', '32', '--method', 'patches', '--steps', '2', '--scales', '1'];
const mean = { kind: 'mean', layers: ['input'] };
const recipe = { size: 16, styles: [{}], inputs: { style: 'look.png' }, stages: [{ steps: 2, losses: [mean] }] };

test.before(async () => {
  writeFileSync(at('mean.json'), JSON.stringify(recipe));
  await writePicture(at('look.png'), plasma({ size: [24, 20], seed: 3 }));
});
test.after(() => rmSync(folder, { recursive: true }));

test('a terminal that closes may send SIGHUP again: what there is, is still written', () => {
  const [now, exit, shell] = [performance.now, process.exit, process.env._];
  let [clock, asked] = [0, 0];
  const left: unknown[] = [];
  performance.now = () => clock;
  process.exit = ((code: number) => left.push(code)) as never;
  try {
    process.env._ = '/usr/bin/node';
    const stop = stopOnSignal(() => asked++);
    assert.ok(atWork());
    for (clock = 1000; clock < 9000; clock += 1000) process.emit('SIGHUP', 'SIGHUP');
    assert.equal([stop.signal.aborted, asked, left], [true, 1, []]);
    process.emit('SIGTERM');
    assert.equal(left, [130], 'SIGTERM leaves');
    stop.release();
    stop.release();
    assert.not(atWork());
    process.env._ = '/usr/bin/nohup';
    assert.ok(underNohup());
    const before = process.listeners('SIGHUP');
    const immune = stopOnSignal(() => asked++);
    assert.equal(process.listeners('SIGHUP'), before, 'nothing of ours to hear it');
    immune.release();
  } finally {
    [performance.now, process.exit] = [now, exit];
    process.env._ = shell;
  }
});

/** Hangs up on a long run so many milliseconds after its first step. */
async function hungUp(name: string, later: number): Promise<void> {
  const args = ['texture', 'look.png', '--size', '48', '--steps', '9999', '--scales', '1', '-o', name];
  const { child, ended } = start(args, { _: process.execPath });
  let told = false;
  child.stderr!.on('data', (text) => {
    if (!told && String(text).includes('1 of ')) {
      told = true;
      setTimeout(() => child.kill('SIGHUP'), later);
    }
  });
  const { code, err } = await ended;
  assert.is(code, 130, err);
  assert.is((await readPicture(at(name))).width, 48);
}

long('hung up on at ten moments, it writes what there is', async () => {
  for (let k = 0; k < 10; k++) await hungUp(`hup-${k}.png`, (k * 617) % 1500);
});

linux('under nohup it is not asked to stop', async () => {
  const { child, ended } = start(['run', 'mean.json', '-o', 'nohup.png'], { _: '/usr/bin/nohup' });
  child.stderr!.once('data', () => child.kill('SIGHUP'));
  const { code, err } = await ended;
  assert.is(code, 0, err);
  assert.match(err, /^Done/m);
});

test('nobody reads stdout any more: the picture is still written', async () => {
  const { child, ended } = start(['run', 'mean.json', '-o', 'unread.png', '--json']);
  child.stdout!.destroy();
  const { code, err } = await ended;
  assert.is(code, 0, err);
  assert.ok(existsSync(at('unread.png')));
});

linux('a folder that was removed meanwhile is said to be', async () => {
  const gone = mkdtempSync(at('gone-'));
  const { execFileSync } = await import('node:child_process');
  const script = `rmdir "$PWD"; "${process.execPath}" "${resolve('bin/toroid.mjs')}" texture x.png 2>&1; echo $?`;
  const said = execFileSync('sh', ['-c', script], { cwd: gone, encoding: 'utf8' });
  assert.match(said, /^error: the folder that this runs in was removed\n {2}Change to another: .*\n1\n$/);
});

test('GPUs are chosen by number or part of a name; one that is not there is told with those that are', () => {
  const names = ['NVIDIA GeForce RTX 4090', 'NVIDIA H200', 'NVIDIA H200', 'llvmpipe (LLVM 15.0.6, 256 bits)'];
  for (const [wanted, name] of [
    ['h200', names[1]],
    ['NVIDIA', names[0]],
    [3, names[3]],
    ['1', names[1]],
    ['4090', names[0]],
  ] as const) {
    assert.is(chooseGpu(wanted, names), name);
  }
  const wrong = (wanted: string | number, of: readonly string[]): string => {
    try {
      return chooseGpu(wanted, of);
    } catch (error) {
      assert.ok(error instanceof EngineError && error.code === 'AdapterError', (error as Error).stack);
      return error.message;
    }
  };
  assert.match(
    wrong('A100', names),
    /^there is no GPU A100: .*\n {2}There are: 0 NVIDIA GeForce RTX 4090; 1 NVIDIA H200; /,
  );
  assert.match(wrong(7, names), /^there is no GPU 7: /);
  assert.match(wrong('A100', []), /^there is no GPU A100: there is none at all\n {2}Run `toroid doctor`/);
  assert.match(wrong(2, names), /^GPU 2 cannot be told from GPU 1 by its name, NVIDIA H200, .*\n {2}Show the process/);
});

test('the list of adapters says which cannot be chosen', () => {
  const all = ['Intel Arc', 'NVIDIA H200', 'NVIDIA H200'].map((name, gpu) => ({ gpu, name }));
  const [, first, second] = all;
  if (!first || !second) throw new Error('three');
  assert.is(gpuText(first, all), '1, or a part of NVIDIA H200');
  assert.match(
    gpuText(second, all),
    /^2, which Dawn cannot tell from 1 by its name: for a process that sees it alone /,
  );
});

test('what drivers write is left out line by line, errors are not', () => {
  const filter = new ChatterFilter();
  const said =
    "Warning: maxX reduced\nWarning: Couldn't load Vulkan: no\n    at operator() (/x.cpp:368)\n\nMESA: error: no\n" +
    'PictureError: no stone.png\n  Check the path.\nWarning: late\nFATAL ERROR: Reached heap limit';
  let passed = '';
  for (const piece of said.match(/.{1,7}/gs) ?? []) passed += filter.pass(piece);
  passed += filter.end();
  assert.is(passed, 'PictureError: no stone.png\n  Check the path.\nFATAL ERROR: Reached heap limit');
});

test('-q: nothing of the driver, and the error of a GPU that is not there', async () => {
  const chatter = at('chatter.mjs');
  writeFileSync(chatter, "import fs from 'node:fs';\nfs.writeSync(2, 'Warning: of a driver\\n    at x\\n\\n');\n");
  const env = {
    NODE_OPTIONS: `--import=${pathToFileURL(chatter)}`,
    TOROID_DRIVER: '',
    TOROID_ADAPTER: 'system',
    TOROID_GPU: 'A100',
  };
  const { code, err } = await toroid(['texture', 'look.png', ...small, '-o', 'x.png', '-q'], env);
  assert.is(code, 1);
  // The process that filters is not filtered itself.
  assert.match(
    err.replace('Warning: of a driver\n    at x\n\n', ''),
    /^error: there is no GPU A100: .*\n {2}There (is|are): 0 .*\n$/,
  );
});

linux('where no Vulkan loads, nothing but words of ours, with and without a GPU that is wanted', async () => {
  mkdirSync(at('broken'), { recursive: true });
  writeFileSync(at('broken/libvulkan.so.1'), '');
  const env = { LD_LIBRARY_PATH: at('broken'), TOROID_DRIVER: '', TOROID_ADAPTER: 'system' };
  for (const [more, message] of [
    [{}, /^error: no GPU and no software Vulkan driver was found\n {2}Run `toroid doctor`.*\n$/],
    [{ TOROID_GPU: 'A100' }, /^error: there is no GPU A100: there is none at all\n {2}Run `toroid doctor`.*\n$/],
  ] as const) {
    const { code, err } = await toroid(['texture', 'look.png', ...small, '-o', 'x.png'], { ...env, ...more });
    assert.is(code, 1);
    assert.match(err, message);
  }
});

test.run();
