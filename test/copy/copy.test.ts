import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Raster } from '../../src/base/raster';
import { analyse } from '../../src/copy/analyse';
import { around } from '../../src/copy/around';
import { Copying, type CopyOptions, type CopyPoint, type CopySource } from '../../src/copy/copy';
import { type Field, rolledField } from '../../src/copy/field';
import { cutsOf } from '../../src/copy/render';
import { readPicture } from '../../src/node/picture';
import { withFittingSize } from '../../src/recipes/copy_stage';
import { fillRecipe } from '../../src/recipes/recipe';
import { seamScore, verdict } from '../../src/recipes/scores/seam';
import { device } from '../support/device';
import { crop, flat, pebbles } from '../support/texture';
import { blots, chance, draw, tiles } from './pictures';

const test = suite('copy');
const stones = crop(pebbles, 96, 96);
const [WIDTH, HEIGHT] = [80, 64];
const usual: CopyOptions = { size: [WIDTH, HEIGHT], seed: 1, variety: 0, evenness: 1, fit: 'off', flatten: false };
const copying = async (sources: readonly CopySource[], wishes: Partial<CopyOptions> = {}): Promise<Copying> =>
  await Copying.open(await device(), sources, { ...usual, ...wishes });
const made = async (wishes: Partial<CopyOptions> = {}, picture: Raster = stones) => {
  const c = await copying([{ picture }], wishes);
  return c.render(await c.run());
};

let first: ReturnType<typeof made> | undefined;
/** As `made`, but once for all tests that only look at it. */
const usually = (): ReturnType<typeof made> => {
  first ??= made();
  return first;
};

/** The value of the exemplar that a pixel of the field names. */
const named = ({ data, source }: Field, picture: Raster, i: number, c: number): number => {
  const place = data[i]!;
  return picture.data[(c * source.height + (place >>> 16)) * source.width + (place & 0xffff)]!;
};

test('nearly every pixel is one of the exemplar, copied, and the field says which', async () => {
  const { raster, field } = await usually();
  assert.equal([raster.width, raster.height, field.width, field.height], [WIDTH, HEIGHT, WIDTH, HEIGHT]);
  assert.equal([field.source.width, field.source.height], [96, 96]);
  const n = WIDTH * HEIGHT;
  let same = 0;
  for (let i = 0; i < n; i++) {
    same += Number([0, 1, 2].every((c) => raster.data[c * n + i] === named(field, stones, i, c)));
  }
  assert.ok(same / n > 0.65, `${same} of ${n}`);
});

test('same seed, same bytes; another seed, another picture', async () => {
  const [a, b, c] = [await usually(), await made(), await made({ seed: 2 })];
  assert.equal(a.field.data, b.field.data);
  assert.equal(a.raster.data, b.raster.data);
  assert.not.equal(a.field.data, c.field.data);
});

test('where a device binds little, blocks are laid at a coarser level', async () => {
  const { gpu } = await device();
  const { limits } = gpu;
  const few = new Proxy(limits, {
    get: (of, key) => (key === 'maxStorageBufferBindingSize' ? 1e5 : Reflect.get(of, key, of)),
  });
  const picture = crop(pebbles, 256, 256);
  Object.defineProperty(gpu, 'limits', { configurable: true, value: few });
  let c: Copying;
  try {
    // A level of 128 x 128, as it is laid else, takes 131 kB.
    c = await copying([{ picture }], { size: [256, 256] });
  } finally {
    Object.defineProperty(gpu, 'limits', { configurable: true, value: limits });
  }
  const { raster } = c.render(await c.run());
  const { x, y } = seamScore(raster);
  assert.ok(Math.abs(x.z) < 3 && Math.abs(y.z) < 3, `${x.z}, ${y.z}`);
});

test('it joins itself along the axes asked for', async () => {
  for (const tile of ['both', 'x'] as const) {
    const { raster } = await (tile === 'both' ? usually() : made({ tile }));
    const { x, y } = seamScore(raster);
    assert.is(verdict(x), 'seamless');
    if (tile === 'both') assert.is(verdict(y), 'seamless');
  }
});

