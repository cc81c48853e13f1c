import type { Raster } from '../../base/raster';

/** Along which axes a picture goes on beyond its edge. */
export interface Wraps {
  readonly x: boolean;
  readonly y: boolean;
}

/** Samples of a patch along one axis: larger patches are looked at through means of blocks of pixels. */
const SAMPLES = 8;
/** Numbers in the description of a patch. */
export const DIMENSIONS = 24;
/**
 * Frequencies across that are taken of each plane: 4 of brightness, 2 of either colour difference; as many down. The
 * first half of an octave says where a patch is light, dark and coloured, and what its outlines are; grain is left out.
 */
const FREQUENCIES = [4, 2, 2] as const;
const ACROSS = 8;

/** Which dimension is which product of a frequency across (of all planes, 0..7) and one down; what varies most first. */
const PRODUCTS: readonly (readonly [across: number, down: number])[] = (() => {
  const all: { across: number; down: number; rank: number }[] = [];
  let first = 0;
  for (const [plane, count] of FREQUENCIES.entries()) {
    for (let u = 0; u < count; u++)
      for (let v = 0; v < count; v++) all.push({ across: first + u, down: v, rank: u + v + (plane > 0 ? 1.5 : 0) });
    first += count;
  }
  return all.sort((a, b) => a.rank - b.rank).map(({ across, down }) => [across, down] as const);
})();

/** Orthonormal discrete cosine transform of 8 samples (Ahmed, Natarajan and Rao 1974): [frequency, sample]. */
const COSINES = Float64Array.from({ length: 4 * SAMPLES }, (_, i) => {
  const u = Math.floor(i / SAMPLES);
  const k = i % SAMPLES;
  return u === 0 ? Math.sqrt(1 / SAMPLES) : Math.sqrt(2 / SAMPLES) * Math.cos((Math.PI * (2 * k + 1) * u) / 16);
});

/**
 * Descriptions of the patches of a picture: a patch of `size` pixels (8, 16 or 32) is 8x8 means of blocks, in three
 * orthonormal planes (brightness, two colour differences), of which the lowest frequencies are kept. That is an
 * orthonormal projection, so distances are those between patches but for their finest detail, and equal patches have equal
 * descriptions, to the bit, wherever they stand.
 */
export class PatchDescriptors {
  /** Positions of patches, by their top left pixel: [height, width]. */
  readonly width: number;
  readonly height: number;
  readonly #step: number;
  /** [3, H, W]: means of step x step pixels to the right of and below each. */
  readonly #means: Float32Array;

  constructor(
    readonly picture: Raster,
    readonly size: 8 | 16 | 32,
    readonly wraps: Wraps,
    /** Each number of a description is multiplied by. */
    readonly weights: Float64Array = new Float64Array(DIMENSIONS).fill(1),
  ) {
    this.width = wraps.x ? picture.width : picture.width - size + 1;
    this.height = wraps.y ? picture.height : picture.height - size + 1;
    this.#step = size / SAMPLES;
    this.#means = blockMeans(opponent(picture), picture.width, picture.height, this.#step);
  }

  /** Describes the patches at the positions of a rectangle within `width` x `height`: [h, w, DIMENSIONS]. */
  describe(left: number, top: number, w: number, h: number): Float32Array {
    const { width: W, height: H } = this.picture;
    const step = this.#step;
    const lines = h + (SAMPLES - 1) * step;
    const across = new Float64Array(lines * w * ACROSS);
    for (let line = 0; line < lines; line++) {
      const y = (top + line) % H;
      for (let x = 0; x < w; x++) {
        let at = (line * w + x) * ACROSS;
        for (let plane = 0; plane < 3; plane++) {
          const row = (plane * H + y) * W;
          const count = FREQUENCIES[plane] ?? 0;
          for (let u = 0; u < count; u++) {
            let sum = 0;
            for (let k = 0; k < SAMPLES; k++) {
              sum += (COSINES[u * SAMPLES + k] ?? 0) * (this.#means[row + ((left + x + k * step) % W)] ?? 0);
            }
            across[at++] = sum;
          }
        }
      }
    }
    const out = new Float32Array(w * h * DIMENSIONS);
    const down = step * w * ACROSS;
    for (const [d, [a, v]] of PRODUCTS.entries()) {
      for (let i = 0; i < w * h; i++) {
        let sum = 0;
        for (let k = 0; k < SAMPLES; k++) {
          sum += (COSINES[v * SAMPLES + k] ?? 0) * (across[i * ACROSS + k * down + a] ?? 0);
        }
        out[i * DIMENSIONS + d] = (this.weights[d] ?? 0) * sum;
      }
    }
    return out;
  }
}

/** Brightness (R + G + B) / sqrt 3 and two colour differences, an orthonormal basis: [3, H, W]. */
function opponent({ data }: Raster): Float32Array {
  const n = data.length / 3;
  const out = new Float32Array(3 * n);
  for (let i = 0; i < n; i++) {
    const [r = 0, g = 0, b = 0] = [data[i], data[n + i], data[2 * n + i]];
    out[i] = (r + g + b) / Math.sqrt(3);
    out[n + i] = (r - b) / Math.SQRT2;
    out[2 * n + i] = (r - 2 * g + b) / Math.sqrt(6);
  }
  return out;
}

/** Means of step x step pixels from each on. Summed anew at each, so that equal pixels give equal bits. */
function blockMeans(planes: Float32Array, w: number, h: number, step: number): Float32Array {
  if (step === 1) return planes;
  const rows = new Float64Array(planes.length);
  const out = new Float32Array(planes.length);
  for (let line = 0; line < 3 * h; line++) {
    for (let x = 0; x < w; x++) {
      let sum = 0;
      for (let k = 0; k < step; k++) sum += planes[line * w + ((x + k) % w)] ?? 0;
      rows[line * w + x] = sum;
    }
  }
  for (let line = 0; line < 3 * h; line++) {
    const y = line % h;
    for (let x = 0; x < w; x++) {
      let sum = 0;
      for (let k = 0; k < step; k++) sum += rows[(line - y + ((y + k) % h)) * w + x] ?? 0;
      out[line * w + x] = sum / (step * step);
    }
  }
  return out;
}
