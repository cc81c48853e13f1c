import { toPixels } from '../../base/pixels';
import type { Raster } from '../../base/raster';

/** Fills a canvas with a picture, so many times across; nothing without a picture. */
export function drawTiles(canvas: HTMLCanvasElement, raster: Raster | undefined, tiles: number): void {
  const density = window.devicePixelRatio;
  const [w, h] = [Math.round(canvas.clientWidth * density), Math.round(canvas.clientHeight * density)];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  const pen = canvas.getContext('2d');
  if (!pen || w === 0 || h === 0) return;
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, w, h);
  if (!raster) return;
  const { width, height, data } = toPixels(raster);
  const tile = document.createElement('canvas');
  tile.width = width;
  tile.height = height;
  tile.getContext('2d')?.putImageData(new ImageData(data, width, height), 0, 0);
  const pattern = pen.createPattern(tile, 'repeat');
  if (!pattern) return;
  const scale = w / (width * tiles);
  pen.imageSmoothingEnabled = scale < 3;
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.fillStyle = pattern;
  pen.fillRect(0, 0, w / scale, h / scale);
}
