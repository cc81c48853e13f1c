// What maps that were given say of themselves: whether normals are such, which way y points in them, how deep heights are.
import { EngineError } from '../base/errors';
import { SCHARR } from './slopes';
import { slopesOfNormals } from './surface';

type Size = readonly [width: number, height: number];

/** Most that a length of a normal is off in a file, after compression and resizing. */
const OFF = 0.25;
/** This share of a map of normals has such lengths, and points out of the surface. */
const MOST = 0.8;

/** Whether a picture [3, H, W] of 0..1 is one of directions: of length 1, out of the surface. */
export function isNormalMap(planes: Float32Array): boolean {
  const n = planes.length / 3;
  let good = 0;
  let blue = 0;
  for (let i = 0; i < n; i++) {
    const [x, y, z] = vector(planes, n, i);
    blue += z;
    if (z > 0 && Math.abs(Math.hypot(x, y, z) - 1) < OFF) good++;
  }
  return good >= MOST * n && blue > 0.3 * n;
}

const vector = (planes: Float32Array, n: number, i: number): [number, number, number] =>
  [0, 1, 2].map((c) => 2 * (planes[c * n + i] as number) - 1) as [number, number, number];

/**
 * Which way y points: slopes of a surface have no curl, and one sign leaves less of it. Null where both leave about as much: a map that is flat, or
 * whose slopes are all along one axis.
 */
export function normalsPoint(planes: Float32Array, [width, height]: Size): 'up' | 'down' | null {
  const [right, down] = slopesOfNormals(planes);
  let [up, under] = [0, 0];
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      const a = (right[i + width] as number) - (right[i - width] as number);
      const b = (down[i + 1] as number) - (down[i - 1] as number);
      up += (a - b) ** 2;
      under += (a + b) ** 2;
    }
  }
  if (Math.min(up, under) > 0.9 * Math.max(up, under)) return null;
  return up < under ? 'up' : 'down';
}

/**
 * From the lowest to the highest, over the width, by the slopes of the normals: least squares; undefined where the two maps have nothing
 * to do with one another. Slopes are Scharr's, as those of toroid's own normals: others would be steeper in what is fine.
 */
export function reliefOf(heights: Float32Array, normals: Float32Array, [width, height]: Size): number | undefined {
  const [right, down] = slopesOfNormals(normals);
  let [both, own] = [0, 0];
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      let [across, along] = [0, 0];
      for (let k = 0; k < SCHARR.length; k++) {
        const weight = (SCHARR[k] as number) / 32;
        const [a, b] = [(k % 3) - 1, Math.floor(k / 3) - 1];
        across += weight * (heights[i + b * width + a] as number);
        along += weight * (heights[i + a * width + b] as number);
      }
      both += across * (right[i] as number) + along * (down[i] as number);
      own += across ** 2 + along ** 2;
    }
  }
  const relief = both / own / width;
  return Number.isFinite(relief) && relief > 1e-4 ? Math.min(1, relief) : undefined;
}

/**
 * Refuses maps of another shape; a size alone can be mended.
 * @throws EngineError `PictureError`
 */
export function checkRatio(file: string, [w, h]: Size, of: string, [W, H]: Size): void {
  if (Math.abs((w * H) / (h * W) - 1) <= 0.01) return;
  throw new EngineError(
    'PictureError',
    `${file} is ${w}x${h} pixels and ${of} ${W}x${H}: they are not of one shape`,
    'Crop them alike, or take one of them out.',
  );
}
