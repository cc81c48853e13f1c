// Where a picture is cut open along one axis, so that its right end runs on in its left end. The other axis is the same,
// transposed.
import { resample } from '../base/resample';
import { type Cut, closedMinimumCut, minimumCut } from './cut';
import { changeCosts, type Ends, endsOf } from './overlap';
import type { Repeats } from './seal_lattice';
import { countOf, type Planes } from './seal_planes';

/** How one axis is sealed: pure geometry, the same for every picture of that size. */
export interface AxisSeal {
  /** Columns of the result. */
  readonly size: number;
  readonly rows: number;
  /** [rows, size]: the column of the picture that a pixel of the result is from. */
  readonly from: Int32Array;
  /** The cuts, by rows: the first pixel beyond, column of the result. */
  readonly cuts: readonly Int32Array[];
  /** [rows] for each of the cuts: the mean cost about each step. */
  readonly costs: readonly Float64Array[];
}

export interface AxisOptions {
  /** Keep the size: lay a strip of the picture itself over the join, instead of taking the tile out of the picture. */
  readonly keepSize: boolean;
  /** The rows close on themselves. */
  readonly closed: boolean;
  /** What repeats along the columns, where something does: only sizes of whole repeats are taken then. */
  readonly repeats: Repeats | null;
}

/** The least part of the picture that is kept along an axis ... */
const LEAST = 0.7;
/** ... and the least that is laid over one another. */
const THIN = 1 / 32;
/** Half of the strip that covers the join where the size is kept. */
const STRIP = 1 / 10;
/** It is taken from at least so far from the join, as a share of the picture: what stands twice side by side is seen at once. */
const APART = 0.3;
/** Added to the cost of a cut before costs are compared: cuts well below this are not seen, so that the larger picture wins. */
const UNSEEN = 0.15;
/** Sizes are compared on pictures of at most this side, and then about the best ones at full size. */
const COARSE = 256;
const FINALISTS = 4;
/** What losing a share of the picture costs, as a factor: 1 + LOSS x share. */
const LOSS = 2;

export function sealAxis(pictures: readonly Planes[], options: AxisOptions): AxisSeal {
  const ends = endsOf(pictures);
  return options.keepSize ? coveredJoin(ends, options) : closedCrop(ends, options);
}

/** A picture of at most COARSE a side, to look at many candidates; the factor may differ between the axes. */
function coarse({ width, height, pictures }: Ends): Ends {
  const w = Math.min(width, COARSE);
  const h = Math.min(height, COARSE);
  if (w === width && h === height) return { width, height, pictures };
  return endsOf(
    pictures.map(({ planes }) => ({
      width: w,
      height: h,
      data: resample(planes.data, [width, height], [w, h], 'soft'),
    })),
  );
}

/** What a cut looks like, a step. */
const perStep = (cut: Cut): number => cut.cost / (2 * cut.at.length);

/**
 * The best of candidates by `costOf`: all are tried on a coarse picture, those about the best ones again at full size. Of all within
 * 5 % of the least the one that comes first in `prefer` is taken.
 */
function choose(
  ends: Ends,
  candidates: readonly number[],
  costOf: (ends: Ends, candidate: number) => number,
  prefer: (a: number, b: number) => number,
): number {
  const small = coarse(ends);
  const factor = ends.width / small.width;
  const costs = new Map<number, number>();
  for (const candidate of candidates) {
    const k = Math.round(candidate / factor);
    if (!costs.has(k)) costs.set(k, costOf(small, k));
  }
  let found = costs;
  if (small.width !== ends.width || small.height !== ends.height) {
    const best = [...costs.keys()].sort((a, b) => (costs.get(a) ?? 0) - (costs.get(b) ?? 0)).slice(0, FINALISTS);
    found = new Map();
    for (const candidate of candidates) {
      if (best.includes(Math.round(candidate / factor))) found.set(candidate, costOf(ends, candidate));
    }
  }
  const least = Math.min(...found.values());
  const near = [...found.keys()].filter((k) => (found.get(k) ?? 0) <= 1.05 * least);
  return near.sort(prefer)[0] ?? candidates[0] ?? 0;
}

/** Whole numbers; where something repeats, those that miss a whole repeat by no more than the tolerance, or than the best do. */
function wholeRepeats(
  first: number,
  last: number,
  repeats: Repeats | null,
  missOf: (repeats: Repeats, candidate: number) => number,
): number[] {
  const all = Array.from({ length: last - first + 1 }, (_, k) => first + k);
  if (!repeats) return all;
  const misses = all.map((candidate) => missOf(repeats, candidate));
  const limit = Math.min(repeats.most, Math.max(repeats.tolerance, Math.min(...misses) + repeats.tolerance / 2));
  const fitting = all.filter((_, k) => (misses[k] ?? 0) <= limit);
  return fitting.length > 0 ? fitting : all;
}

