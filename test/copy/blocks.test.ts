import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/base/rng';
import { autocorrelation } from '../../src/copy/autocorrelation';
import { cutBands } from '../../src/copy/block_cut';
import { hidesOf } from '../../src/copy/block_hides';
import { BlockLayout } from '../../src/copy/block_layout';
import { blockShape } from '../../src/copy/block_share';
import { type BlockOptions, type Blocks, placeBlocks } from '../../src/copy/blocks';
import { guided } from '../../src/copy/guide';
import type { Lattice } from '../../src/copy/lattice';
import { pinnedCanvas } from '../../src/copy/pin';
import { shrunkBy } from '../../src/copy/pyramid';
import { salience } from '../../src/copy/salience';
import { ALL, long } from '../support/all';
import { device } from '../support/device';
import { crop, pebbles } from '../support/texture';

const test = suite('copy: blocks');
const stones = crop(pebbles, 128, 128);
const options: BlockOptions = {
  seed: 1,
  share: [0.3, 0.3],
  variety: 0.1,
  evenness: 1,
  regular: false,
  correlation: autocorrelation(stones),
  lattice: null,
  closes: false,
  allowed: new Uint8Array(128 * 128).fill(1),
};
const placed = async (wishes: Partial<BlockOptions> = {}) =>
  placeBlocks(await device(), guided(stones), [192, 192], guided(stones), [192, 192], { ...options, ...wishes });

test('a cut keeps to a joint, also where that goes off at a right angle', () => {
  const [width, height] = [12, 16];
  // The joint: between columns 2 and 3 down to row 8, then sideways, then between 7 and 8.
  const joint = (y: number): number => (y < 8 ? 3 : 8);
  const across = new Float32Array(width * height).fill(1);
  const down = new Float32Array(width * height).fill(1);
  for (let y = 0; y < height; y++) across[y * width + joint(y) - 1] = 0;
  for (let x = 3; x < 8; x++) down[7 * width + x] = 0;
  const filled = Uint8Array.from({ length: width * height }, (_, i) => (i % width < 10 ? 1 : 0));
  const { keep, cost } = cutBands({ width, height, band: [10, 1], filled, across, down });
  for (let i = 0; i < keep.length; i++) {
    const old = i % width < joint(Math.floor(i / width));
    assert.is(keep[i], old ? 0 : 1, `pixel ${i % width}, ${Math.floor(i / width)}`);
  }
  assert.ok(cost < 0.1, `${cost}`);
});

test('the blocks beside a block are those that all corners say, also on a raster of one or two', () => {
  for (const [W, H, share] of [
    [192, 160, [0.3, 0.3]],
    [64, 640, [0.3, 0.6]],
    [40, 40, [0.9, 0.9]],
    [300, 31, [0.2, 0.2]],
  ] as const) {
    const layout = new BlockLayout([W, H], [96, 80], share, 0.5);
    const { corners, step } = layout;
    const wrapped = (d: number, n: number): number => Math.min(((d % n) + n) % n, ((-d % n) + n) % n);
    for (const [k, a] of corners.entries()) {
      const all = [...corners.keys()].filter((j) => {
        const b = corners[j] as { x: number; y: number };
        return j !== k && wrapped(a.x - b.x, W) < 1.5 * step[0] && wrapped(a.y - b.y, H) < 1.5 * step[1];
      });
      assert.equal(layout.beside(k), all, `${W}x${H}, block ${k}`);
    }
  }
});

test('nothing is cut where nothing lies below', () => {
  const none = new Float32Array(64);
  const { keep } = cutBands({
    width: 8,
    height: 8,
    band: [3, 3],
    filled: new Uint8Array(64),
    across: none,
    down: none,
  });
  assert.ok(keep.every((k) => k === 1));
});

