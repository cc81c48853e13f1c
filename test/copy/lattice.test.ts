import { existsSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { autocorrelation, partsOf } from '../../src/copy/autocorrelation';
import { findLattice, type Lattice, type Vector } from '../../src/copy/lattice';
import { luminance, tentBlur } from '../../src/copy/planes';
import { readPicture } from '../../src/node/picture';
import { ALL } from '../support/all';
import { needs } from '../support/needs';
import { blots, boards, bond, chance, draw, sameLattice, tiles, white } from './pictures';

const test = suite('the lattice of an exemplar');

const latticeOf = (picture: Parameters<typeof autocorrelation>[0]): Lattice | null =>
  findLattice(autocorrelation(picture));
const text = (l: Lattice | null): string =>
  l ? l.vectors.map((v) => `(${v.map((x) => x.toFixed(2))})`).join(' ') : 'none';

function finds(picture: Parameters<typeof autocorrelation>[0], u: Vector, v: Vector, what: string): void {
  const l = latticeOf(picture);
  assert.ok(l && sameLattice(l.vectors, [u, v], 0.1), `${what}: found ${text(l)}, drawn (${u}) (${v})`);
}

test('the autocorrelation is the sum that it says it is', () => {
  const [w, h] = [23, 17];
  const picture = draw(w, h, (x, y) => 0.5 + 0.3 * Math.sin(0.9 * x + 0.3 * y) + 0.1 * Math.cos(x * y));
  const a = autocorrelation(picture);
  assert.equal(partsOf(picture, 585, 0.1), a.parts);
  // a direct sum for luminance and the gradients' roots, at a few lags
  const light = luminance(picture);
  const px = (x: number, y: number): number =>
    light[Math.min(h - 1, Math.max(0, y)) * w + Math.min(w - 1, Math.max(0, x))]!;
  const planes = [new Float64Array(w * h), new Float64Array(w * h), light];
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const side = (i: number): number => px(x + i, y - 1) + 2 * px(x + i, y) + px(x + i, y + 1);
      const line = (j: number): number => px(x - 1, y + j) + 2 * px(x, y + j) + px(x + 1, y + j);
      planes[0]![y * w + x] = Math.sqrt(Math.abs(side(1) - side(-1)));
      planes[1]![y * w + x] = Math.sqrt(Math.abs(line(1) - line(-1)));
    }
  }
  const high = planes.map((p) => {
    const slow = tentBlur(p, w, h, 4);
    return p.map((v, i) => v - slow[i]!);
  });
  for (const [dx, dy] of [
    [0, 0],
    [1, 0],
    [0, 1],
    [5, 3],
    [-4, 6],
    [-17, 12],
    [16, 0],
  ] as const) {
    let mean = 0;
    for (const p of high) {
      let [ab, aa, bb] = [0, 0, 0];
      for (let y = Math.max(0, -dy); y < h - Math.max(0, dy); y++) {
        for (let x = Math.max(0, -dx); x < w - Math.max(0, dx); x++) {
          const [s, t] = [p[y * w + x]!, p[(y + dy) * w + x + dx]!];
          ab += s * t;
          aa += s * s;
          bb += t * t;
        }
      }
      mean += ab / Math.sqrt(aa * bb) / 3;
    }
    assert.ok(Math.abs(a.at(dx, dy) - mean) < 1e-9, `lag ${dx}, ${dy}: ${a.at(dx, dy)}, want ${mean}`);
    assert.ok(Math.abs(a.at(-dx, -dy) - mean) < 1e-9, 'even');
  }
  assert.is(a.at(18, 0), 0, 'beyond three quarters nothing is known');
  assert.ok(Math.abs(a.at(2.25, 1) - (0.75 * a.at(2, 1) + 0.25 * a.at(3, 1))) < 1e-12, 'linear between samples');
});

test('a drawn lattice is found to a tenth of a pixel: level, slanted, sheared', () => {
  if (ALL) finds(blots(256, [25.3, 0], [0, 17.6]), [25.3, 0], [0, 17.6], 'level');
  finds(blots(256, [21.7, 6.4], [-5.1, 24.2]), [21.7, 6.4], [-5.1, 24.2], 'slanted');
  finds(blots(200, [30.25, 0], [12.1, 19.75]), [30.25, 0], [12.1, 19.75], 'sheared');
  finds(blots(256, [11.15, 2.3], [-1.7, 9.4]), [11.15, 2.3], [-1.7, 9.4], 'fine');
  if (ALL) finds(blots(256, [46.4, 3.1], [-2.2, 40.8]), [46.4, 3.1], [-2.2, 40.8], 'coarse');
});

test('under noise, and where light falls off', () => {
  finds(blots(256, [21.7, 6.4], [-5.1, 24.2], 0.25), [21.7, 6.4], [-5.1, 24.2], 'noise');
  finds(blots(256, [25.3, 0], [0, 17.6], 0.1, 0.8), [25.3, 0], [0, 17.6], 'light');
});

test('a running bond is a lattice of half bricks, so only an even number of courses closes it', () => {
  finds(bond(256, 42.6, 16.2), [42.6, 0], [21.3, 16.2], 'running bond');
  finds(bond(256, 35, 14.2, 0.3), [35, 0], [17.5, 14.2], 'a noisy one');
});

test('a large picture is shrunk for the analysis, and its lattice is as exact', () => {
  const picture = blots(640, [80.6, 12.3], [-9.4, 70.9]);
  const a = autocorrelation(picture);
  assert.is(a.step, 2);
  const l = findLattice(a);
  assert.ok(
    l &&
      sameLattice(
        l.vectors,
        [
          [80.6, 12.3],
          [-9.4, 70.9],
        ],
        0.1,
      ),
    text(l),
  );
});

