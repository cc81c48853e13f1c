// No work is lost: files that cannot be written where they should be, files that are written over, records too large.
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
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
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeSomewhere } from '../../src/app/output';
import { EngineError } from '../../src/base/errors';
import { Console } from '../../src/cli/console';
import { run } from '../../src/index.node';
import { writeElsewhere } from '../../src/node/elsewhere';
import { writeWhole } from '../../src/node/files';
import { ensureWritable, readMetadata, writePicture } from '../../src/node/picture';
import { packXmp, unpackXmp } from '../../src/node/xmp';
import { plasma } from '../../src/recipes/init/plasma';
import { runner } from '../support/cli_run';
import { device } from '../support/device';
import { needs } from '../support/needs';

const folder = mkdtempSync(join(tmpdir(), 'toroid-kept-'));
const at = (name: string): string => join(folder, name);
const { toroid } = runner(folder);
const test = suite('kept');
const posix = needs(test, process.platform !== 'win32', 'no modes of files');
const asRoot = needs(test, process.getuid?.() === 0, 'not root: no owner can be changed');
const look = plasma({ size: [24, 20], seed: 3 });
const recipe = {
  size: 16,
  styles: [{ input: 'style' }],
  stages: [{ steps: 1, losses: [{ kind: 'mean' as const, layers: ['input'] }] }],
};

test.after(() => rmSync(folder, { recursive: true }));

const bytes = async (): Promise<Uint8Array> => Buffer.from('new');

posix('a file that is written over keeps its mode, also through a link', async () => {
  for (const mode of [0o600, 0o664, 0o755]) {
    writeFileSync(at('old'), 'old');
    chmodSync(at('old'), mode);
    rmSync(at('link'), { force: true });
    symlinkSync('old', at('link'));
    await writeWhole(at('link'), bytes);
    assert.is(statSync(at('old')).mode & 0o7777, mode, mode.toString(8));
    assert.ok(lstatSync(at('link')).isSymbolicLink());
    assert.is(readFileSync(at('old'), 'utf8'), 'new');
  }
});

asRoot('and its owner', async () => {
  writeFileSync(at('theirs'), 'old');
  chownSync(at('theirs'), 1234, 2345);
  chmodSync(at('theirs'), 0o640);
  await writeWhole(at('theirs'), bytes);
  const { uid, gid, mode } = statSync(at('theirs'));
  assert.equal([uid, gid, mode & 0o7777], [1234, 2345, 0o640]);
});

test('a folder that went meanwhile is made again', async () => {
  mkdirSync(at('gone/deep'), { recursive: true });
  ensureWritable(at('gone/deep/x.png'));
  rmSync(at('gone'), { recursive: true });
  await writePicture(at('gone/deep/x.png'), look);
  assert.ok(existsSync(at('gone/deep/x.png')));
});

test('what cannot be written is written elsewhere, over nothing, and told', async () => {
  const home = process.env.HOME;
  const full = new EngineError('PictureError', 'no space left on the device');
  const here = process.cwd();
  mkdirSync(at('home'));
  writeFileSync(at('home/x.png'), 'mine');
  try {
    process.env.HOME = at('home');
    process.chdir(folder); // where nothing can be written either
    const told: unknown[] = [];
    const elsewhere = (path: string, error: unknown, write: (place: string) => Promise<void>): Promise<string> =>
      writeElsewhere(path, error, write, (...of) => told.push(of));
    const write = async (place: string): Promise<void> => {
      if (!place.startsWith(at('home'))) throw full;
      await writeFileSync(place, 'picture');
    };
    const place = await writeSomewhere(at('full/x.png'), { elsewhere }, write);
    assert.is(place, at('home/x-2.png'));
    assert.equal(told, [[full, place]]);
    assert.is(readFileSync(at('home/x.png'), 'utf8'), 'mine');
    const never = async (): Promise<void> => {
      throw full;
    };
    await writeSomewhere(at('full/x.png'), { elsewhere }, never).then(
      () => assert.unreachable('written'),
      (error) => assert.is(error, full),
    );
  } finally {
    process.chdir(here);
    if (home === undefined) delete process.env.HOME;
    else process.env.HOME = home;
  }
});

