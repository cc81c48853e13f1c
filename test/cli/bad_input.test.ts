// Bad input gets a clear error and loses nothing. A row is one thing a user may do wrong; without a process where one
// is not needed, because starting the program takes longer than all the rest.
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { named } from '../../src/gpu/open.node';
import { swiftShaderArchive, unpackSwiftShader } from '../../src/gpu/swiftshader.node';
import { sameFile } from '../../src/node/files';
import { ensureWritable, readPicture, writePicture } from '../../src/node/picture';
import { loadNet } from '../../src/node/weights/find';
import { plasma } from '../../src/recipes/init/plasma';
import { runner } from '../support/cli_run';
import { needs } from '../support/needs';
import { encoded, randomTensor, valueInfo } from '../support/onnx_files';

const folder = mkdtempSync(join(tmpdir(), 'toroid-bad \u00fc-')); // a space and a letter beyond ASCII in every path
const at = (name: string): string => join(folder, name);
const { start, together, toroid } = runner(folder);
const test = suite('cli bad input');
const look = plasma({ size: [48, 40], seed: 3 });

test.before(async () => {
  await writePicture(at('look.png'), look);
  await writePicture(at('kept.png'), plasma({ size: [32, 32], seed: 4 }));
  mkdirSync(at('folder'));
  mkdirSync(at('folder.onnx'));
  writeFileSync(at('file'), 'a file');
  writeFileSync(at('bad.onnx'), unsupported());
  const mean = { kind: 'mean', layers: ['input'] };
  const recipe = { size: 32, styles: [{}], inputs: { style: 'look.png' }, stages: [{ steps: 9999, losses: [mean] }] };
  writeFileSync(at('long.json'), JSON.stringify(recipe));
});
test.after(() => rmSync(folder, { recursive: true }));

/** A net of one convolution and an op that toroid does not have. */
function unsupported(): Uint8Array {
  return encoded({
    name: 'bad',
    node: [
      { opType: 'Conv', name: 'conv', input: ['x', 'w'], output: ['a'] },
      { opType: 'Einsum', name: 'odd_one', input: ['a'], output: ['b'] },
      { opType: 'Relu', name: 'last', input: ['b'], output: ['y'] },
    ],
    initializer: [randomTensor('w', [4, 3, 3, 3], 1)],
    input: [valueInfo('x', [1, 3, 0, 0])],
    output: [valueInfo('y', [1, 4, 0, 0])],
  });
}

/** One message of a known kind, with one remedy, and nothing of how the program works inside. */
function clear(error: Error, code: string, message: RegExp, about: string): void {
  assert.is(error.name, code, `${about}: ${error.stack}`);
  assert.match(error.message, message, about);
  assert.match(error.message, /^\S.*\n {2}\S.*$/, `${about}: one line, and one remedy`);
  assert.not.match(error.message, /undefined|\[object|NaN/, about);
}

async function fails(work: () => unknown, code: string, message: RegExp, about: string): Promise<void> {
  try {
    await work();
  } catch (error) {
    clear(error as Error, code, message, about);
    return;
  }
  assert.unreachable(`${about}: accepted`);
}

test('pictures that are none, cut short or empty, in every format', async () => {
  const grain = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => Math.imul(i + 7, 2654435761) >>> 24);
  for (const format of ['png', 'jpeg', 'webp', 'tiff', 'gif', 'avif'] as const) {
    const whole = await sharp(grain, { raw: { width: 64, height: 64, channels: 3 } })
      .toFormat(format)
      .toBuffer();
    for (const [what, bytes, message] of [
      ['half', whole.subarray(0, whole.length / 2), /is damaged or cut short/],
      ['head', whole.subarray(0, 20), /is damaged or cut short/],
      ['empty', new Uint8Array(), /is empty/],
      ['text', Buffer.from('404 not found'), /is not a picture, or not one toroid reads/],
      ['page', Buffer.from('<html>404 not found</html>'), /is a web page, which toroid does not read/],
    ] as const) {
      const file = at(`bad ${what}.${format}`);
      writeFileSync(file, bytes);
      await fails(() => readPicture(file), 'PictureError', message, `${what} ${format}`);
      rmSync(file);
    }
    writeFileSync(at('whole.any'), whole); // whatever its name
    assert.is((await readPicture(at('whole.any'))).width, 64, format);
  }
});

test('what is not there is told from what is nearly there', async () => {
  for (const [path, message] of [
    ['look.pgn', /there is no file .*\n {2}Did you mean .*look\.png\?/],
    ['', /is a folder, not a picture/],
    ['quite/other.png', /\n {2}There is no folder .*quite either/],
    ['file/x.png', /cannot read .*: a part of its path is a file/],
  ] as const) {
    await fails(() => readPicture(at(path)), 'PictureError', message, path);
  }
});

