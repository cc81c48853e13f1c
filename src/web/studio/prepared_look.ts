// What the engine will make of a picture, at the size of a screen: by its own functions, which come when the dialog opens.
import { EngineError } from '../../base/errors';
import { flatten as opaque, toPixels } from '../../base/pixels';
import type { Raster } from '../../base/raster';
import { type Corners, rectified } from '../../copy/rectify';
import { retouched } from '../../recipes/retouch';
import type { Given, Preparation, Retouching } from './given';
import type { Pair } from './pose';
import { preparedPicture } from './prepare';
import { askew, regionOf, unturned } from './straighten';

const penOf = (width: number, height: number): OffscreenCanvasRenderingContext2D =>
  new OffscreenCanvas(width, height).getContext('2d') as OffscreenCanvasRenderingContext2D;

/** A picture of at most `most` pixels on its longer side. */
function rasterOf(bitmap: ImageBitmap, most: number): { readonly raster: Raster; readonly factor: number } {
  const factor = Math.min(1, most / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [Math.ceil(bitmap.width * factor), Math.ceil(bitmap.height * factor)];
  const pen = penOf(width, height);
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(bitmap, 0, 0, width, height);
  const values = pen.getImageData(0, 0, width, height).data;
  return { raster: opaque({ width, height, channels: 4, values, most: 255 }, 'the picture').flat, factor };
}

/** What is between the corners. */
export function regionSeen(bitmap: ImageBitmap, corners: Corners, most: number): Raster {
  // Of a small part more pixels of the whole are wanted.
  const [xs, ys] = [0, 1].map((axis) => corners.filter((_, k) => k % 2 === axis)) as [number[], number[]];
  const across = Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys));
  const share = across / Math.max(bitmap.width, bitmap.height);
  const { raster, factor } = rasterOf(bitmap, Math.min(2048, most / share));
  const within = corners.map((v, k) => Math.min(k % 2 ? raster.height : raster.width, v * factor));
  return rectified(raster, within);
}

/** The picture whose colours are taken: few pixels tell them. */
export async function coloursSeen(file: Blob, name: string): Promise<Raster> {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new EngineError('PictureError', `this browser cannot show ${name}`, 'Its colours cannot be taken here.');
  });
  const { raster } = rasterOf(bitmap, 256);
  bitmap.close();
  return raster;
}

/** Retouched, for the screen. */
export function pixelsOf(region: Raster, { flatten = 0, strength = 1 }: Retouching, colours: Raster | null): ImageData {
  const how = { flatten, ...(colours && { match: { to: 'colours', how: 'covariance' as const, strength } }) };
  const { width, height, data } = toPixels(retouched(region, how, colours ?? undefined));
  return new ImageData(data, width, height);
}

/** Pixels of the longer side that a prepared picture is looked at by. */
const SHOWN = 640;

/**
 * The picture as it was prepared. An upright part is cut out here, pixel for pixel; all else is left to the engine, and comes
 * with what it will look like.
 */
export async function prepared(of: Given, bitmap: ImageBitmap, how: Preparation): Promise<Given> {
  const size: Pair = [bitmap.width, bitmap.height];
  const { turns, crop, flatten = 0, colours, strength } = how;
  const slanted = askew(how, size);
  const all = turns === 0 && crop.width === size[0] && crop.height === size[1];
  const cut = slanted || all ? of : await preparedPicture(of, bitmap, how);
  if (!slanted && flatten === 0 && !colours) return cut;
  const seen = pixelsOf(
    regionSeen(bitmap, regionOf(how, size), SHOWN),
    how,
    colours ? await coloursSeen(colours.file, colours.name) : null,
  );
  const pen = penOf(seen.width, seen.height);
  pen.putImageData(seen, 0, 0);
  const as = {
    ...(slanted && { corners: unturned(slanted, turns, size) }),
    ...(flatten > 0 && { flatten }),
    ...(colours && { colours, strength }),
    preview: await pen.canvas.convertToBlob(),
  };
  return { ...cut, as, of: { given: of, how } };
}
