import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EngineError } from '../../src/base/errors';
import { layerNames } from '../../src/nets/onnx/layers';
import { parseOnnx } from '../../src/nets/onnx/parse';
import { knownWeights, manifestSchema, netOf, weightsNamed } from '../../src/nets/weights';
import { loadNet, resolveWeights, verifyWeights, weightFolders } from '../../src/node/weights/find';
import { needs } from '../support/needs';
import { encoded, zooVgg } from '../support/onnx_files';

const test = suite('weights');
const shared = '../shared/weights';
const whenShared = needs(test, existsSync(shared), 'no ../shared/weights');
const folder = mkdtempSync(join(tmpdir(), 'toroid-weights-'));
test.after(() => rmSync(folder, { recursive: true }));

const failure = async (f: () => unknown): Promise<EngineError> => {
  try {
    await f();
  } catch (e) {
    return e as EngineError;
  }
  throw new Error('nothing was thrown');
};

test('the manifest is what its schema says, and a stranger in it is refused', () => {
  assert.equal(
    knownWeights.map((w) => w.name),
    [
      ...['vgg19', 'vgg16', 'vgg19-bn', 'vgg16-bn', 'vgg19-caffe2', 'vgg16-int8'],
      ...['vgg19-normalised-conv3_1', 'vgg19-16x-distilled', 'squeezenet1.0', 'squeezenet1.0-zoo', 'squeezenet1.1'],
      ...['alexnet', 'googlenet', 'inception-v1', 'resnet18', 'resnet50'],
    ],
  );
  for (const w of knownWeights) {
    assert.ok(w.licence !== '' && w.source !== '', w.name);
    const addresses = w.url ? [w.url, ...w.mirrors] : [];
    for (const a of addresses) assert.ok(a.startsWith('https://') && a.endsWith(`/${w.file}`), `${w.name}: ${a}`);
    assert.is(addresses.length, w.url ? 3 : 0, w.name);
    assert.is(w.preprocessing.range === 255, w.preprocessing.order === 'BGR', `${w.name}: Caffe's, or torchvision's`);
    const names = [...w.layers.map((l) => l.layer), ...w.content, ...w.dream];
    const isChain = /^vgg/.test(w.name);
    for (const n of names)
      assert.ok(isChain || n in w.aliases || n.includes('/') || n.includes('_out'), `${w.name}: ${n}`);
  }
  assert.is(new Set(knownWeights.map((w) => w.sha256)).size, knownWeights.length);
  assert.not.ok(manifestSchema.safeParse({ weights: [{ ...weightsNamed('vgg19'), sha256: 'abc' }] }).success);
  assert.not.ok(manifestSchema.safeParse({ weights: [{ ...weightsNamed('vgg19'), more: 1 }] }).success);
});

test('missing weights: which file, how large, from where, to where', async () => {
  const e = await failure(() => resolveWeights('vgg19', { folders: [folder, '/nowhere'] }));
  assert.is(e.code, 'WeightsError');
  assert.match(e.message, `vgg19 wants vgg19-7.onnx (548.1 MiB), which is not in ${folder} or /nowhere`);
  assert.match(e.message, 'Run `toroid weights pull vgg19`; where there is no network, put vgg19-7.onnx (574677321');
  assert.match(
    e.message,
    'bytes, sha256 692f9f927f1df1b89033787a77a73eac59fd9b3344f9ecdf0b13221e41c2046f) from https://',
  );
  assert.match(e.message, `/model/vgg19-7.onnx into ${folder}.`);
  assert.match(
    (await failure(() => resolveWeights('vgg19-random', { folders: [folder] }))).message,
    /toroid weights make vgg19-random/,
  );
  assert.match(
    (await failure(() => resolveWeights('squeezenet1.0', { folders: [folder] }))).message,
    /Put squeezenet1\.0\.onnx \(5004419 bytes, sha256 dbf65734\w+\) into/,
  );
  assert.match(
    (await failure(() => resolveWeights('vgg-19'))).message,
    /no weights called vgg-19\. Did you mean vgg19\?/,
  );
  assert.match((await failure(() => resolveWeights('no/such.onnx'))).message, /there is no file no\/such\.onnx/);
});