test('a command says where its file is instead, and fails; the standard output has no other place', async () => {
  const [code, stderr] = [process.exitCode, process.stderr.write];
  const full = new EngineError('PictureError', 'cannot write full/x.png: no space left on the device', 'Free some.');
  const write = async (place: string): Promise<void> => {
    if (place === 'full/x.png' || place === '-') throw full;
  };
  let said = '';
  process.stderr.write = ((text: string) => {
    said += text;
    return true;
  }) as typeof stderr;
  try {
    const place = await new Console(true).write('full/x.png', write);
    assert.is(process.exitCode, 1);
    assert.match(
      said,
      /^error: cannot write full\/x\.png: no space left on the device\n {2}It is in .*x\.png instead\.\n$/,
    );
    assert.ok(said.includes(place));
    assert.is(await new Console(true).write('x.png', write), 'x.png');
    assert.is(await new Console(true).write('-', write).catch((error) => error), full);
  } finally {
    process.stderr.write = stderr;
    process.exitCode = code;
  }
});

test('a run whose disk has filled up names the place where its picture is, and fails', async () => {
  const full = at('full.mjs');
  writeFileSync(
    full,
    `import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
const { rename } = fs;
fs.rename = async (from, to) => {
  if (/[\\\\/]full[\\\\/]/.test(to)) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
  return rename(from, to);
};
syncBuiltinESMExports();
`,
  );
  await writePicture(at('style.png'), look);
  const small = ['--size', '32', '--steps', '1', '--scales', '1', '-q'];
  const { code, out, err } = await toroid(['texture', 'style.png', ...small, '-o', 'full/tile.png'], {
    NODE_OPTIONS: `--import=${pathToFileURL(full)}`,
  });
  assert.match(
    err,
    /^error: cannot write full[\\/]tile\.png: no space left on the device\n {2}It is in .*tile\.png instead\.\n$/,
  );
  assert.is(code, 1);
  assert.ok(existsSync(out.trim()), out);
  rmSync(out.trim());
});

test('once the picture is written, a fault of one output keeps none from the others', async () => {
  const told: string[] = [];
  const output = (name: string, fails: boolean) => ({
    kind: name,
    finish: () => {
      told.push(name);
      if (fails) throw new EngineError('PictureError', name);
      return name;
    },
  });
  const outputs = [output('file', false), output('report', true), output('film', false)];
  await run(recipe, { style: look }, { device: await device(), outputs }).then(
    () => assert.unreachable('no fault'),
    (error) => assert.is(error.message, 'report'),
  );
  assert.equal(told, ['file', 'report', 'film']);
});

test('a record too large for its format is beside the file, and found there', async () => {
  const toroid = JSON.stringify({ recipe: { name: 'x'.repeat(70_000) } });
  for (const [name, beside] of [
    ['large.jpg', true],
    ['large.webp', false],
    ['large.tiff', false],
    ['large.png', false],
  ] as const) {
    const told: string[] = [];
    await writePicture(at(name), look, { metadata: { toroid }, onWarning: (text) => told.push(text) });
    assert.is((await readMetadata(at(name))).toroid, toroid, name);
    assert.is(existsSync(at(`${name}.json`)), beside, name);
    assert.equal(told.length, beside ? 1 : 0);
    if (beside)
      assert.match(
        told[0]!,
        /^large\.jpg cannot hold its record of 68\.4 KiB: that is beside it, in large\.jpg\.json$/,
      );
  }
});

test('entries that another program has damaged are none', () => {
  for (const json of ['{', '3', 'null', '{"toroid": 3}']) {
    assert.equal(unpackXmp(packXmp({}).replace('{}', json)), {}, json);
  }
  assert.equal(unpackXmp(packXmp({ toroid: '<&>' })), { toroid: '<&>' });
});

test('a picture that is too large for its format is refused before any work', () => {
  for (const [name, side, most] of [
    ['x.webp', 16384, 16383],
    ['x.jpg', 65536, 65535],
  ] as const) {
    ensureWritable(at(name), 8, most);
    assert.throws(() => ensureWritable(at(name), 8, side), new RegExp(`${side}\\n {2}Use \\.png or \\.tiff`));
  }
  ensureWritable(at('x.png'), 8, 100_000);
});

test('nothing temporary is left', () => {
  assert.equal(
    readdirSync(folder).filter((f) => f.startsWith('.toroid')),
    [],
  );
});

test.run();
