// Pictures that are more than 8 bits of sRGB: colours of PNG's own chunks.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { crc32 } from '../../src/base/crc32';
import { encodePng } from '../../src/base/png';
import { toEncoded, toLinear } from '../../src/base/srgb';
import { decodePicture } from '../../src/node/picture';

const test = suite('kinds of pictures');
const CODES = [0.1, 0.5, 0.8];
const near = (is: number, want: number, allowed: number, what: string): void =>
  assert.ok(Math.abs(is - want) <= allowed, `${what}: ${is}, expected ${want} +- ${allowed}`);

/** A flat PNG of CODES, or grey of the first of them, with chunks after its header. */
async function png(chunks: Readonly<Record<string, readonly number[]>>, bits: 8 | 16, grey: boolean): Promise<Buffer> {
  const data = Float32Array.from({ length: 3 * 256 }, (_, i) => CODES[grey ? 1 : Math.floor(i / 256)]!);
  const plain = await encodePng({ width: 16, height: 16, data, ...(grey && { grey }) }, { bits, data: true });
  const extra = Object.entries(chunks).map(([type, numbers]) => {
    const bytes = type[0] === 's' || type === 'cICP';
    const body = Buffer.alloc(4 + numbers.length * (bytes ? 1 : 4));
    body.write(type, 'latin1');
    for (const [k, v] of numbers.entries()) bytes ? body.writeUInt8(v, 4 + k) : body.writeUInt32BE(v, 4 + 4 * k);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(body.length - 4);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  });
  return Buffer.concat([plain.subarray(0, 33), ...extra, plain.subarray(33)]);
}

const SRGB = [31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000];
const ADOBE = [31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000];
const P3 = [31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000];
const clip = (v: number): number => toEncoded(Math.min(1, Math.max(0, v)));
/** Light of Adobe RGB and of Display P3 in that of sRGB, all of white D65: from Lindbloom's tables, and from EG 432-1. */
const mixed = (matrix: readonly (readonly number[])[], light: readonly number[]): number[] =>
  matrix.map((row) => clip(row.reduce((sum, m, k) => sum + m * light[k]!, 0)));
const FROM_ADOBE = [
  [1.39835, -0.39835, 0],
  [0, 1, 0],
  [0, -0.04293, 1.04293],
];
const FROM_P3 = [
  [1.2249402, -0.2249402, 0],
  [-0.0420569, 1.0420569, 0],
  [-0.0196376, -0.078636, 1.0982736],
];
const power = (gamma: number): number[] => CODES.map((v) => v ** gamma);

test('gAMA, cHRM, sRGB and cICP of PNGs mean the same at 8 and 16 bits, grey and RGB', async () => {
  for (const [chunks, colours, grey] of [
    [{}, CODES, CODES[1]!],
    [{ gAMA: [45455] }, CODES, CODES[1]!],
    [{ gAMA: [45455], cHRM: SRGB }, CODES, CODES[1]!],
    [{ gAMA: [100000], sRGB: [0] }, CODES, CODES[1]!],
    [{ gAMA: [0] }, CODES, CODES[1]!],
    [{ gAMA: [100000] }, CODES.map(toEncoded), toEncoded(0.5)],
    [{ gAMA: [55556], cHRM: SRGB }, power(1.8).map(toEncoded), toEncoded(0.5 ** 1.8)],
    [{ gAMA: [100000], cHRM: ADOBE }, mixed(FROM_ADOBE, CODES), toEncoded(0.5)],
    [{ cHRM: P3 }, mixed(FROM_P3, CODES.map(toLinear)), CODES[1]!],
    [{ cHRM: P3.map(() => 0) }, CODES, CODES[1]!],
    [{ cICP: [12, 13, 0, 1], gAMA: [100000] }, mixed(FROM_P3, CODES.map(toLinear)), CODES[1]!],
    [{ cICP: [1, 13, 0, 1], gAMA: [100000] }, CODES, CODES[1]!],
    [{ cICP: [1, 8, 0, 1] }, CODES.map(toEncoded), toEncoded(0.5)],
  ] as const) {
    for (const bits of [8, 16] as const) {
      const allowed = bits === 8 ? 0.012 : 0.0012; // of a code rounded to 8 bits, the steep foot of the curve makes more
      const name = `${JSON.stringify(chunks)} at ${bits} bits`;
      const rgb = (await decodePicture(await png(chunks, bits, false), 'x.png', {})).raster;
      for (const [c, want] of colours.entries()) near(rgb.data[c * 256 + 77]!, want, allowed, `${name}, ${c}`);
      const one = (await decodePicture(await png(chunks, bits, true), 'x.png', {})).raster;
      assert.is(one.grey, true);
      for (const c of [0, 1, 2]) near(one.data[c * 256 + 77]!, grey, allowed, `${name}, grey`);
    }
  }
});

test('a PNG of HDR is read, with a word on its colours', async () => {
  const notes: string[] = [];
  await decodePicture(await png({ cICP: [9, 16, 0, 1] }, 16, false), 'x.png', { onWarning: (t) => notes.push(t) });
  assert.equal(notes, ['x.png has colours of another kind (cICP: PQ), which are taken for sRGB']);
});

test.run();
