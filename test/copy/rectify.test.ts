// A part between four corners, straightened: its pixels, its sharpness, and that all who read pictures do it.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readInputs } from '../../src/app/inputs';
import { sealOn } from '../../src/app/seal';
import { chosenTexture } from '../../src/app/texture_recipe';
import type { Raster } from '../../src/base/raster';
import { analyse, chooseMethod } from '../../src/copy/analyse';
import { cropped } from '../../src/copy/planes';
import { type Corners, rectified } from '../../src/copy/rectify';
import { readPicture } from '../../src/node/picture';
import { fillRecipe } from '../../src/recipes/recipe';
import { relativeSharpness } from '../../src/recipes/scores/sharpness';
import { draw } from './pictures';

const test = suite('rectify');
const grass = await readPicture('examples/grass.png');

/** A picture's worth of values is not listed where it is another. */
function same(found: Float32Array | undefined, wanted: Float32Array): void {
  assert.is(found?.length, wanted.length);
  const at = wanted.findIndex((v, i) => v !== found?.[i]);
  assert.is(at, -1, `${found?.[at]}, not ${wanted[at]}, at ${at}`);
}

test('whole pixels stay as they are', () => {
  same(rectified(grass, [0, 0, 256, 0, 256, 256, 0, 256]).data, grass.data);
  const piece = rectified({ ...grass, alpha: grass.data.slice(0, 256 * 256) }, [7, 9, 107, 9, 107, 69, 7, 69]);
  const plain = cropped(grass, 7, 9, 100, 60);
  assert.equal([piece.width, piece.height], [100, 60]);
  same(piece.data, plain.data);
  same(piece.alpha, plain.data.slice(0, 6000));
});

test('what is seen from straight ahead stays as sharp', () => {
  const corners: Corners = [20.4, 30.6, 220.3, 29.8, 219.7, 200.5, 19.9, 201.2];
  const straight = rectified(grass, corners);
  const sharpness = relativeSharpness(straight, cropped(grass, 20, 30, 200, 171), { x: false, y: false });
  assert.ok(sharpness > 0.95 && sharpness < 1.05, `${sharpness}`);
});

/** Soft courses of bricks, in units of bricks. */
const wall = (u: number, v: number): number => {
  const [row, column] = [Math.floor(v), u + (Math.floor(v) % 2) / 2];
  const edge = Math.min(v - row, row + 1 - v, 2 * Math.abs(column - Math.round(column)));
  return 0.3 + Math.min(0.5, 2.5 * edge) + 0.1 * Math.sin(12.9 * row + 78.2 * Math.floor(column));
};

const [FOCUS, AWAY, TILT] = [300, 300, 0.6];

/** A camera looks at the wall, which leans back: pixels from the middle of the picture to places on it, and back. */
const seen = (s: number, t: number): [number, number] => {
  const away = AWAY + t * Math.sin(TILT);
  return [(FOCUS * s) / away, (FOCUS * t * Math.cos(TILT)) / away];
};
const met = (x: number, y: number): [number, number] => {
  const t = (y * AWAY) / (FOCUS * Math.cos(TILT) - y * Math.sin(TILT));
  return [(x * (AWAY + t * Math.sin(TILT))) / FOCUS, t];
};

test('a wall taken at a slant is seen from straight ahead, as large as it was where it was nearest', () => {
  const at = ([s, t]: [number, number]): number => wall(s / 30, t / 15);
  const photo = draw(280, 240, (x, y) => at(met(x + 0.5 - 140, y + 0.5 - 120)));
  const ends = [seen(-90, -105), seen(90, -105), seen(90, 105), seen(-90, 105)];
  const corners = ends.flatMap(([x, y]) => [x + 140, y + 120]) as unknown as Corners;
  const straight = rectified(photo, corners);
  const { width, height } = straight;
  const ahead = draw(width, height, (x, y) => at([180 * ((x + 0.5) / width - 0.5), 210 * ((y + 0.5) / height - 0.5)]));
  const off = straight.data.reduce((sum, v, i) => sum + Math.abs(v - (ahead.data[i] ?? 0)), 0) / ahead.data.length;
  assert.ok(off < 0.02, `off by ${off}`);
  const near = AWAY / (AWAY - 105 * Math.sin(TILT));
  assert.is(width, Math.round(180 * near));
  assert.ok(Math.abs(height - 210 * Math.cos(TILT) * near ** 2) < 15, `${height}`);
  const { lattice, perspective } = analyse(straight);
  assert.ok(lattice && !perspective);
});

test('corners that are none are refused', () => {
  const refused = (corners: Corners, message: RegExp): void => assert.throws(() => rectified(grass, corners), message);
  refused([0, 0, 257, 0, 256, 256, 0, 256], /the corner 257,0 is outside the picture, which is 256x256/);
  refused([0, 0, 0, 256, 256, 256, 256, 0], /are no four corners in order/);
  refused([0, 0, 256, 0, 10, 10, 0, 256], /no four corners/);
  refused([0, 0, 128, 0, 256, 0, 0, 256], /no four corners/);
});

const CORNERS: Corners = [8, 4, 120, 10, 110, 92, 3, 100];
const small = cropped(grass, 0, 0, 128, 128);
const platform = {
  readPicture: (raster: Raster) => Promise.resolve({ raster, path: 'wall.png' }),
};
const quiet = { warn: () => {} };

test('a recipe that says so has it of its inputs, and so has who looks at the exemplar first', async () => {
  const straight = rectified(small, CORNERS);
  const said: string[] = [];
  const recipe = await chosenTexture(platform, { rectify: CORNERS }, small, { warn: (text) => void said.push(text) });
  assert.is(said[0], chooseMethod(analyse(straight), [512, 512]).why);
  const replayed = fillRecipe(JSON.parse(JSON.stringify(fillRecipe(recipe))));
  assert.equal(replayed.rectify, { style: CORNERS });
  const [input] = await readInputs(platform, replayed, new Map([['style', small]]), quiet);
  same(input?.raster.data, straight.data);
  const large = { width: 1200, height: 1200, data: new Float32Array(3 * 1200 ** 2) };
  const optimised = { ...replayed, stages: replayed.stages.map((s) => ({ ...s, method: 'optimize' as const })) };
  const whole = { ...optimised, rectify: { style: [0, 0, 1200, 0, 1200, 1200, 0, 1200] as const } };
  const [shrunk] = await readInputs(platform, whole, new Map([['style', large]]), quiet);
  assert.equal([shrunk?.raster.width, shrunk?.whole], [1024, { width: 1200, height: 1200 }]);
});

test('so has a picture that is sealed, with its maps', async () => {
  const options = { rectify: CORNERS, tile: 'x', maps: { height: small } } as const;
  const sealed = await sealOn(platform, small, options);
  const straight = rectified(small, CORNERS);
  assert.equal(sealed.report.from, [straight.width, straight.height]);
  assert.equal(JSON.parse(sealed.text.toroid ?? '').settings.rectify, CORNERS);
  same(sealed.maps.get('height')?.raster.data, sealed.raster.data);
  const other = cropped(grass, 0, 0, 124, 128);
  const refused = await sealOn(platform, small, { ...options, maps: { height: other } }).catch((e) => e.message);
  assert.match(refused, /the map height is 124x128 pixels, the picture 128x128/);
});

test.run();
