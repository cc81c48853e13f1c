// Colours and light: the photograph without the light that was on it.
import type { Raster } from '../base/raster';
import { toEncoded, toLinear } from '../base/srgb';
import type { Device } from '../gpu/device';
import type { LightEstimate } from './estimate';
import { filtered, gaussian, type Size } from './spectral';

/** Luminance below this counts as this: black has no ratio. */
const DARK = 0.003;

/** The logarithm of linear luminance (Rec. 709), [H, W]. */
export function logLuminance({ width, height, data }: Raster): Float32Array {
  const n = width * height;
  return Float32Array.from({ length: n }, (_, i) => {
    const [r, g, b] = [toLinear(data[i] ?? 0), toLinear(data[n + i] ?? 0), toLinear(data[2 * n + i] ?? 0)];
    return Math.log(Math.max(DARK, 0.2126 * r + 0.7152 * g + 0.0722 * b));
  });
}

export const meanOf = (plane: Float32Array): number => plane.reduce((a, v) => a + v, 0) / (plane.length || 1);

/** A plane less its mean. */
export function centred(plane: Float32Array): Float32Array {
  const mean = meanOf(plane);
  return plane.map((v) => v - mean);
}

/** Light is what changes over this share of the shorter side, as a standard deviation. */
export const LIGHT_SHARE = 1 / 8;

/** The slowly changing part of a plane of mean 0. */
export async function slowPart(device: Device, plane: Float32Array, size: Size): Promise<Float32Array> {
  const [slow] = await filtered(device, plane, size, [{ re: gaussian(LIGHT_SHARE * Math.min(...size)) }]);
  return slow ?? plane;
}

/** Shade explains at most so much of luminance, as a power of it: what is dark may also be dark by itself. */
const MOST = 0.7;
/** Where less than this is seen of sky or light, it counts as this. */
const BLACK = 0.1;

export const logOf = (plane: Float32Array): Float32Array => plane.map((v) => Math.log(Math.max(BLACK, v)));

/** The photograph's light comes from this high above the horizon, if nobody knows. */
const ELEVATION = Math.PI / 4;

/** The logarithm of what a light lets be seen of a surface (Lambert), as far as its direction is known. */
export function shadeOf(normal: Float32Array, { degrees, confidence }: LightEstimate): Float32Array {
  const n = normal.length / 3;
  const t = (degrees * Math.PI) / 180;
  const [x, y, z] = [Math.cos(t) * Math.cos(ELEVATION), Math.sin(t) * Math.cos(ELEVATION), Math.sin(ELEVATION)];
  return Float32Array.from({ length: n }, (_, i) => {
    const [a = 0.5, b = 0.5, c = 1] = [normal[i], normal[n + i], normal[2 * n + i]];
    return confidence * Math.log(Math.max(BLACK, x * (2 * a - 1) + y * (2 * b - 1) + z * (2 * c - 1)));
  });
}

/**
 * Takes baked light out: a share `amount` of the slow changes of luminance, and of what each shade in turn explains of the rest (the
 * regression of its logarithm on theirs).
 * @param log [H, W], the logarithm of luminance, and `slow`, its slow part
 * @param shades [H, W], logarithms of light
 * @returns [3, H, W], sRGB-encoded, and the share of its values that had to be clipped
 */
export function delit(
  { width, height, data }: Raster,
  {
    log,
    slow,
    shades,
    amount,
  }: {
    readonly log: Float32Array;
    readonly slow: Float32Array;
    readonly shades: readonly Float32Array[];
    readonly amount: number;
  },
): { readonly data: Float32Array; readonly clipped: number } {
  const n = width * height;
  if (amount === 0) return { data: data.slice(), clipped: 0 };
  const light = slow.slice();
  const rest = centred(log).map((v, i) => v - (slow[i] ?? 0));
  for (const shade of shades.map(centred)) {
    let [both, square] = [0, 0];
    for (let i = 0; i < n; i++) {
      both += (shade[i] ?? 0) * (rest[i] ?? 0);
      square += (shade[i] ?? 0) ** 2;
    }
    const power = square > 0 ? Math.min(MOST, Math.max(0, both / square)) : 0;
    for (let i = 0; i < n; i++) {
      light[i] = (light[i] ?? 0) + power * (shade[i] ?? 0);
      rest[i] = (rest[i] ?? 0) - power * (shade[i] ?? 0);
    }
  }
  let clipped = 0;
  const out = new Float32Array(3 * n);
  for (let i = 0; i < n; i++) {
    const factor = Math.exp(-amount * (light[i] ?? 0));
    for (let c = 0; c < 3; c++) {
      const v = toEncoded(factor * toLinear(data[c * n + i] ?? 0));
      if (v > 1) clipped++;
      out[c * n + i] = Math.min(1, v);
    }
  }
  return { data: out, clipped: clipped / (3 * n) };
}
