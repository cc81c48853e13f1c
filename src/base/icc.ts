// Colour profiles of two plain kinds, for pictures whose numbers no library converts: a curve for grey; three curves and a
// matrix for RGB. ICC.1:2022, https://www.color.org/specification/ICC.1-2022-05.pdf
import { toEncoded } from './srgb';

/** Colours of 0..1 to sRGB, in place: one value of grey, or three. */
export type ToSrgb = (colour: Float64Array) => void;

/**
 * How a profile's colours become sRGB; undefined for a profile of tables, of other colours than the picture's, or damaged.
 * @param channels of the picture, without opacity
 */
export function profileToSrgb(icc: Uint8Array, channels: 1 | 3): ToSrgb | undefined {
  try {
    return channels === 1 ? greyToSrgb(icc) : rgbToSrgb(icc);
  } catch (cause) {
    if (cause instanceof RangeError) return undefined; // it leads out of itself
    throw cause;
  }
}

/** A code of 0..1 to light. */
export type Curve = (v: number) => number;

function greyToSrgb(icc: Uint8Array): ToSrgb | undefined {
  const curve = curveOf(icc, 'kTRC');
  return curve && latin1(icc, 16, 4) === 'GRAY' ? curveToSrgb(curve) : undefined;
}

/** Grey, or the same lights, by another curve. */
export const curveToSrgb =
  (curve: Curve): ToSrgb =>
  (colour) => {
    for (const [k, v] of colour.entries()) colour[k] = encode(curve(v));
  };

/** XYZ under D50, the profile connection space, to linear sRGB: the inverse of the columns of sRGB's own profile. */
const D50_TO_SRGB = [
  [3.1341359, -1.6173858, -0.4906619],
  [-0.9787955, 1.916255, 0.0334427],
  [0.0719553, -0.2289769, 1.4053432],
] as const;

function rgbToSrgb(icc: Uint8Array): ToSrgb | undefined {
  const curves = ['rTRC', 'gTRC', 'bTRC'].map((name) => curveOf(icc, name));
  const columns = ['rXYZ', 'gXYZ', 'bXYZ'].map((name) => xyzOf(icc, name));
  if (latin1(icc, 16, 4) !== 'RGB ' || [...curves, ...columns].includes(undefined)) return undefined;
  return mixToSrgb(curves as Curve[], columns as number[][]);
}

/**
 * Colours of other lights.
 * @param columns XYZ of each under D50
 */
export function mixToSrgb(curves: readonly Curve[], columns: readonly (readonly number[])[]): ToSrgb {
  const matrix = D50_TO_SRGB.map((row) => columns.map((c) => row.reduce((sum, v, k) => sum + v * (c[k] as number), 0)));
  return (colour) => {
    const linear = curves.map((curve, k) => (curve as Curve)(colour[k] as number));
    for (const [k, row] of matrix.entries())
      colour[k] = encode(row.reduce((sum, v, j) => sum + v * (linear[j] as number), 0));
  };
}

/** Linear light to the code of sRGB, within 0..1: IEC 61966-2-1. */
function encode(v: number): number {
  return toEncoded(Math.min(1, Math.max(0, v)));
}

function tagOf(icc: Uint8Array, name: string): DataView | undefined {
  const view = new DataView(icc.buffer, icc.byteOffset, icc.byteLength);
  const count = view.getUint32(128);
  for (let k = 0; k < Math.min(count, 200); k++) {
    const at = 132 + 12 * k;
    if (latin1(icc, at, 4) !== name) continue;
    return new DataView(icc.buffer, icc.byteOffset + view.getUint32(at + 4), view.getUint32(at + 8));
  }
  return undefined;
}

function xyzOf(icc: Uint8Array, name: string): number[] | undefined {
  const tag = tagOf(icc, name);
  return tag && [8, 12, 16].map((at) => tag.getInt32(at) / 65536);
}

/** `curv`: nothing, a power, or a table (10.6). `para`: a power with a foot (10.18). */
function curveOf(icc: Uint8Array, name: string): Curve | undefined {
  const tag = tagOf(icc, name);
  if (!tag) return undefined;
  if (tag.getUint32(0) === 0x63757276) {
    const count = tag.getUint32(8);
    if (count === 0) return (v) => v;
    if (count === 1) return power(tag.getUint16(12) / 256);
    const table = Float64Array.from({ length: Math.min(count, 65536) }, (_, k) => tag.getUint16(12 + 2 * k) / 65535);
    return (v) => {
      const x = Math.min(1, Math.max(0, v)) * (table.length - 1);
      const k = Math.min(table.length - 2, Math.floor(x));
      return (table[k] as number) * (1 - x + k) + (table[k + 1] as number) * (x - k);
    };
  }
  if (tag.getUint32(0) !== 0x70617261) return undefined;
  const kind = tag.getUint16(8);
  const size = [1, 3, 4, 5, 7][kind];
  if (size === undefined) return undefined;
  const [g = 1, a = 1, b = 0, c = 0, d = 0, e = 0, f = 0] = Array.from(
    { length: size },
    (_, k) => tag.getInt32(12 + 4 * k) / 65536,
  );
  const raise = power(g);
  if (kind === 0) return raise;
  if (kind < 3) return (v) => (v >= -b / a ? raise(a * v + b) : 0) + (kind === 2 ? c : 0);
  return (v) => (v >= d ? raise(a * v + b) + e : c * v + f);
}

export const power =
  (g: number): Curve =>
  (v) =>
    Math.max(0, v) ** g;

const latin1 = (bytes: Uint8Array, at: number, length: number): string =>
  String.fromCharCode(...bytes.subarray(at, at + length));
