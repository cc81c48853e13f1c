// Heights from the brightness of a tile, on the torus.
import type { Device } from '../gpu/device';
import type { LightEstimate } from './estimate';
import type { Assumptions } from './presets';
import { shapeFromShading, withoutAlternation } from './slopes';
import { filtered, gaussian, type Size } from './spectral';
import { meanOf } from './tone';

/** The finest octave ends at this standard deviation, in shares of the shorter side; each next at twice it. */
const FINEST = 1 / 1024;
/** Of the square of the frequency: how far shading across the light's direction is trusted less. */
const DAMPING = 0.2;
/** What shading counts for, against brightness: by a light that was given, and by a sure one that was estimated. */
const SHADING = { given: 0.85, estimated: 0.5 };
/** What a pixel is compared with, as a standard deviation in shares of the shorter side. */
const SURROUNDINGS = 1 / 20;
/** Added to the deviation of surroundings, in shares of the usual one: what is smooth stays so. */
const FLOOR = 0.5;
/** Share of the lowest and of the highest pixels that may be cut off. */
const CUT = 0.0005;

/**
 * Brightness to height: each octave weighted (as the equaliser of Materialize does with seven blurs), and what shading tells of
 * slopes, as far as the light's direction is known.
 * @param tone [H, W], 0..1 of mean 0
 * @returns [H, W], 0 the lowest, 1 the highest; all .5 where nothing is to be seen; and the share of pixels cut off
 */
export async function heightFromTone(
  device: Device,
  tone: Float32Array,
  size: Size,
  { octaves, level, high, light }: Pick<Assumptions, 'octaves' | 'level' | 'high'> & { readonly light: LightEstimate },
): Promise<{ readonly height: Float32Array; readonly clipped: number }> {
  const finest = FINEST * Math.min(...size);
  const blurs = octaves.map((_, k) => gaussian(finest * 2 ** k)).concat(gaussian(finest * 2 ** octaves.length));
  const band = (u: number, v: number, weights: readonly number[]): number => {
    let sum = 0;
    let last = blurs[0]?.(u, v) ?? 0;
    for (const [k, weight] of weights.entries()) {
      const next = blurs[k + 1]?.(u, v) ?? 0;
      sum += weight * (last - next);
      last = next;
    }
    return sum;
  };
  const local = await localContrast(device, tone, size);
  const share = light.given ? SHADING.given : SHADING.estimated * light.confidence;
  const [toned = tone] = await filtered(device, local, size, [{ re: (u, v) => band(u, v, octaves) }]);
  const { im } = shapeFromShading(light.degrees, DAMPING);
  // What shading says of the large is little: a small error of brightness is a hill there.
  const near = gaussian(SURROUNDINGS * Math.min(...size));
  const shading = { im: (u: number, v: number) => (1 - near(u, v)) * im(u, v) };
  const [shaded] = share > 0 ? await filtered(device, tone, size, [shading]) : [];
  const a = (high === 'light' ? 1 - share : share - 1) / (deviation(toned) || 1);
  const b = share / ((shaded && deviation(shaded)) || 1);
  let height = toned.map((v, i) => a * v + b * (shaded?.[i] ?? 0));
  if (level > 0) height = height.map((v) => Math.tanh(level * v));
  withoutAlternation(height, size);
  return stretched(height);
}

/**
 * Brightness against its surroundings, in their deviations, softly limited: a dark stone among light ones is no hole, and a gap
 * is one whatever is beside it.
 */
async function localContrast(device: Device, tone: Float32Array, size: Size): Promise<Float32Array> {
  const side = Math.min(...size);
  const near = gaussian(SURROUNDINGS * side);
  const [against = tone] = await filtered(device, tone, size, [{ re: (u, v) => 1 - near(u, v) }]);
  const squares = against.map((v) => v * v);
  const [energy = squares] = await filtered(device, squares, size, [{ re: gaussian(2 * SURROUNDINGS * side) }]);
  const usual = Math.sqrt(meanOf(squares));
  return against.map((v, i) => Math.tanh(v / (Math.sqrt(Math.max(0, energy[i] ?? 0)) + FLOOR * usual + 1e-9)));
}

function deviation(plane: Float32Array): number {
  const mean = meanOf(plane);
  return Math.sqrt(plane.reduce((a, v) => a + (v - mean) ** 2, 0) / plane.length);
}

/** To 0..1, with the outermost pixels cut off. Differences that are none but for rounding stay none. */
function stretched(plane: Float32Array): { readonly height: Float32Array; readonly clipped: number } {
  const sorted = plane.slice().sort();
  const cut = Math.floor(CUT * plane.length);
  const [low = 0, top = 0] = [sorted[cut], sorted[plane.length - 1 - cut]];
  const range = top - low;
  if (!(range > 1e-6)) return { height: plane.map(() => 0.5), clipped: 0 };
  let clipped = 0;
  const height = plane.map((v) => {
    const t = (v - low) / range;
    if (t < 0 || t > 1) clipped++;
    return Math.min(1, Math.max(0, t));
  });
  return { height, clipped: clipped / plane.length };
}