/** A crop of the picture whose ends overlap, cut where they agree. */
function closedCrop(ends: Ends, { closed, repeats }: AxisOptions): AxisSeal {
  const { width, height } = ends;
  const cutOf = (of: Ends, size: number, exact: boolean): Cut => {
    const columns = of.width - size;
    const field = { length: of.height, width: columns, cost: changeCosts(of, 0, size, columns) };
    return exact ? closedMinimumCut(field) : minimumCut(field);
  };
  const most = width - Math.max(3, Math.round(THIN * width));
  const size = choose(
    ends,
    wholeRepeats(Math.ceil(LEAST * width), most, repeats, ({ miss }, candidate) => miss(candidate)),
    (of, candidate) => {
      if (of.width - candidate < 3) return Number.POSITIVE_INFINITY;
      return (UNSEEN + perStep(cutOf(of, candidate, false))) * (1 + LOSS * (1 - candidate / of.width));
    },
    (a, b) => b - a,
  );
  const { at } = cutOf(ends, size, closed);
  // The tile begins at the middle of the cut, so that most of it is the picture as it stands.
  const middle = median(at);
  const from = new Int32Array(height * size);
  const cuts = new Int32Array(height);
  for (let y = 0; y < height; y++) {
    const start = at[y] ?? 0;
    cuts[y] = (((start - middle) % size) + size) % size;
    for (let x = 0; x < size; x++) {
      let source = middle + x;
      if (source < start) source += size;
      else if (source >= start + size) source -= size;
      from[y * size + x] = source;
    }
  }
  return {
    size,
    rows: height,
    from,
    cuts: [cuts],
    costs: stepCosts(ends, [cuts], from, size),
  };
}

/** The picture whole, a strip of it over the join, cut on both sides. */
function coveredJoin(ends: Ends, { closed, repeats }: AxisOptions): AxisSeal {
  const { width, height } = ends;
  const halfOf = (w: number): number => Math.max(4, Math.round(STRIP * w));
  /** Cuts from the right end into the strip, and from the strip into the left end; the strip begins at column `begin`. */
  const cutsOf = (of: Ends, begin: number, exact: boolean): [Cut, Cut] => {
    const half = halfOf(of.width);
    const find = exact ? closedMinimumCut : minimumCut;
    const side = (a: number, b: number): Cut =>
      find({ length: of.height, width: half, cost: changeCosts(of, a, b, half) });
    return [side(begin, of.width - half), side(0, begin + half)];
  };
  const half = halfOf(width);
  const nearest = Math.max(0, Math.round(APART * width) - half);
  const begin = choose(
    ends,
    // The strip moves by `begin` + `half` into the left end, and from the right end by a width less.
    wholeRepeats(
      nearest,
      width - 2 * half - nearest,
      repeats,
      ({ miss }, k) => (miss(k + half) + miss(width - k - half)) / 2,
    ),
    (of, candidate) => {
      if (candidate + 2 * halfOf(of.width) > of.width) return Number.POSITIVE_INFINITY;
      const [one, other] = cutsOf(of, candidate, false);
      return 2 * UNSEEN + perStep(one) + perStep(other);
    },
    (a, b) => a - b,
  );
  const [into, out] = cutsOf(ends, begin, closed);
  const from = new Int32Array(height * width);
  const cuts = [new Int32Array(height), new Int32Array(height)] as const;
  for (let y = 0; y < height; y++) {
    const leave = width - half + (into.at[y] ?? 0);
    const enter = out.at[y] ?? 0;
    cuts[0][y] = leave % width;
    cuts[1][y] = enter;
    for (let x = 0; x < width; x++) {
      const inStrip = x < enter ? begin + half + x : x >= leave ? begin + x - (width - half) : -1;
      from[y * width + x] = inStrip >= 0 ? inStrip : x;
    }
  }
  return {
    size: width,
    rows: height,
    from,
    cuts,
    costs: stepCosts(ends, cuts, from, width),
  };
}

function median(values: Int32Array): number {
  return values.slice().sort()[values.length >> 1] ?? 0;
}

/** A window of rows that costs are averaged over. */
const ABOUT = 12;

/** For each cut and row, the mean over rows about it of what changing over costs there. */
function stepCosts(
  { width, height, pictures }: Ends,
  cuts: readonly Int32Array[],
  from: Int32Array,
  size: number,
): Float64Array[] {
  return cuts.map((cut) => {
    const raw = new Float64Array(height);
    for (let y = 0; y < height; y++) {
      const x = cut[y] ?? 0;
      const right = from[y * size + x] ?? 0;
      const left = from[y * size + ((x + size - 1) % size)] ?? 0;
      // Both sides of the cut, in the copy that ends here and in the one that begins.
      for (const { planes, slope, typical } of pictures) {
        if (typical === 0) continue;
        let sum = 0;
        for (const [p, q] of [
          [left, right - 1],
          [left + 1, right],
        ] as const) {
          if (q < 0 || p >= width) continue;
          let d2 = 0;
          for (let c = 0; c < countOf(planes); c++) {
            const at = (c * height + y) * width;
            d2 += ((planes.data[at + p] ?? 0) - (planes.data[at + q] ?? 0)) ** 2;
          }
          sum += d2 / (typical * ((slope[y * width + p] ?? 0) + (slope[y * width + q] ?? 0) + 0.5 * typical));
        }
        raw[y] = Math.max(raw[y] ?? 0, sum / 2);
      }
    }
    return raw.map((_, y) => {
      let sum = 0;
      const [a, b] = [Math.max(0, y - ABOUT), Math.min(height - 1, y + ABOUT)];
      for (let k = a; k <= b; k++) sum += raw[k] ?? 0;
      return sum / (b - a + 1);
    });
  });
}