test('sharp joints, which agree with their own sides too, do not move a lattice', () => {
  for (const down of [40, 48]) {
    const lattice = findLattice(autocorrelation(tiles(128, 13, down)));
    const [u = [0, 0], v = [0, 0]] = lattice?.vectors ?? [];
    assert.ok(
      Math.hypot(u[0] - 13, u[1]) < 0.1 && Math.hypot(v[0], v[1] - down) < 0.1,
      `${lattice?.vectors.join(', ')}`,
    );
  }
});

test('the joints of a few large tiles are two families of lines, and a lattice', () => {
  const joint = (t: number, period: number): boolean => t % period < 2;
  const tile = (x: number, y: number): number => 0.3 + 0.3 * chance(Math.floor(x / 2), Math.floor(y / 2));
  for (const [across, down] of [
    [57, 57],
    [50, 62],
  ] as const) {
    const picture = draw(160, 160, (x, y) => (joint(x + 20, across) || joint(y + 30, down) ? 0.7 : tile(x, y)));
    const [u = [0, 0], v = [0, 0]] = findLattice(autocorrelation(picture))?.vectors ?? [];
    const [level, upright] = Math.abs(u[0]) > Math.abs(u[1]) ? [u, v] : [v, u];
    assert.ok(Math.hypot(level[0] - across, level[1]) < 0.5, `${u} and ${v}`);
    assert.ok(Math.hypot(upright[0], upright[1] - down) < 0.5, `${u} and ${v}`);
  }
});

test('boards repeat across, not along: along a board everything agrees with everything', () => {
  for (const slant of [0, 0.2]) {
    const l = latticeOf(boards(256, 23.4, slant));
    assert.is(l?.vectors.length, 1, text(l));
    const want: Vector = [-23.4 * Math.sin(slant), 23.4 * Math.cos(slant)];
    const got = l!.vectors[0];
    assert.ok(Math.hypot(got[0] - want[0], got[1] - want[1]) < 0.1, `${text(l)}, drawn (${want})`);
  }
});

test('nothing is found in one colour, in noise, in a tiny picture, and in cells larger than half the picture', () => {
  assert.is(latticeOf(draw(64, 64, () => 0.5)), null);
  assert.is(latticeOf(white(256)), null);
  assert.is(latticeOf(white(16)), null);
  assert.is(latticeOf(draw(16, 16, (x) => x / 16)), null);
  assert.is(latticeOf(blots(256, [150, 0], [0, 140])), null);
  assert.is(
    latticeOf(draw(640, 16, (x, y) => ((x * 7 + y * 13) % 29) / 29 + 0.1 * ((x * y) % 3)))?.vectors.length === 2,
    false,
  );
});

/** Moves as drawn by examples/draw, or measured by hand on the picture. */
const EXAMPLES: Record<string, readonly Vector[] | null> = {
  'knit.png': [
    [13.6, 0],
    [0, 9.6],
  ],
  'scales.png': [
    [19.3, 0],
    [9.65, 9.1],
  ],
  'weave.png': [
    [6.4, -6.4],
    [12.8, 12.8],
  ],
  'wood.png': [[0, 21.4]],
  'grass.png': null,
  'pebbles.png': null,
  ...(ALL && { 'leaves.png': null, 'lichen.png': null, 'sand.png': null, 'terrazzo.png': null, 'water.png': null }),
};

test('the examples: moves as they were drawn, none where there are none', async () => {
  for (const [name, want] of Object.entries(EXAMPLES)) {
    const l = latticeOf(await readPicture(`examples/${name}`));
    if (!want) assert.is(l, null, `${name}: ${text(l)}`);
    else if (want.length === 2)
      assert.ok(l && sameLattice(l.vectors, want as [Vector, Vector], 0.1), `${name}: ${text(l)}`);
    else
      assert.ok(
        l?.vectors.length === 1 && Math.hypot(l.vectors[0][0] - want[0]![0], l.vectors[0][1] - want[0]![1]) < 0.1,
        name,
      );
  }
  // bricks laid by hand: courses 14.2 px apart, shifted by about half of 35 px
  const brick = latticeOf(await readPicture('examples/brick.png'));
  assert.ok(
    brick &&
      sameLattice(
        brick.vectors,
        [
          [35, 0],
          [17.5, 14.2],
        ],
        0.4,
      ),
    text(brick),
  );
});

const SHARED = '../shared/exemplars';
const ifShared = needs(test, existsSync(SHARED), `no ${SHARED}`);

ifShared('photographs: tiles and blocks are found, stone, leaves and paintings are not', async () => {
  const of = async (name: string): Promise<Lattice | null> => latticeOf(await readPicture(`${SHARED}/${name}`));
  const tiles = await of('long_white_tiles_256.png');
  assert.ok(
    tiles &&
      sameLattice(
        tiles.vectors,
        [
          [10.31, 0],
          [0, 34.27],
        ],
        0.25,
      ),
    text(tiles),
  );
  // columns of 28.44 px, every other one shifted by half a block: the joints of every second one are level
  const wood = await of('wood070_256.png');
  assert.ok(wood && Math.abs(wood.vectors[0][0] / 28.44 - Math.round(wood.vectors[0][0] / 28.44)) < 0.004, text(wood));
  const more = ALL ? ['coast_sand_rocks', 'grass_gray', 'leaves_forest_ground'] : [];
  for (const name of ['castle_brick', 'marble016', ...more]) {
    const l = await of(`${name}_256.png`);
    assert.is(l, null, `${name}: ${text(l)}`);
  }
  for (const name of ['style_starry_night_512.jpg', ...(ALL ? ['style_shipwreck_512.jpg'] : [])])
    assert.is(await of(name), null, name);
});

test.run();
