import { pcg4d } from '../../base/rng';
import { DIMENSIONS, type PatchDescriptors } from './patch_descriptors';
import { PatchTree } from './patch_tree';

/** Not any run's: where patches are looked at is held out. */
const SEED = 0x5c0f;
/** Positions held at once: what a search takes of memory is bounded, 25 MB of descriptions, whatever the picture's size. */
const AT_ONCE = 2 ** 18;

/** Patches of a picture that are looked up in another. */
export interface Samples {
  /** They stand in a grid, row by row. */
  readonly columns: number;
  /** Top left pixels. */
  readonly x: Int32Array;
  readonly y: Int32Array;
  /** [count, DIMENSIONS] */
  readonly descriptions: Float32Array;
}

/** What was found for each sample. */
export interface Matches {
  readonly x: Int32Array;
  readonly y: Int32Array;
  /** Euclidean, between descriptions; infinite where nothing was allowed. */
  readonly distance: Float64Array;
}

/** About `count` patches, one at a random place in each cell of a regular grid; always the same ones. */
export function samplePatches(patches: PatchDescriptors, count: number): Samples {
  const { width, height } = patches;
  const cell = Math.max(1, Math.sqrt((width * height) / count));
  const columns = Math.max(1, Math.floor(width / cell));
  const rows = Math.max(1, Math.floor(height / cell));
  const n = columns * rows;
  const x = new Int32Array(n);
  const y = new Int32Array(n);
  const descriptions = new Float32Array(n * DIMENSIONS);
  for (let i = 0; i < n; i++) {
    const column = i % columns;
    const row = Math.floor(i / columns);
    const [a, b] = pcg4d(SEED, patches.size, column, row);
    x[i] = Math.floor(((column + a / 2 ** 32) * width) / columns);
    y[i] = Math.floor(((row + b / 2 ** 32) * height) / rows);
    descriptions.set(patches.describe(x[i] ?? 0, y[i] ?? 0, 1, 1), i * DIMENSIONS);
  }
  return { columns, x, y, descriptions };
}

/**
 * The nearest patch of a picture for each sample, among all positions; exact.
 * @param elsewhere the samples are of this very picture: only patches that do not overlap the sample count
 */
export function nearestPatches(samples: Samples, patches: PatchDescriptors, elsewhere = false): Matches {
  const { width, height } = patches;
  const count = samples.x.length;
  const found: Matches = {
    x: new Int32Array(count).fill(-1),
    y: new Int32Array(count).fill(-1),
    distance: new Float64Array(count).fill(Number.POSITIVE_INFINITY),
  };
  const rows = Math.max(1, Math.floor(AT_ONCE / width));
  for (let top = 0; top < height; top += rows) {
    const tree = new PatchTree(patches.describe(0, top, width, Math.min(rows, height - top)));
    for (let i = 0; i < count; i++) {
      const query = samples.descriptions.subarray(i * DIMENSIONS, (i + 1) * DIMENSIONS);
      const allowed = (at: number): boolean =>
        !overlaps(patches, (at % width) - (samples.x[i] ?? 0), top + Math.floor(at / width) - (samples.y[i] ?? 0));
      const best = tree.nearest(query, found.distance[i] ?? 0, elsewhere ? allowed : null);
      if (best === null) continue;
      found.x[i] = best.at % width;
      found.y[i] = top + Math.floor(best.at / width);
      found.distance[i] = best.squared;
    }
  }
  for (let i = 0; i < count; i++) found.distance[i] = Math.sqrt(found.distance[i] ?? 0);
  return found;
}

function overlaps({ size, wraps, picture }: PatchDescriptors, dx: number, dy: number): boolean {
  const apart = (d: number, side: number, wrap: boolean): number =>
    wrap ? Math.min(Math.abs(d), side - Math.abs(d)) : Math.abs(d);
  return apart(dx, picture.width, wraps.x) < size && apart(dy, picture.height, wraps.y) < size;
}