test('a run that goes on from a level gives the bytes of one that was never stopped', async () => {
  const points: CopyPoint[] = [];
  const two = [{ picture: stones }, { picture: crop(pebbles, 96, 112) }];
  const whole = await copying(two, {
    size: [80, 64],
    onLevel: async (p) => void points.push(p),
  });
  const match = await whole.run();
  assert.ok(points.length > 1, 'more than one level');
  const resumed = await copying(two, { size: [80, 64], resume: points[0] });
  assert.equal((await resumed.run()).data, match.data);
});

test('stopped while blocks are laid, from the event loop, the rest is laid in haste', async () => {
  const stop = new AbortController();
  const shares: number[] = [];
  const listen = (): unknown => setImmediate(() => (shares.length < 5 ? listen() : stop.abort()));
  listen();
  const c = await copying([{ picture: stones }], { signal: stop.signal, onBand: (share) => void shares.push(share) });
  assert.ok(shares.length >= 5 && shares.length < 10, `stopped after ${shares.length} blocks`);
  assert.ok(shares.every((share, k) => share > (shares[k - 1] ?? 0) && share < 0.5));
  const match = await c.run();
  const { field } = c.render(match);
  assert.ok(field.data.every((place) => (place & 0xffff) < 96 && place >>> 16 < 96));
  assert.ok(cutsOf(match) < 0.3, `${cutsOf(match)} of all pixels are beside a cut`);
  const whole = await (await copying([{ picture: stones }])).run();
  assert.not.equal(match.data, whole.data);
});

test('stopped, it gives what there is at full size', async () => {
  const stop = new AbortController();
  const c = await copying([{ picture: stones }, { picture: stones }], {
    size: [96, 64],
    signal: stop.signal,
    onLevel: async () => stop.abort(),
  });
  const { raster, field } = c.render(await c.run());
  assert.equal([raster.width, raster.height], [96, 64]);
  assert.ok(field.data.every((place) => (place & 0xffff) < 96 && place >>> 16 < 192));
});

test('a canvas too large to be worked on at once is done band by band, and joins itself as well', async () => {
  const shares: number[] = [];
  const wishes = { size: [64, 224] as const, onBand: (share: number) => void shares.push(share) };
  const whole = await made(wishes);
  assert.ok(shares.every((share) => share <= 0.5));
  const c = await copying([{ picture: stones }], { ...wishes, most: 64 * 128 });
  shares.length = 0;
  const match = await c.run();
  const { raster, field } = c.render(match);
  assert.ok(shares.length > 2 && shares.at(-1) === 1, shares.join());
  let same = 0;
  for (let i = 0; i < field.data.length; i++) same += Number(field.data[i] === whole.field.data[i]);
  assert.ok(same / field.data.length > 0.5, 'much is as it would have been');
  assert.is(verdict(seamScore(raster).y), 'seamless');
});

test('each style stays within its mask', async () => {
  const dark = flat(stones, () => 0);
  const left = { width: 2, height: 1, data: Float32Array.of(1, 0) };
  const c = await copying([{ picture: dark, mask: left }, { picture: stones }]);
  const { field } = c.render(await c.run());
  const own = (x: number): number[] => Array.from({ length: HEIGHT }, (_, y) => field.data[y * WIDTH + x]! >>> 16);
  assert.ok(
    own(WIDTH / 4).every((y) => y < 96),
    'the left half is of the first picture',
  );
  assert.ok(
    own((3 * WIDTH) / 4).every((y) => y >= 96),
    'the right half is of the second',
  );
});

test('only the part of a picture that may be copied is', async () => {
  const from = { width: 1, height: 2, data: Float32Array.of(0, 1) };
  const c = await copying([{ picture: stones, from }]);
  const match = await c.run();
  const { field } = c.render(match);
  const upper = field.data.filter((place) => place >>> 16 < 40).length;
  assert.is(upper, 0);
  assert.ok(cutsOf(match) < 0.5);
});

