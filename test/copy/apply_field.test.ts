import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeExr } from '../../src/base/exr';
import { encodeNpy } from '../../src/base/npy';
import { interleave } from '../../src/base/pixels';
import type { Raster } from '../../src/base/raster';
import { applyField, exemplarPlaces } from '../../src/copy/apply_field';
import { Copying, type CopyOptions, type CopySource } from '../../src/copy/copy';
import { type Field, rolledField } from '../../src/copy/field';
import { IDENTITY } from '../../src/copy/linear_map';
import { warp } from '../../src/copy/warp';
import { long } from '../support/all';
import { device } from '../support/device';
import { crop, pebbles } from '../support/texture';
import { blots, chance } from './pictures';

const test = suite('apply field');
const usual: CopyOptions = { size: [80, 64], seed: 1, variety: 0, evenness: 1, fit: 'off', flatten: false };
const made = async (sources: readonly CopySource[], wishes: Partial<CopyOptions> = {}) => {
  const copying = await Copying.open(await device(), sources, { ...usual, ...wishes });
  return copying.render(await copying.run());
};
const planes = (width: number, height: number, count: number, value: (c: number, i: number) => number): Raster => ({
  width,
  height,
  data: Float32Array.from({ length: count * width * height }, (_, k) =>
    value(Math.floor(k / (width * height)), k % (width * height)),
  ),
});
/** 5x3 pixels from anywhere in a picture of 40x30, copied as it is. */
const places: Field = {
  width: 5,
  height: 3,
  source: { width: 40, height: 30, pictures: [{ width: 40, height: 30, fitted: [40, 30], map: IDENTITY, top: 0 }] },
  data: Uint32Array.from({ length: 15 }, (_, i) => ((i * 7) % 40) | (((i * 11) % 30) << 16)),
};
const at = (i: number): number => ((i * 11) % 30) * 40 + ((i * 7) % 40);

test('values of any number of planes come unchanged to the last bit, at 8 and at 16 bits and beyond', () => {
  for (const count of [1, 3, 5]) {
    const map = planes(40, 30, count, (c, i) => chance(c, i) * 1e4 - 77);
    const laid = applyField(places, map);
    assert.equal([laid.width, laid.height, laid.data.length], [5, 3, 15 * count]);
    for (let c = 0; c < count; c++) {
      for (let i = 0; i < 15; i++) assert.is(laid.data[c * 15 + i], map.data[c * 1200 + at(i)]);
    }
  }
  for (const bits of [8, 16] as const) {
    const most = 2 ** bits - 1;
    const whole = (c: number, i: number): number => Math.floor(chance(c, i) * (most + 1));
    const map = { ...planes(40, 30, 3, (c, i) => whole(c, i) / most), alpha: planes(40, 30, 1, whole).data };
    const laid = applyField(places, { ...map, alpha: map.alpha.map((v) => v / most) });
    const values = interleave(laid, bits, 4);
    for (let i = 0; i < 15; i++) {
      for (let c = 0; c < 3; c++) assert.is(values[4 * i + c], whole(c, at(i)));
      assert.is(values[4 * i + 3], map.alpha[at(i)]);
    }
  }
});

test('the exemplar itself comes out as the tile, but for the pixels mixed at cuts', async () => {
  const picture = crop(pebbles, 96, 96);
  const { raster, field } = await made([{ picture }]);
  const again = applyField(field, picture);
  const same = again.data.filter((v, i) => v === raster.data[i]).length / again.data.length;
  assert.ok(same > 0.65, `${same}`);
  const worst = again.data.reduce((most, v, i) => Math.max(most, Math.abs(v - raster.data[i]!)), 0);
  assert.ok(worst < 0.5, `cuts are mixed of what is alike: ${worst}`);
  const rolled = applyField(rolledField(field, [7, 9]), picture);
  assert.is(rolled.data[9 * 80 + 7], again.data[0]);
});

// A picture that had to be stretched to the tile: 20.3 px do not go into 80 or 160.
const lattice = blots(160, [20.3, 0], [0, 20.3]);
const stretched = made([{ picture: lattice }], { size: [160, 80], fit: 'scale' });