test('blocks are large where parts are, and long where those are', () => {
  assert.equal(blockShape([0.1, 0.12], false).share, [0.3, 0.3]);
  assert.equal(blockShape([0.3, 0.25], false).share, [0.6, 0.6]);
  const [across, down] = blockShape([0.08, 0.2], false).share;
  assert.ok(across === 0.3 && down > 0.45, `${across}, ${down}`);
  assert.equal(blockShape([0.1, 0.1], true), { share: [0.6, 0.6] });
});

test('blocks of courses are long and low, and overlap by more than a course', () => {
  const shape = (...vectors: Lattice['vectors']) =>
    blockShape([0.1, 0.1], true, { vectors, confidence: 1 }, [200, 300]);
  const level = shape([0.4, 20]);
  assert.ok(level.share[0] > 2 * level.share[1], `${level.share}`);
  const overlap = level.overlap ?? [0, 0];
  assert.ok(overlap[1] * level.share[1] > 0.1, 'they overlap by a course');
  const turned = ([x, y]: readonly [number, number]): [number, number] => [y, x];
  assert.equal(shape([20, -0.4]), { share: turned(level.share), overlap: turned(overlap), lines: true });
  // Aslant, or of what repeats along them too, they are as of anything regular.
  for (const other of [shape([14, 14]), shape([0, 20], [40, 0])]) assert.equal(other, { share: [0.6, 0.6] });
  const courses = (overlap?: readonly [number, number]) =>
    new BlockLayout([1024, 1024], [128, 128], level.share, 0.1, overlap);
  assert.ok(courses(level.overlap).raster[0] < courses().raster[0]);
});

test('blocks of what repeats leave room for all its phases', () => {
  const shape = (...vectors: Lattice['vectors']) =>
    blockShape([0.1, 0.1], true, { vectors, confidence: 1 }, [200, 300]);
  const [across, down] = shape([100, 0], [0, 60]).share;
  assert.ok(200 * (1 - across) > 105 && across > 0.4, `${across}`);
  assert.is(down, 0.6);
  const courses = shape([0, 190]).share;
  assert.ok(300 - 200 * courses[1] > 199, `${courses}`);
});

test('a line hides a cut on whose side it stays, an edge one on either side of it', () => {
  const [width, height, line, step] = [24, 16, 8, 16];
  const gray = (x: number): number => (x === line ? 60 : x < step ? 120 : 180);
  const data = Float32Array.from({ length: 4 * width * height }, (_, i) =>
    i < 3 * width * height ? gray(i % width) : 0,
  );
  const hiding = (lines: boolean, shift: number): number[] =>
    Array.from(hidesOf({ width, height, data }, lines).subarray(8 * width, 9 * width))
      .map((word, x) => ((word >>> shift) & 0xffff ? x : -1))
      .filter((x) => x >= 0);
  assert.equal(
    [hiding(true, 0), hiding(true, 16)],
    [
      [line, line + 1],
      [line - 1, line],
    ],
  );
  const edges = [line - 1, line, step - 1];
  assert.equal([hiding(false, 0), hiding(false, 16)], [edges, edges.map((x) => x + 1)]);
});

test('what stands in an exemplar once only is the most conspicuous', () => {
  const [width, height] = [96, 96];
  const n = width * height;
  const rng = new Rng(7);
  const data = Float32Array.from({ length: 4 * n }, () => 100 + 20 * rng.uniform());
  for (let y = 40; y < 52; y++) for (let x = 60; x < 72; x++) data[y * width + x] = 250;
  const found = salience({ width, height, data }, 12);
  const mean = found.reduce((a, b) => a + b, 0) / n;
  assert.ok(Math.abs(mean - 1) < 1e-9, `mean ${mean}`);
  const most = found.indexOf(Math.max(...found));
  assert.ok(Math.abs((most % width) - 66) < 12 && Math.abs(Math.floor(most / width) - 46) < 12, `at ${most}`);
  assert.ok((found[46 * width + 66] ?? 0) > 3 * (found[10 * width + 10] ?? 0));
});

