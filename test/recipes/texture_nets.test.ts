// Textures by the features of a network, whose weights are not in the repository.
import { existsSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadNet } from '../../src/node/weights/find';
import { seamScore } from '../../src/recipes/scores/seam';
import { growTexture } from '../../src/recipes/texture';
import { fillSettings } from '../../src/recipes/texture_settings';
import { ALL, long } from '../support/all';
import { device } from '../support/device';
import { needs } from '../support/needs';
import { smallVgg } from '../support/onnx_files';
import { crop, grow, pebbles } from '../support/texture';

const test = suite('textures by a net');
const shared = '../shared/weights/vgg19-16x-distilled';
const net = needs(test, existsSync(shared), 'no ../shared/weights');
(ALL ? net : test)('a net: the tile joins, and its size is rounded with a notice', async () => {
  const warnings: string[] = [];
  const result = await growTexture(
    await device(),
    crop(pebbles, 40, 40),
    fillSettings({ size: [38, 34], steps: 16, net: 'vgg19-16x-distilled', layers: ['relu1_1', 'relu2_1', 'relu3_1'] }),
    {
      onWarning: (t) => warnings.push(t),
      loadNet: (name) => (ALL ? loadNet(name, { folders: ['../shared/weights'] }) : Promise.resolve(smallVgg())),
    },
  );
  assert.equal([result.raster.width, result.raster.height], [40, 36]);
  assert.match(warnings.join(), /size 38x34 becomes 40x36/);
  const { x, y } = seamScore(result.raster);
  assert.ok(Math.abs(x.z) < 3 && Math.abs(y.z) < 3, JSON.stringify({ x, y }));
  const curve = result.stages.at(-1)!.curves.total!;
  assert.ok(curve.at(-1)![1] < 0.5 * curve[0]![1], `loss ${curve[0]} -> ${curve.at(-1)}`);
});

(ALL ? net : long(test))('a net: over seeds, the join is a line like any other', async () => {
  const ratios: number[] = [];
  for (let seed = 1; seed <= 5; seed++) {
    const { raster } = await grow(crop(pebbles, 96, 96), { seed, steps: 16, net: 'vgg19-16x-distilled' });
    const { x, y } = seamScore(raster);
    for (const s of [x, y]) assert.ok(Math.abs(s.z) < 3, `seed ${seed}: z ${s.z}`);
    ratios.push(x.ratio, y.ratio);
  }
  const mean = ratios.reduce((p, q) => p + q, 0) / ratios.length;
  assert.ok(Math.abs(mean - 1) < 0.1, `mean ratio ${mean} of ${ratios.map((v) => v.toFixed(2))}`);
});

test.run();
