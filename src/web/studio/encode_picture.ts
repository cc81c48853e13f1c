import { EngineError } from '../../base/errors';

/** Of 0..1: what most take for as good as the picture itself. */
const QUALITY = 0.92;

/**
 * A picture as the browser's own encoder writes it: without text inside.
 * @throws EngineError `PictureError` where it has none of that type
 */
export async function encodePicture(
  picture: Blob | ImageBitmap,
  type: 'image/webp' | 'image/jpeg' | 'image/png',
): Promise<Blob> {
  const bitmap = picture instanceof Blob ? await createImageBitmap(picture) : picture;
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const pen = canvas.getContext('2d', { alpha: type !== 'image/jpeg' });
  pen?.drawImage(bitmap, 0, 0);
  if (picture instanceof Blob) bitmap.close();
  const blob = await canvas.convertToBlob({ type, quality: QUALITY });
  if (blob.type === type) return blob;
  throw new EngineError('PictureError', `this browser writes no ${type}`, 'Take the PNG.');
}