test('a thing is conspicuous that is larger than others of its colour', () => {
  const side = 128;
  const n = side * side;
  const rng = new Rng(5);
  const data = Float32Array.from({ length: 4 * n }, () => 120 + 10 * rng.uniform());
  const chip = (left: number, top: number, size: number, colour: readonly number[]): void => {
    for (let y = top; y < top + size; y++) {
      for (let x = left; x < left + size; x++)
        for (let c = 0; c < 3; c++) data[c * n + y * side + x] = colour[c] as number;
    }
  };
  // Many of each colour that are alike, white ones of 9 pixels among them, and a white one of 16.
  for (let k = 0; k < 36; k++) {
    const [x, y] = [2 + 21 * (k % 6), 2 + 21 * Math.floor(k / 6)];
    if (k === 21) chip(x, y, 16, [250, 250, 250]);
    else if (k % 3 === 0) chip(x, y, 9, [250, 250, 250]);
    else chip(x, y, 16, k % 3 === 1 ? [60, 60, 200] : [200, 90, 60]);
  }
  const found = salience({ width: side, height: side, data }, 16);
  const most = found.indexOf(Math.max(...found));
  const [x, y] = [most % side, Math.floor(most / side)];
  assert.ok(Math.abs(x - 73) <= 12 && Math.abs(y - 73) <= 12, `at ${x}, ${y}`);
});

long(test)('the more variety, the smaller the pieces that are copied', async () => {
  const pieces: number[] = [];
  for (const variety of [0, 0.4, 1]) {
    pieces.push(meanPiece(await placed({ variety })));
  }
  const [large = 0, middle = 0, small = 0] = pieces;
  assert.ok(large > middle && middle > small && large > 1.5 * small, pieces.join(', '));
});

test('no piece of the exemplar covers much over a quarter of the tile, where that is smaller', async () => {
  for (const seed of ALL ? [1, 2, 3] : [1]) {
    const { labels, offsets, largest } = await placeBlocks(
      await device(),
      guided(stones),
      [128, 128],
      guided(stones),
      [128, 128],
      {
        ...options,
        share: [0.5, 0.5],
        variety: 0,
        seed,
      },
    );
    const n = largestPiece(labels, offsets, 128);
    assert.ok(largest <= 0.25 && n < 0.3 * labels.length, `${n / labels.length} of the tile, taken for ${largest}`);
  }
});

test('evenly used, every part of the exemplar stands in the tile about as often', async () => {
  const spread = async (evenness: number): Promise<number> => {
    const { labels, offsets } = await placed({ evenness });
    const uses = new Float64Array(16);
    for (const [i, label] of labels.entries()) {
      const { x = 0, y = 0 } = offsets[label] ?? {};
      // Blocks reach over the canvas's border: within the exemplar there is one way to take them.
      const sx = wrapped((i % 192) + x, 128);
      const sy = wrapped(Math.floor(i / 192) + y, 128);
      const at = Math.floor(sy / 32) * 4 + Math.floor(sx / 32);
      uses[at] = (uses[at] ?? 0) + 1;
    }
    const mean = labels.length / 16;
    return Math.sqrt(uses.reduce((sum, u) => sum + (u / mean - 1) ** 2, 0) / 16);
  };
  const [even, uneven] = [await spread(2), await spread(0)];
  assert.ok(even < 0.6, `${even}`);
  assert.ok(even < uneven, `${even}, ${uneven}`);
});

test('what is conspicuous stands in a tile less often than the rest', async () => {
  const odd = { ...stones, data: stones.data.slice() };
  // Red and white stripes, as nothing else there.
  for (let y = 52; y < 70; y++) {
    for (let x = 40; x < 58; x++) {
      for (let c = 0; c < 3; c++) odd.data[(c * 128 + y) * 128 + x] = c === 0 || x % 6 < 3 ? 1 : 0;
    }
  }
  for (const seed of ALL ? [1, 2, 3] : [1]) {
    const { labels, offsets } = await placeBlocks(await device(), guided(odd), [256, 256], guided(odd), [256, 256], {
      ...options,
      seed,
    });
    let uses = 0;
    for (const [i, label] of labels.entries()) {
      const { x, y } = offsets[label] as { x: number; y: number };
      const sx = wrapped((i % 256) + x, 128, 256);
      const sy = wrapped(Math.floor(i / 256) + y, 128, 256);
      if (sx >= 40 && sx < 58 && sy >= 52 && sy < 70) uses++;
    }
    // Each pixel of the exemplar stands in the tile four times on average.
    const times = uses / 18 ** 2;
    assert.ok(times < 2.5, `${times} times with seed ${seed}`);
  }
});

