// Recipes with mistakes, as a user makes them: what is said, by which exit code, and that nothing is written. A row is
// one mistake.

import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Raster } from '../../src/base/raster';
import { loadCheckpoint, saveCheckpoint } from '../../src/node/checkpoint_files';
import { readPicture, writePicture } from '../../src/node/picture';
import type { Checkpoint } from '../../src/recipes/checkpoint';
import { plasma } from '../../src/recipes/init/plasma';
import { runner } from '../support/cli_run';
import { needs } from '../support/needs';
import { encoded, randomTensor, valueInfo } from '../support/onnx_files';

const folder = mkdtempSync(join(tmpdir(), 'toroid-bad recipe \u00fc-'));
const at = (name: string): string => join(folder, name);
const { together, toroid } = runner(folder);
const test = suite('recipe bad input');
const flat = (value: number, [width, height]: readonly [number, number] = [32, 32]): Raster => ({
  width,
  height,
  data: new Float32Array(3 * width * height).fill(value),
});
type Group = Record<string, unknown>;
const base = {
  size: 32,
  inputs: { style: 'look.png' },
  styles: [{ input: 'style' }],
  stages: [{ steps: 2, losses: [{ kind: 'mean', layers: ['input'] }] }],
};
const write = (name: string, more: Group = {}): void => writeFileSync(at(name), JSON.stringify({ ...base, ...more }));
const losses = (...list: Group[]): Group => ({ stages: [{ steps: 2, losses: list }] });

test.before(async () => {
  await writePicture(at('look.png'), plasma({ size: [40, 32], seed: 3 }));
  await writePicture(at('tiny.png'), plasma({ size: [8, 8], seed: 3 }));
  await writePicture(at('kept.png'), plasma({ size: [32, 32], seed: 4 }));
  await writePicture(at('black.png'), flat(0));
  await writePicture(at('wide.png'), plasma({ size: [64, 16], seed: 4 }));
  mkdirSync(at('folder'));
  mkdirSync(at('folder.yaml'));
  mkdirSync(at('kept'));
  writeFileSync(at('kept/job.json'), '{');
  writeFileSync(at('file'), 'a file');
  writeFileSync(at('text.png'), 'no picture');
  writeFileSync(at('net.onnx'), smallNet());
  write('good.json');
  write('block.json', losses({ kind: 'grams' }));
  write('setting.json', losses({ kind: 'tv' }, { kind: 'gram', centering: 'dynamic' }));
  write('type.json', losses({ kind: 'gram', weight: 'heavy' }));
  write('version.json', { toroid: 7 });
  writeFileSync(at('syntax.json'), '{\n  "size": 64,\n  "tile" "both"\n}');
  writeFileSync(at('syntax.yaml'), 'size: 64\nstages: [\n');
  write('names.json', { styles: [{ input: 'stlye' }] });
  write('mask.json', { styles: [{ input: 'style', mask: { input: 'msak' } }] });
  write('layer.json', losses({ kind: 'gram', layers: ['relu1_1'] }));
  write('set.json', losses({ kind: 'gram' }));
  write('canvas.json', { canvas: '50 + plasm * 2' });
  write('luminance.json', { color: { space: 'luminance' } });
  write('zoom.json', { zoom: { frames: 3 } });
  write('moved.json', { inputs: { style: 'gone/look.png' } });
  write('tiny.json', { inputs: { style: 'tiny.png' } });
  write('text.json', { inputs: { style: 'text.png' } });
  write('net.json', { net: 'vgg18', ...losses({ kind: 'gram' }) });
  write('gone.json', { net: 'gone.onnx', ...losses({ kind: 'gram' }) });
  write('empty.json', {
    inputs: { style: 'look.png', mask: 'black.png' },
    styles: [{ input: 'style', mask: { input: 'mask' } }],
  });
  write('layers.json', { net: 'net.onnx', ...losses({ kind: 'gram', layers: { relu9_1: 1 } }) });
  write('patch.json', { ...losses({ kind: 'patches', patch: 31 }), inputs: { style: 'wide.png' } });
  write('content.json', losses({ kind: 'content', layers: ['input'] }));
  write('stretched.json', {
    inputs: { style: 'look.png', mask: 'wide.png' },
    styles: [{ input: 'style', mask: { input: 'mask' } }, { input: 'style' }],
  });
});
test.after(() => rmSync(folder, { recursive: true }));

/** A net of one convolution. */
function smallNet(): Uint8Array {
  return encoded({
    name: 'small',
    node: [
      { opType: 'Conv', name: 'conv', input: ['x', 'w'], output: ['conv1_1'] },
      { opType: 'Relu', name: 'relu', input: ['conv1_1'], output: ['relu1_1'] },
    ],
    initializer: [randomTensor('w', [4, 3, 3, 3], 1)],
    input: [valueInfo('x', [1, 3, 0, 0])],
    output: [valueInfo('relu1_1', [1, 4, 0, 0])],
  });
}

