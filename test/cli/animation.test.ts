import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Raster } from '../../src/base/raster';
import { type AnimationOptions, delays, openAnimation } from '../../src/node/animation';
import { readMetadata, readPicture } from '../../src/node/picture';

const folder = mkdtempSync(join(tmpdir(), 'toroid-animation-'));
const at = (name: string): string => join(folder, name);
/** Writes all frames; returns the file, or all numbered files in order. */
async function writeAnimation(
  path: string,
  frames: Iterable<Raster> | AsyncIterable<Raster>,
  options: AnimationOptions = {},
): Promise<readonly string[]> {
  const animation = openAnimation(path, options);
  for await (const frame of frames) await animation.add(frame);
  return animation.finish();
}

const test = suite('animation');
test.after(() => rmSync(folder, { recursive: true }));

const W = 24;
const H = 16;
/** Frame k: red, with a white bar at 2k, so that no two are alike and a swapped axis shows. */
const frame = (k: number): Raster => {
  const data = new Float32Array(3 * W * H).fill(0, W * H).fill(1, 0, W * H);
  for (let i = 0; i < 3 * W * H; i++) if (Math.floor((i % W) / 2) === k) data[i] = 1;
  return { width: W, height: H, data };
};
const frames = (count: number): Raster[] => Array.from({ length: count }, (_, k) => frame(k));

const refuses = async (work: () => unknown, message: RegExp): Promise<void> => {
  try {
    await work();
  } catch (error) {
    assert.is((error as Error).name, 'PictureError');
    assert.match((error as Error).message, message);
    return;
  }
  assert.unreachable(`did not fail with ${message}`);
};

for (const name of ['clip.gif', 'clip.webp']) {
  test(`${name}: every frame in its place, with its time, its loops and its text`, async () => {
    const metadata = { toroid: JSON.stringify({ note: 'Gr\u00fc\u00dfe', long: 'x'.repeat(700) }) };
    assert.equal(await writeAnimation(at(name), frames(6), { fps: 30, loop: 3, metadata }), [at(name)]);
    const meta = await sharp(at(name), { animated: true }).metadata();
    assert.is(meta.pages, 6);
    assert.is(meta.width, W);
    assert.is(meta.pageHeight, H);
    assert.is(meta.loop, 3);
    assert.equal(meta.delay, name.endsWith('gif') ? [30, 40, 30, 30, 40, 30] : [33, 34, 33, 33, 34, 33]);
    for (let k = 0; k < 6; k++) {
      const { data, info } = await sharp(at(name), { page: k }).raw().toBuffer({ resolveWithObject: true });
      for (let x = 0; x < W; x++) {
        const green = data[(8 * W + x) * info.channels + 1]!;
        const want = Math.floor(x / 2) === k ? 255 : 0;
        assert.ok(Math.abs(green - want) < 60, `frame ${k}, column ${x}: green is ${green}, expected about ${want}`);
      }
    }
    assert.equal(await readMetadata(at(name)), metadata);
    assert.is((await readPicture(at(name), { least: 1 })).width, W);
  });
}

test('frames alike are kept, and loop for ever is the default', async () => {
  await writeAnimation(at('still.gif'), [frame(1), frame(1), frame(1)], { fps: 10 });
  const meta = await sharp(at('still.gif'), { animated: true }).metadata();
  assert.equal([meta.pages, meta.loop, meta.delay], [3, 0, [100, 100, 100]]);
  assert.equal(await readMetadata(at('still.gif')), {});
});

test('the time between frames is right on average', () => {
  for (const [fps, clock] of [
    [24, 100],
    [30, 100],
    [60, 1000],
    [7, 100],
  ] as const) {
    const all = delays(300, fps, clock);
    const sum = all.reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(sum - (300 * 1000) / fps) <= 500 / clock, `${fps} frames a second: ${sum} ms`);
    assert.ok(all.every((d) => Number.isInteger((d * clock) / 1000)));
  }
});

