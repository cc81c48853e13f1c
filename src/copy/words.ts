import { type Guided, packed } from './pyramid';

/** A picture as the kernels take it, [h, w]: a word RGBA8 for each pixel. */
export interface Words {
  readonly width: number;
  readonly height: number;
  readonly data: Int32Array;
}

export const wordsOf = (picture: Guided): Words => ({
  width: picture.width,
  height: picture.height,
  data: new Int32Array(packed(picture).buffer),
});

/** The sum of the squared differences of two such pixels. */
export function squares(p: number, q: number): number {
  const r = (p & 255) - (q & 255);
  const g = ((p >>> 8) & 255) - ((q >>> 8) & 255);
  const b = ((p >>> 16) & 255) - ((q >>> 16) & 255);
  const o = (p >>> 24) - (q >>> 24);
  return Math.imul(r, r) + Math.imul(g, g) + Math.imul(b, b) + Math.imul(o, o);
}