test('places that cannot be written are found before the work', async () => {
  symlinkSync('circle.png', at('circle.png'));
  const rows: [string, RegExp][] = [
    [at('folder/'), /it is a folder\n {2}Name a file in it/],
    [at('folder'), /it is a folder/],
    ['', /a file without suffix/],
    [at('.png'), /a file without suffix/],
    [at('file/x.png'), /a part of its path is a file/],
    [at('circle.png'), /its links lead in a circle/],
    [at(`${'n'.repeat(300)}.png`), /the name is too long/],
  ];
  if (process.platform === 'linux') rows.push(['/proc/none/x.png', /cannot write \/proc/]);
  if (process.platform === 'linux' && process.getuid?.() !== 0) rows.push(['/x.png', /permission denied/]);
  for (const [path, message] of rows) await fails(() => ensureWritable(path), 'PictureError', message, path);
  assert.equal(
    readdirSync(folder).filter((f) => f.endsWith('.tmp')),
    [],
  );
});

test('a link stays a link; its file is written whole', async () => {
  symlinkSync(at('aim.png'), at('link.png'));
  await writePicture(at('link.png'), look);
  assert.ok(lstatSync(at('link.png')).isSymbolicLink());
  assert.is((await readPicture(at('aim.png'))).width, 48);
  linkSync(at('aim.png'), at('hard.png'));
  assert.equal([sameFile(at('aim.png'), at('link.png')), sameFile(at('aim.png'), at('hard.png'))], [true, true]);
  assert.equal([sameFile(at('aim.png'), at('look.png')), sameFile(at('aim.png'), at('none.png'))], [false, false]);
});

test('nets that are none, cut short, empty, or beyond what is understood', async () => {
  const sound = unsupported();
  for (const [name, bytes, code, message] of [
    ['empty.onnx', new Uint8Array(), 'OnnxError', /is empty/],
    ['text.onnx', Buffer.from('hello world\n'), 'OnnxError', /is not an ONNX/],
    ['picture.onnx', readFileSync(at('look.png')), 'OnnxError', /is not an ONNX/],
    ['cut.onnx', sound.subarray(0, sound.length - 20), 'OnnxError', /is not an ONNX file, or only part of one/],
  ] as const) {
    writeFileSync(at(name), bytes);
    await fails(() => loadNet(at(name)), code, message, name);
  }
  await fails(() => loadNet(at('none.onnx')), 'WeightsError', /there is no file/, 'none');
  await fails(() => loadNet(at('folder.onnx')), 'WeightsError', /is not a file/, 'folder');
});

// Exit code, and what is said.
const rows: [string[], number, RegExp][] = [
  [['texture', 'look.png', '-o', 'same.png'], 2, /--out same\.png is the input style itself\n {2}Choose another/],
  [
    ['texture', 'a.2x2.png', '-o', 'a.png', '--preview', '2x2'],
    2,
    /the preview, a\.2x2\.png, would replace the input style/,
  ],
  [['texture', 'stage-1-x-9x9.png', '--save-stages', '.'], 2, /--save-stages \. may replace the input style/],
  [['texture', 'look.png', '--layers', ','], 2, /Name layers with commas/],
  [['texture', 'look.png', '--layers', 'relu1_1'], 2, /--layers is for networks, and --net is patches\n {2}Add --net/],
  [['texture', 'look.png', '--pooling', 'max'], 2, /--pooling is for networks/],
  [
    ['texture', 'look.png', '--recipe', 'texture', '--pooling', 'max'],
    2,
    /--pooling is for networks, and the recipe texture has none\n {2}Add --net/,
  ],
  [
    ['texture', 'look.png', '--recipe', 'texture-net', '--net', 'patches'],
    2,
    /--net patches: the recipe texture-net looks through a network\n {2}Leave out --net/,
  ],
  [['texture', 'look.png', '--preview', '3x'], 2, /A preview repeats the tile/],
  [['texture', 'look.png', '--size', '1e9'], 2, /A size is WIDTHxHEIGHT/],
  [['texture', 'look.png', '--size=-5'], 2, /A size is WIDTHxHEIGHT/],
  [['texture', 'look.png', '--size', '64x0'], 2, /It must be at least 32 pixels a side/],
  [['texture', 'look.png', '--variety', '2'], 2, /It must be 0 to 1/],
];
test('refused by the program: exit code, one message, no stack; the files there stay as they were', async () => {
  for (const copy of ['a.2x2.png', 'stage-1-x-9x9.png']) writeFileSync(at(copy), readFileSync(at('look.png')));
  linkSync(at('look.png'), at('same.png'));
  const before = readdirSync(folder);
  const bytes = readFileSync(at('look.png'));
  const all = await together(rows.map(([args]) => args));
  for (const [k, [args, code, message]] of rows.entries()) {
    const ended = all[k]!;
    assert.equal([ended.code, ended.out], [code, ''], `${args.join(' ')}: ${ended.err}`);
    assert.match(ended.err, message, args.join(' '));
    assert.not.match(ended.err, /Running on|\n {4}at /, args.join(' '));
  }
  const { code, err } = await toroid(['doctor'], { TOROID_ADAPTER: 'gpu' });
  assert.is(code, 1);
  assert.match(err, /TOROID_ADAPTER=gpu: no such choice\n {2}Known: auto, system, swiftshader/);
  assert.equal(readdirSync(folder), before);
  assert.equal([readFileSync(at('look.png')), readFileSync(at('a.2x2.png'))], [bytes, bytes]);
});