type Row = readonly [args: string, code: number, message: RegExp];
const run = (...rows: Row[]): Row[] => rows.map(([args, code, message]) => [`run ${args}`, code, message]);
const rows = run(
  ['', 2, /which recipe\?\n {2}Name one of/],
  ['textur', 1, /error: there is no recipe called textur\. Did you mean texture\?\n {2}Known: /],
  ['good.jsno', 1, /there is no file good\.jsno\n {2}Did you mean good\.json\?/],
  ['folder', 1, /error: folder is a folder, not a recipe\n/],
  ['folder.yaml', 1, /error: folder\.yaml is a folder, not a recipe\n/],
  ['look.png', 1, /error: look\.png holds no recipe: it was not made by toroid/],
  ['text.png', 1, /text\.png/],
  ['file', 1, /error: file is not JSON: .*line 1, column \d/],
  ['syntax.json', 1, /error: syntax\.json is not JSON: Unexpected string, line 3, column 10\n {2}Mend it there/],
  ['syntax.yaml', 1, /error: syntax\.yaml is not YAML: .*line \d, column \d/],
  ['block.json', 1, /error: stages\[0\]\.losses\[0\]\.kind: "grams" is none of .* Did you mean gram\?/],
  ['setting.json', 1, /error: stages\[0\]\.losses\[1\]\.centering: there is no such setting.* mean centring\?/],
  ['type.json', 1, /error: stages\[0\]\.losses\[0\]\.weight: is "heavy", but a number is wanted/],
  ['version.json', 1, /error: this recipe is of version 7; .*\n {2}Install a newer toroid/],
  ['good.json --set stages[3].steps=2', 1, /error: --set stages\[3\]\.steps=2: 3 is no place in a list of 1/],
  ['good.json --set sise=2', 1, /error: sise: there is no such setting\. Did you mean size\?/],
  ['good.json --input look.png', 1, /error: --input look\.png: wants name=picture/],
  ['good.json --input stile=look.png', 1, /error: --input stile: nothing .* asks for it\. Did you mean style\?/],
  ['good.json --input style=none.png', 1, /error: there is no file none\.png/],
  ['good.json --input style=folder', 1, /error: folder is a folder, not a picture/],
  ['good.json --frames film.gif', 1, /error: --frames film\.gif: the recipe has no zoom/],
  ['good.json --checkpoint file', 1, /error: no checkpoints can be kept in file: .*\n {2}.*choose another folder/],
  ['good.json --every 0', 2, /every/],
  ['texture', 1, /error: styles\[0\]\.input: there is no input style\.\n {2}Add it .* --input style=picture\.png/],
  ['names.json', 1, /error: styles\[0\]\.input: there is no input stlye\. Did you mean style\?/],
  ['mask.json', 1, /error: styles\[0\]\.mask\.input: there is no input msak\./],
  ['layer.json', 1, /error: stages\[0\]\.losses\[0\]\.layers\.relu1_1: the recipe has no net/],
  ['set.json', 1, /error: stages\[0\]\.losses\[0\]\.layers: "style" means layers of a network, and .* no net/],
  ['canvas.json', 1, /error: [\s\S]*unknown name "plasm"[\s\S]*Did you mean plasma\?/],
  ['luminance.json', 1, /error: color\.space: luminance keeps the colours of the content/],
  ['zoom.json', 1, /error: zoom: enlarges the content, and there is none/],
  ['moved.json', 1, /error: input style: there is no file gone\/look\.png\n {2}Say where it is now: --input style=/],
  ['tiny.json', 1, /error: .*tiny\.png.* 8x8/],
  ['text.json', 1, /error: text\.png is not a picture/],
  ['net.json', 1, /error: .*vgg18/],
  ['gone.json', 1, /error: .*gone\.onnx/],
  ['--resume none', 1, /error: none holds no checkpoint: there is no job\.json in it/],
  ['--resume kept', 1, /error: cannot read kept\/job\.json: .*\n {2}Start the run afresh/],
  ['good.json --resume kept', 2, /--resume goes on with what was begun/],
);

