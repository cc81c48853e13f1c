import { Picture } from '../../app/picture';

/** A picture that toroid made: what a page can show. */
export class WebPicture extends Picture {
  /** sRGB, 8 bits. */
  toImageData(): ImageData {
    const { width, height, data } = this.toPixels();
    return new ImageData(data, width, height);
  }

  /** A canvas of its size: an element in a page, an `OffscreenCanvas` in a worker. */
  toCanvas(): HTMLCanvasElement | OffscreenCanvas {
    const canvas =
      typeof document === 'undefined'
        ? new OffscreenCanvas(this.width, this.height)
        : Object.assign(document.createElement('canvas'), { width: this.width, height: this.height });
    const pen = canvas.getContext('2d') as CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null;
    pen?.putImageData(this.toImageData(), 0, 0);
    return canvas;
  }
}
