import { existsSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { repeat } from '../../src/base/raster';
import { readPicture } from '../../src/node/picture';
import { chooseSeam } from '../../src/recipes/finish';
import { plasma } from '../../src/recipes/init/plasma';
import { alreadyTiles, seamless, seamScore, verdict, verdictText } from '../../src/recipes/scores/seam';
import { long } from '../support/all';
import { needs } from '../support/needs';
import { crop, paint, rolled, runningBond } from '../support/planted_faults';
import { goodTiles, plantedSeams, type SeamCase } from '../support/seam_cases';

const test = suite('seam');

test('counts by hand', () => {
  // rows 0 1 2 4: lines inside 1 1 2, mean 4/3, deviation sqrt(2)/3; the join is 4
  const score = seamScore(paint(4, 4, (x) => [0, 1, 2, 4][x] ?? 0));
  assert.ok(Math.abs(score.x.ratio - 3) < 1e-12);
  assert.ok(Math.abs(score.x.z - (4 - 4 / 3) / (Math.SQRT2 / 3)) < 1e-9);
  assert.equal(score.y, { ratio: 1, z: 0, beside: 1, alike: 0 }); // all others are beside it
});

test('a tile that joins passes from every roll, its crop fails on the axis that was cut', () => {
  const tile = plasma({ size: [128, 128], seed: 4 });
  const four = repeat(tile, 2, 2);
  for (const [dx, dy] of [
    [0, 0],
    [17, 90],
    [64, 1],
  ] as const) {
    assert.ok(seamless(seamScore(crop(four, dx, dy, 128, 128))), `rolled by ${dx}, ${dy}`);
  }
  const half = seamScore(crop(tile, 0, 0, 64, 128));
  assert.is(verdict(half.x), 'jump');
  assert.is(verdict(half.y), 'seamless');
  assert.is(verdict(seamScore(crop(tile, 0, 20, 128, 70)).y), 'jump');
});

test('a ramp jumps, a mirrored grain is too smooth', () => {
  assert.is(verdict(seamScore(paint(32, 32, (x) => x / 32)).x), 'jump');
  const grain = plasma({ size: [64, 64], seed: 1, stretch: true });
  const mirrored = paint(64, 64, (x, y, b) => grain.data[(b * 64 + y) * 64 + Math.min(x, 63 - x)] ?? 0);
  const score = seamScore(mirrored);
  assert.is(score.x.ratio, 0);
  assert.is(verdict(score.x), 'too smooth');
});

test('one colour is seamless, and every score is a finite number', () => {
  const grey = seamScore(paint(16, 16, () => 0.3));
  const alike = { ratio: 1, z: 0, beside: 1, alike: 11 };
  assert.equal(grey, { x: alike, y: alike });
  const edge = seamScore(paint(16, 16, (x) => (x === 15 ? 1 : 0)));
  for (const axis of [edge.x, edge.y]) assert.ok(Number.isFinite(axis.ratio) && Number.isFinite(axis.z));
});

/** What the verdict gets wrong. */
const wrong = (cases: readonly SeamCase[]): string[] =>
  cases.flatMap(({ name, picture, seams }) =>
    (['x', 'y'] as const).flatMap((axis) => {
      if (seams.length > 0 && !seams.includes(axis)) return []; // what is cut along one axis may be cut through on the other
      const score = seamScore(picture)[axis];
      return seams.includes(axis) === (verdict(score) !== 'seamless') ? [] : [`${name} ${axis}: ${verdictText(score)}`];
    }),
  );

test('tiles pass, strong lines on the join or not, and no planted seam does', async () => {
  assert.equal(wrong(await goodTiles(false)), []);
  const planted = await plantedSeams();
  assert.is(planted.length, 40);
  assert.equal(wrong(planted), []);
});

long(test)('forty tiles pass, sealed photographs among them', async () => {
  const tiles = await goodTiles();
  assert.is(tiles.length, 40);
  assert.equal(wrong(tiles), []);
});

test('the border goes to no line that would be called a seam, and what tiles is not sealed again', () => {
  const wall = runningBond(128, 96, 2);
  const onJoint = rolled(wall, 3, 3);
  assert.equal(alreadyTiles(onJoint), { x: true, y: true });
  assert.ok(seamScore(onJoint).x.ratio > 4, 'by its ratio alone it would be a seam');
  const { x, y } = seamScore(chooseSeam(onJoint, [true, true]).raster);
  assert.ok(Math.abs(x.z) < 1 && Math.abs(y.z) < 1);
  // A step that is small among joints, at a z that passes: only `verdict` sees it.
  const cut = crop(wall, 9, 0, 101, 96);
  assert.ok(Math.abs(seamScore(cut).x.z) < 1);
  assert.is.not(chooseSeam(cut, [false, true]).moved[0], 0);
  assert.is(alreadyTiles(cut).x, false);
});

/** The join of its columns is rougher than all other lines, though hardly than those beside it. */
const SAND = '../shared/exemplars/coast_sand_rocks_256.png';

test('cloth that only nearly tiles is not taken for a tile: no line is as rough as its join', async () => {
  const cloth = await readPicture('examples/weave.png');
  assert.is(verdict(seamScore(cloth).y), 'seamless');
  assert.equal(alreadyTiles(cloth), { x: true, y: false });
});

needs(
  test,
  existsSync(SAND),
  `no ${SAND}`,
)('nor is sand', async () => {
  const sand = await readPicture(SAND);
  assert.is(verdict(seamScore(sand).x), 'seamless');
  assert.equal(alreadyTiles(sand), { x: false, y: true });
});

test('a dark column at the edge is a seam: that it has a line on either side is no excuse', () => {
  const { width, height, data } = plasma({ size: [96, 64], seed: 4, power: 1 });
  const edged = paint(width, height, (x, y, c) => (x === width - 1 ? 0.05 : (data[(c * height + y) * width + x] ?? 0)));
  const { x, y } = seamScore(edged);
  assert.equal([verdict(x), verdict(y)], ['jump', 'seamless'], verdictText(x));
});

test('too small a picture is refused', () => {
  assert.throws(() => seamScore(paint(3, 8, () => 0)), /3x8 is too small to look for seams/);
});

test.run();
