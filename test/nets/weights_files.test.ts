import { createHash } from 'node:crypto';
import {
  copyFileSync,
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
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EngineError } from '../../src/base/errors';
import { layerNames } from '../../src/nets/onnx/layers';
import { parseOnnx } from '../../src/nets/onnx/parse';
import { bytesOf } from '../../src/nets/onnx/write';
import { type KnownWeights, weightsNamed } from '../../src/nets/weights';
import { randomVgg } from '../../src/nets/weights_random';
import { addWeightFile, makeRandom } from '../../src/node/weights/add';
import { loadNet, recordedWeights, resolveWeights, verifyWeights, weightNames } from '../../src/node/weights/find';
import { type PullOptions, pullWeights } from '../../src/node/weights/pull';
import { readRecord } from '../../src/node/weights/record';
import { corrupt, cut, flaky, serve, status } from '../support/flaky_server';
import { needs } from '../support/needs';
import { encoded, zooVgg } from '../support/onnx_files';

const test = suite('weight files');
const root = mkdtempSync(join(tmpdir(), 'toroid-files-'));
test.after(() => rmSync(root, { recursive: true }));
let count = 0;
const fresh = (): string => {
  const folder = join(root, String(count++));
  mkdirSync(folder);
  return folder;
};

const net = encoded(zooVgg());
const sha256 = createHash('sha256').update(net).digest('hex');
/** An entry of a manifest of a small file shaped as the zoo's VGG-19. */
const entry: KnownWeights = {
  ...weightsNamed('vgg19'),
  name: 'tiny',
  file: 'tiny-7.onnx',
  size: net.length,
  sha256,
  url: null,
  mirrors: [],
};
const quick: PullOptions = { backoffMs: 2, stallMs: 600_000, retries: 2 };

const failure = async (work: () => unknown): Promise<EngineError> => {
  try {
    await work();
  } catch (e) {
    return e as EngineError;
  }
  throw new Error('nothing was thrown');
};

test('pulled over breaks, slimmed, recorded, verified; the whole file does not stay', async () => {
  const folder = fresh();
  const server = await flaky(net, cut(5000), corrupt, serve);
  const warnings: string[] = [];
  const pulled = await pullWeights(entry, { ...quick, folder, urls: [server.url], onWarning: (t) => warnings.push(t) });
  await server.close();
  assert.equal(readdirSync(folder).sort(), ['tiny-7.conv.onnx', 'tiny-7.conv.onnx.json']);
  assert.is(pulled.path, join(folder, 'tiny-7.conv.onnx'));
  assert.equal(pulled.of, { file: 'tiny-7.onnx', size: net.length, sha256 });
  const bytes = readFileSync(pulled.path);
  assert.is(pulled.known.size, bytes.length);
  assert.is(pulled.known.sha256, createHash('sha256').update(bytes).digest('hex'));
  assert.ok(bytes.length < net.length);
  const model = parseOnnx(bytes, { name: 'tiny' });
  assert.not.ok([...model.tensors.keys()].some((n) => n.includes('dense')));
  assert.ok(layerNames(model).values.has('relu5_4'));
  assert.match(warnings.join('\n'), /has the sha256/);

  const found = resolveWeights('tiny', { folders: [folder] });
  await verifyWeights(found);
  assert.equal((await loadNet('tiny', { folders: [folder] })).layers, entry.layers);
  const again = await pullWeights(entry, { ...quick, folder, urls: ['http://127.0.0.1:1/'] });
  assert.ok(again.already, 'nothing is downloaded twice');
  writeFileSync(pulled.path, bytes.subarray(0, 3000));
  assert.match((await failure(() => verifyWeights(found))).message, /has 3000 bytes/);
  const other = await flaky(net, serve);
  const mended = await pullWeights(entry, { ...quick, folder, urls: [other.url] });
  await other.close();
  assert.not.ok(mended.already);
  assert.ok(bytes.equals(readFileSync(pulled.path)), 'the same bytes each time');
});

test('all of it, when asked', async () => {
  const folder = fresh();
  const server = await flaky(net, serve);
  const slim = await pullWeights(entry, { ...quick, folder, urls: [server.url] });
  const full = await pullWeights(entry, { ...quick, folder, urls: [server.url], keep: 'all' });
  await server.close();
  assert.ok(slim.of && !full.of && !full.already);
  assert.ok(Buffer.from(net).equals(readFileSync(join(folder, 'tiny-7.onnx'))));
});

