import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Raster } from '../../src/base/raster';
import { fitText, LINE_HEIGHT, textDots, textWidth } from '../../src/cli/bitmap_font';
import { columnsFor, contactSheet } from '../../src/cli/contact_sheet';
import { downscale } from '../../src/cli/downscale';

const test = suite('contact sheet');

/** One colour, told apart from paper, ink and every other by its red. */
const flat = (red: number, width = 64, height = width): Raster => {
  const data = new Float32Array(3 * width * height).fill(0.5);
  return { width, height, data: data.fill(red, 0, width * height) };
};
/** The box around all pixels of a red value: [left, top, right, bottom], inclusive. */
const box = ({ width, height, data }: Raster, red: number): number[] => {
  const found = [width, height, -1, -1];
  for (let i = 0; i < width * height; i++) {
    if (Math.abs(data[i]! - red) > 1e-6 || Math.abs(data[width * height + i]! - 0.5) > 1e-6) continue;
    const [x, y] = [i % width, Math.floor(i / width)];
    found[0] = Math.min(found[0]!, x);
    found[1] = Math.min(found[1]!, y);
    found[2] = Math.max(found[2]!, x);
    found[3] = Math.max(found[3]!, y);
  }
  return found;
};
/** Dark pixels in a part of the sheet: the letters. */
const inkIn = ({ width, data }: Raster, [l, t, r, b]: readonly [number, number, number, number]): number => {
  let n = 0;
  for (let y = t; y < b; y++) for (let x = l; x < r; x++) n += data[y * width + x]! < 0.2 ? 1 : 0;
  return n;
};
const letters = (text: string): string => {
  const rows = Array.from({ length: LINE_HEIGHT }, () => Array(textWidth(text)).fill('.'));
  for (const [x, y] of textDots(text)) rows[y]![x] = '#';
  return rows.map((r) => r.join('')).join('\n');
};

test('every printable character has a drawing of its own', () => {
  const seen = new Map<string, string>();
  for (let code = 33; code < 127; code++) {
    const c = String.fromCharCode(code);
    const dots = letters(c);
    assert.is(dots.split('\n').length, LINE_HEIGHT);
    assert.ok(
      dots.split('\n').every((row) => row.length === 5),
      `${c} is not 5 wide`,
    );
    assert.match(dots, '#', `${c} is blank`);
    assert.is(seen.get(dots), undefined, `${c} looks like ${seen.get(dots)}`);
    seen.set(dots, c);
  }
  assert.equal([...textDots(' ')], []);
});

test('letters stand side by side; accents are left out, and what has no letter is a box', () => {
  assert.is(
    letters('Lp').split('\n')[2],
    '#.....####.', // L, a gap, the top of p
  );
  assert.is(letters('\u00e9\u00d7'), letters('ex'));
  assert.is(letters('\u6f22'), letters('\u{1f9f1}'));
  assert.not.equal(letters('\u6f22'), letters('?'));
});

test('long labels are shortened in the middle, never wider than the room', () => {
  assert.is(fitText('relu1_1', 100), 'relu1_1');
  for (let room = 5; room < 200; room++) {
    const text = fitText('relu1_1,relu2_1,relu3_1', room);
    assert.ok(textWidth(text) <= room, `${text} is ${textWidth(text)} wide, not ${room}`);
  }
  assert.is(fitText('abcdefghijklmnop', 8 * 6), 'abc..nop');
  assert.is(fitText('a\n\tb', 100), 'a b');
});

test('two axes: rows and columns under headings, every picture in its place', () => {
  const reds = [0.15, 0.25, 0.35, 0.45, 0.55, 0.65];
  const sheet = contactSheet({
    pictures: reds.map((r) => flat(r)),
    axes: [
      { name: 'net', values: ['a', 'b'] },
      { name: 'seed', values: ['1', '2', '3'] },
    ],
  });
  const boxes = reds.map((r) => box(sheet, r));
  for (const [k, [l, t, r, b]] of boxes.entries() as IterableIterator<[number, [number, number, number, number]]>) {
    assert.equal([r - l, b - t], [63, 63], `picture ${k} is whole`);
    assert.is(l, boxes[k % 3]![0], 'columns line up');
    assert.is(t, boxes[Math.floor(k / 3) * 3]![1], 'rows line up');
  }
  assert.ok(boxes[1]![0]! > boxes[0]![2]!, 'the second value of the second axis is to the right');
  assert.ok(boxes[3]![1]! > boxes[0]![3]!, 'the second value of the first axis is below');
  const [l, t, r] = boxes[0] as [number, number, number, number];
  assert.ok(inkIn(sheet, [l, 0, r, t]) > 10, 'a heading is above the first column');
  assert.ok(inkIn(sheet, [0, t, l, t + 64]) > 10, 'a heading is left of the first row');
  assert.is(inkIn(sheet, [0, 0, l, t]), 0, 'nothing is in the corner');
});

