// Roughness, metalness, curvature and edges: estimates from detail, cavities and bends.
import type { Device } from '../gpu/device';
import type { Assumptions } from './presets';
import { filtered, gaussian, type Size } from './spectral';
import { type Slopes, slopesOf } from './surface';
import { meanOf } from './tone';

/** Detail is finer than this, in shares of the shorter side; its strength is that of its surroundings. */
const DETAIL = 1 / 256;
const SURROUNDINGS = 1 / 64;
/** How much rougher a point is that sees nothing of the sky: dust and wear. */
const CAVITY = 0.2;
/** Highlights are so many deviations brighter than what surrounds them; full ones twice as far. */
const HIGHLIGHT = 2.5;
const GLOSS = 0.2;
/** How much smoother what is brighter than its surroundings is, as worn and wet parts are. */
const WORN = 0.08;

const clamped = (v: number): number => Math.min(1, Math.max(0, v));
const smooth = (v: number): number => clamped(v) ** 2 * (3 - 2 * clamped(v));

/**
 * An estimate of roughness: what is assumed of the material, more where fine detail is strong and in cavities, less at highlights.
 * @param tone [H, W], 0..1 of mean 0
 * @param grey [H, W], 1 where there is no colour: what shines shows the light's
 */
export async function roughnessOf(
  device: Device,
  tone: Float32Array,
  size: Size,
  {
    roughness,
    detailRoughness,
    occlusion,
    grey,
  }: Pick<Assumptions, 'roughness' | 'detailRoughness'> & {
    readonly occlusion: Float32Array;
    readonly grey: Float32Array;
  },
): Promise<Float32Array> {
  const side = Math.min(...size);
  const fine = gaussian(Math.max(1, DETAIL * side));
  const wide = gaussian(SURROUNDINGS * side * 2);
  const [detail = tone, raised = tone] = await filtered(device, tone, size, [
    { re: (u, v) => 1 - fine(u, v) },
    { re: (u, v) => fine(u, v) - wide(u, v) },
  ]);
  const squares = detail.map((v) => v * v);
  const [energy = squares] = await filtered(device, squares, size, [{ re: gaussian(SURROUNDINGS * side) }]);
  const strength = energy.map((v) => Math.sqrt(Math.max(0, v)));
  const usual = meanOf(strength) || 1;
  const deviation = Math.sqrt(meanOf(raised.map((v) => v * v))) || 1;
  return strength.map((v, i) => {
    const busy = v / (v + usual) - 0.5;
    const shine = smooth((raised[i] ?? 0) / deviation / HIGHLIGHT - 1) * (grey[i] ?? 0);
    const worn = Math.tanh((raised[i] ?? 0) / deviation);
    const cavity = 1 - (occlusion[i] ?? 1);
    return clamped(roughness + detailRoughness * busy + CAVITY * cavity - GLOSS * shine - WORN * worn);
  });
}

/** Of a metal: all of it but what is coloured, as rust and paint are. */
export const metalnessOf = (grey: Float32Array, metal: boolean): Float32Array =>
  grey.map((v) => (metal ? smooth(2 * v - 0.5) : 0));

/**
 * How far a relief bends, .5 where it is flat, more on ridges: minus the divergence of its normals, by its usual size.
 * @param slopes as of the normals
 * @returns [H, W]
 */
export async function curvatureOf(device: Device, [p, q]: Slopes, size: Size): Promise<Float32Array> {
  const length = p.map((v, i) => Math.hypot(v, q[i] ?? 0, 1));
  const [across] = await slopesOf(
    device,
    p.map((v, i) => v / (length[i] ?? 1)),
    size,
  );
  const [, down] = await slopesOf(
    device,
    q.map((v, i) => v / (length[i] ?? 1)),
    size,
  );
  const bend = across.map((v, i) => -v - (down[i] ?? 0));
  const deviation = Math.sqrt(meanOf(bend.map((v) => v * v)));
  return bend.map((v) => 0.5 + 0.5 * Math.tanh(deviation > 0 ? v / (2 * deviation) : 0));
}

/** The share of an edge that stands out, from curvature: where paint wears off first. */
export const edgesOf = (curvature: Float32Array): Float32Array => curvature.map((v) => smooth((v - 0.6) / 0.3));

/** How little colour there is, 0..1. */
export function greyness({ width, height, data }: { width: number; height: number; data: Float32Array }): Float32Array {
  const n = width * height;
  return Float32Array.from({ length: n }, (_, i) => {
    const colours = [data[i] ?? 0, data[n + i] ?? 0, data[2 * n + i] ?? 0];
    const most = Math.max(...colours);
    return most > 0 ? Math.min(...colours) / most : 1;
  });
}
