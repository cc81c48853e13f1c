import type { Raster } from '../base/raster';
import { resample } from '../base/resample';

/**
 * A picture with no side above `most`, its proportions kept; one that fits already is returned as it is. Each new
 * pixel is the mean of the area it covers, which never reaches beyond the picture: what tiles still tiles.
 */
export function downscale(picture: Raster, most: number): Raster {
  const { width, height, data, alpha } = picture;
  const factor = most / Math.max(width, height);
  if (factor >= 1) return picture;
  const [w, h] = [Math.max(1, Math.round(width * factor)), Math.max(1, Math.round(height * factor))];
  const smaller = (planes: Float32Array): Float32Array => resample(planes, [width, height], [w, h], 'soft');
  return { width: w, height: h, data: smaller(data), ...(alpha && { alpha: smaller(alpha) }) };
}
