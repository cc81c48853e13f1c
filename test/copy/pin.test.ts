import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Raster } from '../../src/base/raster';
import { Copying } from '../../src/copy/copy';
import { cutsOf } from '../../src/copy/render';
import { builtinRecipe } from '../../src/recipes/builtin';
import { fillRecipe, type RecipeText } from '../../src/recipes/recipe';
import { run } from '../../src/recipes/run';
import { ALL, long } from '../support/all';
import { device } from '../support/device';
import { crop, pebbles } from '../support/texture';

const test = suite('pin');
const W = 40;
const H = 32;
const stones = crop(pebbles, W, H);
const inHole = (i: number): boolean => Math.hypot((i % W) - 21, Math.floor(i / W) - 15) < 6;
/** White in the hole. */
const mask: Raster = {
  width: W,
  height: H,
  data: Float32Array.from({ length: 3 * W * H }, (_, i) => Number(inHole(i % (W * H)))),
};
/** With the hole in a red that no stone has. */
const holed: Raster = {
  ...stones,
  data: stones.data.map((v, i) => (inHole(i % (W * H)) ? Number(i < W * H) : v)),
};
const red = ({ data }: Raster): number =>
  Array.from({ length: W * H }, (_, i) => i).filter(
    (i) => data[i]! > 0.9 && data[W * H + i]! < 0.15 && data[2 * W * H + i]! < 0.15,
  ).length;

const filled = async (wishes: Partial<RecipeText> = {}, masked = mask): Promise<Raster> => {
  // One axis joins: what is cut off along one that does not is filled at great expense.
  const recipe = fillRecipe({ ...builtinRecipe('inpaint-copy'), size: [W, H], tile: 'x', ...wishes });
  const inputs = new Map([
    ['content', holed],
    ['mask', masked],
  ]);
  return (await run(await device(), recipe, inputs)).raster;
};

const message = async (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => assert.unreachable('it went through'),
    (error: Error) => error.message,
  ) as Promise<string>;

let first: Promise<Raster> | undefined;

test('the hole is filled, of nothing that is in it, and the rest stays to the bit', async () => {
  first ??= filled();
  const made = await first;
  assert.is(red(holed), Array.from({ length: W * H }, (_, i) => i).filter(inHole).length);
  assert.is(red(made), 0);
  for (const [i, v] of made.data.entries()) if (!inHole(i % (W * H))) assert.is(v, holed.data[i]!);
  if (ALL) assert.equal((await filled()).data, made.data);
});

long(test)(
  'a checkpoint is made at the first level after the steps asked for; the blocks are shown before',
  async () => {
    const recipe = fillRecipe({ ...builtinRecipe('inpaint-copy'), size: [128, 102] });
    const inputs = new Map([
      ['content', holed],
      ['mask', mask],
    ]);
    const steps: number[] = [];
    const shown: number[] = [];
    await run(await device(), recipe, inputs, {
      checkpointSteps: 7,
      onCheckpoint: async ({ point }) => void steps.push(point.step),
      wantsPicture: () => true,
      onPicture: async ({ step }) => void shown.push(step),
    });
    assert.is(steps.length, 1, `${steps} / ${shown}`);
    assert.is(shown.length, steps.length + 2);
    assert.ok(steps[0]! % 7 !== 0 && shown[0]! < steps[0]!, `${steps} / ${shown}`);
  },
);

test('what is filled in goes on from the rim: no line around it', async () => {
  first ??= filled();
  const { data } = await first;
  const steps = (of: Float32Array, across: (a: number, b: number) => boolean): number => {
    let [sum, count] = [0, 0];
    for (let i = 0; i < 3 * W * H - 1; i++) {
      if (i % W === W - 1 || !across(i % (W * H), (i % (W * H)) + 1)) continue;
      sum += Math.abs(of[i]! - of[i + 1]!);
      count++;
    }
    return sum / count;
  };
  const rim = steps(data, (a, b) => inHole(a) !== inHole(b));
  const usual = steps(stones.data, () => true);
  // Pixels that have nothing to do with one another differ by 3 to 4 times as much.
  assert.ok(rim < 2 * usual, `${rim} at the rim, ${usual} in the picture`);
});

