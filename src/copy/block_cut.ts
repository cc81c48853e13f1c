/** A block over what lies there already. Lists are of its pixels, in rows. */
export interface Overlap {
  readonly width: number;
  readonly height: number;
  /** How far in from the sides, and from top and bottom, a cut may run, pixels. */
  readonly band: readonly [x: number, y: number];
  /** 1 where there is something below. */
  readonly filled: Uint8Array;
  /** How much a cut between pixel i and the next one to the right, and the next one below, is seen; 0 where neither is filled. */
  readonly across: Float32Array;
  readonly down: Float32Array;
}

export interface Cut {
  /** 1 for pixels of the new block that are kept. */
  readonly keep: Uint8Array;
  /** How much is seen of the cuts: mean over their length. */
  readonly cost: number;
}

/**
 * Which pixels of a new block to keep: inside of the cuts that are seen least through the bands along its four edges, where
 * something lies below (Efros and Freeman 2001). Cuts run between pixels, so that they can keep to a joint around a corner.
 */
export function cutBands(overlap: Overlap): Cut {
  const keep = new Uint8Array(overlap.width * overlap.height).fill(1);
  const bands = bandsOf(overlap);
  let cost = 0;
  for (const band of bands) {
    const { from, ends } = leastCosts(band, overlap);
    let d = 1;
    for (let k = 2; k < band.depth; k++) if ((ends[k] as number) < (ends[d] as number)) d = k;
    cost += (ends[d] as number) / band.length;
    for (let t = band.length - 1; t >= 0; t--) {
      for (let k = 0; k < d; k++) keep[band.start + t * band.along + k * band.in] = 0;
      d = from[t * band.depth + d] as number;
    }
  }
  return { keep, cost: cost / Math.max(1, bands.length) };
}

/** Along an edge of a block: pixel `t` along it and `d` in from it is at start + t * along + d * in. */
interface Band {
  readonly length: number;
  readonly depth: number;
  readonly start: number;
  readonly along: number;
  readonly in: number;
}

/** Along the left edge, the right one, the top and the bottom: those where something lies below. */
function bandsOf({ width, height, band: [x, y], filled }: Overlap): Band[] {
  const bands: Band[] = [
    { length: height, depth: x, start: 0, along: width, in: 1 },
    { length: height, depth: x, start: width - 1, along: width, in: -1 },
    { length: width, depth: y, start: 0, along: 1, in: width },
    { length: width, depth: y, start: (height - 1) * width, along: 1, in: -width },
  ];
  return bands.filter(({ length, depth, start, along }) => {
    let any = false;
    for (let t = 0; t < length && !any; t++) any = filled[start + t * along] === 1;
    return any && depth >= 2;
  });
}

/** What a step costs where nothing is seen: the shorter of two cuts alike is better. */
const STEP = 0.02;

/**
 * What the cheapest path from one end of a band to each pixel of the other costs, so many pixels before it, 1 at least: it never
 * turns back, but may go sideways as far as it likes (dynamic programming); and, [length, depth], where each path comes from.
 */
function leastCosts(band: Band, overlap: Overlap): { readonly ends: Float64Array; readonly from: Int32Array } {
  const { length, depth, start, along } = band;
  const from = new Int32Array(length * depth);
  const [inward, onward] = along === 1 ? [overlap.down, overlap.across] : [overlap.across, overlap.down];
  const costs = new Float64Array(depth);
  const origin = new Int32Array(depth);
  const step = band.in;
  // A cut before pixel `d` parts it from the one before, which is the next one where the band goes backwards.
  const shift = step > 0 ? -step : 0;
  for (let t = 0; t < length; t++) {
    const row = start + t * along;
    for (let d = 0; d < depth; d++) origin[d] = d;
    if (t > 0) {
      // Sideways, between this pixel of the edge and the one before.
      let p = row - along + step;
      for (let d = 2; d < depth; d++, p += step) {
        const c = (costs[d - 1] as number) + (STEP + (onward[p] as number));
        if (c >= (costs[d] as number)) continue;
        costs[d] = c;
        origin[d] = origin[d - 1] as number;
      }
      p = row - along + (depth - 2) * step;
      for (let d = depth - 2; d >= 1; d--, p -= step) {
        const c = (costs[d + 1] as number) + (STEP + (onward[p] as number));
        if (c >= (costs[d] as number)) continue;
        costs[d] = c;
        origin[d] = origin[d + 1] as number;
      }
    }
    for (let d = 1, p = row + step + shift; d < depth; d++, p += step) {
      costs[d] = (costs[d] as number) + STEP + (inward[p] as number);
    }
    from.set(origin, t * depth);
  }
  return { ends: costs, from };
}
