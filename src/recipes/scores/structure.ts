import { EngineError } from '../../base/errors';
import { checkValues } from '../../base/known_options';
import { picture as aPicture, type Raster } from '../../base/raster';
import type { Recipe } from '../recipe';
import { largestCopied } from './copied_region';
import { type LagPeak, lagPeaks } from './lag_peaks';
import { type Matches, nearestPatches, type Samples, samplePatches } from './nearest_patches';
import { DIMENSIONS, PatchDescriptors, type Wraps } from './patch_descriptors';
import { roughestLine } from './roughest_line';
import { type AxisScore, seamScore } from './seam';
import { relativeSharpness } from './sharpness';
import { largestVerbatim } from './verbatim';

/** Patches looked up each way, at each size, at most: and one for 128 pixels. */
const SAMPLES = 1024;
/** Patches closer than this times what is usual in the exemplar are the same thing twice. */
const TWICE = 0.3;
/** A number of a description that varies less, standard deviation, counts as if it varied so. */
const STILL = 2 / 255;
/** What 98 in 100 patches of the exemplar stay below is not foreign. */
const USUAL = 0.98;

/**
 * How patches of one size agree. The first three are mean distances over what two patches of the exemplar, drawn at random, are
 * apart (root mean square): 0 are copies, 1 have nothing to do with one another.
 */
export interface PatchScore {
  /** Side in pixels. */
  readonly size: 8 | 16 | 32;
  /** From patches of the tile to the nearest of the exemplar: is all of the tile in the exemplar? */
  readonly coherence: number;
  /** From patches of the exemplar to the nearest of the tile: is all of the exemplar in the tile? */
  readonly completeness: number;
  /** From patches of the exemplar to the nearest that does not overlap them: what another piece of the material has. */
  readonly own: number;
  /** Share of the tile's patches farther from the exemplar than 98 in 100 of its own are from its others; 0.02 is usual. */
  readonly foreign: number;
}

export interface StructureScore {
  /** By size, those that fit. */
  readonly patches: readonly PatchScore[];
  readonly lags: {
    /** Mean |difference| of the two autocorrelations; 0 without peaks. */
    readonly difference: number;
    readonly peaks: readonly LagPeak[];
  };
  /** Axes that tile. */
  readonly seam: Readonly<Partial<Record<'x' | 'y', AxisScore>>>;
  /** Mean gradient of the tile over the exemplar's. */
  readonly sharpness: number;
  /** The roughest straight line between neighbouring columns (x) and rows (y), over the exemplar's. */
  readonly roughest: { readonly x: number; readonly y: number };
  /** Share of the tile in the largest region copied from one place, exact to 2/255. */
  readonly verbatim: number;
  /** The same by 16 px patches, resampled copies too; null where they do not fit. */
  readonly copied: number | null;
  /** Share of 16 px patches that stand a second time elsewhere in the tile; null where it is too small to tell. */
  readonly repeats: number | null;
}

/**
 * How well a tile keeps the structure of its exemplar, as numbers that each see something else: no one of them ranks
 * pictures. On the host, in f64; always the same for the same pictures. About 3 s for 512 px against 256 px.
 * @throws EngineError `PictureError` when either picture has a side under 16 pixels.
 */
export function structureScore(tile: Raster, exemplar: Raster, axes: Recipe['tile'] = 'both'): StructureScore {
  checkValues(
    'structureScore',
    { tile, exemplar, axes },
    { tile: aPicture, exemplar: aPicture, axes: ['both', 'x', 'y', 'none'] },
  );
  for (const picture of [tile, exemplar]) {
    if (!tooSmall(picture)) continue;
    const { width, height } = picture;
    throw new EngineError('PictureError', `a picture of ${width}x${height} is too small to judge`, 'At least 16x16.');
  }
  const wraps: Wraps = { x: axes === 'both' || axes === 'x', y: axes === 'both' || axes === 'y' };
  const patches: PatchScore[] = [];
  let verbatim = 0;
  let copied: number | null = null;
  let repeats: number | null = null;
  for (const size of [8, 16, 32] as const) {
    if (Math.min(exemplar.width, exemplar.height) < 2 * size || Math.min(tile.width, tile.height) < size) continue;
    const weights = whitening(sampled(new PatchDescriptors(exemplar, size, FLAT)).descriptions);
    const of = new PatchDescriptors(tile, size, wraps, weights);
    const to = new PatchDescriptors(exemplar, size, FLAT, weights);
    const [ofTile, ofExemplar] = [sampled(of), sampled(to)];
    const from = nearestPatches(ofTile, to);
    const own = nearestPatches(ofExemplar, to, true);
    const usual = quantile(own.distance, USUAL);
    patches.push({
      size,
      coherence: mean(from.distance) / UNIT,
      completeness: mean(nearestPatches(ofExemplar, of).distance) / UNIT,
      own: mean(own.distance) / UNIT,
      foreign: mean(from.distance.map((d) => (d > usual ? 1 : 0))),
    });
    if (size === 8) verbatim = largestVerbatim(tile, exemplar, wraps, seedsOf(ofTile, from));
    if (size === 16) copied = largestCopied(ofTile, from, of);
    if (size === 16 && Math.min(tile.width, tile.height) >= 3 * size) {
      const same = TWICE * quantile(own.distance, 0.5);
      repeats = mean(nearestPatches(ofTile, of, true).distance.map((d) => (d < same ? 1 : 0)));
    }
  }
  const peaks = lagPeaks(tile, exemplar, wraps);
  const seam = seamScore(tile);
  return {
    patches,
    lags: { difference: peaks.length > 0 ? mean(peaks.map((p) => Math.abs(p.tile - p.exemplar))) : 0, peaks },
    seam: { ...(wraps.x && { x: seam.x }), ...(wraps.y && { y: seam.y }) },
    sharpness: relativeSharpness(tile, exemplar, wraps),
    roughest: roughestLine(tile, exemplar, wraps),
    verbatim,
    copied,
    repeats,
  };
}

/** For a score. */
export const tooSmall = ({ width, height }: Raster): boolean => Math.min(width, height) < 16;

const FLAT: Wraps = { x: false, y: false };

const sampled = (patches: PatchDescriptors): Samples =>
  samplePatches(patches, Math.min(SAMPLES, (patches.width * patches.height) / 128));

const seedsOf = ({ x, y }: Samples, found: Matches) => ({ x, y, sourceX: found.x, sourceY: found.y });

/** Patches without a neighbour to compare with count nothing. */
function mean(values: ArrayLike<number>): number {
  const finite = Array.from(values).filter(Number.isFinite);
  return finite.reduce((a, b) => a + b, 0) / Math.max(1, finite.length);
}

const quantile = (values: Float64Array, q: number): number => values.slice().sort()[Math.floor(values.length * q)] ?? 0;

/**
 * Weights that give every number of a description the variance 1 over the exemplar, but for those that hardly vary: else
 * tone would decide what is near, and outlines would not count.
 */
export function whitening(descriptions: Float32Array): Float64Array {
  const n = descriptions.length / DIMENSIONS;
  return Float64Array.from({ length: DIMENSIONS }, (_, d) => {
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < n; i++) {
      const v = descriptions[i * DIMENSIONS + d] ?? 0;
      sum += v;
      squares += v * v;
    }
    return 1 / Math.sqrt(Math.max(squares / n - (sum / n) ** 2, STILL ** 2));
  });
}

/** What two patches of the exemplar drawn at random are apart: 24 numbers of variance 1, twice. */
const UNIT = Math.sqrt(2 * DIMENSIONS);
