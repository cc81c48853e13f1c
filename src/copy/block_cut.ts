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
export function cutBands({ width, height, band, filled, across, down }: Overlap): Cut {
  const keep = new Uint8Array(width * height).fill(1);
  let cost = 0;
  let edges = 0;
  for (const edge of ['left', 'right', 'top', 'bottom'] as const) {
    const upright = edge === 'left' || edge === 'right';
    const length = upright ? height : width;
    const depth = upright ? band[0] : band[1];
    // Pixel `t` along the edge and `d` in from it is at start + t * along + d * in_.
    const along = upright ? width : 1;
    const in_ = (upright ? 1 : width) * (edge === 'left' || edge === 'top' ? 1 : -1);
    const start = edge === 'right' ? width - 1 : edge === 'bottom' ? (height - 1) * width : 0;
    let any = false;
    for (let t = 0; t < length && !any; t++) any = filled[start + t * along] === 1;
    if (!any || depth < 2) continue;
    const found = cheapestPath(
      { length, depth, start, along, in: in_ },
      upright ? across : down,
      upright ? down : across,
    );
    for (let t = 0; t < length; t++) {
      for (let d = 0; d < (found.path[t] as number); d++) keep[start + t * along + d * in_] = 0;
    }
    cost += found.cost / length;
    edges++;
  }
  return { keep, cost: cost / Math.max(1, edges) };
}

interface Band {
  readonly length: number;
  readonly depth: number;
  readonly start: number;
  readonly along: number;
  readonly in: number;
}

/** What a step costs where nothing is seen: the shorter of two cuts alike is better. */
const STEP = 0.02;

/**
 * For each t how many pixels lie before the cheapest path from one end of a band to the other, 1 at least: it never turns back, but
 * may go sideways as far as it likes (dynamic programming).
 */
function cheapestPath(band: Band, inward: Float32Array, onward: Float32Array): { path: Int32Array; cost: number } {
  const { length, depth, start, along } = band;
  const from = new Int32Array(length * depth);
  let before = new Float64Array(depth);
  let now = new Float64Array(depth);
  for (let t = 0; t < length; t++) {
    const row = start + t * along;
    for (let d = 1; d < depth; d++) {
      now[d] = before[d] as number;
      from[t * depth + d] = d;
    }
    if (t > 0) {
      // Sideways, between this pixel of the edge and the one before.
      const sideways = (d: number): number => {
        const p = row + d * band.in;
        return STEP + (onward[p - along] as number);
      };
      for (let d = 2; d < depth; d++) {
        const c = (now[d - 1] as number) + sideways(d - 1);
        if (c >= (now[d] as number)) continue;
        now[d] = c;
        from[t * depth + d] = from[t * depth + d - 1] as number;
      }
      for (let d = depth - 2; d >= 1; d--) {
        const c = (now[d + 1] as number) + sideways(d);
        if (c >= (now[d] as number)) continue;
        now[d] = c;
        from[t * depth + d] = from[t * depth + d + 1] as number;
      }
    }
    for (let d = 1; d < depth; d++) {
      const p = row + d * band.in;
      now[d] = (now[d] as number) + STEP + (inward[band.in > 0 ? p - band.in : p] as number);
    }
    [before, now] = [now, before];
  }
  let d = 1;
  for (let k = 2; k < depth; k++) if ((before[k] as number) < (before[d] as number)) d = k;
  const cost = before[d] as number;
  const path = new Int32Array(length);
  for (let t = length - 1; t >= 0; t--) {
    path[t] = d;
    d = from[t * depth + d] as number;
  }
  return { path, cost };
}
