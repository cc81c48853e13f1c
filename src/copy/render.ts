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
  const [W, H] = tile;
  const data = new Uint32Array(W * H);
  // Of pixels that several are mixed of: where their list begins; 0 elsewhere.
  const mixed = new Uint32Array(W * H);
  const list: number[] = [0];
  const names = new Uint32Array(PATCH * PATCH);
  const sums = new Float64Array(PATCH * PATCH);
  for (let y = 0; y < H; y++) {
    for (let x = 0; x < W; x++) {
      const at = y * W + x;
      const only = kept?.known[at] ? (x | ((kept.top + y) << 16)) >>> 0 : agreed(match, x, y);
      if (only >= 0) {
        data[at] = only;
        continue;
      }
      const count = vote(match, x, y, names, sums);
      let best = 0;
      for (let k = 1; k < count; k++) if ((sums[k] as number) > (sums[best] as number)) best = k;
      data[at] = names[best] as number;
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
        const to = out.subarray(c * W * H, (c + 1) * W * H);
        mix(to, planes.subarray(c * w * h, (c + 1) * w * h), w, data, mixed, list);
      }
      return out;
    },
  };
}

/** The pixel that all patches over one of the canvas name; -1 where they do not agree. Most do, and need no weights. */
function agreed({ size: [w, h], data }: Match, x: number, y: number): number {
  let name = -1;
  for (let j = FIRST; j <= LAST; j++) {
    const row = (y < j ? y - j + h : y - j) * w;
    for (let i = FIRST; i <= LAST; i++) {
      const named = ((data[row + (x < i ? x - i + w : x - i)] as number) + i + j * 65536) >>> 0;
      if (name < 0) name = named;
      else if (named !== name) return -1;
    }
  }
  return name;
}

/** The pixels that the patches over one of the canvas name, and what each weighs together. @returns how many there are */
function vote(
  { size: [w, h], data, weights }: Match,
  x: number,
  y: number,
  names: Uint32Array,
  sums: Float64Array,
): number {
  let count = 0;
  for (let j = FIRST; j <= LAST; j++) {
    const row = (y < j ? y - j + h : y - j) * w;
    for (let i = FIRST; i <= LAST; i++) {
      const at = row + (x < i ? x - i + w : x - i);
      const name = ((data[at] as number) + i + j * 65536) >>> 0;
      let k = 0;
      while (k < count && names[k] !== name) k++;
      if (k === count) {
        names[k] = name;
        sums[k] = 0;
        count++;
      }
      sums[k] = (sums[k] as number) + (WINDOW[i] as number) * (WINDOW[j] as number) * (weights[at] as number);
    }
  }
  return count;
}

/** A plane of the tile, from that of the exemplar, `width` wide. */
function mix(
  out: Float32Array,
  plane: Float32Array,
  width: number,
  names: Uint32Array,
  mixed: Uint32Array,
  list: readonly number[],
): void {
  for (let at = 0; at < out.length; at++) {
    const start = mixed[at] as number;
    const count = start === 0 ? 0 : (list[start] as number);
    if (count === 0) {
      out[at] = plane[placeOf(names[at] as number, width)] as number;
      continue;
    }
    let [sum, total] = [0, 0];
    for (let k = start + 1; k <= start + 2 * count; k += 2) {
      const weight = list[k + 1] as number;
      sum += weight * (plane[placeOf(list[k] as number, width)] as number);
      total += weight;
    }
    out[at] = sum / total;
  }
}

/** Where a pixel that a name is of lies in a plane. */
const placeOf = (name: number, width: number): number => (name >>> 16) * width + (name & 0xffff);

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
