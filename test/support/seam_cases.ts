// Tiles whose join is like their other lines, and pictures with a seam planted on it.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Raster } from '../../src/base/raster';
import { pcg4d } from '../../src/base/rng';
import { readPicture } from '../../src/node/picture';
import { plasma } from '../../src/recipes/init/plasma';
import { sealTile } from '../../src/recipes/seal_tile';
import { bent, blurred, crop, paint, rolled, runningBond } from './planted_faults';

export interface SeamCase {
  readonly name: string;
  readonly picture: Raster;
  /** Axes that do not join. */
  readonly seams: readonly ('x' | 'y')[];
}

type Axis = 'x' | 'y';
const random = (seed: number, x: number, y: number): number => pcg4d(seed, 7, x, y)[0] / 2 ** 32;

/** Square cells with joints `joint` pixels wide, tones of their own where `vary` is above 0, and grain. It tiles where the sides are whole cells. */
const raster = (size: number, pitch: number, { joint = 2, vary = 0, grain = 0 }, seed = 1): Raster =>
  paint(size, size, (x, y, c) => {
    const noise = grain * (random(seed, x + 997 * c, y) - 0.5);
    if (x % pitch < joint || y % pitch < joint) return 0.85 + noise;
    return 0.4 + vary * (random(seed + 1, Math.floor(x / pitch), Math.floor(y / pitch)) - 0.5) + noise;
  });

/** Veins along a few slanting waves that close over the tile, bent by plasma. */
function marble(size: number, seed: number): Raster {
  const clouds = plasma({ size: [size, size], seed, power: 1.3, stretch: true });
  return paint(size, size, (x, y) => {
    const bend = clouds.data[y * size + x]!;
    const vein = Math.abs(Math.sin(Math.PI * ((x + 2 * y) / size + 2.2 * bend)));
    return 0.9 - 0.5 * Math.exp(-vein * 14) - 0.1 * clouds.data[size * size + y * size + x]!;
  });
}

const stripes = (size: number, period: number): Raster =>
  paint(size, size, (x) => (x % period < period / 2 ? 0.3 : 0.7));
const checks = (size: number, cell: number): Raster =>
  paint(size, size, (x, y) => ((Math.floor(x / cell) + Math.floor(y / cell)) % 2 ? 0.25 : 0.8));
const discs = (size: number, pitch: number): Raster =>
  paint(size, size, (x, y, c) => {
    const off = Math.hypot((x % pitch) - pitch / 2 + 0.5, (y % pitch) - pitch / 2 + 0.5);
    return 0.2 + 0.15 * c + 0.4 * Math.min(1, Math.max(0, pitch / 3 - off));
  });

/** Light that falls off: the ends differ by `step`. */
const lit = (r: Raster, step: number, axis: Axis): Raster =>
  paint(r.width, r.height, (x, y, c) => {
    const t = axis === 'x' ? (x + 0.5) / r.width : (y + 0.5) / r.height;
    return r.data[(c * r.height + y) * r.width + x]! * (1 + step * (t - 0.5));
  });

/** Sheared along the join, so that the ends miss one another by so many pixels. */
const slipped = (r: Raster, by: number, axis: Axis): Raster =>
  paint(r.width, r.height, (x, y, c) => {
    const [along, across, sides] = axis === 'x' ? [x / r.width, y, r.height] : [y / r.height, x, r.width];
    const from = across + by * along;
    const low = Math.floor(from);
    const value = (k: number): number => {
      const [sx, sy] = axis === 'x' ? [x, k % sides] : [k % sides, y];
      return r.data[(c * r.height + sy) * r.width + sx]!;
    };
    return (low + 1 - from) * value(low) + (from - low) * value(low + 1);
  });

const mirrored = (r: Raster, axis: Axis): Raster =>
  axis === 'x'
    ? paint(
        2 * r.width,
        r.height,
        (x, y, c) => r.data[(c * r.height + y) * r.width + Math.min(x, 2 * r.width - 1 - x)]!,
      )
    : paint(
        r.width,
        2 * r.height,
        (x, y, c) => r.data[(c * r.height + Math.min(y, 2 * r.height - 1 - y)) * r.width + x]!,
      );

const examples = async (): Promise<(readonly [string, Raster])[]> => {
  const files = readdirSync('examples')
    .filter((f) => f.endsWith('.png'))
    .sort();
  return Promise.all(files.map(async (f) => [f.replace('.png', ''), await readPicture(join('examples', f))] as const));
};

