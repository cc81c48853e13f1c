import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { autocorrelation } from '../../src/copy/autocorrelation';
import { closingSize, fit, MOST_SCALE } from '../../src/copy/fit';
import { findLattice, type Lattice, type Vector } from '../../src/copy/lattice';
import { IDENTITY, type LinearMap } from '../../src/copy/linear_map';
import { sizeInside, warp } from '../../src/copy/warp';
import { readPicture } from '../../src/node/picture';
import { ALL } from '../support/all';
import { apply, blots, bond, draw, sharpness } from './pictures';

const test = suite('sizes that hold a lattice');

const plane = (...vectors: [Vector, Vector]): Lattice => ({ vectors, confidence: 0.5 });
const across = (u: Vector): Lattice => ({ vectors: [u], confidence: 0.5 });
const BOND = plane([17.5, -15], [17.5, 15]);

/** How far a turn of the torus, seen in the exemplar, is from a move of the lattice, pixels. */
function fault({ vectors: [u, v] }: Lattice, map: LinearMap, turn: Vector): number {
  const [x, y] = apply(map, turn);
  if (!v) {
    const k = (x * u[0] + y * u[1]) / (u[0] ** 2 + u[1] ** 2);
    return Math.abs(k - Math.round(k)) * Math.hypot(...u);
  }
  const det = u[0] * v[1] - u[1] * v[0];
  const m = Math.round((x * v[1] - y * v[0]) / det);
  const n = Math.round((u[0] * y - u[1] * x) / det);
  return Math.hypot(x - m * u[0] - n * v[0], y - m * u[1] - n * v[1]);
}

test('nothing regular, or nothing joined: the size as asked, nothing said', () => {
  for (const f of [fit(null, [512, 300], 'both', 'size'), fit(BOND, [512, 300], 'none', 'size')]) {
    assert.equal(f.size, [512, 300]);
    assert.is(f.map, IDENTITY);
    assert.is(f.sentence, null);
    assert.equal(f.nearest, []);
  }
});

test('a level lattice: the nearest whole number of rows, and in words', () => {
  const f = fit(plane([30, 0], [0, 64]), [512, 512], 'both', 'size');
  assert.equal(f.size, [510, 512]);
  assert.is(f.map, IDENTITY);
  assert.is(f.sentence, '510x512 holds 17 columns of 30 px, each of 8 times 64 px');
  assert.equal(f.nearest[0], [510, 512]);
  assert.ok(
    f.nearest.some((s) => s[0] === 540 && s[1] === 512),
    'and the next ones',
  );
});

test('a running bond closes after an even number of courses', () => {
  for (const height of [440, 450, 460, 480, 495]) {
    const f = fit(BOND, [512, height], 'both', 'size');
    assert.is((f.size[1] / 15) % 2, 0, `${f.size}`);
    assert.match(f.sentence ?? '', /holds (28|30|32|34) courses of 15 px, each of 15 times 35 px/);
    for (const turn of [
      [f.size[0], 0],
      [0, f.size[1]],
    ] as Vector[])
      assert.ok(fault(BOND, f.map, turn) < 0.25);
  }
});

test('whatever the lattice, the turns of the torus are moves of it, and the strain is within its limit', () => {
  const lattices = [
    plane([10.31, -0.02], [-0.12, 34.26]),
    plane([21.7, 6.4], [-5.1, 24.2]),
    plane([17.37, -14.2], [17.67, 14.21]),
    across([23.2, 0.4]),
    across([9.1, 22.3]),
    across([0, 21.4]),
  ];
  for (const lattice of lattices) {
    for (const wanted of [
      [256, 256],
      [512, 300],
      [1024, 512],
    ] as Vector[]) {
      for (const joins of ['both', 'x', 'y'] as const) {
        for (const mode of ['size', 'scale'] as const) {
          const f = fit(lattice, wanted, joins, mode);
          const name = `${JSON.stringify(lattice.vectors)} ${wanted} ${joins} ${mode}: ${f.sentence}`;
          if (!f.turns) {
            assert.is(f.map, IDENTITY, name);
            assert.match(f.sentence ?? '', /does not hold whole/, name);
            continue;
          }
          if (joins !== 'y') assert.ok(fault(lattice, f.map, [f.size[0], 0]) < 0.3, name);
          if (joins !== 'x') assert.ok(fault(lattice, f.map, [0, f.size[1]]) < 0.3, name);
          if (mode === 'scale') assert.equal(f.size, wanted, name);
          assert.ok(f.strain <= (mode === 'scale' ? MOST_SCALE : 0.006), name);
          assert.ok(Math.abs(f.rotation) <= 3, name);
          // no silent change: lengths in the map are as the strain says
          for (const unit of [
            [1, 0],
            [0, 1],
            [0.6, 0.8],
            [-0.8, 0.6],
          ] as Vector[]) {
            const change = Math.abs(Math.hypot(...apply(f.map, unit)) - 1);
            assert.ok(change <= f.strain + 1e-9 || f.map === IDENTITY, `${name}: ${unit} changes by ${change}`);
          }
          if (f.strain > 0.001) assert.match(f.sentence ?? '', /scale changed by/, name);
        }
      }
    }
  }
});

test('by scale, three percent at most: beyond, the exemplar stays and the sentence names sizes that fit', () => {
  const tiles = plane([64, 0], [0, 64]);
  const near = fit(tiles, [250, 256], 'both', 'scale');
  assert.equal(near.size, [250, 256]);
  assert.ok(Math.abs(near.strain - 0.024) < 1e-3);
  assert.match(near.sentence ?? '', /scale changed by 2.4 %/);
  const far = fit(tiles, [230, 256], 'both', 'scale');
  assert.is(far.map, IDENTITY);
  assert.is(far.turns, null);
  assert.is(
    far.sentence,
    '230x256 does not hold whole repeats, nor with its scale changed by 3 %; 256x256 or 192x256 does',
  );
});

