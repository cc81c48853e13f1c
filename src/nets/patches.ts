import { EngineError } from '../base/errors';
import { type Shape, size } from '../base/shape';
import type { Graph } from '../graph/graph';
import { type Border, conv2d } from '../shaders/conv2d';
import { normalizeRows } from '../shaders/normalize_rows';
import type { Ref } from '../shaders/op';
import { affine, mul } from '../shaders/pointwise';
import { random } from '../shaders/random';
import { reshape } from '../shaders/reshape';
import { COLUMNS, wrapSlice } from '../shaders/wrap_slice';
import { sortedRows, wasserstein1d } from './statistics';

export interface PatchOptions {
  /** Side of the square patches, in pixels. Odd. */
  readonly patch: number;
  /** Random projections per step. */
  readonly projections: number;
  readonly seed: number;
  /** Names the random sequence: two losses of one run must not share their filters. */
  readonly stream: number;
  /** Whether some filters look at a part of the patch only: for fine scales, where details have to come out sharp. */
  readonly localised: boolean;
  /** Axes on which the canvas is a torus, [vertical, horizontal]; on the others only whole patches count. */
  readonly torus: readonly [boolean, boolean];
  /**
   * Pixels (y W + x, ascending) of canvas and exemplar: only patches with one of them in the middle count. Default: all.
   */
  readonly canvasPick?: Uint32Array | undefined;
  readonly exemplarPick?: Uint32Array | undefined;
}

/**
 * Sliced Wasserstein distance between the patches of `canvas` [C, H, W] and of `exemplar` [C, h, w]: every patch is
 * projected on random unit filters, and the sorted projections of both are compared. Filters are drawn anew for
 * each value of `counter` ([1], the step), on the GPU, so an average over steps sees all directions.
 *
 * loss = mean_p mean_i | sort(x_p)_i - quantile(sort(y_p), (i + 0.5) / N) |,  x_p = canvas * f_p,  y_p = exemplar * f_p
 *
 * Elnekave and Weiss, "Generating Natural Images with Direct Patch Distributions Matching", ECCV 2022; the sliced
 * distance of Rabin et al., SSVM 2011. Gradient: the sign of the difference, scattered back through the sort.
 *
 * @returns the loss, shape [1]
 * @throws EngineError `ShapeError` when either picture is smaller than a patch, `RecipeError` when no patch has its middle
 *   at a picked pixel.
 */
export function patchLoss(g: Graph, canvas: Ref, exemplar: Ref, counter: Ref, options: PatchOptions): Ref {
  const { patch: k, projections: P, seed, stream, localised, torus, canvasPick, exemplarPick } = options;
  const C = canvas.shape[0] ?? 0;
  for (const [name, { shape }] of [
    ['canvas', canvas],
    ['exemplar', exemplar],
  ] as const) {
    if (Math.min(shape[1] ?? 0, shape[2] ?? 0) < k) {
      throw new EngineError(
        'ShapeError',
        `the ${name} of ${shape[2]}x${shape[1]} is smaller than a ${k}x${k} patch`,
        'Use a larger picture, or fewer scales.',
      );
    }
  }
  const noise = random(g, [P, C * k * k], { seed, stream, distribution: 'normal' }, counter);
  const directions = localised ? mul(g, noise, windows(g, P, C, k)) : noise;
  const filters = reshape(g, normalizeRows(g, directions), [P, C, k, k]);
  const middles = canvasPick && patchesAt(canvasPick, canvas.shape, k, torus, 'canvas');
  const x = project(g, canvas, filters, torus);
  const N = middles?.length ?? x.shape[1] ?? 0;
  const y = exemplarPick
    ? project(g, exemplar, filters, [false, false])
    : projectSparsely(g, exemplar, filters, N, counter, options);
  const wanted = exemplarPick && patchesAt(exemplarPick, exemplar.shape, k, [false, false], 'exemplar');
  return wasserstein1d(g, sortedRows(g, x, middles), sortedRows(g, y, wanted), 'absolute');
}

