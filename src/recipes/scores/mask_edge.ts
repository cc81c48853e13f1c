// Whether a picture goes on across the edge of the mask within which it was made anew, as sharp as around it.
import type { Raster } from '../../base/raster';
import { maskPlane } from '../masks';
import type { Recipe } from '../recipe';
import { evenly } from './evenly';
import { fillSharpness } from './fill_sharpness';
import { DIMENSIONS, PatchDescriptors } from './patch_descriptors';
import { PatchTree } from './patch_tree';
import { type AxisScore, lineScore } from './seam';
import { whitening } from './structure';

export interface MaskEdgeScore {
  /** The edge that stands out most as a line, of those on the left, the right, above and below; null where all are short. */
  readonly line: AxisScore | null;
  /** Share of the patches across the edge that are like nothing of what was kept; 0.05 is usual. Null where there are too few. */
  readonly foreign: number | null;
  /** Detail of what was made anew over that of what is around it; 0.8 and more is usual. Null where either is too small. */
  readonly sharpness: number | null;
}

/** Pixels of an edge that say something, and so many are looked at. */
const SHORT = 16;
const PAIRS = 4096;
/** Side of patches: the smallest that see a brick end. */
const SIZE = 16;
/** Of the kept patches, so many are looked at, so many are looked up among them, and of those across the edge so many. */
const KEPT = 20_000;
const OWN = 200;
const ACROSS = 100;
/** Farther from all others than so many of the kept ones are is foreign. */
const USUAL = 0.95;

/** How a line stands out at most, how many patches are foreign, and how sharp the fill is at least, where a mask passes. */
const [BESIDE, Z, FOREIGN, SHARP] = [1.3, 3, 0.2, 0.45];

/**
 * Judges what was made within a mask in three ways. A hard cut is a line that is rougher than the same line anywhere else in the picture, as a
 * seam is. A cut that was blended is none, but patches across it (half bricks) have none like them in what was kept. And
 * a fill may be blurred.
 * @param mask 0..1, [H W]: white was made anew
 */
export function maskEdgeScore(raster: Raster, mask: Float32Array): MaskEdgeScore {
  const sharpness = fillSharpness(raster, mask);
  return { line: roughestEdge(raster, mask), foreign: foreignShare(raster, mask), sharpness };
}

/** The same of what a run made within the mask of its recipe; null where it has none. */
export function pinEdgeScore(
  raster: Raster,
  { pin }: Pick<Recipe, 'pin'>,
  inputs: ReadonlyMap<string, Raster>,
): MaskEdgeScore | null {
  const mask = pin && inputs.get(pin.input);
  if (!mask) return null;
  const { feather, invert } = pin;
  return maskEdgeScore(raster, maskPlane(mask, [raster.width, raster.height], { feather, invert }));
}

/** What a score means, in words; `shows` for exit codes. */
export function maskEdgeVerdict(score: MaskEdgeScore): { readonly shows: boolean; readonly text: string } {
  const { line, foreign, sharpness } = score;
  if (sharpness !== null && sharpness < SHARP)
    return {
      shows: true,
      text: `what was made anew is blurred: it has ${sharpness.toFixed(2)} of the detail around it (0.8 and more is usual)`,
    };
  if (line && line.beside > BESIDE && line.z > Z && line.alike === 0)
    return {
      shows: true,
      text: `a line follows the mask's edge: ${line.beside.toFixed(1)} times as rough as the lines beside it`,
    };
  if (foreign !== null && foreign > FOREIGN)
    return {
      shows: true,
      text: `the mask's edge shows: ${Math.round(100 * foreign)} % of what lies across it is like nothing in the rest (5 % is usual)`,
    };
  if (line === null && foreign === null) return { shows: false, text: "the mask's edge is too short to judge" };
  return { shows: false, text: "the picture goes on across the mask's edge" };
}