test('where the exemplar was fitted first, its maps are resampled in the same way', async () => {
  const { raster, field } = await stretched;
  const [own] = field.source.pictures;
  assert.ok(own && own.map.a !== 1, 'it was stretched');
  assert.equal([own.width, own.height], [160, 160]);
  assert.equal(own.fitted, [field.source.width, field.source.height]);
  assert.is(warp(lattice, own.map).width, own.fitted[0]);
  const again = applyField(field, lattice);
  const off = again.data.filter((v, i) => Math.abs(v - raster.data[i]!) > 1e-6).length / again.data.length;
  assert.ok(off < 0.3, `${off} of the values differ: more than the cuts`);
  // A checkpoint has the map by its values only.
  assert.equal(applyField(JSON.parse(JSON.stringify({ ...field, data: [...field.data] })) as Field, lattice), again);
  const bound = lattice.data.reduce((m, v) => Math.max(m, v), 0);
  assert.ok(
    again.data.every((v) => v <= bound),
    'a sharp kernel does not leave the range of the map',
  );
});

test('places are in pixels of the exemplar as it was given: a map of columns and rows says the same', async () => {
  const { field } = await stretched;
  const found = exemplarPlaces(field);
  const laid = applyField(
    field,
    planes(160, 160, 2, (c, i) => (c === 0 ? i % 160 : Math.floor(i / 160))),
  );
  const n = 160 * 80;
  let worst = 0;
  for (let i = 0; i < 2 * n; i++) {
    const [p, q] = [found[i]!, laid.data[i]!];
    // Within the reach of the kernel from the border it takes the outermost pixels again.
    if (p > 6 && p < 153) worst = Math.max(worst, Math.abs(p - q));
  }
  assert.ok(worst < 0.02, `${worst}`);
  assert.ok(found.some((v, i) => i < n && Math.abs(v - Math.round(v)) > 0.2));
  const exact = exemplarPlaces(places);
  for (let i = 0; i < 15; i++) assert.equal([exact[i], exact[15 + i], exact[30 + i]], [(i * 7) % 40, (i * 11) % 30, 0]);
});

test('normals that were resampled are unit vectors again; others stay as they are', async () => {
  const { field } = await stretched;
  const slope = (i: number): number => 0.6 * Math.sin(i % 160);
  const normals = planes(160, 160, 3, (c, i) => {
    const [x, z] = [slope(i), Math.sqrt(1 - slope(i) ** 2)];
    return ([x, 0, z][c]! + 1) / 2;
  });
  const lengths = ({ data }: Raster, n: number): number[] =>
    Array.from({ length: n }, (_, i) => Math.hypot(...[0, 1, 2].map((c) => 2 * data[c * n + i]! - 1)));
  const off = (all: readonly number[]): number => Math.max(...all.map((v) => Math.abs(v - 1)));
  assert.ok(off(lengths(applyField(field, normals), 160 * 80)) > 1e-3);
  assert.ok(off(lengths(applyField(field, normals, { normals: true }), 160 * 80)) < 1e-5);
  const odd = planes(40, 30, 3, (c, i) => chance(c, i));
  assert.equal(applyField(places, odd, { normals: true }), applyField(places, odd));
});

long(test)('of several pictures each has a map of its own', async () => {
  const left = { width: 2, height: 1, data: Float32Array.of(1, 0) };
  const [one, other] = [crop(pebbles, 96, 96), crop(pebbles, 64, 72)];
  const { field } = await made([{ picture: one, mask: left }, { picture: other }]);
  assert.equal(
    field.source.pictures.map(({ width, height, top }) => [width, height, top]),
    [
      [96, 96, 0],
      [64, 72, 96],
    ],
  );
  const maps = [
    planes(96, 96, 1, (_, i) => i),
    { ...planes(64, 72, 1, (_, i) => -i), alpha: new Float32Array(64 * 72) },
  ];
  const laid = applyField(field, maps);
  const found = exemplarPlaces(field);
  const n = 80 * 64;
  for (let i = 0; i < n; i++) {
    const second = found[2 * n + i] === 1;
    const [x, y] = [found[i]!, found[n + i]!];
    assert.is(laid.data[i], second ? -(y * 64 + x) : y * 96 + x);
    assert.is(laid.alpha?.[i], second ? 0 : 1);
  }
  assert.is(found[2 * n + 20], 0);
  assert.is(found[2 * n + 60], 1);
});

test('maps of another size, number or kind are refused, with both sizes', () => {
  const refused = (map: Raster | Raster[], message: RegExp): void =>
    assert.throws(() => applyField(places, map), message);
  refused(
    planes(80, 60, 3, () => 0),
    /the map is 80x60 pixels, the exemplar 40x30\n {2}Resize the map/,
  );
  refused([], /made of 1 picture, and the maps given are 0\n {2}Give one map for each/);
  const two = {
    ...places,
    source: { ...places.source, height: 60, pictures: [0, 30].map((top) => ({ ...places.source.pictures[0]!, top })) },
  };
  assert.throws(
    () =>
      applyField(
        two,
        [1, 3].map((c) => planes(40, 30, c, () => 0)),
      ),
    /one map has 1 planes, another 3/,
  );
});

