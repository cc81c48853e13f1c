import { brick } from './brick';
import { pebbles } from './pebbles';

/** Every picture by its file name; each function answers 8-bit sRGB, SIZE x SIZE x 3. */
export const pictures: ReadonlyMap<string, () => Uint8Array> = new Map([
  ['pebbles', pebbles],
  ['brick', brick],
]);
