// Clean pictures, and what goes wrong with tiles, planted into them.
import { blur } from '../../src/base/blur';
import type { Raster } from '../../src/base/raster';
import { pcg4d } from '../../src/base/rng';

/** A picture of values by pixel and channel. */
export const paint = (width: number, height: number, f: (x: number, y: number, c: number) => number): Raster => {
  const n = width * height;
  const data = Float32Array.from({ length: 3 * n }, (_, i) =>
    f(i % width, Math.floor((i % n) / width), Math.floor(i / n)),
  );
  return { width, height, data };
};

/** A pixel of the torus. */
const at = ({ width: w, height: h, data }: Raster, x: number, y: number, c: number): number =>
  data[(c * h + (((y % h) + h) % h)) * w + (((x % w) + w) % w)]!;

export const crop = (r: Raster, left: number, top: number, w: number, h: number): Raster =>
  paint(w, h, (x, y, c) => at(r, left + x, top + y, c));

/** Bricks of 32x16 pixels in running bond with joints of 3, each of its own tone, and grain. It tiles. */
export function runningBond(width: number, height: number, seed: number): Raster {
  const random = (stream: number, x: number, y: number): number => pcg4d(seed, stream, x, y)[0] / 2 ** 32;
  return paint(width, height, (x, y, c) => {
    const course = Math.floor(y / 16);
    const along = (x + (course % 2) * 16) % width;
    const grain = 0.06 * (random(1, x, y) - 0.5);
    if (y % 16 < 3 || along % 32 < 3) return 0.75 + grain;
    const tone = random(2, Math.floor(along / 32), course);
    return [0.55, 0.3, 0.22][c]! * (0.7 + 0.6 * tone) + grain;
  });
}

/** Rows displaced by a sine of `height` pixels that closes over the width `waves` times: courses bend. */
export const bent = (r: Raster, height: number, waves: number): Raster =>
  paint(r.width, r.height, (x, y, c) => {
    const from = y + height * Math.sin((2 * Math.PI * waves * x) / r.width);
    const above = Math.floor(from);
    return (above + 1 - from) * at(r, x, above, c) + (from - above) * at(r, x, above + 1, c);
  });

export const blurred = (r: Raster, sigma: number): Raster => ({
  ...r,
  data: blur(r.data, [r.width, r.height], sigma, [true, true]),
});

export const rolled = (r: Raster, dx: number, dy: number): Raster =>
  paint(r.width, r.height, (x, y, c) => at(r, x + dx, y + dy, c));

/** Blocks of `side` pixels in random order (Fisher and Yates). */
export function shuffledBlocks(r: Raster, side: number): Raster {
  const columns = r.width / side;
  const order = Array.from({ length: columns * (r.height / side) }, (_, i) => i);
  for (let i = order.length - 1; i > 0; i--) {
    const j = pcg4d(1, 2, 3, i)[0] % (i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return paint(r.width, r.height, (x, y, c) => {
    const from = order[Math.floor(y / side) * columns + Math.floor(x / side)]!;
    return at(r, (from % columns) * side + (x % side), Math.floor(from / columns) * side + (y % side), c);
  });
}
