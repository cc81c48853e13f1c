export interface Overlap {
  /** Of the block, pixels. */
  readonly width: number;
  readonly height: number;
  /** How far in from the sides, and from top and bottom, a cut may run, pixels. */
  readonly band: readonly [x: number, y: number];
  /** Whether there is something below pixel i, in rows, of the block. */
  filled(i: number): boolean;
  /** How much the block differs there from what lies below. */
  error(i: number): number;
}

/**
 * Which pixels of a new block to keep: inside of the cuts of least error through the bands along its four edges, where
 * something lies below (Efros and Freeman 2001, by dynamic programming).
 */
export function cutBands({ width, height, band, filled, error }: Overlap): Uint8Array {
  const n = width * height;
  const keep = new Uint8Array(n).fill(1);
  const errors = new Float64Array(n);
  const below = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    if (!filled(i)) continue;
    below[i] = 1;
    errors[i] = error(i);
  }
  for (const edge of ['left', 'right', 'top', 'bottom'] as const) {
    const upright = edge === 'left' || edge === 'right';
    const length = upright ? height : width;
    const depth = upright ? band[0] : band[1];
    const last = (upright ? width : height) - 1;
    /** Pixel `t` along the edge and `d` in from it. */
    const cell = (t: number, d: number): number => {
      const in_ = edge === 'left' || edge === 'top' ? d : last - d;
      return upright ? t * width + in_ : in_ * width + t;
    };
    let any = false;
    for (let t = 0; t < length && !any; t++) any = below[cell(t, 0)] === 1;
    if (!any) continue;
    const cut = cheapestPath(length, depth, (t, d) => errors[cell(t, d)] as number);
    for (let t = 0; t < length; t++) for (let d = 0; d < (cut[t] as number); d++) keep[cell(t, d)] = 0;
  }
  return keep;
}

/** For each t the depth of the cheapest path from t = 0 to the end that moves by one at most (dynamic programming). */
function cheapestPath(length: number, depth: number, error: (t: number, d: number) => number): Int32Array {
  const sums = new Float64Array(length * depth);
  for (let t = 0; t < length; t++) {
    for (let d = 0; d < depth; d++) {
      let least = t === 0 ? 0 : Number.POSITIVE_INFINITY;
      for (let k = Math.max(0, d - 1); t > 0 && k <= Math.min(depth - 1, d + 1); k++) {
        least = Math.min(least, sums[(t - 1) * depth + k] as number);
      }
      sums[t * depth + d] = least + error(t, d);
    }
  }
  const path = new Int32Array(length);
  let [low, high] = [0, depth - 1];
  for (let t = length - 1; t >= 0; t--) {
    let best = low;
    for (let d = low; d <= high; d++)
      if ((sums[t * depth + d] as number) < (sums[t * depth + best] as number)) best = d;
    path[t] = best;
    [low, high] = [Math.max(0, best - 1), Math.min(depth - 1, best + 1)];
  }
  return path;
}
