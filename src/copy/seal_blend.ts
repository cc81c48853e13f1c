// Taking pictures along a seal: every pixel copied, and what is left of a step at the cuts taken away in a band about them.
import { membrane, type Steps } from './membrane';
import type { AxisSeal } from './seal_axis';
import { countOf, gradients, type Planes } from './seal_planes';

/** Pixels of the picture as the seal lays them. */
export function laid(planes: Planes, { size, rows, from }: AxisSeal): Planes {
  const { width, height, data } = planes;
  const out = new Float32Array(countOf(planes) * rows * size);
  for (let row = 0; row < countOf(planes) * rows; row++) {
    const at = Math.floor(row / rows) * height * width + (row % rows) * width;
    const places = (row % rows) * size;
    for (let x = 0; x < size; x++) out[row * size + x] = data[at + (from[places + x] ?? 0)] ?? 0;
  }
  return { width: size, height: rows, data: out };
}

/**
 * The steps that a cut makes: for every pair of neighbours p, q that are none in the picture, how far q is from what would
 * go on from p there: q keeps its own difference to the neighbour that it has in the picture, so the step is
 * q's old neighbour - p.
 */
function stepsOf(planes: Planes, { size, rows, from }: AxisSeal, closed: boolean): Steps {
  const { width, height, data } = planes;
  const p: number[] = [];
  const q: number[] = [];
  const olds: number[] = [];
  const nows: number[] = [];
  const add = (i: number, j: number, old: number, now: number): void => {
    p.push(i);
    q.push(j);
    olds.push(old);
    nows.push(now);
  };
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < size; x++) {
      const i = y * size + x;
      const column = from[i] ?? 0;
      const j = x + 1 < size ? i + 1 : i + 1 - size;
      const next = from[j] ?? 0;
      if (next !== column + 1) {
        if (next > 0) add(i, j, y * width + next - 1, y * width + column);
        else add(i, j, y * width + next, y * width + column + 1); // p's own neighbour, where q has none
      }
      if (y + 1 === rows && !closed) continue;
      const k = y + 1 < rows ? i + size : x;
      const below = from[k] ?? 0;
      if (below !== column) add(i, k, y * width + below, y * width + column);
    }
  }
  const excess = Array.from({ length: countOf(planes) }, (_, c) =>
    Float64Array.from(p, (_, s) => {
      const at = c * width * height;
      return (data[at + (olds[s] ?? 0)] ?? 0) - (data[at + (nows[s] ?? 0)] ?? 0);
    }),
  );
  return { p: Int32Array.from(p), q: Int32Array.from(q), excess };
}

/** How many pixels a band has at least, on either side of a cut, as a share of the shorter side ... */
const NARROW = 1 / 100;
const NARROWEST = 3;
/** ... and at most. */
const BROAD = 1 / 4;
/** Steps are averaged over so many along the cut: what is left of grain then says nothing. */
const ALONG = 12;
/**
 * A step that remains is spread so that it rises from pixel to pixel by at most half a level of 8 bits, or by this share of what
 * the picture itself does: a slope that fine does not show in grain that coarse.
 */
const SLOPE = 0.5 / 255;
const MASKED = 0.15;

/** The least slope that shows in planes. */
function slopeOf(planes: Planes): number {
  const slopes = gradients(planes);
  const mean = slopes.reduce((a, b) => a + b, 0) / slopes.length;
  return Math.max(SLOPE, (MASKED * mean) / Math.sqrt(countOf(planes)));
}