long(test)('a feather fades into the picture outside of the hole, and not into what is in it', async () => {
  const made = await filled({ pin: { input: 'mask', picture: 'content', feather: 2 } });
  assert.is(red(made), 0);
  const far = (i: number): boolean => Math.hypot((i % W) - 21, Math.floor(i / W) - 15) > 15;
  for (const [i, v] of made.data.entries()) if (far(i % (W * H))) assert.is(v, holed.data[i]!);
});

long(test)('a hole at the border of a tile is filled across it', async () => {
  const band = Uint8Array.from({ length: W * H }, (_, i) => Number(Math.abs((i % W) - 20) < 15));
  const data = stones.data.slice();
  const copying = await Copying.open(await device(), [{ picture: stones, pinned: true }], {
    size: [W, H],
    seed: 1,
    variety: 0,
    evenness: 1,
    pin: { picture: { width: W, height: H, data }, known: band },
    fit: 'off',
    flatten: false,
  });
  const match = await copying.run();
  const { raster, field } = copying.render(match);
  for (const [i, v] of raster.data.entries()) if (band[i % (W * H)]) assert.is(v, data[i]!);
  for (const [i, place] of field.data.entries()) {
    if (band[i]) assert.is(place, (i % W) | (Math.floor(i / W) << 16));
  }
  assert.ok(cutsOf(match) < 0.6);
});

test('masks that leave nothing to fill, or nothing to copy, are refused', async () => {
  const plain = (v: number): Raster => ({ ...mask, data: mask.data.map(() => v) });
  assert.match(await message(filled({}, plain(0))), /the mask is black everywhere: there is nothing to fill/);
  assert.match(await message(filled({}, plain(1))), /pin: nothing of content is left to copy/);
});

/** A picture with a red part that is transparent, and is not copied. */
test('what is transparent is not copied', async () => {
  const alpha = Float32Array.from({ length: W * H }, (_, i) => Number(!inHole(i)));
  const recipe = fillRecipe({ ...builtinRecipe('texture-copy'), size: [48, 48] });
  const { raster, field } = await run(await device(), recipe, new Map([['style', { ...holed, alpha }]]));
  assert.ok(field?.data.every((place) => !inHole((place >>> 16) * W + (place & 0xffff))));
  assert.not.ok(raster.alpha);
});

test('views that need losses are refused by name; others fold the copied canvas, which then has no field', async () => {
  const copied = (views: RecipeText['views']): Promise<{ raster: Raster; field?: unknown }> => {
    const recipe = fillRecipe({ ...builtinRecipe('texture-copy'), size: [40, 40], views });
    return device().then((d) => run(d, recipe, new Map([['style', stones]])));
  };
  const refused = /stages\[0\]: the view lattice cannot be used with copying.*\n {2}Leave it out/;
  assert.match(await message(copied([{ kind: 'lattice' }])), refused);
  const { raster, field } = await copied([{ kind: 'mirror', axes: 'x' }]);
  assert.not.ok(field);
  for (let y = 0; y < 40; y++) assert.is(raster.data[y * 40 + 5], raster.data[y * 40 + 35]);
});

test('pictures of one colour, of 40 to 1, and of less than two periods are copied as far as they go', async () => {
  const recipe = fillRecipe({ ...builtinRecipe('texture-copy'), size: [40, 40] });
  const made = async (style: Raster): Promise<Raster> =>
    (await run(await device(), recipe, new Map([['style', style]]))).raster;
  const plain: Raster = { width: 40, height: 40, data: new Float32Array(3 * 1600).fill(0.25) };
  assert.ok((await made(plain)).data.every((v) => Math.abs(v - 0.25) < 1e-3));
  const long: Raster = { width: 640, height: 16, data: new Float32Array(3 * 640 * 16) };
  for (let i = 0; i < long.data.length; i++) long.data[i] = 0.5 + 0.4 * Math.sin(i * 12.9898) * Math.cos(i * 3.1);
  const wide: Raster = { width: 64, height: 16, data: new Float32Array(3 * 1024) };
  for (let i = 0; i < wide.data.length; i++) wide.data[i] = (i % 64) % 40 < 20 ? 0.2 : 0.8;
  for (const style of [long, wide]) {
    const { data } = await made(style);
    assert.ok(data.every((v) => v >= 0 && v <= 1) && Math.max(...data) - Math.min(...data) > 0.4);
  }
});

test.run();