test('in a hole what is conspicuous beside it does not come again', async () => {
  const side = 128;
  const picture = { width: side, height: side, data: shrunkBy(pebbles, [2, 2]).data };
  const known = Uint8Array.from({ length: side * side }, (_, i) =>
    Math.hypot((i % side) - 64, Math.floor(i / side) - 64) < 22 ? 0 : 1,
  );
  const full = pinnedCanvas({ picture, known }, [side, side]);
  /** How often the red stone with white veins comes again, in some holes together. */
  const met = async (stands: boolean): Promise<number> => {
    let pixels = 0;
    for (let seed = 1; seed <= 6; seed++) {
      const { labels, offsets } = await placeBlocks(
        await device(),
        guided(picture),
        [side, side],
        guided(picture),
        [side, side],
        {
          ...options,
          correlation: autocorrelation(picture),
          pinned: { level: full, full },
          allowed: known,
          stands,
          seed,
        },
      );
      for (const [i, label] of labels.entries()) {
        if (label < 0 || known[i]) continue;
        const { x, y } = offsets[label] as { x: number; y: number };
        const sx = wrapped((i % side) + x, side, side);
        const sy = wrapped(Math.floor(i / side) + y, side, side);
        if (Math.hypot(sx - 86, sy - 22) < 6) pixels++;
      }
    }
    return pixels / (Math.PI * 6 ** 2);
  };
  const [again, before] = [await met(true), await met(false)];
  assert.ok(again < 0.2 && before > 0.8, `${again} times, ${before} where what stands there is not counted`);
});

/** A position that may be a canvas's side off, brought within an exemplar. */
function wrapped(at: number, side: number, canvas = 192): number {
  const near = [at, at - canvas, at + canvas].find((v) => v >= 0 && v < side);
  return near ?? Math.min(side - 1, Math.max(0, at));
}

/** The most pixels of a square canvas, connected or not, that were copied with one offset. */
function largestPiece(labels: Int32Array, offsets: readonly { x: number; y: number }[], side: number): number {
  const counts = new Map<number, number>();
  const modulo = (v: number): number => ((Math.round(v) % side) + side) % side;
  for (const label of labels) {
    const { x = 0, y = 0 } = offsets[label] ?? {};
    const key = modulo(x) * side + modulo(y);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return Math.max(...counts.values());
}

/** Mean over the pixels of how many pixels the connected piece has that they were copied with. */
function meanPiece({ labels, offsets, width, height }: Blocks): number {
  const n = width * height;
  const seen = new Uint8Array(n);
  const modulo = (v: number): number => ((Math.round(v) % 192) + 192) % 192;
  const key = (i: number): number => {
    const { x = 0, y = 0 } = offsets[labels[i] ?? 0] ?? {};
    return modulo(x) * 192 + modulo(y);
  };
  let squares = 0;
  for (let start = 0; start < n; start++) {
    if (seen[start]) continue;
    seen[start] = 1;
    const open = [start];
    let size = 0;
    for (let i = open.pop(); i !== undefined; i = open.pop()) {
      size++;
      const [x, y] = [i % width, Math.floor(i / width)];
      const near = [
        y * width + ((x + 1) % width),
        y * width + ((x + width - 1) % width),
        ((y + 1) % height) * width + x,
        ((y + height - 1) % height) * width + x,
      ];
      for (const j of near) {
        if (seen[j] || key(j) !== key(i)) continue;
        seen[j] = 1;
        open.push(j);
      }
    }
    squares += size * size;
  }
  return squares / n;
}

test.run();
