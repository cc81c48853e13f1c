// How sound the maps of a material are, in numbers.
import type { Device } from '../gpu/device';
import type { Derived } from './derive';
import type { MapKind } from './maps';
import type { Size } from './spectral';
import { type Slopes, slopesOf, slopesOfNormals } from './surface';
import { centred, logLuminance, meanOf, slowPart } from './tone';

export interface FieldScore {
  /** Length of the mean slope: a surface that joins itself tilts nowhere. */
  readonly meanSlope: number;
  /** Root mean square of the curl of the slopes, per pixel: those of a surface have none. */
  readonly curl: number;
}

export interface MaterialScores {
  readonly height: FieldScore;
  readonly normal: FieldScore;
  /** Share of the values that had to be clipped. */
  readonly clipped: Readonly<Partial<Record<MapKind, number>>>;
  /** Deviation of the logarithm of luminance at low frequencies: in the photograph, and in the colour without light. */
  readonly unevenness: { readonly before: number; readonly after: number };
}

async function field(device: Device, [p, q]: Slopes, size: Size): Promise<FieldScore> {
  const [, pDown] = await slopesOf(device, p, size);
  const [qAcross] = await slopesOf(device, q, size);
  return {
    meanSlope: Math.hypot(meanOf(p), meanOf(q)),
    curl: deviation(pDown.map((v, i) => v - (qAcross[i] ?? 0))),
  };
}

const deviation = (plane: Float32Array): number => Math.sqrt(meanOf(plane.map((v) => v * v)));

/** @param before the tile that the maps were derived from, [3, H, W] */
export async function scoreMaterial(
  device: Device,
  { material, clipped }: Derived,
  before: Float32Array,
): Promise<MaterialScores> {
  const { width, height, relief, maps } = material;
  const size: Size = [width, height];
  const map = (kind: MapKind): Float32Array => maps.get(kind)?.data ?? new Float32Array(3 * width * height);
  const unit = await slopesOf(device, map('height'), size);
  const slopes = unit.map((plane) => plane.map((v) => v * relief * width)) as [Float32Array, Float32Array];
  const uneven = async (data: Float32Array): Promise<number> =>
    deviation(await slowPart(device, centred(logLuminance({ width, height, data })), size));
  return {
    height: await field(device, slopes, size),
    normal: await field(device, slopesOfNormals(map('normal')), size),
    clipped,
    unevenness: { before: await uneven(before), after: await uneven(map('color')) },
  };
}
