import { interleave } from '../../base/pixels';
import type { Raster } from '../../base/raster';
import { loadSharp } from '../../node/sharp';

/** A picture inside a page, without loss: what is shown at a join has to be the picture's own. */
export async function dataUri(raster: Raster): Promise<string> {
  const make = await loadSharp();
  const { width, height } = raster;
  const channels = raster.alpha ? 4 : 3;
  const webp = await make(interleave(raster, 8, channels), { raw: { width, height, channels } })
    .toColourspace('srgb')
    .webp({ lossless: true })
    .toBuffer();
  return `data:image/webp;base64,${webp.toString('base64')}`;
}
