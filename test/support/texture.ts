// Textures for tests: small ones, of the pebbles among the examples.
import type { Raster } from '../../src/base/raster';
import { readPicture } from '../../src/node/picture';
import { loadNet } from '../../src/node/weights/find';
import { growTexture, type TextureResult, type TextureSettingsText } from '../../src/recipes/texture';
import { fillSettings } from '../../src/recipes/texture_settings';
import { device } from './device';

/** 256 x 256 */
export const pebbles = await readPicture('examples/pebbles.png');

export const grow = async (exemplar: Raster, wishes: TextureSettingsText): Promise<TextureResult> =>
  growTexture(await device(), exemplar, fillSettings({ size: [64, 64], steps: 24, ...wishes }), {
    loadNet: (name) => loadNet(name, { folders: ['../shared/weights'] }),
  });

/** The first w x h pixels of a picture of 256 x 256. */
export const crop = ({ width, data }: Raster, w: number, h: number): Raster => ({
  width: w,
  height: h,
  data: Float32Array.from({ length: 3 * w * h }, (_, i) => {
    const c = Math.floor(i / (w * h));
    return data[(c * 256 + (Math.floor(i / w) % h)) * width + (i % w)]!;
  }),
});

/** A picture of the same size, by channel and pixel. */
export const flat = (like: Raster, value: (c: number, i: number) => number): Raster => {
  const n = like.width * like.height;
  return { ...like, data: Float32Array.from({ length: 3 * n }, (_, i) => value(Math.floor(i / n), i % n)) };
};