test('a failure says what to put where; what arrived stays for the next time', async () => {
  const folder = fresh();
  const server = await flaky(net, cut(5000), status(503));
  const e = await failure(() => pullWeights(entry, { ...quick, folder, urls: [server.url] }));
  await server.close();
  assert.is(e.code, 'DownloadError');
  assert.match(e.message, 'answers 503');
  assert.match(e.message, `put tiny-7.onnx (${net.length} bytes, sha256 ${sha256}) into ${folder}`);
  assert.match(e.message, 'run it again to go on');
  assert.equal(readdirSync(folder).sort(), ['tiny-7.onnx.part', 'tiny-7.onnx.part.json']);
  const next = await flaky(net, serve);
  await pullWeights(entry, { ...quick, folder, urls: [next.url] });
  await next.close();
  assert.equal(next.asked, ['bytes=5000-']);
  const nowhere = await failure(() => pullWeights(entry, { ...quick, folder: fresh() }));
  assert.match(nowhere.message, /there is no address to download tiny from.*\n.*url/);
});

test('two pull the same file: one downloads, both have it', async () => {
  const folder = fresh();
  const waits: string[] = [];
  let begin: () => void = () => {};
  const secondWaits = new Promise<void>((done) => {
    begin = done;
  });
  const server = await flaky(net, (request, response, file) => {
    void secondWaits.then(() => serve(request, response, file));
  });
  const onWarning = (text: string): void => {
    waits.push(text);
    begin();
  };
  const options = { ...quick, folder, urls: [server.url], onWarning };
  const both = await Promise.all([pullWeights(entry, options), pullWeights(entry, options)]);
  await server.close();
  assert.is(server.asked.length, 1);
  assert.equal(both.map((b) => b.already).sort(), [false, true]);
  assert.match(waits[0] ?? '', /waiting for process \d+ on /);
  assert.equal(readdirSync(folder).length, 2);
});

test('HF_ENDPOINT is a mirror that comes first', async () => {
  const server = await flaky(net, serve);
  const folder = fresh();
  const before = process.env.HF_ENDPOINT;
  process.env.HF_ENDPOINT = `${new URL(server.url).origin}/`;
  try {
    const url = 'https://huggingface.co/a/resolve/main/tiny-7.onnx';
    assert.not.ok((await pullWeights({ ...entry, url }, { ...quick, folder })).already);
  } finally {
    if (before === undefined) delete process.env.HF_ENDPOINT;
    else process.env.HF_ENDPOINT = before;
    await server.close();
  }
  assert.is(server.asked.length, 1);
});

test('random nets: the same bytes for a seed, He scaling, the usual names, average pooling', async () => {
  const small = bytesOf(randomVgg('vgg19-random', 3, 16));
  assert.equal(bytesOf(randomVgg('vgg19-random', 3, 16)), small);
  const hash = createHash('sha256').update(small).digest('hex');
  assert.is(hash, SMALL_SHA256, 'on every machine');
  assert.not.equal(bytesOf(randomVgg('vgg19-random', 4, 16)), small);
  const model = parseOnnx(small, { name: 'random' });
  const names = layerNames(model);
  for (const layer of ['relu1_1', 'relu3_4', 'relu4_2', 'relu5_4', 'pool5']) assert.ok(names.values.has(layer), layer);
  assert.is(model.nodes.filter((n) => n.op === 'AveragePool').length, 5);
  assert.is(model.nodes.filter((n) => n.op === 'Conv').length, 16);
  const first = parseOnnx(bytesOf(randomVgg('vgg16-random', 1, 2)), { name: 'r' }).tensors.get('conv4_1_weight')!;
  const w = first.floats();
  const mean = w.reduce((a, b) => a + b, 0) / w.length;
  const variance = w.reduce((a, b) => a + b * b, 0) / w.length;
  const wanted = 2 / (9 * first.shape[1]!);
  assert.ok(Math.abs(variance / wanted - 1) < 0.02, `${variance} for ${wanted}`);
  assert.ok(Math.abs(mean) < 4 * Math.sqrt(wanted / w.length), `${mean}`);
  const fourth = w.reduce((a, b) => a + b ** 4, 0) / w.length / variance ** 2;
  assert.ok(Math.abs(fourth - 2.7) < 0.1, `kurtosis ${fourth}: a sum of four`);

  const folder = fresh();
  const made = makeRandom('vgg16-random', 7, folder);
  assert.is(statSync(made.path).size, made.known?.size);
  const found = resolveWeights('vgg16-random', { folders: [folder] });
  await verifyWeights(found);
  assert.is(found.known?.pooling, 'average');
  assert.match(found.known?.about ?? '', /seed 7/);
  assert.ok(weightNames().includes('vgg16-random'));
});

