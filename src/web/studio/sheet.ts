// A contact sheet: results side by side, under each what it was made by.
import type { Kept } from './keep';
import { presetName } from './presets';

/** Pixels. */
const CELL = 256;
const GAP = 16;
const LABEL = 46;

/** Cells in rows and columns, about as many of one as of the other. */
export function cellsOf(count: number): {
  width: number;
  height: number;
  at(k: number): readonly [x: number, y: number];
} {
  const columns = Math.ceil(Math.sqrt(count));
  const rows = Math.ceil(count / columns);
  return {
    width: GAP + columns * (CELL + GAP),
    height: GAP + rows * (CELL + LABEL + GAP),
    at: (k) => [GAP + (k % columns) * (CELL + GAP), GAP + Math.floor(k / columns) * (CELL + LABEL + GAP)],
  };
}

/** What a result is called: method, size and seed. */
export const labelOf = ({ own, settings, width, height }: Kept): readonly [method: string, rest: string] => [
  own?.name ?? presetName(settings.preset),
  `seed ${settings.seed}, ${width} x ${height}`,
];

/** A PNG of all of them, whole, in that order. */
export async function contactSheet(results: readonly Kept[]): Promise<Blob> {
  const { width, height, at } = cellsOf(results.length);
  const pen = new OffscreenCanvas(width, height).getContext('2d') as OffscreenCanvasRenderingContext2D;
  pen.fillStyle = '#e8e8e8';
  pen.fillRect(0, 0, width, height);
  for (const [k, result] of results.entries()) {
    const [x, y] = at(k);
    const bitmap = await createImageBitmap(result.file);
    const factor = Math.min(CELL / bitmap.width, CELL / bitmap.height);
    const [w, h] = [bitmap.width * factor, bitmap.height * factor];
    pen.imageSmoothingEnabled = factor < 1; // pixels of a small one are to be seen as they are
    pen.imageSmoothingQuality = 'high';
    pen.drawImage(bitmap, x + (CELL - w) / 2, y + (CELL - h) / 2, w, h);
    bitmap.close();
    const [method, rest] = labelOf(result);
    pen.fillStyle = '#1c1c1c';
    pen.font = '600 14px system-ui, sans-serif';
    pen.fillText(method, x, y + CELL + 20, CELL);
    pen.font = '14px system-ui, sans-serif';
    pen.fillText(rest, x, y + CELL + 39, CELL);
  }
  return pen.canvas.convertToBlob();
}
