// Where the light of a render comes from, apart from what draws it: words for it are read without a graph.

/** Where the sun is, degrees: 0 right, 90 top, 135 upper left; and how high, 90 overhead. */
export type Sun = readonly [azimuth: number, height: number];
export const SUN: Sun = [135, 40];

/** The place that `135,40` names; undefined where it is none above the surface. */
export function sunFrom(text: string): Sun | undefined {
  const [azimuth = Number.NaN, height = Number.NaN, ...more] = text
    .split(',')
    .map((part) => (part.trim() ? Number(part) : Number.NaN));
  return Number.isFinite(azimuth) && height > 0 && height <= 90 && more.length === 0 ? [azimuth, height] : undefined;
}

/** The direction of a sun: x right, y up in the picture, z out of it. */
export function towards([azimuth, height]: Sun): readonly [number, number, number] {
  const [a, h] = [(azimuth * Math.PI) / 180, (height * Math.PI) / 180];
  return [Math.cos(a) * Math.cos(h), Math.sin(a) * Math.cos(h), Math.sin(h)];
}