/** How far the blend reaches from each step: by what is left of the steps of its cut, averaged along it. [size of steps] */
function reaches({ excess, p }: Steps, { size, rows, cuts }: AxisSeal, slope: number, strength: number): Float64Array {
  const least = Math.max(NARROWEST, NARROW * Math.min(size, rows));
  const cutOf = Int32Array.from(p, (at) => nearest(cuts, Math.floor(at / size), at % size, size));
  const wide = cuts.map(() => new Float64Array(rows).fill(least));
  for (const [k, reach] of wide.entries()) {
    for (const plane of excess) {
      const sums = new Float64Array(rows);
      const counts = new Float64Array(rows);
      for (const [s, e] of plane.entries()) {
        if (cutOf[s] !== k) continue;
        const y = Math.floor((p[s] ?? 0) / size);
        sums[y] = (sums[y] ?? 0) + e;
        counts[y] = (counts[y] ?? 0) + 1;
      }
      for (let y = 0; y < rows; y++) {
        let sum = 0;
        let n = 0;
        for (let j = Math.max(0, y - ALONG); j <= Math.min(rows - 1, y + ALONG); j++) {
          sum += sums[j] ?? 0;
          n += counts[j] ?? 0;
        }
        if (n > 0) reach[y] = Math.max(reach[y] ?? 0, least + Math.abs(sum / n) / 2 / slope);
      }
    }
  }
  return Float64Array.from(p, (at, s) => {
    const reach = wide[cutOf[s] ?? 0]?.[Math.floor(at / size)] ?? least;
    return Math.min(BROAD * size, 2 * strength * reach);
  });
}

/** The cut nearest to column `x` of a row, on the torus. */
function nearest(cuts: readonly Int32Array[], y: number, x: number, size: number): number {
  let best = 0;
  let least = size;
  for (const [k, cut] of cuts.entries()) {
    const d = Math.abs(x - (cut[y] ?? 0));
    const distance = Math.min(d, size - d);
    if (distance >= least) continue;
    least = distance;
    best = k;
  }
  return best;
}

/** Pixels within reach of a cut: a cone on every pixel of it, spread by chamfer distances on the torus. [rows, size] */
function bandOf(
  steps: Steps,
  reach: Float64Array,
  [size, rows]: readonly [number, number],
  closed: boolean,
): Uint8Array {
  const height = new Float32Array(size * rows).fill(-1);
  for (let s = 0; s < reach.length; s++) {
    for (const i of [steps.p[s] ?? 0, steps.q[s] ?? 0]) height[i] = Math.max(height[i] ?? 0, reach[s] ?? 0);
  }
  const spread = (i: number, j: number, distance: number): void => {
    const v = (height[j] ?? 0) - distance;
    if (v > (height[i] ?? 0)) height[i] = v;
  };
  const row = (y: number, from: number): void => {
    if (from < 0 && !closed) return;
    if (from >= rows && !closed) return;
    const above = ((from + rows) % rows) * size;
    for (let x = 0; x < size; x++) {
      const i = y * size + x;
      spread(i, above + x, 1);
      spread(i, above + ((x + 1) % size), Math.SQRT2);
      spread(i, above + ((x + size - 1) % size), Math.SQRT2);
    }
  };
  for (let round = 0; round < 2; round++) {
    for (let y = 0; y < rows; y++) {
      row(y, y - 1);
      for (let x = 0; x < 2 * size; x++) spread(y * size + (x % size), y * size + ((x + size - 1) % size), 1);
    }
    for (let y = rows - 1; y >= 0; y--) {
      row(y, y + 1);
      for (let x = 2 * size - 1; x >= 0; x--) spread(y * size + (x % size), y * size + ((x + 1) % size), 1);
    }
  }
  return Uint8Array.from(height, (v) => (v > 0 ? 1 : 0));
}

export interface Blended {
  readonly planes: Planes;
  /** [rows, size], 1 where the blend may have changed something */
  readonly band: Uint8Array;
}

/**
 * Takes planes along a seal. Pixels outside the band are those of the picture, to the bit.
 * @param strength 0 .. 1: how far the blend reaches; 0.5 as far as it should, 0 not at all
 */
export function takeAlong(planes: Planes, seal: AxisSeal, closed: boolean, strength: number): Blended {
  const { size, rows } = seal;
  const out = laid(planes, seal);
  if (strength === 0) return { planes: out, band: new Uint8Array(size * rows) };
  const steps = stepsOf(planes, seal, closed);
  const reach = reaches(steps, seal, slopeOf(planes), strength);
  const band = bandOf(steps, reach, [size, rows], closed);
  const corrections = membrane(band, [size, rows], closed, steps);
  for (const [c, correction] of corrections.entries()) {
    const at = c * size * rows;
    for (let i = 0; i < correction.length; i++) {
      if (!band[i]) continue;
      out.data[at + i] = Math.min(1, Math.max(0, (out.data[at + i] ?? 0) + (correction[i] ?? 0)));
    }
  }
  return { planes: out, band };
}