const small = ['--size', '32', '--steps', '2', '--scales', '1'];
test('refused once the adapter is known: no file is made, the one there stays', async () => {
  const kept = readFileSync(at('kept.png'));
  const late = [
    [['--net', 'bad.onnx', '--layers', 'y'], /error: .*Einsum.*odd_one|OnnxError: .*odd_one.*Einsum/],
    [
      ['--size', '8192'],
      /error: .*8192x8192 is too large for the loss patches, on any adapter: .*\n {2}Use a size up to 2048x2048, or copies/,
    ],
  ] as const;
  const ended = await together(late.map(([args]) => ['texture', 'look.png', ...small, ...args, '-o', 'kept.png']));
  for (const [k, [, message]] of late.entries()) {
    const { code, out, err } = ended[k]!;
    assert.equal([code, out], [1, ''], err);
    assert.match(err, message);
    assert.not.match(err, /\n {4}at (?!CheckVk)/);
  }
  assert.equal(readFileSync(at('kept.png')), kept);
});

test('stopped before there is a picture: exit code 130, a result in JSON, the file there stays', async () => {
  const kept = readFileSync(at('kept.png'));
  const { child, ended } = start(['run', 'long.json', '-o', 'kept.png', '--json']);
  child.stderr!.on('data', (piece) => String(piece).includes('Running on') && child.kill('SIGINT'));
  const { code, out, err } = await ended;
  assert.is(code, 130, err);
  const { file, stopped } = JSON.parse(out.trimEnd().split('\n').at(-1) ?? '') as {
    file: string | null;
    stopped: boolean;
  };
  assert.is(stopped, true);
  if (file === null) assert.equal(readFileSync(at('kept.png')), kept);
  else assert.is((await readPicture(at('kept.png'))).width, 32);
});

test('nobody listens: the work is done all the same', async () => {
  const { child, ended } = start(['run', 'long.json', '--set', 'stages[0].steps=2', '-o', 'deaf.png']);
  child.stdout!.destroy();
  child.stderr!.destroy();
  assert.is((await ended).code, 0);
  assert.is((await readPicture(at('deaf.png'))).width, 32);
});

const swift = needs(test, swiftShaderArchive(), 'no SwiftShader');
swift('SwiftShader is unpacked by several at once, and again when it is damaged', async () => {
  const cache = at('cache');
  const before = process.env.XDG_CACHE_HOME;
  process.env.XDG_CACHE_HOME = cache;
  try {
    const [one, other] = await Promise.all([unpackSwiftShader(), unpackSwiftShader()]);
    assert.ok(one !== null && one === other && one.startsWith(cache), `${one} and ${other}`);
    const library = join(one, 'libvk_swiftshader.so');
    const { ino, size } = lstatSync(library);
    await unpackSwiftShader();
    assert.is(lstatSync(library).ino, ino, 'what is sound stays');
    truncateSync(library, 1000);
    await Promise.all([unpackSwiftShader(), unpackSwiftShader()]);
    assert.is(lstatSync(library).size, size);
    assert.equal(readdirSync(join(cache, 'toroid')).length, 1, 'nothing half unpacked is left');
  } finally {
    if (before === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = before;
  }
  assert.ok(existsSync(cache));
});

test('adapters are called by the nicer of their two names', () => {
  for (const [device, description, software, name] of [
    [
      'llvmpipe-llvm-15-0-6-256-bits-',
      'llvmpipe: Mesa 25.0.7-2~bpo12+1 (LLVM 15.0.6) 0.0.1',
      true,
      'llvmpipe: Mesa 25.0.7 (LLVM 15.0.6)',
    ],
    ['swiftshader-device-subzero-', 'SwiftShader driver 5.0.0', true, 'SwiftShader driver 5.0.0'],
    ['nvidia-h200', 'NVIDIA: 570.86.15', false, 'NVIDIA H200'],
    ['nvidia-geforce-rtx-4090', '', false, 'NVIDIA Geforce RTX 4090'],
    ['Apple M1 Max', 'Metal driver on macOS', false, 'Apple M1 Max'],
    ['', 'Metal driver on macOS', false, 'Metal driver on macOS'],
  ] as const) {
    assert.is(named(device, description, software), name);
  }
});

test.run();
