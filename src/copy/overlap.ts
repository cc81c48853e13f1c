import { countOf, gradients, type Planes } from './seal_planes';

/** Pictures whose ends are to be laid over one another, all of one size, and what their costs need. */
export interface Ends {
  readonly width: number;
  readonly height: number;
  readonly pictures: readonly { readonly planes: Planes; readonly slope: Float64Array; readonly typical: number }[];
}

export function endsOf(pictures: readonly Planes[]): Ends {
  const [{ width, height } = { width: 0, height: 0 }] = pictures;
  return {
    width,
    height,
    pictures: pictures.map((planes) => {
      const slope = gradients(planes);
      return { planes, slope, typical: slope.reduce((a, b) => a + b, 0) / slope.length };
    }),
  };
}

/**
 * What it costs to change over, at a pixel, from the copy that begins at column `b` to the one that begins at `a`:
 * |A - B|^2 / (|grad A| + |grad B| + eps) in units of the typical gradient, eps a half of that; the worst of all pictures.
 * So a difference is cheap where it is small, and where both copies are busy; 1 is one that is as large as one and a half
 * steps between neighbours are.
 * @returns [height, columns]
 */
export function changeCosts(ends: Ends, a: number, b: number, columns: number): Float64Array {
  const { width, height } = ends;
  const size = width * height;
  const cost = new Float64Array(height * columns);
  for (const { planes, slope, typical } of ends.pictures) {
    if (typical === 0) continue;
    const { data } = planes;
    const n = countOf(planes);
    for (let y = 0; y < height; y++) {
      for (let i = 0; i < columns; i++) {
        const p = y * width + a + i;
        const q = y * width + b + i;
        let sum = 0;
        for (let c = 0; c < n; c++) {
          const d = (data[c * size + p] ?? 0) - (data[c * size + q] ?? 0);
          sum += d * d;
        }
        const e = sum / (typical * ((slope[p] ?? 0) + (slope[q] ?? 0) + 0.5 * typical));
        const at = y * columns + i;
        if (e > (cost[at] ?? 0)) cost[at] = e;
      }
    }
  }
  return cost;
}
