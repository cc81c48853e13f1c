import { EngineError } from '../base/errors';
import type { Raster } from '../base/raster';
import { LOBES, PHASES, phaseWeights, TAPS } from './warp';

/** x and y of four corners of a picture's part, pixels from its top left: the part's top left, then clockwise. */
export type Corners = readonly number[];

/** From 0..1 across and down to pixels: x = (a u + b v + c) / (g u + h v + 1), y = (d u + e v + f) / (g u + h v + 1). */
interface Homography {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
  readonly f: number;
  readonly g: number;
  readonly h: number;
}

/** A straightened picture has at most so many pixels. */
const MOST = 2 ** 24;

/**
 * The part of a picture between four corners as a rectangle: what was photographed at a slant, seen from straight ahead. It is so
 * large that nothing is shrunk where the picture shows it largest; resampled by the kernel of `warp`, clipped to 0..1.
 * Corners of the whole picture, or of a piece by whole pixels, give its pixels as they are.
 * @throws EngineError `PictureError` for corners outside the picture, in another order, or on one line
 */
export function rectified(picture: Raster, corners: Corners): Raster {
  const { width, height, data, alpha } = picture;
  checkCorners(corners, width, height);
  const map = homography(corners);
  const [W, H] = sizeOf(map);
  const weights = phaseWeights();
  const source = alpha ? [data, alpha] : [data];
  const planes = source.flatMap((all) =>
    Array.from({ length: all.length / (width * height) }, (_, c) =>
      all.subarray(c * width * height, (c + 1) * width * height),
    ),
  );
  const out = planes.map(() => new Float32Array(W * H));
  for (let y = 0; y < H; y++) {
    for (let x = 0; x < W; x++) {
      const [u, v] = [(x + 0.5) / W, (y + 0.5) / H];
      const far = map.g * u + map.h * v + 1;
      const px = (map.a * u + map.b * v + map.c) / far - 0.5;
      const py = (map.d * u + map.e * v + map.f) / far - 0.5;
      const [left, top] = [Math.floor(px), Math.floor(py)];
      const across = Math.round((px - left) * PHASES) * TAPS;
      const down = Math.round((py - top) * PHASES) * TAPS;
      for (const [c, plane] of planes.entries()) {
        let sum = 0;
        for (let j = 0; j < TAPS; j++) {
          const weight = weights[down + j] as number;
          if (weight === 0) continue;
          const row = Math.min(height - 1, Math.max(0, top - LOBES + 1 + j)) * width;
          let line = 0;
          for (let i = 0; i < TAPS; i++) {
            const at = Math.min(width - 1, Math.max(0, left - LOBES + 1 + i));
            line += (weights[across + i] as number) * (plane[row + at] as number);
          }
          sum += weight * line;
        }
        (out[c] as Float32Array)[y * W + x] = Math.min(1, Math.max(0, sum));
      }
    }
  }
  const colours = alpha ? out.slice(0, -1) : out;
  const all = new Float32Array(colours.length * W * H);
  for (const [c, plane] of colours.entries()) all.set(plane, c * W * H);
  return { ...picture, width: W, height: H, data: all, ...(alpha && { alpha: out.at(-1) as Float32Array }) };
}

function checkCorners(corners: Corners, width: number, height: number): void {
  const at = (k: number): readonly [number, number] => [
    corners[(2 * k) % 8] as number,
    corners[(2 * k + 1) % 8] as number,
  ];
  for (const k of [0, 1, 2, 3]) {
    const [x, y] = at(k);
    if (!(x >= 0 && y >= 0 && x <= width && y <= height)) {
      throw new EngineError(
        'PictureError',
        `rectify: the corner ${x},${y} is outside the picture, which is ${width}x${height}`,
        'Corners are x,y in pixels from the top left.',
      );
    }
    const [[nx, ny], [fx, fy]] = [at(k + 1), at(k + 2)];
    // twice the area of the triangle of three corners in turn, above 0 where they go clockwise
    if ((nx - x) * (fy - ny) - (ny - y) * (fx - nx) >= 1) continue;
    throw new EngineError(
      'PictureError',
      `rectify: ${corners.join(',')} are no four corners in order`,
      'Give them clockwise: top left, top right, bottom right, bottom left.',
    );
  }
}

/** Heckbert, "Fundamentals of texture mapping and image warping", 1989: a square to a quadrilateral. */
function homography(corners: Corners): Homography {
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0, x3 = 0, y3 = 0, x4 = 0, y4 = 0] = corners;
  const [p, q, r, s] = [x2 - x3, y2 - y3, x4 - x3, y4 - y3];
  const [x, y] = [x1 - x2 + x3 - x4, y1 - y2 + y3 - y4];
  const det = p * s - r * q;
  const g = (x * s - r * y) / det;
  const h = (p * y - x * q) / det;
  return {
    ...{ a: x2 - x1 + g * x2, b: x4 - x1 + h * x4, c: x1 },
    ...{ d: y2 - y1 + g * y2, e: y4 - y1 + h * y4, f: y1, g, h },
  };
}

/** Pixels across and down, as many as the picture has for the same where it shows most, which is at a corner. */
function sizeOf({ a, b, c, d, e, f, g, h }: Homography): readonly [width: number, height: number] {
  let [across, down] = [1, 1];
  for (const [u, v] of [0, 1].flatMap((i) => [0, 1].map((j) => [i, j] as const))) {
    const far = g * u + h * v + 1;
    const [x, y] = [(a * u + b * v + c) / far, (d * u + e * v + f) / far];
    across = Math.max(across, Math.hypot(a - g * x, d - g * y) / far);
    down = Math.max(down, Math.hypot(b - h * x, e - h * y) / far);
  }
  const share = Math.min(1, Math.sqrt(MOST / (across * down)));
  return [Math.max(1, Math.round(share * across)), Math.max(1, Math.round(share * down))];
}
