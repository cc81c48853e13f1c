// Numbers that are no brightness: heights in metres, distances, counts. A raster has them as 0..1.
import { toEncoded, toLinear } from './srgb';

/** How a file keeps a number. */
export type Sample = 'uint8' | 'int8' | 'uint16' | 'int16' | 'uint32' | 'int32' | 'float32' | 'float64';

/** What the numbers of a file were. */
export interface Measures {
  readonly sample: Sample;
  /** The least and the greatest of the file. */
  readonly min: number;
  readonly max: number;
  /** The numbers of the file that are 0 and 1 in the raster. */
  readonly zero: number;
  readonly one: number;
  /** They are light: between 0 and 1 the raster has them by the curve of sRGB. */
  readonly light?: true;
}

/** Which numbers are 0 and 1, of what is no brightness: of directions (three floats of -1 to 1) their bounds, else the least and the greatest. */
export function measuresOf(sample: Sample, min: number, max: number, channels: number): Measures {
  if (channels === 3 && sample[0] === 'f' && min >= -1 && max <= 1) return { sample, min, max, zero: -1, one: 1 };
  if (min === max) {
    const by = Math.max(0.5, Math.abs(min) / 2 ** 20); // more than doubles of that size are apart
    return { sample, min, max, zero: min - by, one: max + by };
  }
  return { sample, min, max, zero: min, one: max };
}

/** Light is not below nothing, but for what sharpening leaves; directions and heights are. */
export const isLight = (min: number): boolean => min > -0.1;

/** Which numbers are 0 and 1, of light: 1 is white, unless there is more, or all is dark. */
export const lightOf = (sample: Sample, min: number, max: number): Measures => ({
  ...{ sample, min, max, light: true },
  zero: Math.min(0, min),
  one: max > 1 || (max < 0.25 && max > 0) ? max : 1,
});

/**
 * Whether numbers are brightness as they are: floats that lie between 0 and 1, and whole numbers without a sign, unless nothing
 * would be left of them at 8 bits.
 * @param white the number that is white, of whole numbers
 */
export function isBrightness(sample: Sample, min: number, max: number, white: number): boolean {
  if (sample[0] === 'u') return max >= white / 256 || max === 0;
  return sample[0] === 'f' && min >= 0 && max <= 1;
}

/** `-12.5 to 1830.25` */
export const rangeText = ({ min, max }: Pick<Measures, 'min' | 'max'>): string =>
  `${Number(min.toPrecision(7))} to ${Number(max.toPrecision(7))}`;

/** The least and the greatest of a raster's values, within 0..1. */
export function spread(planes: Float32Array): readonly [low: number, high: number] {
  let [low, high] = [1, 0];
  for (const v of planes) {
    if (v < low) low = v;
    if (v > high) high = v;
  }
  return [Math.max(0, low), Math.min(1, high)];
}

/**
 * A raster's values as numbers of a file.
 * @param within what `spread` says of the values, where their least and greatest are to be those of the file; else each
 *   number is what it was
 */
export function toMeasures(m: Measures, within?: readonly [low: number, high: number]): (v: number) => number {
  const [low, high] = within && within[1] > within[0] ? within : [0, 1];
  const ends = within && within[1] > within[0] ? [m.min, m.max] : [m.zero, m.one];
  const span = m.one - m.zero;
  const [from = 0, to = 1] = m.light ? ends.map((v) => toEncoded((v - m.zero) / span)) : ends;
  return (v) => {
    const share = Math.min(1, Math.max(0, (v - low) / (high - low)));
    const is = from * (1 - share) + to * share;
    return m.light ? m.zero + span * toLinear(is) : is;
  };
}

/** How much further apart than they were values are laid where the least and the greatest are to be those of the file. */
export function stretchOf(m: Measures, [low, high]: readonly [low: number, high: number]): number {
  const code = (v: number): number => (m.light ? toEncoded : Number)((v - m.zero) / (m.one - m.zero));
  return high > low ? (code(m.max) - code(m.min)) / (high - low) : 1;
}
