/** Side of a mask, pixels. */
const SIDE = 256;

/** The masks of the gallery, white where there is something to do: 0 or 1 at (x, y), both in 0..1. */
export const masks: ReadonlyMap<string, (x: number, y: number) => boolean> = new Map([
  ['mask-disc', (x: number, y: number) => Math.hypot(x - 0.5, y - 0.5) < 0.2],
  ['mask-frame', (x: number, y: number) => Math.max(Math.abs(x - 0.5), Math.abs(y - 0.5)) > 0.4],
  // Whole periods, so that the mask joins itself.
  ['mask-path', (x: number, y: number) => Math.abs(away(y - 0.5 - wave(x, 1, 0.16) - wave(x + 0.1, 3, 0.04))) < 0.17],
]);

const wave = (x: number, periods: number, height: number): number => height * Math.sin(2 * Math.PI * periods * x);

/** The shortest way round a circle of circumference 1. */
const away = (v: number): number => v - Math.round(v);

/** A mask as bytes, one a pixel. */
export function drawMask(inside: (x: number, y: number) => boolean): { readonly side: number; readonly data: Buffer } {
  const data = Buffer.alloc(SIDE * SIDE);
  for (let i = 0; i < data.length; i++) {
    const [x, y] = [(i % SIDE) + 0.5, Math.floor(i / SIDE) + 0.5];
    data[i] = inside(x / SIDE, y / SIDE) ? 255 : 0;
  }
  return { side: SIDE, data };
}