test('an .npy file, read back by its specification', () => {
  const values = Uint16Array.from({ length: 12 }, (_, i) => i * 5000);
  const file = encodeNpy(values, [2, 3, 2]);
  assert.is(Buffer.from(file.subarray(0, 6)).toString('latin1'), '\x93NUMPY');
  const view = new DataView(file.buffer);
  const start = 10 + view.getUint16(8, true);
  assert.is(start % 64, 0);
  const head = Buffer.from(file.subarray(10, start)).toString('latin1');
  assert.match(head, /^\{'descr': '<u2', 'fortran_order': False, 'shape': \(2, 3, 2,\), \} *\n$/);
  assert.is(file.length, start + 24);
  assert.equal(
    Array.from({ length: 12 }, (_, i) => view.getUint16(start + 2 * i, true)),
    [...values],
  );
});

/** An uncompressed .exr file of floats by scanlines. */
function readExr(file: Uint8Array): {
  channels: string[];
  width: number;
  height: number;
  comments: string;
  rows: number[][][];
} {
  const view = new DataView(file.buffer, file.byteOffset);
  let at = 8;
  const text = (): string => {
    const end = file.indexOf(0, at);
    const found = Buffer.from(file.subarray(at, end)).toString('utf8');
    at = end + 1;
    return found;
  };
  assert.equal([view.getUint32(0, true), view.getUint32(4, true)], [20000630, 2]);
  const values = new Map<string, DataView>();
  while (file[at] !== 0) {
    const key = `${text()} ${text()}`;
    const length = view.getInt32(at, true);
    values.set(key, new DataView(file.buffer, file.byteOffset + at + 4, length));
    at += 4 + length;
  }
  at++;
  const window = values.get('dataWindow box2i')!;
  const [width, height] = [window.getInt32(8, true) + 1, window.getInt32(12, true) + 1];
  assert.is(values.get('compression compression')!.getUint8(0), 0);
  for (const needed of [
    'displayWindow box2i',
    'lineOrder lineOrder',
    'pixelAspectRatio float',
    'screenWindowCenter v2f',
    'screenWindowWidth float',
  ])
    assert.ok(values.has(needed), needed);
  const list = Buffer.from(
    new Uint8Array(
      values.get('channels chlist')!.buffer,
      values.get('channels chlist')!.byteOffset,
      values.get('channels chlist')!.byteLength,
    ),
  );
  const channels: string[] = [];
  for (let k = 0; list[k] !== 0; ) {
    const end = list.indexOf(0, k);
    channels.push(list.toString('latin1', k, end));
    assert.equal([list.readInt32LE(end + 1), list.readInt32LE(end + 9), list.readInt32LE(end + 13)], [2, 1, 1]);
    k = end + 17;
  }
  const rows = Array.from({ length: height }, (_, y) => {
    const place = Number(view.getBigUint64(at + 8 * y, true));
    assert.equal([view.getInt32(place, true), view.getInt32(place + 4, true)], [y, 4 * width * channels.length]);
    return channels.map((_c, c) =>
      Array.from({ length: width }, (_x, x) => view.getFloat32(place + 8 + 4 * (c * width + x), true)),
    );
  });
  const comments = values.get('comments string')!;
  return {
    channels,
    width,
    height,
    rows,
    comments: Buffer.from(comments.buffer, comments.byteOffset, comments.byteLength).toString(),
  };
}

test('an .exr file, read back by its specification', async () => {
  const [x, y] = [Float32Array.of(1.5, 2, 3, 4, 5, 65535), Float32Array.of(-1, 0, 0.25, 9, 8, 7)];
  const file = await encodeExr(
    [
      ['X', x],
      ['Y', y],
    ],
    [3, 2],
    { comments: 'says what it is' },
  );
  const { rows, ...head } = readExr(file);
  assert.equal(head, { channels: ['X', 'Y'], width: 3, height: 2, comments: 'says what it is' });
  assert.equal(
    rows.map((r) => r[0]),
    [
      [1.5, 2, 3],
      [4, 5, 65535],
    ],
  );
  assert.equal(
    rows.map((r) => r[1]),
    [
      [-1, 0, 0.25],
      [9, 8, 7],
    ],
  );
  const disorder = [
    ['Y', y],
    ['X', x],
  ] as const;
  await encodeExr(disorder, [3, 2], { comments: '' }).then(
    () => assert.unreachable(),
    (e: Error) => assert.match(e.message, /not in order/),
  );
});

test.run();
