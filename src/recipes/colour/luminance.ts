import type { Raster } from '../../base/raster';

/** Luma of ITU-R BT.601, the Y of YIQ: what red, green and blue add to the brightness of an sRGB-encoded colour. */
export const LUMA = [0.299, 0.587, 0.114] as const;

/** Brightness [H * W], 0..1. */
export function lumaOf({ width, height, data }: Raster): Float32Array {
  const n = width * height;
  const out = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    out[i] = LUMA[0] * (data[i] ?? 0) + LUMA[1] * (data[n + i] ?? 0) + LUMA[2] * (data[2 * n + i] ?? 0);
  }
  return out;
}

export interface LumaChroma {
  readonly width: number;
  readonly height: number;
  /** [H * W] */
  readonly luma: Float32Array;
  /** [3, H, W]: the colour less its luma in each band; of luma 0, and negative in places. */
  readonly chroma: Float32Array;
}

/** Splits colours so that RGB = luma (1, 1, 1) + chroma. */
export function splitLuma(picture: Raster): LumaChroma {
  const { width, height, data } = picture;
  const luma = lumaOf(picture);
  const n = width * height;
  const chroma = data.map((v, i) => v - (luma[i % n] ?? 0));
  return { width, height, luma, chroma };
}
