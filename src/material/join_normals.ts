// Normals that were copied in pieces, made those of one surface again.
import type { Device } from '../gpu/device';
import { integrate } from './slopes';
import type { Size } from './spectral';
import { normalsOf, type Slopes, slopesOf, slopesOfNormals } from './surface';

/** A map of normals, [3, H, W], and its size. */
export interface Normals {
  readonly data: Float32Array;
  readonly size: Size;
}

/**
 * Where pieces meet, slopes of one do not go with those of the other: no surface has them, and pieces together may tilt. The nearest slopes
 * that a surface without tilt has differ at the cuts, and hardly elsewhere. What in the given normals was no surface's already stays as
 * it is: it is not for us to mend, and nobody wants it smeared over the tile.
 * @param given before they were laid
 * @param laid the same, laid anew by `lay`, which lays planes [2, H, W] of other numbers alike
 * @returns [3, H, W]
 */
export async function joinedNormals(
  device: Device,
  given: Normals,
  laid: Normals,
  lay: (planes: Float32Array) => Float32Array,
): Promise<Float32Array> {
  const before = slopesOfNormals(given.data);
  const surface = await nearest(device, before, given.size);
  const rest = combined(before, surface, -1);
  const n = laid.size[0] * laid.size[1];
  const planes = new Float32Array(2 * given.size[0] * given.size[1]);
  planes.set(rest[0]);
  planes.set(rest[1], rest[0].length);
  const moved = lay(planes);
  const laidRest: Slopes = [moved.subarray(0, n), moved.subarray(n)];
  const pieces = combined(slopesOfNormals(laid.data), laidRest, -1);
  return normalsOf(combined(await nearest(device, pieces, laid.size), laidRest, 1));
}

/** The slopes of the surface on the torus whose slopes come nearest. */
const nearest = async (device: Device, [p, q]: Slopes, size: Size): Promise<Slopes> =>
  slopesOf(device, await integrate(device, p, q, size), size);

const combined = (a: Slopes, b: Slopes, sign: 1 | -1): Slopes =>
  [0, 1].map((k) => (a[k] as Float32Array).map((v, i) => v + sign * (b[k]?.[i] ?? 0))) as [Float32Array, Float32Array];
