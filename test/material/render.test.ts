// Renders: what faces the sun is bright, a flat white surface is white, and tiles join in every light.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sealRaster } from '../../src/app/seal';
import { resized } from '../../src/base/resample';
import { derive } from '../../src/material/derive';
import type { MapKind, Material, MaterialMap } from '../../src/material/maps';
import { renderMaterial, shadedTile } from '../../src/material/render';
import type { Sun } from '../../src/material/sun';
import { readPicture } from '../../src/node/picture';
import { ALL } from '../support/all';
import { device } from '../support/device';
import { borderLines } from '../support/lit_border';
import { waves } from '../support/material';

const test = suite('renders of materials');

const without = (material: Material, ...kinds: MapKind[]): Material => ({
  ...material,
  maps: new Map([...material.maps].filter(([kind]) => !kinds.includes(kind))),
});
const withPlain = (material: Material, kind: MapKind, value: number): Material => {
  const { channels, data, bits } = material.maps.get(kind)!;
  const map: MaterialMap = { kind, channels, bits, data: data.map(() => value) };
  return { ...material, maps: new Map([...material.maps, [kind, map]]) };
};

test('flat and white is 1 whatever the sun; a flat metal is dark but where it mirrors the sun', async () => {
  const white = withPlain(without(waves(16), 'normal', 'occlusion', 'roughness', 'metalness'), 'color', 1);
  for (const sun of [
    [135, 40],
    [0, 90],
    [200, 12],
  ] as Sun[]) {
    const lit = await shadedTile(await device(), white, sun);
    assert.ok(
      lit.every((v) => Math.abs(v - 1) < 0.12),
      `${lit[0]} in the sun at ${sun}`,
    );
  }
  const metal = withPlain(withPlain(without(waves(16), 'normal'), 'metalness', 1), 'roughness', 0.2);
  const [low = 0] = await shadedTile(await device(), withPlain(metal, 'color', 0.9), [0, 20]);
  const [high = 0] = await shadedTile(await device(), withPlain(metal, 'color', 0.9), [0, 90]);
  assert.ok(low < 0.4 && high > 5, `${low} and ${high}`);
});

test('what faces the sun is bright: 0 the right, 90 the top', async () => {
  const grey = without(withPlain(waves(32), 'color', 0.5), 'occlusion', 'roughness', 'metalness');
  const normals = grey.maps.get('normal')!.data;
  const n = 32 * 32;
  for (const [azimuth, axis, sign] of [
    [0, 0, 1],
    [90, 1, 1],
    [180, 0, -1],
    [270, 1, -1],
  ] as const) {
    const lit = await shadedTile(await device(), grey, [azimuth, 30]);
    let together = 0;
    for (let i = 0; i < n; i++) together += ((normals[axis * n + i] ?? 0) - 0.5) * ((lit[i] ?? 0) - 0.2);
    assert.ok(sign * together > 0.5, `${azimuth} degrees: ${together}`);
  }
});

test('a render of 3 x 3 tiles shows no border in any light', async () => {
  const tile = sealRaster(resized(await readPicture('examples/leaves.png', {}), [80, 80])).raster;
  const { material } = await derive(await device(), tile, { preset: 'ground' });
  const { width: w, height: h } = material;
  for (let azimuth = 0; azimuth < 360; azimuth += ALL ? 45 : 90) {
    const render = await renderMaterial(await device(), material, [azimuth, 30]);
    assert.equal([render.width, render.height], [3 * w, 3 * h]);
    for (const { axis, border, inside } of borderLines(render))
      assert.ok(border <= inside, `light from ${azimuth}: a step of ${border} at the border ${axis}, inside ${inside}`);
  }
});

test.run();
