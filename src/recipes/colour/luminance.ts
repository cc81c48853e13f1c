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

/**
 * Puts them together. A colour that does not exist at a brightness is made as much paler as it takes: clipping each band
 * would change its brightness.
 */
export function joinLuma({ width, height, luma, chroma }: LumaChroma): Raster {
  const n = width * height;
  const data = new Float32Array(3 * n);
  for (let i = 0; i < n; i++) {
    const y = Math.min(1, Math.max(0, luma[i] ?? 0));
    let keep = 1;
    for (let c = 0; c < 3; c++) {
      const d = chroma[c * n + i] ?? 0;
      if (y + d > 1) keep = Math.min(keep, (1 - y) / d);
      if (y + d < 0) keep = Math.min(keep, -y / d);
    }
    for (let c = 0; c < 3; c++) {
      data[c * n + i] = Math.min(1, Math.max(0, y + keep * (chroma[c * n + i] ?? 0)));
    }
  }
  return { width, height, data };
}

/** The brightness of one picture in the colours of another of the same size. */
export function withColoursOf(picture: Raster, colours: Raster): Raster {
  const { chroma } = splitLuma(colours);
  return joinLuma({ width: picture.width, height: picture.height, luma: lumaOf(picture), chroma });
}

/**
 * A style for a run on brightness alone: grey, with the mean and the spread of the content's luma, clipped (Gatys et al.,
 * "Preserving color in neural artistic style transfer", 2016, luminance-only transfer).
 */
export function matchLuma(style: Raster, content: Raster): Raster {
  const from = lumaOf(style);
  const a = moments(from);
  const b = moments(lumaOf(content));
  const scale = a.deviation > 1e-6 ? b.deviation / a.deviation : 0;
  const n = from.length;
  const data = new Float32Array(3 * n);
  for (let i = 0; i < 3 * n; i++) {
    data[i] = Math.min(1, Math.max(0, b.mean + scale * ((from[i % n] ?? 0) - a.mean)));
  }
  return { ...style, data };
}

/** Mean and standard deviation. */
export function moments(values: Float32Array): { mean: number; deviation: number } {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const squares = values.reduce((a, b) => a + (b - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / values.length) };
}
