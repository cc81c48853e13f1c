// What blocks cost that can be worked out before any is laid, as the kernels take it.
import type { SeamsAttrs } from '../shaders/block_seams';
import { placesOf } from '../shaders/block_sides';
import { COST } from '../shaders/block_words';
import type { Autocorrelation } from './autocorrelation';
import { LagCost } from './block_lattice';
import type { Lattice } from './lattice';
import { boxSum, summed } from './planes';
import { type Guided, varianceOf } from './pyramid';

/** What a block's mean colour counts, in units of the exemplar's variance. */
const MEAN = 3;
/** What it costs, for all of a block, that it may not be copied. */
const FORBIDDEN = 100;
/** No cost is more. */
const MOST = 2 ** 27;
/** What it costs that two copies lie a pixel beside the lattice, where places are known to a pixel of the level. */
const OFF = 0.3;
/** Added to what lags cost, which may be less than nothing. */
const LAG = 8;
/** A use counts for more where it is much nearer than this share of the exemplar's side. */
const NEAR = 0.6;
/** A difference across a cut counts half beside an edge of this many deviations of the exemplar. */
const SOFT = 0.15;

interface AlwaysOptions {
  readonly block: SeamsAttrs['block'];
  /** From one place that is tried to the next, pixels. */
  readonly stride: number;
  /** [h, w], 1 for the pixels of the exemplar that may be copied. */
  readonly allowed: Uint8Array;
  /** The mean colour is kept. */
  readonly even: boolean;
}

/** What a block copied from each place costs wherever it lies: for its mean colour, and for what may not be copied. [down, across] */
export function alwaysCosts(level: Guided, { block, stride, allowed, even }: AlwaysOptions): Uint32Array {
  const { width: w, height: h } = level;
  const [bw, bh] = block;
  const barred = allowed.map((v) => 1 - v);
  const forbidden = barred.includes(1) ? summed(barred, w, h) : null;
  const colours = (even ? [0, 1, 2] : []).map((c) => {
    const sums = summed(level.data.subarray(c * w * h, (c + 1) * w * h), w, h);
    return { sums, mean: (sums[sums.length - 1] as number) / (w * h) };
  });
  const [down, across] = placesOf([h, w], block, stride);
  const per = MEAN / varianceSum(level);
  const out = new Uint32Array(down * across);
  for (let i = 0; i < out.length; i++) {
    const x = (i % across) * stride;
    const y = Math.floor(i / across) * stride;
    let cost = forbidden ? (FORBIDDEN * boxSum(forbidden, w, x, y, x + bw, y + bh)) / (bw * bh) : 0;
    for (const { sums, mean } of colours) cost += per * (boxSum(sums, w, x, y, x + bw, y + bh) / (bw * bh) - mean) ** 2;
    out[i] = Math.min(MOST, Math.round(COST * cost));
  }
  return out;
}

/** Of a picture's colours together. */
export const varianceSum = (level: Guided): number => 3 * varianceOf(level);

/** What the lag between two copies costs: [2h - 1, 2w - 1], from -(h - 1) and -(w - 1) on, in pixels of the level. @param closes as of `LagCost` */
export function lagCosts(
  { width: w, height: h }: Guided,
  [sx, sy]: readonly [x: number, y: number],
  correlation: Autocorrelation,
  lattice: Lattice | null,
  closes: boolean,
): Uint32Array {
  const lags = new LagCost(correlation, lattice, closes);
  const across = 2 * w - 1;
  const out = new Uint32Array(across * (2 * h - 1));
  // It is the same both ways.
  for (let i = 0; i <= out.length >> 1; i++) {
    const [x, y] = [(i % across) - w + 1, Math.floor(i / across) - h + 1];
    const cost = Math.round(COST * (LAG + lags.at(x * sx, y * sy, 0.7 * sx, OFF)));
    out[i] = cost;
    out[out.length - 1 - i] = cost;
  }
  return out;
}

/** 256 x what a use counts at 0, 1 .. pixels along an axis. */
export function nearWeights({ width, height }: Guided): Uint32Array {
  const far = NEAR * Math.min(width, height);
  return Uint32Array.from({ length: Math.floor(1.5 * far) + 1 }, (_, d) =>
    Math.round(256 * Math.exp(-((d / far) ** 2))),
  );
}

/** The edge beside which a difference counts half, as `distance_of` counts: six times a difference of gray, whose distance is the root of three. */
export const softEdge = (level: Guided): number => Math.max(1, Math.round(SOFT * Math.sqrt(12 * varianceSum(level))));
