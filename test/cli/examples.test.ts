// The exemplar pictures: there, of the size promised, neither flat nor burnt out, and what the script draws today.
import { readdirSync, statSync } from 'node:fs';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pictures } from '../../examples/draw/pictures';
import { SIZE } from '../../examples/draw/surface';
import { long } from '../support/all';

const test = suite('examples');
const names = readdirSync('examples')
  .filter((f) => f.endsWith('.png'))
  .map((f) => f.slice(0, -4))
  .sort();

async function pixels(name: string): Promise<Uint8Array> {
  const { data, info } = await sharp(`examples/${name}.png`).raw().toBuffer({ resolveWithObject: true });
  assert.equal(
    [info.width, info.height, info.channels],
    [SIZE, SIZE, 3],
    `${name}.png is 8-bit RGB of ${SIZE} x ${SIZE}`,
  );
  return data;
}

/** Rec. 709 luma of 8-bit sRGB, 0 .. 1. */
function luma(rgb: Uint8Array): Float32Array {
  return Float32Array.from(
    { length: rgb.length / 3 },
    (_, i) => (0.2126 * rgb[3 * i]! + 0.7152 * rgb[3 * i + 1]! + 0.0722 * rgb[3 * i + 2]!) / 255,
  );
}

const mean = (v: Float32Array): number => v.reduce((a, b) => a + b, 0) / v.length;

test('every picture of the script is there, and no other', () => {
  assert.ok(names.length >= 6);
  assert.equal(names, [...pictures.keys()].sort());
});

for (const name of names) {
  test(`${name}: size, tone and contrast`, async () => {
    assert.ok(statSync(`examples/${name}.png`).size < 200 * 1024, 'a picture stays below 200 kB');
    const y = luma(await pixels(name));
    const m = mean(y);
    const deviation = Math.sqrt(mean(y.map((v) => (v - m) ** 2)));
    assert.ok(m > 0.2 && m < 0.8, `mean luma is ${m.toFixed(2)}`);
    assert.ok(deviation > 0.08, `luma deviates by ${deviation.toFixed(3)}`);
    assert.ok(y.filter((v) => v > 0.99).length < 0.02 * y.length, 'few pixels are burnt out');
  });

  test(`${name}: much alike in all quarters, as texture synthesis wants it`, async () => {
    const y = luma(await pixels(name));
    const quarters = [0, 1, 2, 3].map((q) =>
      mean(y.filter((_, i) => (i % SIZE < SIZE / 2 ? 0 : 1) + (i < y.length / 2 ? 0 : 2) === q)),
    );
    const spread = Math.max(...quarters) - Math.min(...quarters);
    assert.ok(spread < 0.07, `quarter means ${quarters.map((v) => v.toFixed(3))}`);
  });
}

// two quick ones: one lit by shade(), one by its own optics. Engines may round Math.exp and the like differently.
for (const [name, when] of [
  ['weave', long(test)],
  ['water', test],
] as const) {
  when(`${name}: drawn again, it is the same picture`, async () => {
    const kept = await pixels(name);
    const drawn = pictures.get(name)!();
    assert.is(drawn.length, kept.length);
    let off = 0;
    for (const [i, v] of drawn.entries()) if (Math.abs(v - kept[i]!) > 1) off++;
    assert.ok(off < 0.001 * kept.length, `${off} of ${kept.length} values differ by more than 1`);
  });
}

test.run();