/** Forty tiles; without those that are sealed, which take a second, 28. */
export async function goodTiles(sealed = true): Promise<SeamCase[]> {
  const found: SeamCase[] = [];
  const add = (name: string, picture: Raster): void => void found.push({ name, picture, seams: [] });
  for (const [k, power] of [0.7, 0.9, 1.1, 1.4].entries())
    add(`plasma ${power}`, plasma({ size: [96 + 32 * (k % 2), 128], seed: k + 1, power }));
  add('plasma, stretched', plasma({ size: [128, 128], seed: 9, stretch: true }));
  add('plasma, 100x90', plasma({ size: [100, 90], seed: 3, power: 1 }));
  for (const [k, seed] of [1, 2, 3].entries()) add(`marble ${seed}`, rolled(marble(128, seed), 17 * k, 9 * k));
  add('raster', raster(128, 16, {}));
  add('raster, joint on the join', rolled(raster(128, 32, {}), 2, 2));
  add('raster, one joint', raster(128, 128, { joint: 3, grain: 0.04 }));
  add('raster, one joint, middle of it on the join', rolled(raster(128, 64, { joint: 4, grain: 0.06 }), 2, 2));
  add('raster, tones', raster(96, 16, { vary: 0.3, grain: 0.03 }));
  add('raster, tones, joint beside the join', rolled(raster(120, 24, { vary: 0.4, grain: 0.05 }), 120 - 3, 5));
  add('raster, soft', blurred(raster(128, 32, { joint: 3, vary: 0.2 }), 1.2));
  add('bricks', runningBond(128, 128, 1));
  add('bricks, joint on the join', rolled(runningBond(128, 96, 2), 3, 3));
  add('bricks, inside', rolled(runningBond(160, 96, 3), 11, 7));
  add('bricks, bent', bent(runningBond(128, 128, 4), 3, 2));
  add('stripes', stripes(96, 12));
  add('stripes, phase', rolled(stripes(96, 24), 5, 0));
  add('checks', checks(96, 12));
  add('checks, phase', rolled(checks(128, 16), 7, 3));
  add('discs', discs(120, 20));
  add(
    'diagonal stripes',
    paint(96, 96, (x, y) => 0.5 + 0.3 * Math.sin((2 * Math.PI * (3 * x + 2 * y)) / 96)),
  );
  add(
    'one colour',
    paint(64, 64, (_x, _y, c) => 0.3 + 0.1 * c),
  );
  add(
    'noise',
    paint(96, 96, (x, y, c) => random(5 + c, x, y)),
  );
  const both = { x: true, y: true };
  for (const [name, r] of sealed ? await examples() : [])
    add(`${name}, sealed`, sealTile(crop(r, 9, 5, 150, 140), both, {}, name < 'n').raster);
  return found;
}

/** Forty pictures with a seam. */
export async function plantedSeams(): Promise<SeamCase[]> {
  const found: SeamCase[] = [];
  const add = (name: string, picture: Raster, ...seams: Axis[]): void => void found.push({ name, picture, seams });
  for (const [name, r] of await examples())
    add(`${name}, cropped`, crop(r, 9, 5, 137, 131), ...(name === 'knit' ? [] : ['x' as const]), 'y'); // ribs of knitting join by chance
  const cloud = plasma({ size: [128, 128], seed: 4, power: 1 });
  add('plasma, half', crop(cloud, 0, 0, 64, 128), 'x');
  add('plasma, lower 90', crop(cloud, 0, 20, 128, 90), 'y');
  add('marble, cropped', crop(marble(128, 1), 0, 0, 90, 128), 'x');
  add('marble 2, cropped', crop(marble(128, 2), 10, 8, 128, 70), 'y');
  add('raster, 3.5 cells', crop(raster(128, 32, { vary: 0.2, grain: 0.04 }), 16, 0, 110, 128), 'x');
  add('raster, tones, cropped', crop(raster(128, 16, { vary: 0.3, grain: 0.03 }), 8, 0, 128 - 8, 128), 'x');
  add('bricks, half a course', crop(runningBond(128, 128, 1), 9, 8, 128, 16 * 7 + 8), 'y');
  add('bricks, 3.3 long', crop(runningBond(128, 128, 2), 9, 8, 101, 128), 'x');
  add(
    'diagonal stripes, cropped',
    crop(
      paint(96, 96, (x, y) => 0.5 + 0.3 * Math.sin((2 * Math.PI * (3 * x + 2 * y)) / 96)),
      0,
      0,
      96,
      80,
    ),
    'y',
  );
  add(
    'waves, 3.8',
    crop(
      paint(96, 96, (x) => 0.5 + 0.3 * Math.sin((2 * Math.PI * x) / 24)),
      5,
      0,
      91,
      96,
    ),
    'x',
  );
  add('discs, 4.5', crop(discs(120, 20), 0, 0, 120, 90), 'y');
  for (const [k, [name, r]] of (
    [
      ['plasma', cloud],
      ['marble', marble(128, 3)],
      ['raster', rolled(raster(128, 16, { joint: 2 }), 7, 7)],
      ['bricks', rolled(runningBond(128, 128, 1), 11, 7)],
      ['discs', discs(120, 20)],
      ['one colour', paint(64, 64, () => 0.4)],
    ] as const
  ).entries())
    add(`${name}, light`, lit(r, 0.16, k % 2 ? 'y' : 'x'), k % 2 ? 'y' : 'x');
  for (const [k, [name, r, by]] of (
    [
      ['plasma', cloud, 40],
      ['marble', marble(128, 2), 50],
      ['raster', rolled(raster(128, 32, { grain: 0.04 }), 9, 9), 11],
      ['bricks', rolled(runningBond(128, 128, 3), 11, 7), 8],
      ['checks', rolled(checks(128, 16), 7, 3), 8],
      ['discs', rolled(discs(120, 20), 10, 10), 10],
    ] as const
  ).entries())
    add(`${name}, slipped by ${by}`, slipped(r, by, k % 2 ? 'y' : 'x'), k % 2 ? 'y' : 'x');
  const grain = plasma({ size: [64, 64], seed: 1, stretch: true });
  add('plasma, mirrored', mirrored(grain, 'x'), 'x');
  add(
    'noise, mirrored',
    mirrored(
      paint(64, 64, (x, y, c) => random(5 + c, x, y)),
      'y',
    ),
    'y',
  );
  for (const [name, r] of await examples())
    if (['grass', 'sand', 'lichen'].includes(name)) add(`${name}, mirrored`, mirrored(crop(r, 3, 4, 80, 90), 'x'), 'x');
  return found;
}