test('where what stands out would be met again, auto lays the tile with the most variety, and says so', async () => {
  const weave = await readPicture('examples/weave.png');
  const said: string[] = [];
  const at = (wishes: Partial<CopyOptions>) => made({ size: [256, 256], fit: 'scale', ...wishes }, weave);
  const again = await at({ seed: 2, variety: 'auto', warn: (text) => said.push(text) });
  assert.equal(again.field.data, (await at({ seed: 2, variety: 1 })).field.data);
  assert.match(said.join('\n'), /would stand in the tile about 2 times: it is laid with the most variety instead/);
  const once = await at({ seed: 1, variety: 'auto' });
  assert.equal(once.field.data, (await at({ seed: 1, variety: 0.1 })).field.data);
});

test('large tiles stay on their lattice, however often one part is used', async () => {
  const picture = tiles(128, 13, 48);
  for (const seed of [1, 3]) {
    const { raster } = await made({ size: [260, 240], seed, variety: 0.1, fit: 'scale' }, picture);
    const joints = Array.from({ length: raster.height }, (_, y) => y).filter((y) => {
      const row = raster.data.subarray(y * raster.width, (y + 1) * raster.width);
      return row.filter((v) => v < 0.65).length > 0.25 * raster.width;
    });
    const beside = joints.map((y) => around(y - (joints[0] as number), 48));
    assert.ok(Math.max(...beside.map(Math.abs)) <= 5, `seed ${seed}: rows with joints: ${joints}`);
  }
});

test('what has a lattice is copied in large pieces, faint as it may be', async () => {
  const faint = blots(96, [16, 0], [0, 16], 0.3);
  assert.ok(analyse(faint).peak < 0.25);
  const cuts = cutsOf((await copying([{ picture: faint }], { size: [128, 128] })).laid());
  assert.ok(cuts < 0.04, `${cuts}`);
});

test('so is what agrees with itself a little, without a lattice', async () => {
  const grain = (x: number, y: number): number => chance(x >> 1, y >> 1);
  const twice = draw(96, 96, (x, y) => (grain(x, y) + 0.6 * grain(x + 38, y + 14)) / 1.6);
  const { peak, lattice } = analyse(twice);
  assert.ok(peak > 0.22 && peak < 0.3 && lattice === null, `${peak}`);
  const cuts = cutsOf((await copying([{ picture: twice }], { size: [128, 128] })).laid());
  assert.ok(cuts < 0.042, `${cuts}`);
});

test('maps of the exemplar come to lie as its colours do', async () => {
  const { field, raster, render } = await usually();
  assert.equal(render(stones.data), raster.data);
  const rolled = rolledField(field, [5, 3]);
  assert.is(rolled.data[3 * WIDTH + 5], field.data[0]);
});

test('a tile that is to fit takes the nearest size that holds whole courses; others keep theirs', async () => {
  const style = await readPicture('examples/brick.png');
  const recipe = (fit: 'size' | 'scale') =>
    fillRecipe({ size: 256, styles: [{ input: 'style' }], stages: [{ method: 'copy', copy: { fit } }] });
  const { size } = withFittingSize(recipe('size'), new Map([['style', style]]));
  assert.ok(Array.isArray(size));
  // bricks of 35 px in pairs of courses of 28.4 px
  assert.ok(Math.abs(size[0] / 35 - Math.round(size[0] / 35)) < 0.05, `${size}`);
  assert.ok(Math.abs(size[1] / 28.41 - Math.round(size[1] / 28.41)) < 0.05, `${size}`);
  assert.is(withFittingSize(recipe('scale'), new Map([['style', style]])).size, 256);
  assert.is(withFittingSize(recipe('size'), new Map([['style', stones]])).size, 256);
});

test('what is kept of a picture is of its pixels, not of the memory they were in', async () => {
  const tile = async (picture: Raster, wishes?: Partial<CopyOptions>): Promise<Float32Array> =>
    (await made(wishes, picture)).raster.data;
  const given = { ...stones, data: stones.data.slice() };
  const before = await tile(given);
  given.data.reverse();
  assert.not.equal(await tile(given), before, 'drawn over');
  assert.equal(await tile(stones), before, 'as it was, elsewhere');
  assert.not.equal(await tile(stones, { flatten: true }), before, 'its light evened out');
});

test('too many pictures are refused', async () => {
  const nine = Array.from({ length: 9 }, () => ({ picture: stones }));
  try {
    await copying(nine);
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /up to 8 pictures.*there are 9/);
  }
});

test.run();
