import type { Planes } from './seal_planes';

/** Columns are averaged in so many groups. */
const GROUPS = 16;
/** Differences of light below this are left to the blend at the cut; exp(0.1): 11 %. */
const FAINT = 0.1;
/** A trend counts when it is so many times what the groups scatter about it. */
const CLEAR = 4;
/** Light takes contrast along, and all colours alike: trends of those differ from the mean one by at most this share of it. */
const ALIKE = 0.5;
/** Added to values before their logarithm is taken: black has no ratio. */
const DARK = 0.02;

/**
 * How much light falls off along x: the logarithm of the right end's over the left end's; 0 where there is no clear trend. Light
 * multiplies, in linear and, but for the darkest tones, in sRGB-encoded values. The trend is the linear part of a parabola through
 * the means of groups of columns, so that a lamp in the middle is none. A picture whose sky is brighter than its ground is told
 * from light by its colours and its contrast, which do not follow: what is sealed is kept, so this has to be sure, where `flatten.ts` takes
 * all that changes slowly off what is copied.
 */
export function lightTrend({ width, height, data }: Planes): number {
  const size = width * height;
  const count = data.length / size;
  if (width < 2 * GROUPS) return 0;
  const group = (x: number): number => Math.floor((x * GROUPS) / width);
  const fits = Array.from({ length: count }, (_, c) => {
    const sums = new Float64Array(GROUPS);
    const steps = new Float64Array(GROUPS);
    const counts = new Float64Array(GROUPS);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const g = group(x);
        const at = c * size + y * width + x;
        const v = data[at] ?? 0;
        sums[g] = (sums[g] ?? 0) + v;
        steps[g] = (steps[g] ?? 0) + Math.abs(v - (data[y > 0 ? at - width : at + width] ?? v));
        counts[g] = (counts[g] ?? 0) + 1;
      }
    }
    const logs = (values: Float64Array): Float64Array => values.map((v, g) => Math.log(v / (counts[g] ?? 1) + DARK));
    return { colour: parabola(logs(sums)), contrast: parabola(logs(steps)) };
  });
  const mean = fits.reduce((a, { colour }) => a + colour.slope, 0) / count;
  const sure = fits.every(
    ({ colour, contrast }) =>
      Math.abs(colour.slope) > CLEAR * colour.scatter &&
      Math.abs(colour.slope - mean) < ALIKE * Math.abs(mean) &&
      // Contrast wavers more than colour does: it must not speak against the trend.
      Math.abs(contrast.slope - mean) < ALIKE * Math.abs(mean) + 2 * contrast.scatter,
  );
  return sure && Math.abs(mean) > FAINT ? mean : 0;
}

/**
 * A least squares parabola over -1/2 .. 1/2: its rise from end to end, and the standard error of that rise.
 * On evenly spaced points the linear part is orthogonal to the others.
 */
function parabola(values: Float64Array): { slope: number; scatter: number } {
  const n = values.length;
  const at = Float64Array.from({ length: n }, (_, k) => (k + 0.5) / n - 0.5);
  const square = at.reduce((a, t) => a + t * t, 0);
  const curve = at.map((t) => t * t - square / n);
  const mean = values.reduce((a, v) => a + v, 0) / n;
  const slope = values.reduce((a, v, k) => a + v * (at[k] ?? 0), 0) / square;
  const bend = values.reduce((a, v, k) => a + v * (curve[k] ?? 0), 0) / curve.reduce((a, v) => a + v * v, 0);
  const left = values.reduce((a, v, k) => a + (v - mean - slope * (at[k] ?? 0) - bend * (curve[k] ?? 0)) ** 2, 0);
  return { slope, scatter: Math.sqrt(left / (n - 3) / square) };
}

/** The planes with a `share` of such a trend along x taken out: as they are in the middle, by a factor that changes evenly elsewhere. */
export function evened(planes: Planes, trend: number, share: number): Planes {
  const { width, data } = planes;
  const factors = Float64Array.from({ length: width }, (_, x) => Math.exp(-share * trend * ((x + 0.5) / width - 0.5)));
  return { ...planes, data: data.map((v, i) => v * (factors[i % width] ?? 1)) };
}