/** Which of the patches of a picture [C, H, W], in the order of `project`, have a picked pixel in the middle. */
function patchesAt(
  pick: Uint32Array,
  [, H = 1, W = 1]: Shape,
  k: number,
  torus: readonly [boolean, boolean],
  name: string,
): Uint32Array {
  const before = Math.floor((k - 1) / 2);
  const [dy, dx] = torus.map((t) => (t ? 0 : before)) as [number, number];
  const [rows, columns] = [torus[0] ? H : H - k + 1, torus[1] ? W : W - k + 1];
  const found: number[] = [];
  for (const i of pick) {
    const [y, x] = [Math.floor(i / W) - dy, (i % W) - dx];
    if (y >= 0 && y < rows && x >= 0 && x < columns) found.push(y * columns + x);
  }
  if (found.length > 0) return Uint32Array.from(found);
  throw new EngineError(
    'RecipeError',
    `the mask leaves no ${k}x${k} patch of the ${name}`,
    'Use a mask that reaches further in, or a smaller patch.',
  );
}

/** Standard deviations, in pixels, of the windows that filters take turns with. 0: no window, the whole patch. */
const WINDOWS = [0, 1, 2, 0.6];

/**
 * Gaussian windows [P, C k k] about the middle of the patch. A projection on all of a patch adds up 3 k^2 values, and
 * such sums are nearly normal whatever the picture is like: they cannot tell a sharp edge among flat parts from grain
 * of the same variance. A projection on a few pixels can. Measured on the bundled pebbles (128 px, 200 steps): mean
 * gradient 1.18 of the exemplar's without windows (grain), 1.06 with, at the same distance on unwindowed held-out
 * projections (0.044). On coarse scales they cost structure (brick 0.065 -> 0.075), hence `localised`.
 */
function windows(g: Graph, P: number, C: number, k: number): Ref {
  const values = Float32Array.from({ length: P * C * k * k }, (_, i) => {
    const sigma = WINDOWS[Math.floor(i / (C * k * k)) % WINDOWS.length] ?? 0;
    const y = (Math.floor(i / k) % k) - (k - 1) / 2;
    const x = (i % k) - (k - 1) / 2;
    return sigma === 0 ? 1 : Math.exp(-(x * x + y * y) / (2 * sigma * sigma));
  });
  return g.constant([P, C * k * k], values, 'windows');
}

/**
 * Projections of the exemplar's patches; of a sparse grid of them, at a place drawn anew each step, when it has
 * several times more than the `enough` of the canvas: their quantiles are all that is asked for, and a 256 px
 * exemplar would otherwise take four fifths of the time of a 128 px tile.
 */
function projectSparsely(
  g: Graph,
  exemplar: Ref,
  filters: Ref,
  enough: number,
  counter: Ref,
  { seed, stream, patch }: PatchOptions,
): Ref {
  const [, H = 1, W = 1] = exemplar.shape;
  const every = Math.round(Math.sqrt(((H - patch + 1) * (W - patch + 1)) / enough));
  if (every < 2) return project(g, exemplar, filters, [false, false]);
  // Begin at 0 .. every - 1, drawn anew: every - 1 less a shift that is rounded.
  const draw = random(g, [2], { seed, stream: stream + 1000, distribution: 'uniform' }, counter);
  const places = {
    table: g.constant([1, COLUMNS], Float32Array.of(every - 1, every - 1, 0, 0, 0, 0), 'where to begin'),
    cursor: g.constant([1], new Float32Array(1), 'first row'),
  };
  const cut = [H - every + 1, W - every + 1] as const;
  const whole = wrapSlice(g, exemplar, places, { size: cut, place: 0, shift: affine(g, draw, every, -0.5) });
  return project(g, whole, filters, [false, false], every);
}

/** Projections [P, patches] of the patches of a picture, all or every few pixels. */
function project(g: Graph, picture: Ref, filters: Ref, torus: readonly [boolean, boolean], every = 1): Ref {
  const k = filters.shape[2] ?? 1;
  const before = Math.floor((k - 1) / 2);
  const after = k - 1 - before;
  const pad = [torus[0] ? before : 0, torus[1] ? before : 0, torus[0] ? after : 0, torus[1] ? after : 0] as const;
  const border = torus.map((t): Border => (t ? 'wrap' : 'zeros')) as [Border, Border];
  const maps = conv2d(g, picture, filters, { pad, border, stride: [every, every] });
  const P = maps.shape[0] ?? 1;
  return reshape(g, maps, [P, size(maps.shape) / P]);
}
