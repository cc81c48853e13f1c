// A part of a picture, turned: what a photograph is made ready by. The arithmetic is pure; `preparedPicture` needs a page.

import type { Crop, Given, Preparation } from './given';
import type { Pair } from './pose';

/** What is smaller shows no texture. */
export const LEAST = 16;

export const whole = ([width, height]: Pair): Crop => ({ x: 0, y: 0, width, height });

/** Of a picture after quarter turns. */
export const turnedSize = ([w, h]: Pair, turns: number): Pair => (turns % 2 === 0 ? [w, h] : [h, w]);

/** The same part after one more quarter turn clockwise. @param tall height before it */
export const turnedCrop = ({ x, y, width, height }: Crop, tall: number): Crop => ({
  x: tall - y - height,
  y: x,
  width: height,
  height: width,
});

/** In whole pixels, within the picture, and not too small. */
export function fitted(crop: Crop, [w, h]: Pair): Crop {
  const width = Math.min(w, Math.max(LEAST, Math.round(crop.width)));
  const height = Math.min(h, Math.max(LEAST, Math.round(crop.height)));
  const within = (v: number, most: number): number => Math.min(most, Math.max(0, Math.round(v)));
  return { x: within(crop.x, w - width), y: within(crop.y, h - height), width, height };
}

/** Between two corners. */
export const between = (a: Pair, b: Pair): Crop => ({
  x: Math.min(a[0], b[0]),
  y: Math.min(a[1], b[1]),
  width: Math.abs(a[0] - b[0]),
  height: Math.abs(a[1] - b[1]),
});

/** `wall 300x200 at 120,40 turned 90.png`: a record has the name, and says so what was done. */
export function preparedName(name: string, { turns, crop }: Preparation): string {
  const turn = turns > 0 ? ` turned ${90 * turns}` : '';
  return `${name.replace(/\.\w+$/, '')} ${crop.width}x${crop.height} at ${crop.x},${crop.y}${turn}.png`;
}

/** Draws a picture turned, so that `crop` of it fills the canvas. */
export function drawPrepared(
  pen: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D,
  bitmap: ImageBitmap,
  { turns, crop }: Preparation,
): void {
  const { width, height } = pen.canvas;
  const [w, h] = turnedSize([bitmap.width, bitmap.height], turns);
  pen.setTransform(width / crop.width, 0, 0, height / crop.height, 0, 0);
  pen.translate(w / 2 - crop.x, h / 2 - crop.y);
  pen.rotate((turns * Math.PI) / 2);
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(bitmap, -bitmap.width / 2, -bitmap.height / 2);
}

/** The part of a picture as one of its own, pixel for pixel. */
export async function preparedPicture(of: Given, bitmap: ImageBitmap, how: Preparation): Promise<Given> {
  const canvas = new OffscreenCanvas(how.crop.width, how.crop.height);
  const pen = canvas.getContext('2d');
  if (pen) {
    pen.imageSmoothingEnabled = false; // quarter turns by whole pixels: nothing is to be mixed
    drawPrepared(pen, bitmap, how);
  }
  return { name: preparedName(of.name, how), file: await canvas.convertToBlob(), of: { given: of, how } };
}
