import { existsSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Raster } from '../../src/base/raster';
import { analyse, chooseMethod } from '../../src/copy/analyse';
import { flatten, lightOf, showsAsPatches } from '../../src/copy/flatten';
import { readPicture } from '../../src/node/picture';
import { ALL, long } from '../support/all';
import { needs } from '../support/needs';
import { crop, pebbles } from '../support/texture';
import { blots, boards, bond, chance, draw, sameLattice, white } from './pictures';

const test = suite('what an exemplar is like');

test('what is copied is told why, in one line', () => {
  const noise = analyse(white(256));
  assert.ok(noise.noiseLike && !noise.regular);
  const grain = 'copying: fine grain, of which any piece goes with any other';
  assert.equal(chooseMethod(noise, [512, 512]), { method: 'copy', why: grain });
  const ordered = analyse(blots(256, [25.3, 0], [0, 17.6]));
  assert.ok(ordered.regular && !ordered.noiseLike && !ordered.perspective);
  assert.equal(chooseMethod(ordered, [512, 512]), {
    method: 'copy',
    why: 'copying: it repeats every 17.6 and 25.3 px',
  });
});

long(test)('fine noise is fine noise in a large picture too, and a fine lattice is found there', () => {
  assert.ok(analyse(white(1200)).noiseLike, 'noise of one pixel, shrunk by three for the first look');
  const { lattice } = analyse(blots(1200, [8.3, 0], [1.1, 7.4]));
  assert.ok(
    lattice &&
      sameLattice(
        lattice.vectors,
        [
          [8.3, 0],
          [1.1, 7.4],
        ],
        0.1,
      ),
    JSON.stringify(lattice),
  );
});

test('a tile of fewer than four features is not copied, and it is said from which size on one is', async () => {
  const pebbles = analyse(await readPicture('examples/pebbles.png'));
  assert.ok(pebbles.feature > 20 && pebbles.feature < 40, `${pebbles.feature}`);
  assert.is(chooseMethod(pebbles, [512, 512]).why, `copying: parts about ${pebbles.feature} px large`);
  const { method, why } = chooseMethod(pebbles, [96, 512]);
  assert.is(method, 'patches');
  assert.match(why, /a tile of 96x512 holds few parts about \d+ px large; .* from 128 px on/);
});

test('of large parts that a picture shows few of it is said that sealing keeps them', () => {
  const [large, small] = [analyse(crop(pebbles, 80, 80)), analyse(pebbles)];
  assert.ok(large.parts[0] > 0.22 && small.parts[0] < 0.2, `${large.parts}, ${small.parts}`);
  assert.match(chooseMethod(large, [512, 512]).why, /sealing it instead \(seal\) keeps them whole/);
  assert.is.not(chooseMethod(small, [512, 512]).why, chooseMethod(large, [512, 512]).why);
});

/** A picture as a camera sees it that leans back: x by y, as rows nearer the bottom are nearer. */
function leaning(size: number, nearer: number, of: (x: number, y: number) => number): Raster {
  return draw(size, size, (x, y) => {
    const depth = 1 + nearer * (y / size - 0.5);
    return of((x - size / 2) / depth, y);
  });
}

test('rows that fan out are told from rows that do not, with how far', () => {
  // posts side by side, cut into lengths of 60 px at any height, each of its own tone
  const posts = (x: number, y: number): number => {
    const column = Math.floor(x / 24);
    const edge = Math.min(x - 24 * column, 24 * (column + 1) - x);
    const along = y + 60 * chance(column, 0);
    const tone = 0.4 + 0.2 * chance(column, Math.floor(along / 60), 1);
    return tone + (edge < 2 || along % 60 < 3 ? 0.3 : 0);
  };
  const fans = analyse(leaning(256, 0.25, posts));
  assert.ok(fans.perspective && !fans.regular);
  assert.is(fans.perspective.from, 'top');
  const ratio = fans.perspective.far / fans.perspective.near;
  assert.ok(Math.abs(ratio - (1 + 0.25 / 3) / (1 - 0.25 / 3)) < 0.03, `${ratio}`);
  assert.match(fans.remarks[0] ?? '', /^its rows fan out, from 2[12]\.\d px at the top to 2[56]\.\d px at the bottom/);
  for (const straight of [leaning(256, 0, posts), boards(256, 23.4), bond(256, 42.6, 16.2)]) {
    const { perspective, remarks } = analyse(straight);
    assert.is(perspective, null);
    assert.equal(remarks, []);
  }
});

