import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { commands } from '../../src/cli/commands';
import { stopOnSignal } from '../../src/cli/stop';
import { swiftShaderArchive } from '../../src/gpu/swiftshader.node';
import { readMetadata, readPicture } from '../../src/node/picture';
import { seamless, seamScore } from '../../src/recipes/scores/seam';
import { type Ended, runner } from '../support/cli_run';
import { needs } from '../support/needs';

const folder = mkdtempSync(join(tmpdir(), 'toroid-cli-'));
const at = (name: string): string => join(folder, name);
const test = suite('cli');

const { start, together, toroid } = runner(folder);

test.before(async () => {
  assert.ok(existsSync('dist/cli.js'), 'dist/cli.js is missing: run `node build.mjs cli` first');
  await toroid(['plasma', '-o', 'look.png', '--size', '48', '--seed', '3']);
  const mean = { kind: 'mean', layers: ['input'] };
  const recipe = { size: 32, styles: [{}], inputs: { style: 'look.png' }, stages: [{ steps: 9999, losses: [mean] }] };
  writeFileSync(at('long.json'), JSON.stringify(recipe));
  const look = sharp(at('look.png'));
  await look.clone().extract({ left: 0, top: 0, width: 24, height: 48 }).png().toFile(at('half.png'));
  await look.clone().toColourspace('cmyk').jpeg().toFile(at('cmyk.jpg'));
  await look.clone().ensureAlpha(0.5).toColourspace('rgb16').png().toFile(at('deep.png'));
  await look.clone().resize(8, 8).png().toFile(at('tiny.png'));
  writeFileSync(at('cut.png'), readFileSync(at('look.png')).subarray(0, 3000));
  writeFileSync(at('text.png'), 'not a picture');
  mkdirSync(at('folder.png'));
});
test.after(() => rmSync(folder, { recursive: true }));

// Every command says what it is for, with examples; asking for help is no mistake.
test('every command has help, and asking for it is no mistake', async () => {
  const called = [[], ['texture'], ['plasma'], ['check'], ['doctor'], ['weights']];
  for (const [k, { code, out, err }] of (await together(called.map((c) => [...c, '--help']))).entries()) {
    const name = called[k]?.join() || 'toroid';
    assert.equal([code, err], [0, ''], name);
    assert.not.match(out, /default: \[\]/, name);
    assert.match(out, name === 'weights' ? /list|verify/ : /Examples:\n {2}toroid/, name);
  }
});

/** With all that are below it. */
const below = (command: Command): Command[] => [command, ...command.commands.flatMap(below)];