/** What is said is a line and a remedy, a caret below a text at most besides. */
function clear(err: string, about: string): void {
  const lines = err.trimEnd().split('\n');
  assert.not.match(err, /\n {4}at |undefined|\[object|internal error/, about);
  assert.ok(lines.length <= 5, `${about}: ${err}`);
  for (const line of lines) assert.ok(line.length < 600, `${about}: ${line}`);
}

test('refused before an adapter is looked for: one message with its place, no stack, nothing written', async () => {
  const before = readdirSync(folder).sort();
  const kept = readFileSync(at('kept.png'));
  const all = await together(rows.map(([args]) => [...args.split(' ').filter((a) => a !== ''), '-o', 'kept.png']));
  for (const [k, [args, code, message]] of rows.entries()) {
    const ended = all[k]!;
    assert.equal([ended.code, ended.out], [code, ''], `${args}: ${ended.err}`);
    assert.match(ended.err, message, `${args}: ${ended.err}`);
    assert.not.match(ended.err, /Running on/, args);
    clear(ended.err, args);
  }
  assert.equal(readdirSync(folder).sort(), before);
  assert.ok(readFileSync(at('kept.png')).equals(kept));
});

const later = run(
  ['empty.json', 1, /error: .*styles\[0\]\.mask is empty at 32x32: it leaves no pixel\n {2}Paint what counts/],
  ['layers.json', 1, /error: stages\[0\]\.losses\[0\]\.layers\.relu9_1: .* no such layer.*relu1_1/],
  ['content.json', 1, /error: stages\[0\]\.losses\[0\]: this loss compares with a content.*\n {2}Add "content"/],
  ['patch.json', 1, /stages\[0\]\.losses\[0\]: .*31/],
);
test('refused once adapter or net are known: the same, and the file there stays', async () => {
  const kept = readFileSync(at('kept.png'));
  const all = await together(later.map(([args]) => [...args.split(' '), '-o', 'kept.png']));
  for (const [k, [args, code, message]] of later.entries()) {
    const ended = all[k]!;
    assert.equal([ended.code, ended.out], [code, ''], `${args}: ${ended.err}`);
    assert.match(ended.err, message, `${args}: ${ended.err}`);
    assert.not.match(ended.err, /\n {4}at |undefined|\[object|internal error/, args);
    assert.not.match(ended.err, /step \d/, `${args}: before the first step`);
  }
  assert.ok(readFileSync(at('kept.png')).equals(kept));
});

test('a mask of another shape is stretched, and told', async () => {
  const { code, err } = await toroid(['run', 'stretched.json', '-o', 'stretched.png']);
  assert.is(code, 0, err);
  assert.match(err, /mask is 64x16, of another shape: it is stretched/);
});

test('a checkpoint that cannot be kept is told once, the run goes on, and the last good one stays', async () => {
  mkdirSync(at('keep/state.next.bin'), { recursive: true }); // where the next moment would be written
  const args = ['run', 'good.json', '--set', 'stages[0].steps=11', '--checkpoint', 'keep', '--every', '5'];
  const { code, err } = await toroid([...args, '-o', 'on.png']);
  assert.is(code, 0, err);
  assert.is((await readPicture(at('on.png'))).width, 32);
  assert.is(err.match(/a checkpoint was not kept, the run goes on: cannot write/g)?.length, 1, err);
  rmSync(at('keep/state.next.bin'), { recursive: true });
  const some = { frame: 1, feedback: null, stage: 0, stages: 1, done: [] } as unknown as Checkpoint;
  await saveCheckpoint(at('keep'), some);
  mkdirSync(at('keep/state.next.bin'));
  try {
    await saveCheckpoint(at('keep'), { ...some, frame: 2 });
    assert.unreachable('kept');
  } catch (error) {
    assert.match((error as Error).message, /cannot write .*state\.next\.bin/);
  }
  assert.is(loadCheckpoint(at('keep')).checkpoint!.frame, 1);
});

/** A disk of a few KiB, for one command: where one may mount such a thing. */
function onSmallDisk(command: string, kilobytes: number): string[] {
  return ['-rm', 'sh', '-c', `mount -t tmpfs -o size=${kilobytes}k tmpfs disk && ${command}`];
}
mkdirSync(at('disk'));
const mountable = spawnSync('unshare', onSmallDisk('true', 16), { cwd: folder }).status === 0;
needs(
  test,
  mountable,
  'nothing may be mounted',
)('a full disk: the run goes on without checkpoints; without room for the result it does not begin', async () => {
  const bin = `'${process.execPath}' '${resolve('bin/toroid.mjs')}'`;
  const within = async (command: string, kilobytes: number): Promise<{ code: number | null; err: string }> => {
    const child = spawn('unshare', onSmallDisk(command, kilobytes), { cwd: folder });
    let err = '';
    child.stderr.on('data', (piece) => {
      err += piece;
    });
    return new Promise((done) => child.on('close', (code) => done({ code, err })));
  };
  // Room for job.json and one moment, which is about 100 KiB, but not for the next.
  const args = 'run good.json --set stages[0].steps=11 --checkpoint disk/keep --every 5 -o full.png';
  const full = await within(`${bin} ${args}; code=$?; ls -l disk/keep >&2; exit $code`, 120);
  assert.is(full.code, 0, full.err);
  assert.match(full.err, /a checkpoint was not kept, the run goes on: cannot write .*: no space left on the device/);
  assert.match(full.err, /\d job\.json/);
  assert.not.match(full.err, /\.tmp/, 'nothing half written is left');
  assert.ok(statSync(at('full.png')).size > 1000);
  const none = await within(
    `dd if=/dev/zero of=disk/all bs=1k count=16 2>/dev/null; ${bin} run good.json -o disk/x.png`,
    16,
  );
  assert.is(none.code, 1, none.err);
  assert.match(none.err, /^error: cannot write disk\/x\.png: no space left on the device\n {2}Free some space/);
});

test('--resume follows a link to a folder; a circle of links is no folder', async () => {
  symlinkSync('round', at('round'));
  const { code, err } = await toroid(['run', '--resume', 'round']);
  assert.is(code, 1, err);
  assert.match(err, /^error: round holds no checkpoint/);
  assert.not(existsSync(at('round.png')));
});

test.run();
