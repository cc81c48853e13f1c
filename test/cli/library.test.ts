// The calls of the library in Node; in a page they are tested by web_api.test.ts.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readRecord, run, texture } from '../../src/index.node';
import { device } from '../support/device';

const OPTIONS = { size: 64, steps: 4, scales: 1, seed: 3 } as const;
const folder = mkdtempSync(join(tmpdir(), 'toroid-library-'));
const stone = join(folder, 'stone.png');
await sharp('examples/pebbles.png').extract({ left: 0, top: 0, width: 64, height: 64 }).png().toFile(stone);

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
  assert.equal([decoded.width, decoded.depth], [64, 'ushort']);
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

test.run();
