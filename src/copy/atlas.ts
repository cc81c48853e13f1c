import { PATCH } from '../shaders/patch_vote';
import type { Size } from './field';
import { boxSum, summed } from './planes';
import { type Guided, packed, varianceOf } from './pyramid';

/** A picture in an atlas. */
export interface Region {
  /** Row of the atlas at which it begins. */
  readonly top: number;
  /** Places that a patch has in it, across and down. */
  readonly among: Size;
}

/** The pictures that are copied from, one below another: to the kernels they are one. */
export interface Atlas {
  readonly width: number;
  readonly height: number;
  /** RGBA8, [height, width] */
  readonly words: Uint32Array;
  readonly regions: readonly Region[];
  /** For each place in the atlas the labels of what may be copied there, in the top byte: bit k for picture k. */
  readonly labels: Uint32Array;
  /** Of their colours, see `varianceOf`: the greatest. */
  readonly variance: number;
}

/** Pictures that an atlas can hold: each has a bit of a byte. */
export const MOST_SOURCES = 8;

/**
 * @param allowed of each picture, where it may be copied from: [H, W] at some size, more than a half where it may; or all of it.
 */
export function atlasOf(pictures: readonly Guided[], allowed: readonly (Allowed | undefined)[]): Atlas {
  const width = Math.max(...pictures.map((p) => p.width));
  const height = pictures.reduce((sum, p) => sum + p.height, 0);
  const words = new Uint32Array(width * height);
  const across = width - PATCH + 1;
  const labels = new Uint32Array(across * (height - PATCH + 1));
  const regions: Region[] = [];
  let top = 0;
  for (const [k, picture] of pictures.entries()) {
    const own = packed(picture);
    for (let y = 0; y < picture.height; y++) {
      words.set(own.subarray(y * picture.width, (y + 1) * picture.width), (top + y) * width);
    }
    const among: Size = [picture.width - PATCH + 1, picture.height - PATCH + 1];
    const places = allowedPlaces(allowedPixels(allowed[k], picture.width, picture.height), picture.width, among);
    for (let y = 0; y < among[1]; y++) {
      for (let x = 0; x < among[0]; x++) {
        if (places[y * among[0] + x]) labels[(top + y) * across + x] = (1 << (24 + k)) >>> 0;
      }
    }
    regions.push({ top, among });
    top += picture.height;
  }
  return { width, height, words, regions, labels, variance: Math.max(...pictures.map(varianceOf)) };
}

/** A part of a picture. */
export interface Allowed {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** [height, width], 1 for the pixels of a picture that lie in a part of it. */
export function allowedPixels(part: Allowed | undefined, width: number, height: number): Uint8Array {
  const out = new Uint8Array(width * height).fill(1);
  if (!part) return out;
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) / height) * part.height) * part.width;
    for (let x = 0; x < width; x++) {
      const at = row + Math.floor(((x + 0.5) / width) * part.width);
      out[y * width + x] = (part.data[at] as number) > 0.5 ? 1 : 0;
    }
  }
  return out;
}

/** The places whose patches lie in a part; where it is too narrow for any, those whose middles do. */
function allowedPlaces(pixels: Uint8Array, width: number, [across, down]: Size): Uint8Array {
  const sums = summed(pixels, width, pixels.length / width);
  const places = new Uint8Array(across * down);
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) {
      places[y * across + x] = boxSum(sums, width, x, y, x + PATCH, y + PATCH) === PATCH ** 2 ? 1 : 0;
    }
  }
  if (places.includes(1)) return places;
  return places.map(
    (_, i) => pixels[(Math.floor(i / across) + PATCH / 2) * width + (i % across) + PATCH / 2] as number,
  );
}
