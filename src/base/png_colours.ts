// What a PNG file without a profile says of its colours: `cICP`, `sRGB`, or `gAMA` and `cHRM`. PNG specification, third edition, 4.3 and
// 11.3.2, https://www.w3.org/TR/png-3/; the numbers of cICP: ITU-T H.273.
import { type Curve, curveToSrgb, mixToSrgb, power, type ToSrgb } from './icc';
import { toLinear } from './srgb';

/** x and y of white, red, green and blue. */
type Chromaticities = readonly number[];

const [SRGB, GAMMA_OF_SRGB] = [[0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06], 1 / 2.2] as const;
/** Nearer than this, files mean sRGB itself: they have no other way to say its curve. */
const [SAME_COLOUR, SAME_GAMMA] = [0.002, 0.02];

/** By the numbers of H.273: BT.709, BT.2020, Display P3. */
const PRIMARIES: Readonly<Record<number, Chromaticities>> = {
  1: SRGB,
  9: [0.3127, 0.329, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046],
  12: [0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06],
};
/** Those of films (1, 6, 14, 15) are shown by that of sRGB. */
const CURVES: Readonly<Record<number, Curve>> = {
  ...{ 1: toLinear, 6: toLinear, 13: toLinear, 14: toLinear, 15: toLinear },
  ...{ 4: power(2.2), 5: power(2.8), 8: power(1) },
};

export interface PngColours {
  /** Where they are not sRGB, and no profile says what they are. */
  readonly toSrgb?: ToSrgb | undefined;
  /** What should be known of it, as the rest of a sentence that begins with the file's name. */
  readonly note?: string;
}

/** @param channels of the picture, without opacity */
export function pngColours(png: Uint8Array, channels: 1 | 3): PngColours {
  const chunks = chunksBeforePixels(png);
  const [coded, gamma, chroma] = ['cICP', 'gAMA', 'cHRM'].map((name) => chunks.get(name));
  if (chunks.has('iCCP')) return {}; // whoever writes both has a reader in mind that knows profiles alone
  if (coded) {
    const [lights, curve] = [coded.getUint8(0), coded.getUint8(1)];
    const known = PRIMARIES[lights] && CURVES[curve];
    if (known) return { toSrgb: toSrgb(known, PRIMARIES[lights] as Chromaticities, channels) };
    const name = { 16: 'PQ', 18: 'HLG' }[curve] ?? `primaries ${lights}, transfer ${curve}`;
    return { note: `has colours of another kind (cICP: ${name}), which are taken for sRGB` };
  }
  if (chunks.has('sRGB')) return {};
  const exponent = gamma ? gamma.getUint32(0) / 1e5 : 0;
  const usual = exponent === 0 || Math.abs(exponent / GAMMA_OF_SRGB - 1) < SAME_GAMMA;
  const lights = chroma && Array.from({ length: 8 }, (_, k) => chroma.getUint32(4 * k) / 1e5);
  return { toSrgb: toSrgb(usual ? toLinear : power(1 / exponent), lights ?? SRGB, channels) };
}

function toSrgb(curve: Curve, lights: Chromaticities, channels: 1 | 3): ToSrgb | undefined {
  const same = channels === 1 || lights.every((v, k) => Math.abs(v - (SRGB[k] as number)) < SAME_COLOUR);
  const columns = same ? undefined : underD50(lights);
  if (columns) return mixToSrgb([curve, curve, curve], columns);
  return curve === toLinear ? undefined : curveToSrgb(curve);
}

/** The first of each chunk that is long enough. */
function chunksBeforePixels(png: Uint8Array): ReadonlyMap<string, DataView> {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const least: Readonly<Record<string, number>> = { cICP: 4, gAMA: 4, cHRM: 32 };
  const found = new Map<string, DataView>();
  for (let at = 8; at + 12 <= png.length; ) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...png.subarray(at + 4, at + 8));
    if (type === 'IDAT' || at + 12 + length > png.length) break;
    if (!found.has(type) && length >= (least[type] ?? 0))
      found.set(type, new DataView(png.buffer, png.byteOffset + at + 8, length));
    at += 12 + length;
  }
  return found;
}

type Vector = readonly [number, number, number];
/** XYZ to the cones of Bradford's adaptation: ICC.1:2022, annex E. */
const BRADFORD: readonly Vector[] = [
  [0.8951, 0.2664, -0.1614],
  [-0.7502, 1.7135, 0.0367],
  [0.0389, -0.0685, 1.0296],
];
const D50: Vector = [0.9642, 1, 0.8249];

/** XYZ of three lights that make white together, as seen where D50 is white; undefined for lights that make none. */
function underD50(xy: Chromaticities): Vector[] | undefined {
  const [white, ...lights] = [0, 2, 4, 6].map((k): Vector => {
    const [x, y] = [xy[k] as number, xy[k + 1] as number];
    return [x / y, 1, (1 - x - y) / y];
  }) as [Vector, Vector, Vector, Vector];
  const shares = solved(lights, white);
  const [seen, wanted] = [times(BRADFORD, white), times(BRADFORD, D50)];
  const columns = lights.map((light, k) => {
    const cones = times(BRADFORD, light).map(
      (v, i) => v * (shares[k] as number) * ((wanted[i] as number) / (seen[i] as number)),
    );
    return solved(
      [0, 1, 2].map((c) => BRADFORD.map((row) => row[c]) as unknown as Vector) as [Vector, Vector, Vector],
      cones as unknown as Vector,
    );
  });
  return columns.flat().every(Number.isFinite) ? columns : undefined;
}

const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
const times = (rows: readonly Vector[], v: Vector): Vector => rows.map((row) => dot(row, v)) as unknown as Vector;

/** How much of each column makes a sum: Cramer's rule. */
function solved([a, b, c]: readonly [Vector, Vector, Vector], sum: Vector): Vector {
  const whole = dot(a, cross(b, c));
  return [dot(sum, cross(b, c)) / whole, dot(a, cross(sum, c)) / whole, dot(a, cross(b, sum)) / whole];
}
