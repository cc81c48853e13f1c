// Files of numbers that are no everyday pictures, by their first bytes.
import { exrNumbers } from './exr_read';
import { isExr, isHdr, isPfm } from './first_bytes';
import { hdrNumbers, pfmNumbers } from './hdr_read';
import { npyNumbers } from './npy_read';
import type { NumberFile } from './numbers';

/**
 * OpenEXR, Radiance HDR, PFM and .npy; `isNumbers` says which.
 * @param path for messages
 * @throws EngineError `PictureError` for those of kinds that are not read
 * @throws DamagedFile, RangeError
 */
export async function numberFile(bytes: Uint8Array, path: string): Promise<NumberFile> {
  if (isExr(bytes)) return exrNumbers(bytes, path);
  if (isHdr(bytes)) return hdrNumbers(bytes, path);
  if (isPfm(bytes)) return pfmNumbers(bytes);
  return npyNumbers(bytes, path);
}
