import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readInputs } from '../../src/app/inputs';
import type { Raster } from '../../src/base/raster';
import { Rng } from '../../src/base/rng';
import { colourMoments } from '../../src/recipes/colour/moments';
import { fillRecipe } from '../../src/recipes/recipe';
import { checkRecipe } from '../../src/recipes/resolve';
import { retouched } from '../../src/recipes/retouch';

const test = suite('retouch');
const SIDE = 96;
const N = SIDE * SIDE;

/** Grain of a colour, under a light. */
function grain(seed: number, colour: readonly number[], light: (x: number, y: number) => number): Raster {
  const rng = new Rng(seed);
  const data = new Float32Array(3 * N);
  for (let i = 0; i < N; i++) {
    const lit = light((i % SIDE) / SIDE, Math.floor(i / SIDE) / SIDE);
    const common = rng.uniform() - 0.5;
    for (const [c, v] of colour.entries()) data[c * N + i] = lit * (v + 0.1 * common + 0.1 * (rng.uniform() - 0.5));
  }
  return { width: SIDE, height: SIDE, data };
}
const even = (): number => 1;
const slope = (x: number): number => 1.3 - 0.6 * x;
/** Mean of the left quarter over that of the right one. */
function leftOverRight({ data }: Raster): number {
  const sums = [0, 0];
  for (const [i, v] of data.entries()) {
    const x = (i % SIDE) / SIDE;
    if (x < 0.25) sums[0]! += v;
    if (x >= 0.75) sums[1]! += v;
  }
  return sums[0]! / sums[1]!;
}
const stone = grain(1, [0.5, 0.4, 0.3], slope);
const leaf = grain(2, [0.2, 0.5, 0.25], even);

test('light is evened out as far as is said, in stops', () => {
  const all = Math.log(leftOverRight(stone));
  for (const share of [0.25, 0.5, 1]) {
    const left = Math.log(leftOverRight(retouched(stone, { flatten: share }, undefined)));
    assert.ok(Math.abs(left / all - (1 - share)) < 0.04, `${share} of it: ${left / all} is left`);
  }
  assert.is(retouched(stone, { flatten: 0 }, undefined), stone);
});

test('where it is all but dark the picture stays one', () => {
  const cave = grain(3, [0.5, 0.5, 0.5], (x, y) => Math.max(0, 1 - 2 * Math.hypot(x, y)) ** 2);
  const { data } = retouched(cave, { flatten: 1 }, undefined);
  assert.ok(data.every((v) => v >= 0 && v <= 1));
});

test('colours become those of the other picture: its mean and its covariance, in f64; what was grey is no longer', () => {
  const grey: Raster = { ...grain(4, [0.4, 0.4, 0.4], even), grey: true };
  for (const picture of [stone, grey]) {
    const made = retouched(picture, { flatten: 0, match: { to: 'x', how: 'covariance', strength: 1 } }, leaf);
    const [is, wanted] = [colourMoments([made]), colourMoments([leaf])];
    for (const [k, v] of [...is.mean, ...is.covariance.flat()].entries())
      assert.ok(Math.abs(v - [...wanted.mean, ...wanted.covariance.flat()][k]!) < 1e-5, `${k}: ${v}`);
    assert.is(made.grey, undefined);
  }
});

test('colours go as far towards those of the other picture as is said, in f64', () => {
  const at = (strength: number): Raster =>
    retouched(stone, { flatten: 0, match: { to: 'x', how: 'covariance', strength } }, leaf);
  const [whole, some] = [at(1), at(0.3)];
  for (const [i, v] of some.data.entries())
    assert.ok(Math.abs(v - (0.7 * stone.data[i]! + 0.3 * whole.data[i]!)) < 1e-6, `${i}: ${v}`);
  assert.equal(at(0).data, stone.data);
});

test('a recipe that says so has it of its inputs, and survives its record', async () => {
  const retouch = { style: { flatten: 0.5, match: { to: 'style-colours', strength: 0.4 } } } as const;
  const written = fillRecipe({ styles: [{}], stages: [{ method: 'copy', steps: 1 }], retouch });
  const recipe = fillRecipe(JSON.parse(JSON.stringify(written)));
  const sources = new Map([
    ['style', stone],
    ['style-colours', leaf],
  ]);
  const platform = { readPicture: (raster: Raster) => Promise.resolve({ raster, path: 'a.png' }) };
  const [style, colours] = await readInputs(platform, recipe, sources, { warn: () => {} });
  assert.is(colours?.raster, leaf);
  const how = { flatten: 0.5, match: { to: 'style-colours', how: 'covariance' as const, strength: 0.4 } };
  assert.equal(style?.raster.data, retouched(stone, how, leaf).data);
  assert.throws(() => checkRecipe(recipe, ['style']), /retouch\.style\.match\.to: there is no input style-colours/);
});

test.run();
