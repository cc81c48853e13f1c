import type { Raster } from '../base/raster';
import { setting } from '../base/wording';
import { type Autocorrelation, autocorrelation, LONGEST, partsOf } from './autocorrelation';
import { lightOf } from './flatten';
import { findLattice, type Lattice, type Vector } from './lattice';
import { cropped } from './planes';

/** What an exemplar is like, as far as the way to grow a tile from it depends on that. Lengths in pixels. */
export interface Analysis {
  readonly autocorrelation: Autocorrelation;
  /** Size of what it is made of. */
  readonly feature: number;
  /** Size of the largest of that along each axis, over the shorter side. */
  readonly parts: Vector;
  /** The greatest autocorrelation beyond the central hill. */
  readonly peak: number;
  /** Whether it has a lattice. */
  readonly regular: boolean;
  readonly lattice: Lattice | null;
  /** Fine grain without structure: nothing in it that is larger than a small patch, and no order. */
  readonly noiseLike: boolean;
  /** Rows that become wider from one side to the other, as in a photograph taken at a slant. */
  readonly perspective: Fanning | null;
  /** How unevenly it is lit: standard deviation over mean of the light (`flatten.ts`). */
  readonly lightFallsOff: number;
  /** What should be said about the exemplar, in sentences. */
  readonly remarks: readonly string[];
}

/** How far apart rows are at two opposite sides of a picture. */
export interface Fanning {
  readonly from: 'top' | 'left';
  readonly near: number;
  readonly far: number;
}

/** Fine grain agrees with itself by less than this when moved by so many pixels along either axis. */
const GRAIN = 0.06;
const MOVED = 3;
/** The close look at a large picture wins with cells of this share, and a confidence of that, of the first look's. */
const FINER = 0.25;
const AS_CLEAR = 0.8;
/** No order, and no rows that could be seen to fan: less than this at any lag. */
const NO_ORDER = 0.15;
/** A lattice as clear as this all over the picture does not fan. */
const CERTAIN = 0.3;
/** Parts of a picture are shrunk below this for a look at whether it fans. */
const ROUGHLY = 292;
/** Large parts are looked for in a picture shrunk below this, pixels, and only what changes over a tent of that share is left out. */
const COARSELY = 146;
const SLOW = 0.25;
/** How light changes is seen in a picture shrunk below this, pixels. */
const FAINTLY = 73;
/** Of parts larger than this a picture shows few. */
const LARGE = 0.22;
/** Strips that a picture is looked at in, and least confidence there. */
const STRIPS = 3;
const CLEAR = 0.1;
/** Rows fan where their distance grows by this from the first strip to the last, and the middle one is between. */
const FANS = 0.04;
const STRAIGHT = 0.3;
/** A tile of fewer features than this on a side is nearly a crop of the exemplar. */
const FEW_FEATURES = 4;

/** What is known of the pictures that were looked at last, by their pixels: for a further tile of one it is not looked at again. */
const known = new Map<string, Analysis>();
const KNOWN = 4;

/** What an exemplar is like. */
export function analyse(exemplar: Raster): Analysis {
  const key = keyOf(exemplar);
  const found = known.get(key) ?? lookAt(exemplar);
  known.delete(key);
  known.set(key, found);
  for (const oldest of known.keys()) if (known.size > KNOWN) known.delete(oldest);
  return found;
}

/** Two sums of a picture's values, by which it is known again (FNV-1a's steps, on words). */
function keyOf({ width, height, data }: Raster): string {
  const words = new Uint32Array(data.buffer, data.byteOffset, data.length);
  let [a, b] = [0x811c9dc5, 0x01000193];
  for (const word of words) {
    a = Math.imul(a ^ word, 0x01000193);
    b = Math.imul(b ^ (word >>> 7) ^ a, 0x85ebca6b);
  }
  return `${width} ${height} ${a >>> 0} ${b >>> 0}`;
}

function lookAt(exemplar: Raster): Analysis {
  const whole = autocorrelation(exemplar);
  let lattice = findLattice(whole);
  let close = whole;
  if (whole.step > 1) {
    // What is fine is looked at as it is, in the middle.
    close = autocorrelation(middle(exemplar));
    const fine = findLattice(close);
    if (fine && isFiner(fine, lattice)) lattice = fine;
  }
  const side = Math.min(exemplar.width, exemplar.height);
  const [across, down] = partsOf(exemplar, COARSELY, SLOW);
  const feature = isGrain(close) ? close.feature : whole.feature;
  const doubtful = (lattice?.confidence ?? 0) < CERTAIN;
  const perspective = doubtful && whole.peak >= NO_ORDER ? fanning(exemplar) : null;
  if (perspective) lattice = null;
  const remarks: string[] = [];
  if (perspective) {
    const { from, near, far } = perspective;
    const to = from === 'top' ? 'bottom' : 'right';
    remarks.push(
      `its rows fan out, from ${near.toFixed(1)} px at the ${from} to ${far.toFixed(1)} px at the ${to}, as seen at a slant; no tile can hold that: straighten it by its four corners (${setting('rectify')}), or take it from straight ahead`,
    );
  }
  return {
    autocorrelation: whole,
    feature,
    parts: [across / side, down / side],
    peak: whole.peak,
    regular: lattice !== null,
    lattice,
    noiseLike: !lattice && !perspective && whole.peak < NO_ORDER && isGrain(close),
    perspective,
    lightFallsOff: lightOf(exemplar, feature, FAINTLY).amount,
    remarks,
  };
}

