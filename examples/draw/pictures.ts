import { brick } from './brick';
import { grass } from './grass';
import { leaves } from './leaves';
import { pebbles } from './pebbles';
import { weave } from './weave';
import { wood } from './wood';

/** Every picture by its file name; each function answers 8-bit sRGB, SIZE x SIZE x 3. */
export const pictures: ReadonlyMap<string, () => Uint8Array> = new Map([
  ['pebbles', pebbles],
  ['brick', brick],
  ['wood', wood],
  ['weave', weave],
  ['grass', grass],
  ['leaves', leaves],
]);