/** Of the edges on either side along both axes: each as a bent line among the same line moved across the picture. */
function roughestEdge({ width, height, data }: Raster, mask: Float32Array): AxisScore | null {
  let worst: AxisScore | null = null;
  for (const [step, n] of [
    [1, width],
    [width, height],
  ] as const) {
    for (const rising of [true, false]) {
      const pairs: number[] = [];
      for (let at = 0; at + step < mask.length; at++) {
        const [here, there] = [(mask[at] ?? 0) > 0.5, (mask[at + step] ?? 0) > 0.5];
        if (here !== there && there === rising && Math.floor(at / step) % n !== n - 1) pairs.push(at);
      }
      if (pairs.length < SHORT) continue;
      const sums = new Float64Array(n);
      for (const at of evenly(pairs, PAIRS)) {
        const k = Math.floor(at / step) % n;
        for (let by = 0; by < n; by++) {
          const from = (k + by) % n;
          if (from === n - 1) continue; // across the border is another matter
          for (let p = at + (from - k) * step; p < data.length; p += mask.length)
            sums[by] = (sums[by] ?? 0) + Math.abs((data[p + step] ?? 0) - (data[p] ?? 0));
        }
      }
      const score = lineScore(sums, 0);
      if (!worst || score.z > worst.z) worst = score;
    }
  }
  return worst;
}

/** See `MaskEdgeScore.foreign`. Kept patches are compared with those that do not overlap them. */
function foreignShare(raster: Raster, mask: Float32Array): number | null {
  const { width, height } = raster;
  if (Math.min(width, height) < 2 * SIZE) return null;
  const { kept, across } = positions(mask, width, height);
  if (kept.length < OWN || across.length < SHORT) return null;
  const flat = { x: false, y: false };
  const plain = new PatchDescriptors(raster, SIZE, flat);
  const describe = (patches: PatchDescriptors, at: number): Float32Array =>
    patches.describe(at % width, Math.floor(at / width), 1, 1);
  const all = (patches: PatchDescriptors, list: readonly number[]): Float32Array => {
    const out = new Float32Array(list.length * DIMENSIONS);
    for (const [i, at] of list.entries()) out.set(describe(patches, at), i * DIMENSIONS);
    return out;
  };
  const weighed = new PatchDescriptors(raster, SIZE, flat, whitening(all(plain, evenly(kept, 2000))));
  const from = evenly(kept, KEPT);
  const tree = new PatchTree(all(weighed, from));
  const distance = (at: number): number => {
    const apart = (i: number): boolean => {
      const other = from[i] ?? 0;
      const dy = Math.abs(Math.floor(other / width) - Math.floor(at / width));
      return dy >= SIZE || Math.abs((other % width) - (at % width)) >= SIZE;
    };
    return tree.nearest(describe(weighed, at), Number.POSITIVE_INFINITY, apart)?.squared ?? Number.POSITIVE_INFINITY;
  };
  const own = evenly(kept, OWN)
    .map(distance)
    .sort((a, b) => a - b);
  const usual = own[Math.floor(USUAL * own.length)] ?? 0;
  const found = evenly(across, ACROSS).map(distance);
  return found.filter((d) => d > usual).length / found.length;
}

/** Top left pixels, y W + x, of the patches that hold nothing new, and of those that are new in about a half. */
function positions(
  mask: Float32Array,
  width: number,
  height: number,
): { readonly kept: readonly number[]; readonly across: readonly number[] } {
  const sums = [0.02, 0.5].map((least) => {
    const sum = new Float64Array((width + 1) * (height + 1));
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        sum[(y + 1) * (width + 1) + x + 1] =
          ((mask[y * width + x] ?? 0) > least ? 1 : 0) +
          (sum[y * (width + 1) + x + 1] ?? 0) +
          (sum[(y + 1) * (width + 1) + x] ?? 0) -
          (sum[y * (width + 1) + x] ?? 0);
    return (x: number, y: number): number => {
      const at = (dx: number, dy: number): number => sum[(y + dy) * (width + 1) + x + dx] ?? 0;
      return (at(SIZE, SIZE) - at(0, SIZE) - at(SIZE, 0) + at(0, 0)) / (SIZE * SIZE);
    };
  });
  const [touched, fresh] = sums;
  const kept: number[] = [];
  const across: number[] = [];
  for (let y = 0; y + SIZE <= height; y++)
    for (let x = 0; x + SIZE <= width; x++) {
      const share = fresh?.(x, y) ?? 0;
      if (touched?.(x, y) === 0) kept.push(y * width + x);
      else if (share > 0.35 && share < 0.65) across.push(y * width + x);
    }
  return { kept, across };
}
