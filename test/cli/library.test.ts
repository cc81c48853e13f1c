// The calls of the library in Node; in a page they are tested by web_api.test.ts.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Output, pictureOutput, previewOutput } from '../../src/app/output';
import {
  fillRecipe,
  plasma,
  type RecipeText,
  readRecord,
  run,
  runRecipe,
  Session,
  texture,
} from '../../src/index.node';
import { readPicture } from '../../src/node/picture';
import { device } from '../support/device';

const OPTIONS = { size: 32, method: 'patches', steps: 2, scales: 1, seed: 3 } as const;
const folder = mkdtempSync(join(tmpdir(), 'toroid-library-'));
const stone = join(folder, 'stone.png');
await sharp('examples/pebbles.png').extract({ left: 0, top: 0, width: 48, height: 48 }).png().toFile(stone);

const test = suite('library');
test.after(() => rmSync(folder, { recursive: true, force: true }));

test('a path, bytes and pixels give the same tile, and a saved one is made again from its record', async () => {
  const shared = await device();
  const a = await texture(stone, { ...OPTIONS, device: shared });
  const { data, info } = await sharp(stone).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const pixels = { width: info.width, height: info.height, data: new Uint8ClampedArray(data) };
  for (const source of [readFileSync(stone), new Blob([readFileSync(stone)]), pixels]) {
    const b = await texture(source, { ...OPTIONS, device: shared });
    assert.equal(b.raster.data, a.raster.data);
  }
  mkdirSync(join(folder, 'out'));
  const out = join(folder, 'out', 'tile.png');
  await a.save(out);
  const record = await readRecord(out);
  assert.equal((record!.recipe as { inputs: { style: { path: string } } }).inputs.style.path, '../stone.png');
  assert.equal(Object.keys(a.recipe.inputs), ['style']);
  assert.is(
    (a.recipe.inputs.style as { path: string }).path,
    'stone.png',
    'no folder of this machine in a PNG that is sent',
  );
  const again = await run(record!, { style: stone }, { device: shared });
  assert.equal(again.raster.data, a.raster.data);
  const decoded = await sharp(await a.toPng({ bits: 16 })).metadata();
  assert.equal([decoded.width, decoded.depth], [32, 'ushort']);
});

test('a GPUDevice of the caller stays open, and everything made on it is freed', async () => {
  const { gpu } = await device();
  const made: GPUBuffer[] = [];
  const gone = new Set<GPUBuffer>();
  const create = gpu.createBuffer.bind(gpu);
  gpu.createBuffer = (wanted) => {
    const buffer = create(wanted);
    const destroy = buffer.destroy.bind(buffer);
    made.push(buffer);
    return Object.assign(buffer, {
      destroy: () => {
        gone.add(buffer);
        return destroy();
      },
    });
  };
  try {
    await texture(stone, { ...OPTIONS, device: gpu });
  } finally {
    gpu.createBuffer = create;
  }
  assert.ok(made.length > 10);
  assert.is(gone.size, made.length);
  await (await device()).idle();
});

test('abort throws an AbortError with nothing held; stop gives what there is', async () => {
  const shared = await device();
  const before = shared.held.count;
  const control = new AbortController();
  const call = texture(stone, {
    ...OPTIONS,
    steps: 5000,
    device: shared,
    signal: control.signal,
    onProgress: () => control.abort(),
  });
  assert.is(
    await call.then(
      () => '',
      (e: Error) => e.name,
    ),
    'AbortError',
  );
  assert.is(shared.held.count, before);
  const enough = new AbortController();
  const { stopped } = await texture(stone, {
    ...OPTIONS,
    steps: 5000,
    device: shared,
    stop: enough.signal,
    onProgress: () => enough.abort(),
  });
  assert.ok(stopped);
});

test('what a run says is heard by onNotice too, the name of 0.1.0, in every call', async () => {
  const look = plasma({ size: [32, 32], seed: 1 });
  const recipe: RecipeText = {
    size: 32,
    styles: [{ input: 'style', mask: { input: 'mask' } }, { input: 'style' }],
    scales: { count: 1 },
    stages: [{ steps: 1, losses: [{ kind: 'gram', layers: ['input'] }] }],
  };
  const inputs = new Map([
    ['style', look],
    ['mask', plasma({ size: [16, 16], seed: 2 })],
  ]);
  const shared = await device();
  const heard = async (call: (onNotice: (text: string) => void) => Promise<unknown>): Promise<void> => {
    const told: string[] = [];
    await call((text) => told.push(text));
    assert.match(told.join('\n'), /the mask is 16x16: it is resized to 32x32/);
  };
  await heard((onNotice) => run(recipe, inputs, { device: shared, onNotice }));
  await heard((onNotice) => runRecipe(shared, fillRecipe(recipe), inputs, { onNotice }));
  await heard(async (onNotice) => {
    await new Promise((onDone, onError) => {
      new Session(shared, fillRecipe(recipe), inputs, { onNotice, onDone, onError }).resume();
    });
  });
});

test('outputs of a call are told of the run and see its result', async () => {
  const told: string[] = [];
  const output: Output = {
    kind: 'told',
    begin: ({ recipe }) => void told.push(`begin ${recipe.name}`),
    onProgress: (_, { share }) => void (share === 1 && told.push('all')),
    onStage: ({ stage }) => void told.push(`stage ${stage}`),
    finish: ({ raster }) => void told.push(`finish ${raster.width}x${raster.height}`),
    close: () => void told.push('close'),
  };
  const file = join(folder, 'kept.png');
  const outputs = [output, pictureOutput(file), previewOutput(file, [2, 1])];
  const { raster } = await texture(stone, { ...OPTIONS, device: await device(), outputs });
  assert.equal(told, ['begin texture', 'all', 'stage 0', 'finish 32x32', 'close']);
  assert.equal([(await readPicture(join(folder, 'kept.2x1.png'))).width, raster.width], [64, 32]);
  assert.is(((await readRecord(file))!.recipe as { seed: number }).seed, OPTIONS.seed);
});

test.run();
