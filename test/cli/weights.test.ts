import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseOnnx } from '../../src/nets/onnx/parse';
import { type KnownWeights, weightsNamed } from '../../src/nets/weights';
import { runner } from '../support/cli_run';
import { cut, flaky, serve, stall, status } from '../support/flaky_server';
import { needs } from '../support/needs';
import { encoded, zooVgg } from '../support/onnx_files';

const test = suite('cli weights');
const folder = mkdtempSync(join(tmpdir(), 'toroid-cli-weights-'));
test.after(() => rmSync(folder, { recursive: true }));
const { start, together, toroid } = runner(folder);
const cache = { XDG_CACHE_HOME: join(folder, 'cache'), TOROID_WEIGHTS: '' };
const real = resolve('../shared/weights/squeezenet1.0-deep-compression/squeezenet1.0.onnx');
const whenShared = needs(test, existsSync(real), 'no ../shared/weights');
const lines = (text: string): Record<string, unknown>[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

whenShared('pull: over a break, into the cache; list, path and verify know it then', async () => {
  const known = weightsNamed('squeezenet1.0');
  const server = await flaky(readFileSync(real), cut(1_000_000), serve);
  const pulled = await toroid(['weights', 'pull', known.name, '--url', server.url], cache);
  await server.close();
  assert.equal(server.asked.length, 2);
  assert.is(pulled.code, 0, pulled.err);
  const path = join(folder, 'cache', 'toroid', 'weights', known.file);
  assert.is(pulled.out, `${path}\n`, 'stdout is where it is');
  assert.match(pulled.err, `licence: ${known.licence}`);
  assert.match(pulled.err, `source: ${known.source}`);
  assert.not.match(pulled.err, /%/, 'no bar where there is no terminal');
  const [listed, verified] = await together(
    [
      ['weights', 'list', '--json'],
      ['weights', 'verify'],
    ],
    cache,
  );
  const rows = (JSON.parse(listed?.out ?? '') as { weights: { name: string; path: string | null; licence: string }[] })
    .weights;
  assert.is(rows.find((r) => r.name === known.name)?.path, path);
  assert.ok(rows.every((r) => r.licence !== ''));
  assert.equal([verified?.code, verified?.out], [0, `squeezenet1.0  ${path}  size and SHA-256 match\n`]);
});

whenShared('pull --slim --json: progress, notices, and a result that verify understands', async () => {
  const server = await flaky(readFileSync(real), cut(1_000_000), serve);
  const args = ['weights', 'pull', 'squeezenet1.0', '--url', server.url, '--slim', '--json', '--to', 'slim'];
  const { code, out } = await toroid(args, cache);
  await server.close();
  assert.is(code, 0);
  const said = lines(out);
  assert.ok(said.some((l) => l.type === 'progress' && l.size === 5004419));
  assert.ok(said.some((l) => l.type === 'notice'));
  const { type, of, path, size } = said.at(-1) as { type: string; of: { size: number }; path: string; size: number };
  assert.equal([type, of.size, path], ['result', 5004419, join(folder, 'slim', 'squeezenet1.0.conv.onnx')]);
  assert.is(statSync(path).size, size);
  assert.ok(existsSync(`${path}.json`));
});

whenShared('pull is stopped by Ctrl-C with 130, and gone on with', async () => {
  const other = { ...cache, XDG_CACHE_HOME: join(folder, 'cache2') };
  const server = await flaky(readFileSync(real), stall(2_000_000), serve);
  const run = start(['weights', 'pull', 'squeezenet1.0', '--url', server.url, '--json'], other);
  run.child.stdout?.on('data', (piece) => {
    if (String(piece).includes('"progress"')) run.child.kill('SIGINT');
  });
  const stopped = await run.ended;
  assert.is(stopped.code, 130, stopped.err);
  const on = await toroid(['weights', 'pull', 'squeezenet1.0', '--url', server.url], other);
  await server.close();
  assert.is(on.code, 0, on.err);
  assert.match(server.asked[1] ?? '', /^bytes=[1-9]\d+-/);
});

test('pull that fails: one line, what to put where, exit code 1', async () => {
  const server = await flaky(new Uint8Array(), status(404));
  const { code, out, err } = await toroid(
    ['weights', 'pull', 'vgg19', '--url', server.url, '--to', 'w', '--quiet'],
    cache,
  );
  await server.close();
  assert.equal([code, out], [1, '']);
  assert.match(err, /^error: cannot download vgg19: 127\.0\.0\.1:\d+ answers 404\n/);
  assert.match(err, 'put vgg19-7.onnx (574677321 bytes, sha256 692f9f92');
  assert.match(err, 'into w.');
  const others = [['vgg91'], ['vgg19', '--slim', '--full']].map((args) => ['weights', 'pull', ...args]);
  assert.equal(
    (await together(others, cache)).map((e) => e.code),
    [1, 2],
  );
});

test('make, add, path and onnx slim', async () => {
  mkdirSync(join(folder, 'own'));
  const own = { ...cache, TOROID_WEIGHTS: join(folder, 'own') };
  writeFileSync(join(folder, 'mine.onnx'), encoded(zooVgg()));
  const added = await toroid(
    [
      'weights',
      'add',
      'mine.onnx',
      '--order',
      'BGR',
      '--range',
      '255',
      '--mean',
      '1,2,3',
      '--std',
      '1,1,1',
      '--licence',
      'mine',
    ],
    own,
  );
  assert.equal([added.code, added.out], [0, `${join(folder, 'own', 'mine.onnx')}\n`]);
  const [list, cutOut, verified, ...ended] = await together(
    [
      ['weights', 'list'],
      ['onnx', 'slim', 'mine', '--layers', 'relu2_1', '--f16', '-o', 'small.onnx'],
      ['weights', 'verify', 'small.onnx'],
      ['onnx', 'slim', 'mine', '--layers', 'relu9_1'],
      ['weights', 'path', 'vgg19-random'],
      ['weights', 'add', 'mine.onnx', '--name', 'vgg19'],
      ['weights', 'add', 'mine.onnx', '--mean', '1,2'],
    ],
    own,
  );
  assert.match(list!.out, /^mine .*own\/mine\.onnx\n +mine; unknown$/m);
  assert.is(cutOut!.code, 0, cutOut!.err);
  assert.match(cutOut!.err, /kept 7 of \d+ nodes, 6 of 34 weights/);
  assert.is(parseOnnx(readFileSync(join(folder, 'small.onnx')), { name: 's' }).tensors.size, 6);
  assert.match(verified!.out, /^small\.onnx {2}small\.onnx {2}size and SHA-256 match, cut out of mine\.onnx/);
  const { weights } = JSON.parse(readFileSync(join(folder, 'small.onnx.json'), 'utf8')) as { weights: KnownWeights };
  assert.equal([weights.preprocessing.mean, weights.content], [[1, 2, 3], ['relu2_1']]);
  assert.equal(
    weights.layers.map((l) => l.layer),
    ['relu1_1', 'relu2_1'],
  );
  assert.equal(
    ended.map((e) => [e.code, e.out]),
    [1, 1, 2, 2].map((code) => [code, '']),
  );
  assert.match(ended[1]?.err ?? '', /toroid weights make vgg19-random/);
  const [made, checked] = await together(
    [
      ['weights', 'make', 'vgg16-random', '--seed', '5', '--json'],
      ['weights', 'verify', 'vgg16-random'],
    ],
    own,
  );
  assert.is((JSON.parse(made!.out) as { size: number }).size, statSync(join(folder, 'own', 'vgg16-random.onnx')).size);
  assert.match(checked!.out, /size and SHA-256 match/);
  assert.equal(readdirSync(join(folder, 'own')).length, 4);
});

test.run();
