import { brick } from './brick';
import { grass } from './grass';
import { knit } from './knit';
import { leaves } from './leaves';
import { lichen } from './lichen';
import { pebbles } from './pebbles';
import { sand } from './sand';
import { scales } from './scales';
import { terrazzo } from './terrazzo';
import { water } from './water';
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
  ['scales', scales],
  ['terrazzo', terrazzo],
  ['lichen', lichen],
  ['sand', sand],
  ['water', water],
  ['knit', knit],
]);