const isGrain = (a: Autocorrelation): boolean =>
  Math.max(a.at(MOVED, 0), a.at(0, MOVED), a.at(MOVED, MOVED), a.at(MOVED, -MOVED)) < GRAIN;

function isFiner(fine: Lattice, coarse: Lattice | null): boolean {
  if (!coarse) return true;
  const cell = ({ vectors: [u, v] }: Lattice): number =>
    v ? Math.abs(u[0] * v[1] - u[1] * v[0]) : Math.hypot(...u) ** 2;
  return cell(fine) < FINER * cell(coarse) && fine.confidence >= AS_CLEAR * coarse.confidence;
}

function middle(picture: Raster): Raster {
  const [w, h] = [Math.min(LONGEST, picture.width), Math.min(LONGEST, picture.height)];
  return cropped(picture, Math.floor((picture.width - w) / 2), Math.floor((picture.height - h) / 2), w, h);
}

/** Looks at a picture in strips, and in its quarters to be sure: whether distances grow evenly from side to side. */
function fanning(picture: Raster): Fanning | null {
  for (const from of ['top', 'left'] as const) {
    // Without moves in the middle there is nothing to follow to the sides.
    const between = localMoves(strip(picture, from, 1));
    if (between.length === 0) continue;
    const trend = evenTrend([localMoves(strip(picture, from, 0)), between, localMoves(strip(picture, from, 2))]);
    if (!trend) continue;
    // A half of the other axis must show it too, and none of them something else.
    const halves = [0, 1].map((side) =>
      [0, 1].map((k) => localMoves(from === 'top' ? quarter(picture, side, k) : quarter(picture, k, side))),
    );
    const agree = halves.map((pair) => {
      const lengths = sameMove(pair, trend.move);
      if (!lengths) return 0;
      const [near = 0, far = 0] = lengths;
      return Math.sign((far / near - 1 - Math.sign(trend.far - trend.near) * (FANS / 2)) * (trend.far - trend.near));
    });
    if (agree.includes(1) && !agree.includes(-1)) return { from, near: trend.near, far: trend.far };
  }
  return null;
}

function strip(picture: Raster, from: Fanning['from'], k: number): Raster {
  const { width, height } = picture;
  if (from === 'top') {
    const h = Math.floor(height / STRIPS);
    return cropped(picture, 0, k * h, width, h);
  }
  const w = Math.floor(width / STRIPS);
  return cropped(picture, k * w, 0, w, height);
}

/** A corner of the picture, .6 of each side. */
function quarter(picture: Raster, i: number, j: number): Raster {
  const [w, h] = [Math.ceil(0.6 * picture.width), Math.ceil(0.6 * picture.height)];
  return cropped(picture, i * (picture.width - w), j * (picture.height - h), w, h);
}

function localMoves(part: Raster): readonly Vector[] {
  const lattice = findLattice(autocorrelation(part, { longest: ROUGHLY }));
  return lattice && lattice.confidence >= CLEAR ? lattice.vectors : [];
}

/** The lengths, one a part, of the moves nearest to a given one; null where a part has none within a quarter of it. */
function sameMove(parts: readonly (readonly Vector[])[], move: Vector): number[] | null {
  const size = Math.hypot(...move);
  const lengths = parts.map((moves) => {
    const away = ([x, y]: Vector): number =>
      Math.min(Math.hypot(x - move[0], y - move[1]), Math.hypot(x + move[0], y + move[1]));
    const [nearest] = [...moves].sort((p, q) => away(p) - away(q));
    return nearest && away(nearest) <= 0.25 * size ? Math.hypot(...nearest) : null;
  });
  return lengths.every((l) => l !== null) ? lengths : null;
}

/** A move whose length grows, or shrinks, evenly from the first part to the last: by perspective, not by chance. */
function evenTrend(parts: readonly (readonly Vector[])[]): { near: number; far: number; move: Vector } | null {
  for (const move of parts[1] ?? []) {
    const lengths = sameMove(parts, move);
    if (!lengths) continue;
    const [near = 0, between = 0, far = 0] = lengths;
    const change = far - near;
    if (Math.abs(change) < FANS * between) continue;
    if (Math.abs(between - (near + far) / 2) <= STRAIGHT * Math.abs(change)) return { near, far, move };
  }
  return null;
}

/** How a tile of a size is best grown from an exemplar, and why, in one line. */
export function chooseMethod(
  { feature, parts: [across, down], lattice, perspective, noiseLike }: Analysis,
  [width, height]: Vector,
): { readonly method: 'copy' | 'patches'; readonly why: string } {
  if (noiseLike) return { method: 'copy', why: 'copying: fine grain, of which any piece goes with any other' };
  if (lattice) return { method: 'copy', why: `copying: it repeats every ${repeats(lattice)} px` };
  if (perspective) return { method: 'copy', why: 'copying: it repeats, seen at a slant' };
  const parts = `parts about ${Math.round(feature)} px large`;
  if (Math.min(width, height) / feature >= FEW_FEATURES) {
    const few = Math.sqrt(across * down) >= LARGE;
    const whole = 'copying: parts so large that the exemplar shows few; sealing it instead (seal) keeps them whole';
    return { method: 'copy', why: few ? whole : `copying: ${parts}` };
  }
  const enough = Math.ceil((FEW_FEATURES * feature) / 64) * 64;
  return {
    method: 'patches',
    why: `patches: a tile of ${width}x${height} holds few ${parts}; copies of them would be seen, from ${enough} px on they are not`,
  };
}

const repeats = ({ vectors }: Lattice): string =>
  vectors.map((v) => Number(Math.hypot(...v).toFixed(1)).toString()).join(' and ');
