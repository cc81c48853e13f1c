// What the charts of report, watch page and studio have in common. They draw through a `Make`, so that each page gets
// elements of its own kind: text, DOM or JSX.

export type Attributes = Readonly<Record<string, string | number>>;

/** Makes an SVG element. */
export type Make<T> = (tag: string, attributes: Attributes, ...children: readonly (T | string)[]) => T;

/** From values to places along an axis, with the round values worth a tick. */
export interface Scale {
  (value: number): number;
  readonly ticks: readonly number[];
}

type Range = readonly [from: number, to: number];

/** A scale that is even in `rise(value)`. */
function scaleBy(rise: (v: number) => number, [low, high]: Range, [from, to]: Range, ticks: readonly number[]): Scale {
  const [bottom, top] = [rise(low), rise(high)];
  return Object.assign((v: number) => from + ((rise(v) - bottom) / (top - bottom)) * (to - from), { ticks });
}

/** Multiples of 1, 2 or 5 times a power of ten between two values: about `count`. */
export function roundValues(low: number, high: number, count = 5): number[] {
  const power = 10 ** Math.floor(Math.log10((high - low) / count));
  const step = [1, 2, 5, 10].map((k) => k * power).find((s) => (high - low) / s <= count * 1.4) ?? 10 * power;
  const first = Math.ceil(low / step);
  const length = Math.floor(high / step) - first + 1;
  return Array.from({ length }, (_, k) => Number(((first + k) * step).toPrecision(12)));
}

/** Of many values every second, third ..., so that at most `most` are left. */
const atMost = (values: readonly number[], most: number): readonly number[] =>
  values.filter((_, k) => k % Math.ceil(values.length / most) === 0);

export const linearScale = (domain: Range, range: Range): Scale =>
  scaleBy((v) => v, domain, range, roundValues(...domain));

/** Ticks at powers of ten, where there are too few at 1, 2 and 5 of each, and where these are too few at round values. */
export function logScale(domain: Range, range: Range): Scale {
  const [low, high] = domain;
  const first = Math.floor(Math.log10(low));
  const powers = Array.from({ length: Math.ceil(Math.log10(high)) - first + 1 }, (_, k) => first + k);
  const of = (...digits: number[]): number[] =>
    powers.flatMap((p) => digits.map((d) => Number(`${d}e${p}`))).filter((t) => t >= low && t <= high);
  const few = [of(1), of(1, 2, 5)].find((list) => list.length >= 2) ?? roundValues(low, high);
  return scaleBy(Math.log10, domain, range, atMost(few, 6));
}

/**
 * Linear around 0, logarithmic away from it, from about `constant` on (Webber, "A bi-symmetric log transformation for
 * wide-range data", 2012).
 */
export function signedLogScale(domain: Range, range: Range, constant: number): Scale {
  const [low, high] = domain;
  const top = Math.floor(Math.log10(Math.max(-low, high)));
  const powers = [0, 1, 2].map((k) => 10 ** (top - k)).filter((p) => p > constant / 2);
  const ticks = [0, ...powers, ...powers.map((p) => -p)].filter((t) => t >= low && t <= high);
  return scaleBy((v) => Math.sign(v) * Math.log1p(Math.abs(v / constant)), domain, range, ticks);
}

/** `0.0123`, `1.2e-5`, `340`: as short as three digits allow. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return String(value);
  if (size !== 0 && (size >= 1e5 || size < 1e-3)) {
    return value
      .toExponential(2)
      .replace(/\.?0*e/, 'e')
      .replace('e+', 'e');
  }
  return String(Number(value.toPrecision(3)));
}

/** `1.23`, `0.0456`, `123`: three digits, never an exponent. */
export function shortMs(ms: number): string {
  if (ms >= 100) return ms.toFixed(0);
  return ms >= 0.1 ? ms.toPrecision(3) : ms.toFixed(4);
}

export const percent = (share: number): string => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;
export const rate = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