test('one axis wraps, with a label below each; a missing picture leaves its place', () => {
  const sheet = contactSheet({
    title: 'weights',
    pictures: [flat(0.15), null, flat(0.35), flat(0.45), flat(0.55)],
    axes: [{ name: 'w', values: ['1', '2', '3', '4', '5'] }],
  });
  const [l, t, r, b] = box(sheet, 0.15) as [number, number, number, number];
  const third = box(sheet, 0.35);
  assert.is(third[1], t, 'the third is in the first row');
  assert.is(third[0], l + 2 * (64 + 12), 'the second has kept its place');
  assert.ok(box(sheet, 0.45)[1]! > b, 'the fourth is in the next row');
  assert.ok(inkIn(sheet, [l, b + 1, r, b + 16]) > 10, 'a label is below');
  assert.ok(inkIn(sheet, [l, 0, r, t]) > 10, 'the title is above');
});

test('columns make about 3:2, with few empty places', () => {
  assert.equal(
    [1, 2, 3, 4, 6, 8, 9, 12, 24].map((n) => columnsFor(n, 1)),
    [1, 2, 3, 2, 3, 4, 3, 4, 6],
  );
  assert.ok(columnsFor(12, 3) < columnsFor(12, 1), 'wide pictures take fewer columns');
});

test('pictures larger than a cell are shrunk, and a sheet stays within what opens elsewhere', () => {
  const sheet = contactSheet({ pictures: [flat(0.15, 200, 100), flat(0.25, 50)], labels: ['a', 'b'], cell: 80 });
  const [l, t, r, b] = box(sheet, 0.15) as [number, number, number, number];
  assert.equal([r - l + 1, b - t + 1], [80, 40]);
  const small = box(sheet, 0.25);
  assert.is(small[2]! - small[0]! + 1, 50, 'a small one keeps its size');
  const many = { name: 'k', values: Array.from({ length: 150 }, (_, k) => String(k)) };
  const shape = { name: 's', values: ['x'] };
  const wide = contactSheet({ pictures: many.values.map(() => flat(0.15, 128)), axes: [shape, many] });
  assert.ok(wide.width <= 16000, `${wide.width} pixels wide`);
});

test('opacity shows the paper', () => {
  const sheet = contactSheet({ pictures: [{ ...flat(0.15), alpha: new Float32Array(64 * 64) }], labels: ['a'] });
  assert.equal(box(sheet, 0.15), [sheet.width, sheet.height, -1, -1]);
});

test('numbers that do not fit together are refused', () => {
  const refuses = (sheet: Parameters<typeof contactSheet>[0], message: RegExp): void =>
    assert.throws(
      () => contactSheet(sheet),
      (e: Error) => e.name === 'PictureError' && message.test(e.message),
    );
  refuses({ pictures: [] }, /a contact sheet of 0 pictures/);
  refuses({ pictures: [flat(0.1)], axes: [{ name: 'a', values: ['1', '2'] }] }, /1 pictures has axes of 2/);
  refuses({ pictures: [flat(0.1)], labels: ['a', 'b'] }, /2 labels/);
  refuses({ pictures: [null], labels: ['a'] }, /no pictures/);
});

test('shrinking takes the mean of the area, also at ratios that are not whole, and keeps what tiles tiling', () => {
  const data = Float32Array.from({ length: 3 * 7 * 5 }, (_, i) => Math.sin(i * i));
  const picture: Raster = { width: 7, height: 5, data, alpha: data.subarray(0, 35) };
  const small = downscale(picture, 3);
  assert.equal([small.width, small.height], [3, 2]);
  for (let band = 0; band < 3; band++) {
    for (let y = 0; y < 2; y++) {
      for (let x = 0; x < 3; x++) {
        let [sum, area] = [0, 0];
        for (let v = 0; v < 5; v++) {
          for (let u = 0; u < 7; u++) {
            const wide = Math.max(0, Math.min(u + 1, ((x + 1) * 7) / 3) - Math.max(u, (x * 7) / 3));
            const high = Math.max(0, Math.min(v + 1, ((y + 1) * 5) / 2) - Math.max(v, (y * 5) / 2));
            sum += wide * high * data[band * 35 + v * 7 + u]!;
            area += wide * high;
          }
        }
        const got = small.data[band * 6 + y * 3 + x]!;
        assert.ok(Math.abs(got - sum / area) < 1e-6, `band ${band} at ${x},${y}: ${got}, expected ${sum / area}`);
      }
    }
  }
  assert.equal(small.alpha, small.data.subarray(0, 6));
  assert.is(downscale(picture, 7), picture);
  const ones = downscale({ width: 1000, height: 3, data: new Float32Array(9000).fill(1) }, 333);
  assert.ok(ones.data.every((v) => Math.abs(v - 1) < 1e-5));
});

test.run();
