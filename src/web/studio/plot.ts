// Curves of losses as paths of an SVG. Pure, so that tests need no page.

export interface Curve {
  readonly name: string;
  /** [step over all stages, value] */
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Plot {
  readonly paths: readonly { readonly name: string; readonly d: string; readonly last: number }[];
  /** Values of the rules, and where they lie. */
  readonly rules: readonly { readonly y: number; readonly text: string }[];
  readonly logarithmic: boolean;
}

/** More points than pixels only make a page slow. */
const MOST = 400;

/**
 * @param width, height of the drawing in its own units.
 * The scale is logarithmic where every value is above 0.
 */
export function plot(curves: readonly Curve[], width: number, height: number): Plot {
  const all = curves.flatMap((c) => c.points.filter(([, y]) => Number.isFinite(y)));
  if (all.length === 0) return { paths: [], rules: [], logarithmic: false };
  const logarithmic = all.every(([, y]) => y > 0);
  const rise = (v: number): number => (logarithmic ? Math.log10(v) : v);
  const lows = all.map(([, y]) => rise(y));
  let low = Math.min(...lows);
  let high = Math.max(...lows);
  if (high - low < 1e-9) [low, high] = [low - 0.5, high + 0.5];
  const most = Math.max(1, ...all.map(([x]) => x));
  const X = (x: number): number => (x / most) * width;
  const Y = (y: number): number => height - ((rise(y) - low) / (high - low)) * height;
  const paths = curves.map(({ name, points }) => {
    const finite = points.filter(([, y]) => Number.isFinite(y));
    const each = Math.max(1, Math.ceil(finite.length / MOST));
    const kept = finite.filter((_, k) => k % each === 0 || k === finite.length - 1);
    const d = kept.map(([x, y], k) => `${k === 0 ? 'M' : 'L'}${X(x).toFixed(1)} ${Y(y).toFixed(1)}`).join('');
    return { name, d, last: finite.at(-1)?.[1] ?? Number.NaN };
  });
  return { paths, rules: rules(low, high, logarithmic, height), logarithmic };
}

/** Three or four round values across the range. */
function rules(low: number, high: number, logarithmic: boolean, height: number): Plot['rules'] {
  const span = (high - low) / 3;
  const power = 10 ** Math.floor(Math.log10(span));
  const step = [1, 2, 5, 10].map((k) => k * power).find((k) => k >= span) ?? span;
  const found: { y: number; text: string }[] = [];
  for (let v = Math.ceil(low / step) * step; v <= high; v += step) {
    const value = logarithmic ? 10 ** v : v;
    found.push({ y: height - ((v - low) / (high - low)) * height, text: short(value) });
  }
  return found;
}

/** Three digits. */
export function short(v: number): string {
  if (!Number.isFinite(v)) return 'not a number';
  const size = Math.abs(v);
  return size !== 0 && (size >= 1e5 || size < 1e-3) ? v.toExponential(1) : String(Number(v.toPrecision(3)));
}
