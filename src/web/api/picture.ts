import { Picture, type StoredPicture } from '../../app/picture';
import { SealedPicture } from '../../app/sealed_picture';

function imageDataOf(picture: StoredPicture): ImageData {
  const { width, height, data } = picture.toPixels();
  return new ImageData(data, width, height);
}

function canvasOf(picture: StoredPicture): HTMLCanvasElement | OffscreenCanvas {
  const { width, height } = picture;
  const canvas =
    typeof document === 'undefined'
      ? new OffscreenCanvas(width, height)
      : Object.assign(document.createElement('canvas'), { width, height });
  const pen = canvas.getContext('2d') as CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null;
  pen?.putImageData(imageDataOf(picture), 0, 0);
  return canvas;
}

/** A picture that toroid made: what a page can show. */
export class WebPicture extends Picture {
  /** sRGB, 8 bits. */
  toImageData(): ImageData {
    return imageDataOf(this);
  }

  /** A canvas of its size: an element in a page, an `OffscreenCanvas` in a worker. */
  toCanvas(): HTMLCanvasElement | OffscreenCanvas {
    return canvasOf(this);
  }
}

/** A picture that `seal` made tile: what a page can show. */
export class WebSealedPicture extends SealedPicture {
  /** sRGB, 8 bits. */
  toImageData(): ImageData {
    return imageDataOf(this);
  }

  /** A canvas of its size: an element in a page, an `OffscreenCanvas` in a worker. */
  toCanvas(): HTMLCanvasElement | OffscreenCanvas {
    return canvasOf(this);
  }
}
