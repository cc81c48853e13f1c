import { EngineError } from '../../base/errors';
import type { Raster } from '../../base/raster';
import { Rng } from '../../base/rng';
import { toEncoded, toLinear } from '../../base/srgb';
import { type Colour, samplePixel } from './moments';

export interface PaletteEntry {
  /** sRGB, each part 0..1. */
  readonly colour: Colour;
  /** Share of the pixels that are nearest to it. */
  readonly share: number;
}

const MOST_COLOURS = 256;
/** Pixels looked at, of all pictures together. */
const SAMPLES = 2 ** 14;
const ROUNDS = 40;
/**
 * Differences of hue count this much more than those of lightness. Pictures vary in light above all, and would get a
 * palette of shades of one colour otherwise: 6 colours of
 * lichen.png without its green, 4 of leaves.png all brown (judged by eye on three pictures, at 1, 2 and 3).
 */
const HUE = 3;
const seenAs = (colour: Colour): Oklab => {
  const [l, a, b] = oklab(colour);
  return [l, HUE * a, HUE * b];
};
const colourOf = ([l, a, b]: Oklab): Colour => fromOklab([l, a / HUE, b / HUE]);

/**
 * The `count` colours that stand for a picture (or several), the commonest first: k-means in Oklab, begun far apart
 * (Arthur and Vassilvitskii, "k-means++", SODA 2007). Fewer when there are fewer. The same seed gives the same palette.
 */
export function paletteOf(from: Raster | readonly Raster[], count: number, seed = 0): PaletteEntry[] {
  const pictures = 'data' in from ? [from] : from;
  if (!Number.isInteger(count) || count < 1 || count > MOST_COLOURS) {
    throw new EngineError('RecipeError', `a palette of ${count} colours, but it has from 1 to ${MOST_COLOURS}`);
  }
  const rng = new Rng(seed, 450);
  const points = pictures.flatMap((p) => samples(p, Math.floor(SAMPLES / pictures.length)));
  let centres = farApart(points, count, rng);
  let nearest = points.map((p) => nearestOf(p, centres));
  for (let round = 0; round < ROUNDS; round++) {
    centres = means(points, nearest, centres);
    const next = points.map((p) => nearestOf(p, centres));
    const settled = next.every((k, i) => k === nearest[i]);
    nearest = next;
    if (settled) break;
  }
  const shares = centres.map(() => 0);
  for (const k of nearest) shares[k] = (shares[k] ?? 0) + 1 / points.length;
  return centres
    .map((c, k) => ({ colour: colourOf(c), share: shares[k] ?? 0 }))
    .filter((e) => e.share > 0)
    .sort((p, q) => q.share - p.share);
}

export interface LockSettings {
  /** 0: every pixel becomes one of the colours. 1: between two they blend over the middle half of the way. Default 0. */
  readonly softness?: number;
}

/** A picture made of a palette's colours, each pixel of the nearest ones in Oklab. */
export function lockPalette(
  picture: Raster,
  palette: readonly Pick<PaletteEntry, 'colour'>[],
  settings: LockSettings = {},
): Raster {
  const { softness = 0 } = settings;
  if (palette.length === 0) throw new EngineError('RecipeError', 'a palette without colours', 'Give at least one.');
  const labs = palette.map((entry) => seenAs(entry.colour));
  const spread = SOFTEST * softness;
  const gaps = labs.map((p) => labs.map((q) => Math.max(1e-12, apart(p, q))));
  const n = picture.width * picture.height;
  const data = new Float32Array(3 * n);
  const distances = new Float64Array(labs.length);
  for (let i = 0; i < n; i++) {
    const lab = seenAs([picture.data[i] ?? 0, picture.data[n + i] ?? 0, picture.data[2 * n + i] ?? 0]);
    const k = nearestOf(lab, labs, distances);
    const colour =
      spread > 0 ? colourOf(blend(labs, distances, gaps[k] ?? [], distances[k] ?? 0, spread)) : palette[k]?.colour;
    for (const c of [0, 1, 2] as const) data[c * n + i] = colour?.[c] ?? 0;
  }
  return { ...picture, data };
}

