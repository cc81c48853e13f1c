import { PATCH } from '../shaders/patch_vote';
import type { Field, Size } from './field';
import type { Match } from './match_level';

/** Deviation of the window of the last vote, pixels: patches say what their middle looks like, and little of their edge. */
const SIGMA = 0.8;
/** Weights of the pixels of a patch, along an axis, in sixteenths; 0 outside of FIRST..LAST. */
const WINDOW = Array.from({ length: PATCH }, (_, i) =>
  Math.round(16 * Math.exp(-((i - (PATCH - 1) / 2) ** 2) / (2 * SIGMA ** 2))),
);
const FIRST = WINDOW.findIndex((w) => w > 0);
const LAST = PATCH - 1 - FIRST;

/** What pixels are made of: one pixel of the exemplar where all patches around agree, a few along the cuts. */
export interface Rendering {
  readonly field: Field;
  /** Planes of any number of channels of the exemplar's size, as they come to lie in the tile: values unchanged where one pixel is copied. */
  render(planes: Float32Array): Float32Array;
}

/** Pixels of the tile that are those of a picture of its size, which begins at row `top` of the pictures. */
export interface Kept {
  readonly known: Uint8Array;
  readonly top: number;
}

/**
 * The last vote. Inside of a copied region all patches name the same pixel, which is then copied as it is, at whatever depth; along
 * a cut the pixel named most counts most, so that cuts feather over about a pixel and do not blur.
 * @param source size of the exemplar
 * @param tile how much of the canvas is wanted, from the top left
 */
export function renderMatch(match: Match, source: Field['source'], tile: Size = match.size, kept?: Kept): Rendering {
  const [cw, ch] = match.size;
  const [W, H] = tile;
  const data = new Uint32Array(W * H);
  // Of pixels that several are mixed of: where their list begins; 0 elsewhere.
  const mixed = new Uint32Array(W * H);
  const list: number[] = [0];
  const names = new Uint32Array(PATCH * PATCH);
  const sums = new Float64Array(PATCH * PATCH);
  for (let y = 0; y < H; y++) {
    for (let x = 0; x < W; x++) {
      if (kept?.known[y * W + x]) {
        data[y * W + x] = (x | ((kept.top + y) << 16)) >>> 0;
        continue;
      }
      let count = 0;
      for (let j = FIRST; j <= LAST; j++) {
        const row = (y < j ? y - j + ch : y - j) * cw;
        for (let i = FIRST; i <= LAST; i++) {
          const at = row + (x < i ? x - i + cw : x - i);
          const name = ((match.data[at] as number) + i + j * 65536) >>> 0;
          const weight = (WINDOW[i] as number) * (WINDOW[j] as number) * (match.weights[at] as number);
          let k = 0;
          while (k < count && names[k] !== name) k++;
          if (k === count) {
            names[k] = name;
            sums[k] = 0;
            count++;
          }
          sums[k] = (sums[k] as number) + weight;
        }
      }
      let best = 0;
      for (let k = 1; k < count; k++) if ((sums[k] as number) > (sums[best] as number)) best = k;
      const at = y * W + x;
      data[at] = names[best] as number;
      if (count === 1) continue;
      mixed[at] = list.length;
      list.push(count);
      const top = sums[best] as number;
      // To the fourth power: what is named half as often counts a sixteenth.
      for (let k = 0; k < count; k++) list.push(names[k] as number, ((sums[k] as number) / top) ** 4);
    }
  }
  const field: Field = { width: W, height: H, source, data };
  const { width: w, height: h } = source;
  return {
    field,
    render(planes) {
      const channels = planes.length / (w * h);
      const out = new Float32Array(channels * W * H);
      for (let c = 0; c < channels; c++) {
        const plane = planes.subarray(c * w * h, (c + 1) * w * h);
        const value = (name: number): number => plane[(name >>> 16) * w + (name & 0xffff)] as number;
        for (let at = 0; at < W * H; at++) {
          const start = mixed[at] as number;
          if (start === 0) {
            out[c * W * H + at] = value(data[at] as number);
            continue;
          }
          let [sum, total] = [0, 0];
          for (let k = 0; k < (list[start] as number); k++) {
            const weight = list[start + 2 + 2 * k] as number;
            sum += weight * value(list[start + 1 + 2 * k] as number);
            total += weight;
          }
          out[c * W * H + at] = sum / total;
        }
      }
      return out;
    },
  };
}

/** The share of pairs of neighbouring pixels whose patches do not lie side by side in the exemplar. */
export function cutsOf({ size: [W, H], data }: Match): number {
  let cuts = 0;
  for (let y = 0; y < H; y++) {
    const below = ((y + 1) % H) * W;
    for (let x = 0; x < W; x++) {
      const here = data[y * W + x] as number;
      if (data[y * W + ((x + 1) % W)] !== here + 1) cuts++;
      if (data[below + x] !== here + 65536) cuts++;
    }
  }
  return cuts / (2 * W * H);
}