test('off: nothing changes, and it is said whether the size holds', () => {
  const tiles = plane([64, 0], [0, 64]);
  const f = fit(tiles, [230, 256], 'both', 'off');
  assert.equal(f.size, [230, 256]);
  assert.is(f.map, IDENTITY);
  assert.is(f.sentence, '230x256 does not hold whole repeats; 256x256 or 192x256 does');
  assert.match(fit(tiles, [128, 256], 'both', 'off').sentence ?? '', /^128x256 holds /);
});

test('boards: the side along them is free', () => {
  const f = fit(across([0, 21.4]), [500, 512], 'both', 'size');
  assert.equal(f.size, [500, 514]);
  assert.match(f.sentence ?? '', /^500x514 holds 24 courses of 21.4 px/);
  assert.is(fit(across([0, 21.4]), [500, 512], 'x', 'size').size[1], 512);
});

test('warped by the map, a picture has the lattice that the tile needs', () => {
  const [u, v]: [Vector, Vector] = [
    [21.7, 6.4],
    [-5.1, 24.2],
  ];
  const picture = blots(300, u, v);
  const found = findLattice(autocorrelation(picture))!;
  const f = fit(found, [256, 256], 'both', 'scale');
  assert.ok(f.turns && f.map !== IDENTITY, f.sentence ?? 'nothing found');
  const again = findLattice(autocorrelation(warp(picture, f.map)))!;
  for (const turn of [
    [256, 0],
    [0, 256],
  ] as Vector[]) {
    const [before, after] = [fault(found, IDENTITY, turn), fault(again, IDENTITY, turn)];
    assert.ok(after < 1 && after < before, `${turn}: off by ${after} px, ${before} px before`);
  }
});

test('warping: the largest rectangle that stays inside, exact where nothing moves, sharp elsewhere', async () => {
  const picture = await readPicture('examples/lichen.png');
  assert.ok(warp(picture, IDENTITY) === picture);
  const copy = warp(picture, { a: 1, b: 0, c: 0, d: 1 });
  assert.ok(copy.data.every((v, i) => v === picture.data[i]));
  const map = { a: 1.01, b: 0.012, c: -0.008, d: 0.985 };
  const [w, h] = sizeInside([256, 200], map);
  const inside = (x: number, y: number): boolean => {
    const corners = [
      [x, y],
      [-x, y],
    ].map((c) => apply(map, [c[0]! / 2, c[1]! / 2]));
    return corners.every(([p, q]) => Math.abs(p) <= 128 + 1e-6 && Math.abs(q) <= 100 + 1e-6);
  };
  assert.ok(inside(w, h) && !inside(w + 2, h) && !inside(w, h + 2), `${w}x${h}`);
  for (const name of ['lichen', 'brick', ...(ALL ? ['sand', 'grass', 'terrazzo'] : [])]) {
    const exemplar = await readPicture(`examples/${name}.png`);
    for (const m of [
      { a: 1.003, b: 0.001, c: -0.001, d: 1.003 },
      { a: 0.98, b: 0.003, c: -0.001, d: 1.01 },
    ]) {
      const ratio = sharpness(warp(exemplar, m)) / sharpness(exemplar) / ((m.a + m.d) / 2);
      assert.ok(ratio > 0.95 && ratio < 1.05, `${name}: ${ratio}`);
    }
  }
});

test('warping follows the map: a smooth picture is the function at the mapped place', () => {
  const value = (x: number, y: number): number => 0.5 + 0.2 * Math.sin(0.11 * x) + 0.2 * Math.cos(0.07 * x + 0.13 * y);
  const map = { a: 1.02, b: 0.03, c: -0.02, d: 0.99 };
  const got = warp(draw(120, 90, value), map);
  for (let y = 8; y < got.height - 8; y += 5) {
    for (let x = 8; x < got.width - 8; x += 5) {
      const [sx, sy] = apply(map, [x + 0.5 - got.width / 2, y + 0.5 - got.height / 2]);
      const want = value(sx + 60 - 0.5, sy + 45 - 0.5);
      assert.ok(
        Math.abs(got.data[y * got.width + x]! - want) < 2e-3,
        `${x}, ${y}: ${got.data[y * got.width + x]}, ${want}`,
      );
    }
  }
});

test('a tile of which no size was asked takes a near one that closes, where scale cannot do it', () => {
  const courses = (spacing: number): Lattice => across([0, spacing]);
  assert.equal(closingSize(null, [512, 512], 'both'), [512, 512]);
  assert.equal(closingSize(courses(64), [512, 512], 'both'), [512, 512]);
  assert.equal(closingSize(courses(63), [512, 512], 'both'), [512, 512], 'by scale');
  assert.equal(closingSize(courses(79.9), [512, 512], 'both'), [512, 479]);
  assert.equal(closingSize(courses(79.9), [512, 512], 'x'), [512, 512], 'nothing joins there');
  assert.equal(closingSize(courses(340), [512, 512], 'both'), [512, 512], 'none is near');
});

test('a running bond that was drawn, by all the steps', () => {
  const found = findLattice(autocorrelation(bond(256, 42.6, 16.2)));
  const f = fit(found, [256, 256], 'both', 'size');
  assert.match(f.sentence ?? '', /holds 16 courses of 16.2 px, each of 6 times 42.6 px/);
});

test.run();