test('defaults are told as they are typed', async () => {
  const root = new Command();
  for (const load of Object.values(commands)) (await load())(root);
  const all = below(root);
  assert.ok(all.length > 30);
  for (const c of all)
    assert.not.match(c.helpInformation(), /default:\s+((?!\[\])[[{]|true|false|null|undefined)/, c.name());
});

test('version', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  assert.equal(await toroid(['--version']), { code: 0, out: `${version}\n`, err: '' });
});

const wrongUsage: [string[], RegExp][] = [
  [[], /Usage: toroid/],
  [['textur', 'look.png'], /unknown command 'textur'\n\(Did you mean texture\?\)/],
  [['texture'], /missing required argument 'exemplar'/],
  [['texture', 'look.png', 'other.png'], /too many arguments/],
  [['texture', 'look.png', '--szie', '64'], /unknown option '--szie'\n\(Did you mean --size\?\)/],
  [['texture', 'look.png', '--size', '64by64'], /A size is WIDTHxHEIGHT/],
  [['texture', 'look.png', '--size', '12'], /at least 32 pixels a side/],
  [['texture', 'look.png', '--size', '64x99999'], /at most 8192 pixels a side/],
  [['texture', 'look.png', '--seed', '-1'], /whole number/],
  [['texture', 'look.png', '--seed', '4294967296'], /at most 4294967295/],
  [['texture', 'look.png', '--steps', '0'], /at least 1/],
  [['texture', 'look.png', '--scales', '1.5'], /whole number/],
  [['texture', 'look.png', '--tile', 'z'], /Allowed choices are both, x, y, none/],
  [['texture', 'look.png', '--bits', '12'], /Allowed choices are 8, 16/],
  [['texture', 'look.png', '--net', 'vgg1'], /no such net\n {2}Did you mean vgg1[69]\?/],
  [['texture', 'look.png', '--preview', '0x3'], /1 to 64 times each way/],
  [['texture', 'look.png', '-o', 'look.png'], /--out look\.png is the input style itself/],
  [['plasma', '--power', 'x'], /It must be a number/],
  [['plasma', '--size', '0'], /sides are 1 to 8192/],
  [['check'], /missing required argument 'tile'/],
  [['score', 'look.png'], /required option '--against <exemplar>' not specified/],
  [['weights', 'lst'], /unknown command 'lst'\n\(Did you mean list\?\)/],
];
test('wrong usage: exit code 2, and what was meant', async () => {
  const ended = await together(wrongUsage.map(([args]) => args));
  for (const [k, [args, message]] of wrongUsage.entries()) {
    assert.equal([ended[k]?.code, ended[k]?.out], [2, ''], args.join(' '));
    assert.match(ended[k]?.err ?? '', message, args.join(' '));
  }
});

// All of these are found before an adapter is opened: "Running on" must not be said.
const refused: [string[], RegExp][] = [
  [['texture', 'none.png'], /^error: there is no file none\.png\n {2}It is looked for in .*\n$/],
  [['texture', 'folder.png'], /is a folder, not a picture/],
  [['texture', 'text.png'], /is not a picture/],
  [['texture', 'cut.png'], /is damaged or cut short/],
  [['texture', 'tiny.png'], /is 8x8 pixels; at least 16x16/],
  [['texture', 'look.png', '-o', 'x.bmp'], /cannot write \.bmp\n {2}Known: \.png/],
  [['texture', 'look.png', '-o', 'x.jpg', '--bits', '16'], /\.jpg holds 8 bits/],
  [['texture', 'look.png', '-o', 'folder.png'], /cannot write folder\.png: it is a folder/],
  [['texture', 'look.png', '-o', 'text.png/x.png'], /a part of its path is a file/],
  [['texture', 'look.png', '--save-stages', 'text.png'], /a part of its path is a file/],
  [['texture', 'look.png', '--save-scales', 'text.png'], /a part of its path is a file/],
  [['texture', 'look.png', '--size', '8192', '--preview', '3x3'], /24576x24576 pixels; the most is 16384/],
  [['texture', 'look.png', '--net', 'none.onnx'], /^error: there is no file none\.onnx/],
  [['check', 'none.png'], /there is no file none\.png/],
  [['plasma', '-o', 'x.gif'], /cannot write \.gif/],
];
test('refused before any work: exit code 1, one message, no stack, nothing left behind', async () => {
  const ended = await together(refused.map(([args]) => args));
  for (const [k, [args, message]] of refused.entries()) {
    const { code, out, err } = ended[k]!;
    assert.equal([code, out], [1, ''], args.join(' '));
    assert.match(err, message, args.join(' '));
    assert.not.match(err, /Running on|\n {4}at /, args.join(' '));
  }
  assert.not(readdirSync(folder).some((f) => f.endsWith('.tmp')));
});

test('plasma: same seed same bytes, other seed other bytes, and it tiles', async () => {
  const made = [
    ['p1.png', '1'],
    ['p2.png', '1'],
    ['p3.png', '2'],
  ] as const;
  const ended = await together(made.map(([file, seed]) => ['plasma', '-o', file, '--size', '60x40', '--seed', seed]));
  assert.equal(
    ended.map(({ code, out }) => [code, out]),
    made.map(([file]) => [0, `${file}\n`]),
  );
  assert.equal(readFileSync(at('p1.png')), readFileSync(at('p2.png')));
  assert.not.equal(readFileSync(at('p1.png')), readFileSync(at('p3.png')));
  assert.ok(seamless(seamScore(await readPicture(at('p1.png')))));
  const { settings } = JSON.parse((await readMetadata(at('p1.png'))).toroid ?? '') as { settings: unknown };
  assert.equal(settings, { size: [60, 40], seed: 1, amplitude: 100, power: 1.4, stretch: false });
});

test('check: exit code and JSON say whether there is a seam', async () => {
  const [good, bad, rows] = await together([
    ['check', 'look.png', '--json'],
    ['check', 'half.png'],
    ['check', 'half.png', '--tile', 'y'],
  ]);
  assert.equal([good?.code, bad?.code, rows?.code], [0, 1, 0]);
  assert.is((JSON.parse(good?.out ?? '') as { seamless: boolean }).seamless, true);
  assert.match(bad?.out ?? '', /^x {2}a seam: the join is [\d.]+ times as rough as the lines beside it/);
  assert.match(bad?.out ?? '', /\ny {2}seamless: .*\n$/);
});

test('score: a line for each measure with a word, or JSON; axes that do not tile have no join', async () => {
  const [text, json] = await together([
    ['score', 'half.png', '--against', 'look.png', '--tile', 'none'],
    ['score', 'half.png', '--against', 'look.png', '--json'],
  ]);
  const { code, out } = text!;
  assert.is(code, 0);
  for (const line of out.trimEnd().split('\n')) assert.match(line, /^(good|fair|poor) {2}\S/);
  assert.match(out, /^good {2}tile in exemplar, 8 px +0\.000 /);
  assert.not.match(out, /join along/);
  const found = JSON.parse(json!.out) as { sharpness: number; seam: object; verdicts: Record<string, string> };
  assert.equal(Object.keys(found.seam), ['x', 'y']);
  assert.is(found.verdicts['join along x'], 'poor');
});

test('doctor: finds what there is, and says how to mend what there is not', async () => {
  const system = await toroid(['doctor', '--json']);
  const found = JSON.parse(system.out) as { node: string; adapters: { limits: object }[]; runsOn: string };
  assert.is(found.node, process.version);
  assert.is(system.code, found.runsOn === 'nothing' ? 1 : 0);
  const none = await toroid(['doctor', '--json'], { VK_DRIVER_FILES: '/none', VK_ICD_FILENAMES: '/none' });
  const missing = JSON.parse(none.out) as { adapters: unknown[]; remedy: { command: string } | null };
  if (process.platform === 'linux') {
    assert.equal(missing.adapters, []);
    assert.is(missing.remedy?.command, 'unset VK_DRIVER_FILES VK_ICD_FILENAMES');
  }
});

test('weights: lists all, and verifies nothing where there is nothing', async () => {
  const [list, unknown] = await together([
    ['weights', 'list', '--json'],
    ['weights', 'verify', 'vgg91'],
  ]);
  assert.is(list?.code, 0);
  const names = (JSON.parse(list?.out ?? '') as { weights: { name: string }[] }).weights.map((w) => w.name);
  assert.ok(names.includes('vgg19'));
  assert.equal([unknown?.code, unknown?.out], [1, '']);
  assert.match(unknown?.err ?? '', /no weights called vgg91/);
});

// The smallest runs there are: one scale, two steps.
const small = ['--size', '32', '--steps', '2', '--scales', '1'];
interface Result {
  file: string;
  preview?: string;
  saved?: string[];
  width: number;
  stopped: boolean;
  adapter: { name: string; software: boolean };
  recipe: { size: number[]; seed: number; inputs: Record<string, { path: string; sha256: string }> };
  notices: string[];
}
type Line = { type: string } & Record<string, unknown>;

const lines = (out: string): Line[] =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
/** The last line that `--json` prints. */
function resultOf(out: string): Result {
  const last = lines(out).at(-1);
  assert.is(last?.type, 'result', out);
  return last as unknown as Result;
}

test('texture: writes the tile, its preview and its stages, says where, and is the same each time', async () => {
  const args = ['texture', 'look.png', ...small, '--seed', '5'];
  const [first, second] = await together([
    [...args, '-o', 'new/a.png', '--preview', '2x3', '--save-scales', 'new/stages'],
    [...args, '-o', 'new/b.png', '--json', '--quiet'],
  ]);
  assert.equal([first!.code, first!.out], [0, 'new/a.png\n']);
  assert.match(first!.err, /Running on .+\n(.*\n)*.*1 of 1: texture at 32x32, step 2\/2, loss/);
  assert.equal(readdirSync(at('new')).sort(), ['a.2x3.png', 'a.png', 'b.png', 'stages']);
  assert.equal(readdirSync(at('new/stages')), ['stage-1-texture-32x32.png']);
  assert.is((await readPicture(at('new/a.2x3.png'))).height, 96);
  assert.is(second!.code, 0);
  assert.not.match(second!.err, /Running on|stage/);
  const said = lines(second!.out);
  assert.equal([...new Set(said.map((line) => line.type))], ['progress', 'stage', 'result']);
  assert.equal(said[0]?.terms, { patches: said[0]?.loss });
  const result = resultOf(second!.out);
  assert.is(result.file, 'new/b.png');
  assert.type(result.adapter.software, 'boolean');
  assert.ok(readFileSync(at('new/b.png')).equals(readFileSync(at('new/a.png'))));
  const text = await readMetadata(at('new/b.png'));
  assert.match(text.Software ?? '', /^toroid /);
  assert.equal((JSON.parse(text.toroid ?? '') as Result).recipe, result.recipe);
  assert.equal([result.recipe.seed, result.recipe.size], [5, [32, 32]]);
  assert.is(result.recipe.inputs.style?.path, '../look.png');
  assert.is(
    result.recipe.inputs.style?.sha256,
    createHash('sha256')
      .update(readFileSync(at('look.png')))
      .digest('hex'),
  );
});

const exemplars: [string, string[], (r: Result) => void | Promise<void>][] = [
  [
    'cmyk.jpg',
    ['--canvas', 'plasma', '--size', '48x32'],
    (r) => assert.equal([r.file, r.width], ['cmyk.tile.png', 48]),
  ],
  [
    'deep.png',
    ['--bits', '16', '--tile', 'x'],
    async (r) => {
      assert.is((await sharp(at('deep.out.png')).metadata()).depth, 'ushort');
      assert.match(r.notices.join(), /filled with its mean colour/);
    },
  ],
];
test('texture: from pictures that are CMYK, or see-through with 16 bits', async () => {
  const ended = await together(
    exemplars.map(([file, extra]) => {
      const to = file === 'cmyk.jpg' ? [] : ['-o', file.replace(/\..*/, '.out.png')]; // one goes where it goes by itself
      return ['texture', file, ...small, ...extra, ...to, '--json'];
    }),
  );
  for (const [k, [, , look]] of exemplars.entries()) {
    const { code, out, err } = ended[k]!;
    assert.is(code, 0, err);
    await look(resultOf(out));
  }
});

test('texture: --require-gpu refuses software', async () => {
  const { code, err } = await toroid(['texture', 'look.png', ...small, '-o', 'gpu.png', '--require-gpu']);
  if (code === 0) assert.not.match(err, /software/);
  else assert.match(err, /^(Warning.*\n)*error: (a GPU is required|no GPU)/m);
});

/** Stops a long run as `press` does, once it has begun. */
async function stopped(press: (child: ChildProcess) => void, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const { child, ended } = start(['run', 'long.json', '-o', 'stopped.png', '--json'], env);
  let seen = '';
  child.stderr!.on('data', function wait(piece) {
    seen += piece;
    if (!seen.includes('1 of ')) return;
    child.stderr!.off('data', wait);
    press(child);
  });
  return ended;
}

test('run: asked to stop, also twice at once, it writes what there is and exits with 130', async () => {
  // As of a terminal that is closed and of a service that is stopped: both are there before the process looks.
  const { code, out, err } = await stopped((child) => {
    child.kill('SIGHUP');
    child.kill('SIGTERM');
  });
  assert.is(code, 130, err);
  const result = resultOf(out);
  assert.is(result.stopped, true);
  assert.is((await readPicture(at('stopped.png'))).width, 32);
});

test('asked to stop a second time, half a second later, it leaves at once', () => {
  const [now, exit] = [performance.now, process.exit];
  const before = process.listeners('SIGINT');
  let [clock, asked] = [0, 0];
  const left: unknown[] = [];
  performance.now = () => clock;
  process.exit = ((code: number) => left.push(code)) as never;
  const stop = stopOnSignal(() => asked++);
  try {
    for (const at of [1000, 1001, 1499]) {
      clock = at;
      process.emit(at === 1001 ? 'SIGTERM' : 'SIGINT');
    }
    assert.equal([stop.signal.aborted, asked, left], [true, 1, []]);
    clock = 1501;
    process.emit('SIGINT');
    assert.equal([asked, left], [1, [130]]);
  } finally {
    stop.release();
    [performance.now, process.exit] = [now, exit];
  }
  assert.equal(process.listeners('SIGINT'), before);
});

const swift = needs(test, swiftShaderArchive(), 'no SwiftShader');
swift('run: in a process restarted with SwiftShader, everything is said once and signals arrive', async () => {
  rmSync(at('stopped.png'), { force: true });
  const { code, out, err } = await stopped((child) => child.kill('SIGINT'), { TOROID_ADAPTER: 'swiftshader' });
  assert.is(code, 130, err);
  assert.match(resultOf(out).adapter.name, /swiftshader/i);
  assert.is(err.match(/Running on/g)?.length, 1);
  assert.ok(existsSync(at('stopped.png')));
});

test.run();
