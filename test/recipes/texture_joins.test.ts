import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/base/rng';
import { chooseSeam } from '../../src/recipes/finish';
import { lineGradients, seamScore } from '../../src/recipes/scores/seam';
import { ALL, long } from '../support/all';
import { rolled } from '../support/kit';
import { crop, flat, grow, pebbles } from '../support/texture';

const test = suite('joins of textures');

const exemplar = crop(pebbles, 96, 96);
const small = { steps: 8, size: [56, 56], scales: 4 } as const;

test('the join is a line like any other: within three deviations of what lines are', async () => {
  const { raster } = await grow(exemplar, { ...small, size: [40, 40], scales: 2 });
  for (const [axis, s] of Object.entries(seamScore(raster))) assert.ok(Math.abs(s.z) < 3, `${axis}: z ${s.z}`);
});

long(test)('over seeds, so it is on average: ratio 0.9 .. 1.1', async () => {
  const ratios: number[] = [];
  const unsettled: number[] = [];
  // One ratio scatters by 0.2 from tile to tile: 0.1 is three deviations of the mean of 48.
  for (let seed = 1; seed <= 24; seed++) {
    const { raster, moved } = await grow(exemplar, { ...small, seed });
    const { x, y } = seamScore(raster);
    for (const [axis, s] of Object.entries({ x, y })) assert.ok(Math.abs(s.z) < 3, `seed ${seed} ${axis}: z ${s.z}`);
    ratios.push(x.ratio, y.ratio);
    // The evidence must not rest on the few tiles whose border was moved: judge the lines they had first, too.
    const { x: lx, y: ly } = lineGradients(raster);
    const first = (lines: Float64Array, by: number): number =>
      lines[(lines.length - 1 + by) % lines.length]! / (lines.reduce((p, q) => p + q, 0) / lines.length);
    unsettled.push(first(lx, moved[0]), first(ly, moved[1]));
  }
  for (const r of [ratios, unsettled]) {
    const mean = r.reduce((p, q) => p + q, 0) / r.length;
    assert.ok(Math.abs(mean - 1) < 0.1, `mean ratio ${mean} of ${r.map((v) => v.toFixed(2))}`);
  }
});

for (const [tile, joins] of [['x', ['x']], ...(ALL ? [['y', ['y']] as const] : []), ['none', []]] as const) {
  test(`--tile ${tile}: only that axis joins`, async () => {
    const { raster } = await grow(exemplar, { size: [48, 40], tile, steps: 8 });
    const score = seamScore(raster);
    for (const axis of ['x', 'y'] as const) {
      const joined = (joins as readonly string[]).includes(axis);
      assert.is(score[axis].ratio < 1.6, joined, `${axis}: ratio ${score[axis].ratio}`);
    }
  });
}

test('a border on an unusual line is laid along the next ordinary one; others stay', () => {
  const rng = new Rng(2);
  const tile = flat({ width: 32, height: 32, data: new Float32Array() }, () => rng.uniform());
  assert.equal(chooseSeam(tile, [true, true]).moved, [0, 0]);
  const edge = { ...tile, data: tile.data.map((v, i) => (i % 32 === 31 ? 3 + v : v)) };
  const { raster, moved } = chooseSeam(edge, [true, true]);
  assert.is.not(moved[0], 0);
  assert.is(moved[1], 0);
  assert.ok(Math.abs(seamScore(raster).x.z) < 1.2);
  const back = rolled({ shape: [3, 32, 32], data: Float64Array.from(raster.data) }, [0, -moved[0]]);
  assert.equal(Float32Array.from(back.data), edge.data);
  assert.equal(chooseSeam(edge, [true, false]).moved, [0, 0]);
});

test.run();