test('a folder or a pattern takes numbered pictures, each there as soon as it is added', async () => {
  for (const [name, second, all] of [
    ['many/', 'many/frame-0002.png', 3],
    ['plain', 'plain/frame-0002.png', 3],
    ['pattern/z%03d.png', 'pattern/z002.png', 3],
    ['deep/%d.tiff', 'deep/2.tiff', 3],
  ] as const) {
    const animation = openAnimation(at(name), { metadata: { Software: 'toroid' }, bits: 16 });
    await animation.add(frame(0));
    await animation.add(frame(1));
    assert.equal((await readPicture(at(second))).data, frame(1).data); // before the third
    await animation.add(frame(2));
    const files = await animation.finish();
    assert.is(files.length, all);
    assert.is(files[1], at(second));
    assert.is((await sharp(at(second)).metadata()).depth, 'ushort');
    assert.equal(await readMetadata(at(second)), { Software: 'toroid' });
    assert.is(readdirSync(join(at(second), '..')).length, all);
  }
});

test('what an earlier, longer animation left is said', async () => {
  const warnings: string[] = [];
  const options: AnimationOptions = { onWarning: (n) => warnings.push(n) };
  await writeAnimation(at('again/'), frames(5), options);
  assert.equal(warnings, []);
  await writeAnimation(at('again/'), frames(2), options);
  assert.match(warnings.join(), /holds 3 numbered pictures of an earlier, longer animation, from frame-0003\.png on$/);
});

test('transparent frames stay transparent', async () => {
  const clear = frames(2).map((f) => ({ ...f, alpha: new Float32Array(W * H).fill(1).fill(0, 0, W * 4) }));
  for (const name of ['clear.gif', 'clear.webp']) {
    await writeAnimation(at(name), clear);
    const { data } = await sharp(at(name), { page: 1 }).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
    assert.equal([data[3], data[4 * W * H - 1]], [0, 255], name);
  }
});

test('a GIF is not made faster than browsers play', async () => {
  const warnings: string[] = [];
  await writeAnimation(at('fast.gif'), frames(2), { fps: 100, onWarning: (n) => warnings.push(n) });
  assert.match(warnings.join(), /fast\.gif plays at 50 frames a second/);
  assert.equal((await sharp(at('fast.gif'), { animated: true }).metadata()).delay, [20, 20]);
});

test('frames can come from a generator, one at a time', async () => {
  async function* made(): AsyncGenerator<Raster> {
    for (let k = 0; k < 3; k++) yield frame(k);
  }
  assert.is((await writeAnimation(at('made/'), made())).length, 3);
});

test('the same frames give the same bytes', async () => {
  for (const name of ['same.gif', 'same.webp']) {
    await writeAnimation(at(name), frames(3), { metadata: { a: 'b' } });
    const first = readFileSync(at(name));
    await writeAnimation(at(name), frames(3), { metadata: { a: 'b' } });
    assert.equal(readFileSync(at(name)), first, name);
  }
});

test('what cannot be written is refused, and leaves nothing behind', async () => {
  mkdirSync(at('none'));
  await refuses(() => openAnimation(at('none/a.mp4')), /cannot write an animation as \.mp4\n {2}Use \.gif, \.webp/);
  await refuses(() => openAnimation(''), /cannot write an animation/);
  await refuses(() => openAnimation(at('none/a.gif'), { fps: 0 }), /0 frames a second/);
  await refuses(() => openAnimation(at('none/a.gif'), { loop: -1 }), /cannot loop -1 times/);
  await refuses(() => openAnimation(at('none/a.gif'), { bits: 16 }), /holds 8 bits a channel, not 16/);
  await refuses(() => openAnimation(at('none/%04d.bmp')), /cannot write \.bmp/);
  await refuses(() => openAnimation(at('none/%04d.jpg'), { bits: 16 }), /holds 8 bits/);
  await refuses(() => writeAnimation(at('none/a.gif'), []), /there are no frames to write/);
  await refuses(() => writeAnimation(at('none/many%d.png'), []), /there are no frames to write/);
  const other = { width: 8, height: 8, data: new Float32Array(192) };
  await refuses(() => writeAnimation(at('none/a.webp'), [frame(0), other]), /frame 2 of .* is 8x8; .* are 24x16/);
  const huge = { width: 20000, height: 1, data: new Float32Array(60000) };
  await refuses(() => writeAnimation(at('none/a.webp'), [huge]), /a frame is 20000x1; the most is 16383/);
  assert.equal(readdirSync(at('none')), []);
});

test.run();
