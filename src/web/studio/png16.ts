import { encodePng } from '../../base/png';
import type { Raster } from '../../base/raster';
import { type PictureRecord, withForm } from '../../recipes/picture_record';

export const name16 = (name: string): string => name.replace(/\.png$/, '-16bit.png');

/** @param text of the same picture in 8 bits: its record is to make one of 16 */
export function png16(raster: Raster, text: Readonly<Record<string, string>>): Promise<Uint8Array<ArrayBuffer>> {
  const record = JSON.parse(text.toroid ?? '{}') as PictureRecord;
  return encodePng(raster, { bits: 16, text: { ...text, toroid: JSON.stringify(withForm(record, { bits: 16 })) } });
}
