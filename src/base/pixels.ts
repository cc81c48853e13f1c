import { EngineError } from './errors';
import { checkValues } from './known_options';
import { picture, type Raster } from './raster';

/** Bits a channel that pictures are kept with. */
export type Bits = 8 | 16;

/** What `ImageData` is, where there may be no such class: sRGB, four bytes a pixel, colours not multiplied by opacity. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  readonly colorSpace: 'srgb';
}

/** Brightness of a pixel: the one number of a grey raster, elsewhere by the shares of Rec. 709. */
export function luma({ width, height, data }: Raster, i: number): number {
  const n = width * height;
  const [red, green, blue] = [data[i] ?? 0, data[n + i] ?? 0, data[2 * n + i] ?? 0];
  return red === green && green === blue ? red : 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/**
 * Planes of 0..1 to interleaved whole numbers, clamped and rounded to nearest: grey, grey and opacity, colours, colours and
 * opacity. A grey raster is grey in any of them.
 */
export function interleave(
  raster: Raster,
  bits: Bits,
  channels: 1 | 2 | 3 | 4,
): Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> {
  const { width, height, data, alpha } = raster;
  const n = width * height;
  const most = 2 ** bits - 1;
  const out = bits === 16 ? new Uint16Array(channels * n) : new Uint8Array(channels * n);
  const colours = channels < 3 ? 1 : 3;
  const grey = raster.grey === true || colours === 1;
  for (let band = 0; band < channels; band++) {
    const plane = band < colours ? data.subarray(band * n, (band + 1) * n) : alpha;
    for (let i = 0; i < n; i++) {
      const v = grey && band < colours ? luma(raster, i) : plane ? (plane[i] ?? 0) : 1;
      out[channels * i + band] = Math.round(Math.min(1, Math.max(0, v)) * most);
    }
  }
  return out;
}

/** Channels of a file for a raster: grey or colours, and opacity where there is some. */
export const channelsOf = ({ grey, alpha }: Raster, opaque = false): 1 | 2 | 3 | 4 =>
  ((grey ? 1 : 3) + (alpha && !opaque ? 1 : 0)) as 1 | 2 | 3 | 4;

/** A raster for screens: 8 bits a channel. */
export function toPixels(raster: Raster): Pixels {
  checkValues('toPixels', { raster }, { raster: picture });
  const { width, height } = raster;
  const data = new Uint8ClampedArray(interleave(raster, 8, 4).buffer);
  return { width, height, data, colorSpace: 'srgb' };
}

/** Interleaved values of 1 to 4 channels: grey, grey and opacity, RGB, RGB and opacity. */
export interface Interleaved {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly values: ArrayLike<number>;
  /** The value that stands for 1. */
  readonly most: number;
}

/**
 * Interleaved values as planes of 0..1, without transparency: it is filled with the picture's mean colour (white or
 * black would become part of a texture); and the opacity besides, where something is transparent.
 * @param name for messages
 * @param straight leave the colours as they are, whatever their opacity
 * @throws EngineError `PictureError` when all of it is transparent.
 */
export function flatten(
  { width, height, channels, values, most }: Interleaved,
  name: string,
  onWarning?: (text: string) => void,
  straight = false,
): { readonly flat: Raster; readonly opacity?: Float32Array } {
  const n = width * height;
  const colours = Math.min(3, channels);
  const alpha = channels === 2 || channels === 4 ? channels - 1 : -1;
  const plane = (band: number): number => (channels < 3 ? 0 : Math.min(band, colours - 1));
  const data = new Float32Array(3 * n);
  const opacity = new Float32Array(alpha < 0 ? 0 : n);
  const sums = [0, 0, 0];
  let opaque = 0;
  for (let i = 0; i < n; i++) {
    const a = alpha < 0 ? 1 : (values[i * channels + alpha] ?? 0) / most;
    if (alpha >= 0) opacity[i] = a;
    opaque += a;
    for (let band = 0; band < 3; band++) {
      const v = (values[i * channels + plane(band)] ?? 0) / most;
      data[band * n + i] = v;
      sums[band] = (sums[band] ?? 0) + a * v;
    }
  }
  if (opaque === 0) {
    throw new EngineError(
      'PictureError',
      `${name} is fully transparent: there is nothing to see`,
      'Use another picture.',
    );
  }
  const flat = { width, height, data };
  if (opaque === n) return { flat };
  if (straight) return { flat, opacity };
  const mean = sums.map((s) => s / opaque);
  const hex = mean.map((v) => (Math.round(v * 255) & 255).toString(16).padStart(2, '0')).join('');
  onWarning?.(`${name} has transparent parts: they are filled with its mean colour, #${hex}`);
  for (let i = 0; i < n; i++) {
    const a = (values[i * channels + alpha] ?? 0) / most;
    for (let band = 0; band < 3; band++)
      data[band * n + i] = a * (data[band * n + i] ?? 0) + (1 - a) * (mean[band] ?? 0);
  }
  return { flat, opacity };
}