/** Of LockSettings.softness 1; more would wash all colours out. */
const SOFTEST = 0.3;

/**
 * Mean of the colours with weights exp(-(d_k^2 - d^2) / (2 (spread D_k)^2)), d being the distance of the nearest colour,
 * which has 1, and D_k how far the colour k is from that one: 0 to 1/2 of the way count the same however long it is, so
 * that neighbours blend, and a colour that is met stays itself.
 */
function blend(
  labs: readonly Oklab[],
  distances: Float64Array,
  gaps: readonly number[],
  least: number,
  spread: number,
): Oklab {
  const sum: [number, number, number] = [0, 0, 0];
  let total = 0;
  for (const [k, lab] of labs.entries()) {
    const more = Math.max(0, (distances[k] ?? 0) - least);
    const weight = Math.exp(-more / (2 * spread ** 2 * (gaps[k] ?? 1)));
    total += weight;
    for (const c of [0, 1, 2] as const) sum[c] += weight * lab[c];
  }
  return [sum[0] / total, sum[1] / total, sum[2] / total];
}

function samples({ width, height, data }: Raster, most: number): Oklab[] {
  const n = width * height;
  const count = Math.min(n, most);
  return Array.from({ length: count }, (_, k) => {
    const i = samplePixel(k, count, n);
    return seenAs([data[i] ?? 0, data[n + i] ?? 0, data[2 * n + i] ?? 0]);
  });
}

/** First colours: each a random point, the likelier the further from those before. */
function farApart(points: readonly Oklab[], count: number, rng: Rng): Oklab[] {
  const first = points[rng.below(points.length)];
  if (!first) return [];
  const centres = [first];
  const gaps = points.map((p) => apart(p, first));
  while (centres.length < count) {
    const total = gaps.reduce((a, b) => a + b, 0);
    if (total < 1e-12) break;
    let place = rng.uniform() * total;
    const at = gaps.findIndex((g) => {
      place -= g;
      return place < 0;
    });
    const next = points[at < 0 ? gaps.indexOf(Math.max(...gaps)) : at];
    if (!next) break;
    centres.push(next);
    for (const [i, p] of points.entries()) gaps[i] = Math.min(gaps[i] ?? 0, apart(p, next));
  }
  return centres;
}

function nearestOf(p: Oklab, centres: readonly Oklab[], distances?: Float64Array): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let k = 0; k < centres.length; k++) {
    const centre = centres[k];
    const d = centre ? apart(p, centre) : 0;
    if (distances) distances[k] = d;
    if (d < least) {
      least = d;
      best = k;
    }
  }
  return best;
}

/** The mean of the points nearest to each centre; a centre without points stays. */
function means(points: readonly Oklab[], nearest: readonly number[], centres: readonly Oklab[]): Oklab[] {
  const sums = centres.map(() => [0, 0, 0, 0]);
  for (const [i, p] of points.entries()) {
    const sum = sums[nearest[i] ?? 0];
    if (!sum) continue;
    for (const [c, v] of [1, ...p].entries()) sum[c] = (sum[c] ?? 0) + v;
  }
  return centres.map((centre, k) => {
    const [count = 0, l = 0, a = 0, b = 0] = sums[k] ?? [];
    return count > 0 ? [l / count, a / count, b / count] : centre;
  });
}

/**
 * Oklab (Ottosson, "A perceptual color space for image processing", 2020): distances in it are about as large as they
 * look. Lightness 0..1, then green to red, then blue to yellow.
 */
export type Oklab = readonly [lightness: number, a: number, b: number];

/** Of an sRGB colour, each part 0..1. */
export function oklab([red, green, blue]: Colour): Oklab {
  const r = toLinear(red);
  const g = toLinear(green);
  const b = toLinear(blue);
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** The sRGB colour, each part clipped to 0..1. */
export function fromOklab([lightness, a, b]: Oklab): Colour {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const part = (v: number): number => toEncoded(Math.min(1, Math.max(0, v)));
  return [
    part(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    part(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    part(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

/** Squared distance of two colours. */
export const apart = (p: Oklab, q: Oklab): number => (p[0] - q[0]) ** 2 + (p[1] - q[1]) ** 2 + (p[2] - q[2]) ** 2;