/** Mean difference of two pictures after taking both to the same mean. */
function apart(a: Raster, b: Raster): number {
  const mean = (r: Raster): number => r.data.reduce((s, v) => s + v, 0) / r.data.length;
  const [p, q] = [mean(a), mean(b)];
  return a.data.reduce((s, v, i) => s + Math.abs(v / p - b.data[i]! / q), 0) / a.data.length;
}

const flat = (picture: Raster, feature: number): Raster => {
  const known = { feature, lightFallsOff: lightOf(picture, feature).amount };
  return showsAsPatches(picture, known) ? flatten(picture, known) : picture;
};

test('light that falls off is evened out, even light is left alone', async () => {
  const more = ALL ? ['brick', 'grass', 'lichen', 'sand', 'scales', 'terrazzo', 'wood'] : [];
  for (const name of ['pebbles', ...more]) {
    const picture = await readPicture(`examples/${name}.png`);
    const { feature } = analyse(picture);
    assert.ok(flat(picture, feature) === picture, `${name} is even`);
    const n = picture.width * picture.height;
    const data = picture.data.map((v, i) => {
      const [x, y] = [((i % n) % picture.width) / picture.width, Math.floor((i % n) / picture.width) / picture.height];
      return v * (1 - 0.5 * ((x - 0.3) ** 2 + (y - 0.4) ** 2));
    });
    const lit = { ...picture, data };
    const raster = flat(lit, feature);
    assert.ok(raster !== lit, `${name} is lit`);
    assert.ok(
      apart(raster, picture) < 0.75 * apart(lit, picture),
      `${name}: ${apart(lit, picture)} to ${apart(raster, picture)}`,
    );
    assert.ok(flat(raster, feature) === raster, 'and is even then');
  }
});

test('what a picture is of is no light', () => {
  const scene = draw(200, 160, (x, y) => (y < 50 ? 0.95 : y < 110 ? 0.02 : 0.1) + 0.02 * Math.sin(x * y));
  assert.ok(flat(scene, 40) === scene);
});

test('exemplars that show nothing are analysed to nothing', () => {
  for (const picture of [draw(16, 16, () => 0.5), draw(640, 16, () => 0), draw(17, 16, (x) => x / 17)]) {
    const a = analyse(picture);
    assert.is(a.lattice, null);
    assert.is(a.perspective, null);
    assert.ok(Number.isFinite(a.feature) && Number.isFinite(a.peak) && Number.isFinite(a.lightFallsOff));
  }
});

test('a picture is known again by its pixels, as long as few others were looked at since', () => {
  const picture = (k: number) => draw(32, 32, (x, y) => ((x * 7 + y * 13 + k) % 31) / 31);
  const first = analyse(picture(0));
  assert.is(analyse(picture(0)), first);
  const other = picture(0);
  other.data[7]! += 0.1;
  assert.is.not(analyse(other), first);
  const swapped = { ...picture(0), data: picture(0).data.slice().reverse() };
  assert.is.not(analyse(swapped), first);
  assert.is.not(analyse({ ...picture(0), width: 64, height: 16 }), first);
  analyse(picture(1));
  assert.is.not(analyse(picture(0)), first, 'four others were looked at');
  assert.equal(analyse(picture(0)).parts, first.parts);
});

const SHARED = '../shared/exemplars';
const ifShared = needs(test, existsSync(SHARED), `no ${SHARED}`);

ifShared(
  'photographs: a pavement seen at a slant fans, tiles seen from ahead do not; paintings keep their light',
  async () => {
    for (const size of ALL ? [256, 512] : [256]) {
      const { perspective } = analyse(await readPicture(`${SHARED}/brick_gray_${size}.png`));
      assert.ok(
        perspective && perspective.from === 'top' && Math.abs(perspective.far / perspective.near - 1.255) < 0.02,
        `${size}`,
      );
    }
    const tiles = analyse(await readPicture(`${SHARED}/long_white_tiles_256.png`));
    assert.ok(tiles.regular && !tiles.perspective);
    const painting = await readPicture(`${SHARED}/style_starry_night_512.jpg`);
    assert.ok(flat(painting, 44) === painting);
  },
);

test.run();