test('a file of the wrong size or content is not used, unless asked to', async () => {
  const known = weightsNamed('vgg19-16x-distilled');
  const inner = join(folder, 'nets');
  mkdirSync(inner, { recursive: true });
  const path = join(inner, known.file);
  writeFileSync(path, 'version https://git-lfs.github.com/spec/v1');
  const found = resolveWeights(known.name, { folders: [folder] });
  assert.is(found.path, path);
  const short = await failure(() => verifyWeights(found));
  assert.is(short.code, 'WeightsError');
  assert.match(short.message, /has 42 bytes \(42 B\), not the 3245519 \(3\.1 MiB\) of vgg19-16x-distilled/);
  writeFileSync(path, new Uint8Array(known.size));
  const zeros = createHash('sha256').update(new Uint8Array(known.size)).digest('hex');
  const wrong = await failure(() => verifyWeights(found));
  assert.match(wrong.message, `is 3.1 MiB as expected, but its sha256 is ${zeros}, not ${known.sha256}`);
  assert.match(wrong.message, /pass unchecked: true/);
  writeFileSync(path, encoded(zooVgg()));
  assert.is((await loadNet(path, { unchecked: true })).name, known.name);
  rmSync(inner, { recursive: true });
});

test('folders of TOROID_WEIGHTS come first', () => {
  const before = process.env.TOROID_WEIGHTS;
  try {
    process.env.TOROID_WEIGHTS = '/a:/b';
    assert.equal(weightFolders().slice(0, 3), ['/a', '/b', 'weights']);
    delete process.env.TOROID_WEIGHTS;
    assert.is(weightFolders()[0], 'weights');
  } finally {
    if (before !== undefined) process.env.TOROID_WEIGHTS = before;
  }
});

test('a file that the manifest does not have gets a guess, and the guess is told', async () => {
  const path = join(folder, 'mine.onnx');
  writeFileSync(path, encoded(zooVgg()));
  const net = await loadNet(path);
  assert.is(net.preprocessing.order, 'RGB');
  assert.equal(net.preprocessing.mean, [0.485, 0.456, 0.406]);
  assert.match(net.assumptions, /mine\.onnx is not in the manifest.*ImageNet/);
  assert.equal(
    net.layers.map((l) => l.layer),
    ['relu1_1', 'relu2_1', 'relu3_1', 'relu4_1'],
  );
  const caffe = netOf(parseOnnx(encoded(zooVgg(), 'onnx-caffe2'), { name: 'c' }), null);
  assert.is(caffe.preprocessing.range, 255);
});

test("a file shaped like the zoo's VGG-19 has the usual layers and the file's own", () => {
  const m = parseOnnx(encoded(zooVgg()), { name: 'vgg19' });
  const { usual, values } = layerNames(m);
  assert.equal(
    m.inputs.map((i) => i.name),
    ['data'],
    'initializers among the inputs are subtracted',
  );
  assert.is(usual.filter((u) => u.startsWith('conv')).length, 16);
  assert.is(values.get('relu5_4'), 'vgg0_relu15_fwd');
  assert.is(values.get('vgg0_conv8_fwd'), 'vgg0_conv8_fwd');
  assert.is(values.get('pool5'), 'vgg0_pool4_fwd');
});

test('weights in a file beside the model are read; a link out of the folder is not', async () => {
  const beside = join(folder, 'split');
  mkdirSync(beside);
  const path = join(beside, 'split.onnx');
  const location = 'w.bin';
  const tensor = {
    name: 'w',
    dims: [2],
    dataType: 1,
    dataLocation: 1,
    externalData: [{ key: 'location', value: location }],
  };
  writeFileSync(path, encoded({ initializer: [tensor] }));
  const read = async (): Promise<number[]> => [...((await loadNet(path)).model.tensors.get('w')!.floats() ?? [])];
  assert.match((await failure(read)).message, /w\.bin, which does not exist/);
  writeFileSync(join(beside, location), new Uint8Array(Float32Array.from([0.5, 2]).buffer));
  assert.equal(await read(), [0.5, 2]);
  rmSync(join(beside, location));
  writeFileSync(join(folder, 'outside.bin'), new Uint8Array(8));
  symlinkSync(join(folder, 'outside.bin'), join(beside, location));
  assert.match((await failure(read)).message, /leads out of its folder/);
});

whenShared('the known small files are found by name and are what the manifest says', async () => {
  for (const name of ['vgg19-normalised-conv3_1', 'vgg19-16x-distilled', 'squeezenet1.0']) {
    const net = await loadNet(name, { folders: [shared] });
    const { values } = layerNames(net.model);
    for (const { layer } of net.layers) assert.ok(values.has(layer), `${name} has ${layer}`);
    assert.is(net.assumptions, '');
    assert.is(readFileSync(resolveWeights(name, { folders: [shared] }).path).length, weightsNamed(name).size);
  }
});

test.run();
