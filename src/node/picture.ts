// Pictures in and out of files.
export {
  type DecodedPicture,
  decodePicture,
  pictureBits,
  type ReadOptions,
  readMetadata,
  readPicture,
} from './picture_read';
export {
  type Bits,
  checkPreview,
  ensureWritable,
  previewName,
  type WriteOptions,
  writePicture,
  writePreview,
} from './picture_write';
