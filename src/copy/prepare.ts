import { Kept } from '../base/kept';
import type { Raster } from '../base/raster';
import { setting } from '../base/wording';
import { type Analysis, analyse } from './analyse';
import { type Allowed, allowedPixels } from './atlas';
import { type Autocorrelation, autocorrelation } from './autocorrelation';
import type { Size } from './field';
import { type FitMode, fit, type Joins } from './fit';
import { flatten, showsAsPatches } from './flatten';
import { guided } from './guide';
import type { Lattice, Vector } from './lattice';
import type { LinearMap } from './linear_map';
import type { Guided } from './pyramid';
import { warp } from './warp';

/** A picture made ready: fitted to the tile, and what is known of it. */
export interface Prepared {
  readonly picture: Raster;
  readonly guided: Guided;
  readonly correlation: Autocorrelation;
  /** As of `Analysis`. */
  readonly parts: Analysis['parts'];
  readonly lattice: Lattice | null;
  /** It was fitted to the tile, which holds it without a fault. */
  readonly closes: boolean;
  /** Of the pixels of the picture, from those of the one that was given. */
  readonly map: LinearMap;
  /** Its shorter side, and that of the coarsest level that still shows its features, pixels. */
  readonly side: number;
  readonly least: number;
}

/** As of `CopyOptions`. */
interface Wishes {
  readonly size: Size;
  readonly tile?: Joins | undefined;
  readonly fit?: FitMode | undefined;
  readonly flatten?: boolean | 'auto' | undefined;
  warn?(text: string): void;
}

/** What is made ready of a picture of so many pixels at most, some 50 bytes each, is kept for a further tile of it. */
const FEW = 2 ** 19;
const ready = new Kept<Analysis, Prepared>();

/** Looks at a picture, evens out its light and fits it to the tile. @param from where it may be copied from: default all of it */
export function prepared(given: Raster, from: Allowed | undefined, options: Wishes): Prepared {
  const { size, tile = 'both', fit: mode = 'scale', flatten: even = 'auto', warn } = options;
  const found = analyse(given);
  for (const remark of found.remarks) warn?.(remark);
  const evened = even === true || (even === 'auto' && showsAsPatches(given, found));
  if (evened) warn?.(`the exemplar is lit unevenly: its light is evened out (${setting('flatten', false)} leaves it)`);
  // The tile has its size by now.
  const { map, turns, sentence } = fit(found.lattice, size, tile, mode === 'size' ? 'scale' : mode);
  if (sentence !== null) warn?.(sentence);
  const closes = turns !== null;
  const make = (of: Raster): Prepared => fitted(of, from, found, evened, map, closes);
  if (from || given.width * given.height > FEW) return make(given);
  const key = [evened, closes, map.a, map.b, map.c, map.d].join(' ');
  // A copy: whoever gave the picture may draw over it.
  return ready.of(found, key, () => make({ ...given, data: given.data.slice() }));
}

function fitted(
  given: Raster,
  from: Allowed | undefined,
  found: Analysis,
  evened: boolean,
  map: LinearMap,
  closes: boolean,
): Prepared {
  const picture = warp(evened ? flatten(given, found) : given, map);
  const correlation = picture === given ? found.autocorrelation : autocorrelation(picture);
  const side = Math.min(picture.width, picture.height);
  return {
    picture,
    guided: guided(picture, from && allowedPixels(from, picture.width, picture.height)),
    correlation,
    parts: found.parts,
    lattice: found.lattice && movedBack(found.lattice, map),
    closes,
    map,
    side,
    least: Math.max(40, Math.min(160, 0.6 * side, (4.5 / correlation.feature) * side)),
  };
}

/** A lattice of the given picture in pixels of the fitted one. */
function movedBack({ vectors, confidence }: Lattice, { a, b, c, d }: LinearMap): Lattice {
  const det = a * d - b * c;
  const back = ([x, y]: Vector): Vector => [(d * x - b * y) / det, (a * y - c * x) / det];
  const [u, v] = vectors;
  return { vectors: v ? [back(u), back(v)] : [back(u)], confidence };
}
