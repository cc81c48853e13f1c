/** A field of costs that a cut runs through: [length, width], one value a pixel, not negative. */
export interface CostField {
  /** Steps along the cut. */
  readonly length: number;
  /** Pixels across. */
  readonly width: number;
  readonly cost: Float64Array;
}

export interface Cut {
  /** For every step the first pixel that is beyond the cut, 1 .. width - 1. */
  readonly at: Int32Array;
  /** Sum over the pairs of neighbours that the cut parts, of the costs of both. */
  readonly cost: number;
}

/** Between which pixels a cut may run at every step, both ends included. */
interface Corridor {
  readonly low: Int32Array;
  readonly high: Int32Array;
}

/**
 * The cheapest cut from the first step to the last that goes forward at every step and any way sideways between two steps.
 * It parts pairs of neighbours, across and along (Kwatra et al. 2003, "Graphcut textures"), so that, unlike a path that goes
 * one pixel sideways a step at most, it can follow a joint of bricks. Exact, by dynamic programming, in O(length x width).
 */
export function minimumCut(field: CostField): Cut {
  return search(field, whole(field), -1);
}

/**
 * The cheapest cut that closes: on a torus in the direction of the cut, it ends where it began. Exact: for the start in the
 * middle the best cut is found, and since best cuts need not cross one another, that parts the remaining starts into those on
 * either side of it (Reif 1983, "Minimum s-t cut of a planar undirected network"): O(length x width x log width).
 */
export function closedMinimumCut(field: CostField): Cut {
  let best: Cut | undefined;
  const visit = (first: number, last: number, corridor: Corridor): void => {
    if (first > last) return;
    const middle = (first + last) >> 1;
    const cut = search(field, corridor, middle);
    if (!best || cut.cost < best.cost) best = cut;
    visit(first, middle - 1, { low: corridor.low, high: cut.at });
    visit(middle + 1, last, { low: cut.at, high: corridor.high });
  };
  visit(1, field.width - 1, whole(field));
  return best ?? search(field, whole(field), 1);
}

const whole = ({ length, width }: CostField): Corridor => ({
  low: new Int32Array(length).fill(1),
  high: new Int32Array(length).fill(width - 1),
});

/** @param start where a closed cut begins and ends; -1: an open one, anywhere */
function search({ length, width, cost }: CostField, { low, high }: Corridor, start: number): Cut {
  const from = new Int32Array(length * width);
  let before = new Float64Array(width).fill(Number.POSITIVE_INFINITY);
  let now = new Float64Array(width).fill(Number.POSITIVE_INFINITY);
  const [low0 = 1, high0 = 1] = [low[0], high[0]];
  for (let i = start < 0 ? low0 : start; i <= (start < 0 ? high0 : start); i++) {
    before[i] = (cost[i - 1] ?? 0) + (cost[i] ?? 0);
  }
  /** Costs of getting to the places of row `to` out of those of the row before, sideways moves in between. */
  const enter = (row: number, to: number, origin: Int32Array): void => {
    const a = Math.min(low[row] ?? 1, low[to] ?? 1);
    const b = Math.max(high[row] ?? 1, high[to] ?? 1);
    const upper = row * width;
    const lower = to * width;
    for (let i = a; i <= b; i++) {
      now[i] = i >= (low[row] ?? 1) && i <= (high[row] ?? 1) ? (before[i] ?? 0) : Number.POSITIVE_INFINITY;
      origin[i] = i;
    }
    for (let i = a + 1; i <= b; i++) {
      const through = (now[i - 1] ?? 0) + (cost[upper + i - 1] ?? 0) + (cost[lower + i - 1] ?? 0);
      if (through >= (now[i] ?? 0)) continue;
      now[i] = through;
      origin[i] = origin[i - 1] ?? i;
    }
    for (let i = b - 1; i >= a; i--) {
      const through = (now[i + 1] ?? 0) + (cost[upper + i] ?? 0) + (cost[lower + i] ?? 0);
      if (through >= (now[i] ?? 0)) continue;
      now[i] = through;
      origin[i] = origin[i + 1] ?? i;
    }
  };
  for (let t = 1; t < length; t++) {
    enter(t - 1, t, from.subarray(t * width, (t + 1) * width));
    for (let i = low[t] ?? 1; i <= (high[t] ?? 1); i++) {
      now[i] = (now[i] ?? 0) + (cost[t * width + i - 1] ?? 0) + (cost[t * width + i] ?? 0);
    }
    [before, now] = [now, before];
  }
  const at = new Int32Array(length);
  let total = Number.POSITIVE_INFINITY;
  let end = start;
  if (start >= 0) {
    const origin = new Int32Array(width);
    enter(length - 1, 0, origin);
    total = now[start] ?? 0;
    end = origin[start] ?? start;
  } else {
    for (let i = low[length - 1] ?? 1; i <= (high[length - 1] ?? 1); i++) {
      if ((before[i] ?? 0) >= total) continue;
      total = before[i] ?? 0;
      end = i;
    }
  }
  for (let t = length - 1; t >= 0; t--) {
    at[t] = end;
    if (t > 0) end = from[t * width + end] ?? end;
  }
  return { at, cost: total };
}
