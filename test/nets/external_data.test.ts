import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { onnx } from 'onnx-proto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EngineError } from '../../src/base/errors';
import { addWeightFile } from '../../src/node/weights/add';
import { externalFilesOf, loadNet, resolveWeights, verifyWeights } from '../../src/node/weights/find';
import { loadNet as loadInPage } from '../../src/web/api/net';
import { encoded, zooVgg } from '../support/onnx_files';

const test = suite('external data');
const folder = mkdtempSync(join(tmpdir(), 'toroid-external-'));
test.after(() => rmSync(folder, { recursive: true }));

/** A network with its weights in another file, as exporters write them: net.onnx and net.onnx.data. */
function exported(place: string, { lengths = true } = {}): string {
  mkdirSync(place, { recursive: true });
  const graph = zooVgg([2, 2, 2, 2, 2], [1, 1, 1, 1, 1]);
  const data: number[] = [];
  const initializer = (graph.initializer ?? []).map(({ name, dims, dataType, floatData }): onnx.ITensorProto => {
    const entries = { location: 'net.onnx.data', offset: `${4 * data.length}`, length: `${4 * floatData!.length}` };
    data.push(...floatData!);
    const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
    return { name, dims, dataType, dataLocation: 1, externalData: lengths ? externalData : externalData.slice(0, 2) };
  });
  writeFileSync(join(place, 'net.onnx'), encoded({ ...graph, initializer }));
  writeFileSync(join(place, 'net.onnx.data'), new Uint8Array(Float32Array.from(data).buffer));
  return join(place, 'net.onnx');
}

async function refusalOf(work: () => unknown): Promise<EngineError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const weightOf = async (path: string): Promise<number[]> => [
  ...(await loadNet(path)).model.tensors.get('vgg0_conv0_weight')!.floats(0, 4),
];

test('a copy has the weights inside, and is verified with them', async () => {
  for (const [k, lengths] of [true, false].entries()) {
    const path = exported(join(folder, `whole${k}`), { lengths });
    const added = await addWeightFile(path, { name: `mine${k}`, folder: join(folder, 'store') });
    assert.equal([added.beside, added.inside], [[], [`${path}.data`]]);
    assert.equal(externalFilesOf(added.path), []);
    assert.equal(await weightOf(added.path), await weightOf(path));
    const found = resolveWeights(`mine${k}`, { folders: [join(folder, 'store')] });
    await verifyWeights(found);
    assert.is(found.known?.size, readFileSync(added.path).length);
    assert.ok((await loadNet(added.path)).names.values.has('relu5_1'), 'all of it is there');
  }
});

test('a link goes on with the weights where they are, and is verified with them', async () => {
  const path = exported(join(folder, 'linked'));
  const added = await addWeightFile(path, { name: 'linked', folder: join(folder, 'store'), link: true });
  assert.equal([added.beside, added.inside], [[`${path}.data`], []]);
  assert.equal(await weightOf(added.path), await weightOf(path));
  const found = resolveWeights('linked', { folders: [join(folder, 'store')] });
  await verifyWeights(found);
  const bytes = readFileSync(`${path}.data`);
  bytes[5]! ^= 1;
  writeFileSync(`${path}.data`, bytes);
  assert.match((await refusalOf(() => verifyWeights(found))).message, /net\.onnx\.data is .* its sha256 is/);
});

test('weights that are missing or cut short are named before anything is written or found sound', async () => {
  const path = exported(join(folder, 'short'));
  writeFileSync(`${path}.data`, 'version https://git-lfs.github.com/spec/v1\n');
  const add = () => addWeightFile(path, { name: 'short', folder: join(folder, 'store') });
  assert.match((await refusalOf(add)).message, /keeps \d+ bytes of weights in .*net\.onnx\.data, which has 43/);
  rmSync(`${path}.data`);
  assert.match((await refusalOf(add)).message, /which does not exist\n {2}Put net\.onnx\.data there/);
  assert.match(
    (await refusalOf(async () => verifyWeights({ name: 'x', path, known: null }))).message,
    /does not exist/,
  );
  assert.match((await refusalOf(async () => resolveWeights('short'))).message, /no weights called short/);
});

test('a cache that links files by their hashes has both in one folder', async () => {
  const path = exported(join(folder, 'plain'));
  const blobs = join(folder, 'cache', 'blobs');
  const snapshot = join(folder, 'cache', 'snapshots', 'main');
  for (const place of [blobs, snapshot]) mkdirSync(place, { recursive: true });
  for (const [k, name] of ['net.onnx', 'net.onnx.data'].entries()) {
    copyFileSync(k === 0 ? path : `${path}.data`, join(blobs, `${k}ab`));
    symlinkSync(join(blobs, `${k}ab`), join(snapshot, name));
  }
  assert.equal(await weightOf(join(snapshot, 'net.onnx')), await weightOf(path));
});

test('in a page: given with the file, or named', async () => {
  const path = exported(join(folder, 'page'));
  const file = new Blob([readFileSync(path)]);
  const data = { 'net.onnx.data': new Blob([readFileSync(`${path}.data`)]) };
  const net = await loadInPage(file, { data });
  assert.equal([...net.model.tensors.get('vgg0_conv0_weight')!.floats(0, 4)], await weightOf(path));
  assert.match(
    (await refusalOf(() => loadInPage(file))).message,
    /keeps weights in net\.onnx\.data, which was not given/,
  );
});

test.run();
