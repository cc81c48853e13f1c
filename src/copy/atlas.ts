import { PATCH } from '../shaders/patch_vote';
import type { Size } from './field';
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
    for (let y = 0; y < among[1]; y++) {
      for (let x = 0; x < among[0]; x++) {
        const ok = isAllowed(allowed[k], (x + PATCH / 2) / picture.width, (y + PATCH / 2) / picture.height);
        labels[(top + y) * across + x] = ok ? (1 << (24 + k)) >>> 0 : 0;
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

/** Whether a part holds a point, given as shares of the sides. */
export function isAllowed(part: Allowed | undefined, x: number, y: number): boolean {
  if (!part) return true;
  const at = (v: number, n: number): number => Math.min(n - 1, Math.floor(v * n));
  return (part.data[at(y, part.height) * part.width + at(x, part.width)] as number) > 0.5;
}
