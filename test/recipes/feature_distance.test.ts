import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Raster } from '../../src/base/raster';
import { readPicture } from '../../src/node/picture';
import { featureScores } from '../../src/recipes/scores/feature_distance';
import { device } from '../support/device';
import { smallVgg } from '../support/onnx_files';
import { crop, rolled, runningBond } from '../support/planted_faults';

const test = suite('feature distance');
const pebbles = await readPicture('examples/pebbles.png');
const left = crop(pebbles, 0, 0, 64, 128);
const right = crop(pebbles, 64, 0, 64, 128);

test('features are those of the exemplar itself, nearer in another piece of it than in a wall', async () => {
  const net = smallVgg();
  const same = await featureScores(await device(), net, left, left, 'none');
  assert.equal(
    same.map((s) => s.layer),
    net.layers.map((l) => l.layer),
  );
  for (const { distance, own } of same) assert.ok(distance === 0 && own > 0.01, `${distance}, its own ${own}`);
  const other = await featureScores(await device(), net, right, left, 'none');
  const wall = await featureScores(await device(), net, runningBond(64, 128, 1), left, 'none');
  const [far, near] = [wall.at(-1)!.distance, other.at(-1)!.distance];
  assert.ok(far > 1.25 * near, `${far} against ${near}`);
});

test('a tile is a torus on the axes that it tiles along', async () => {
  const last = async (tile: Raster, axes: 'both' | 'y' | 'none'): Promise<number> =>
    (await featureScores(await device(), smallVgg(), tile, left, axes)).at(-1)!.distance;
  const down = rolled(right, 0, 48);
  const across = rolled(right, 32, 0);
  const before = await last(right, 'y');
  assert.ok(Math.abs((await last(down, 'y')) / before - 1) < 1e-3);
  assert.ok(Math.abs((await last(across, 'y')) / before - 1) > 1e-3, 'the other axis has edges');
  assert.ok(Math.abs((await last(across, 'both')) / (await last(right, 'both')) - 1) < 1e-3);
});

test.run();