test('a file of one’s own: copied or linked, hashed, with its preprocessing', async () => {
  const [folder, from] = [fresh(), fresh()];
  const file = join(from, 'mine.onnx');
  writeFileSync(file, net);
  const preprocessing = { order: 'BGR', range: 255, mean: [104, 117, 123] } as const;
  const more = { preprocessing: { ...preprocessing, mean: [104, 117, 123] as [number, number, number] } };
  const added = await addWeightFile(file, { name: 'mine', folder, ...more, style: ['relu2_1'], content: ['relu3_1'] });
  assert.equal(readdirSync(folder).sort(), ['mine.onnx', 'mine.onnx.json']);
  assert.is(added.known.sha256, sha256);
  assert.is(added.assumptions, '');
  const loaded = await loadNet('mine', { folders: [folder] });
  assert.equal({ ...loaded.preprocessing }, { ...preprocessing, std: [0.229, 0.224, 0.225] });
  assert.equal(loaded.sets, { style: ['relu2_1'], content: ['relu3_1'], dream: ['relu4_1'] });
  assert.equal(
    recordedWeights([folder]).map((w) => w.name),
    ['mine'],
  );
  assert.is((await loadNet(added.path)).name, 'mine', 'by its path too');

  const linked = await addWeightFile(file, { name: 'other', folder, link: true });
  assert.match(linked.assumptions, /ImageNet/);
  await verifyWeights(resolveWeights('other', { folders: [folder] }));
  assert.match(
    (await failure(() => addWeightFile(file, { name: 'x', folder, style: ['relu9_1'] }))).message,
    /no layer relu9_1/,
  );
  const text = join(from, 'text.onnx');
  writeFileSync(text, 'hello');
  assert.is((await failure(() => addWeightFile(text, { name: 'x', folder }))).code, 'OnnxError');
  assert.equal(
    readdirSync(folder).filter((f) => f.startsWith('x')),
    [],
    'nothing of it stays',
  );
});

test('a damaged or lying record is none', async () => {
  const folder = fresh();
  writeFileSync(join(folder, 'a.onnx'), net);
  for (const text of ['', '{', '{"weights":{}}', '[]', '{"__proto__":{"weights":1}}']) {
    writeFileSync(join(folder, 'a.onnx.json'), text);
    assert.is(readRecord(join(folder, 'a.onnx')), null);
    assert.equal(recordedWeights([folder]), []);
  }
  // A record of another file's name, and one for a file that is gone.
  const record = { weights: { ...entry, file: 'b.onnx' }, of: null };
  writeFileSync(join(folder, 'a.onnx.json'), JSON.stringify(record));
  writeFileSync(join(folder, 'b.onnx.json'), JSON.stringify(record));
  assert.equal(recordedWeights([folder]), []);
  // One that claims to be cut out of a known file has that file's layers, whatever it says itself.
  copyFileSync(join(folder, 'a.onnx'), join(folder, 'c.onnx'));
  const vgg = weightsNamed('vgg19');
  const cutOut = {
    weights: { ...vgg, file: 'c.onnx', size: net.length, sha256, pooling: 'l2' },
    of: { file: vgg.file, size: vgg.size, sha256: vgg.sha256 },
  };
  writeFileSync(join(folder, 'c.onnx.json'), JSON.stringify(cutOut));
  const found = resolveWeights('vgg19', { folders: [folder] });
  assert.is(found.path, join(folder, 'c.onnx'));
  assert.is(found.known?.pooling, 'max');
});

const real = '../shared/weights/squeezenet1.0-deep-compression/squeezenet1.0.onnx';
const whenShared = needs(test, existsSync(real), 'no ../shared/weights');

whenShared('a file that the manifest knows by its hash goes by that name', async () => {
  const [folder, from] = [fresh(), fresh()];
  symlinkSync(join(process.cwd(), real), join(from, 'download.onnx'));
  const added = await addWeightFile(join(from, 'download.onnx'), { name: 'whatever', folder });
  assert.is(added.name, 'squeezenet1.0');
  assert.equal(readdirSync(folder), ['squeezenet1.0.onnx']);
  await verifyWeights(resolveWeights('squeezenet1.0', { folders: [folder] }));
});

/** Of vgg19-random with seed 3 and a sixteenth of the channels, 2026-11-23. */
const SMALL_SHA256 = 'e61a6408ea58e7877bc8e8a51bc298d62f7cc190a683d93315f727013cfce6e4';

test.run();
