// What a picture is painted on: a height field with a colour and a finish, sampled SAMPLES times per pixel each way and
// with a margin around the picture, so that shadows and occlusion at its edge have something to come from.
import type { Rgb } from './colour';

export const SIZE = 256;
export const SAMPLES = 3;
export const MARGIN = 24;

const WIDE = SIZE + 2 * MARGIN;

export class Surface {
  /** Samples along a side, margin included. */
  readonly side = WIDE * SAMPLES;
  readonly length = this.side * this.side;
  /** In pixels; higher is nearer to the eye. */
  readonly height = new Float32Array(this.length);
  /** Linear light, three per sample. */
  readonly albedo = new Float32Array(3 * this.length);
  /** GGX roughness, 0 .. 1. */
  readonly rough = new Float32Array(this.length).fill(0.7);
  /** Reflectance at normal incidence; 0.04 for stone and leaf, 0 for cloth. */
  readonly shine = new Float32Array(this.length).fill(0.04);

  paint(i: number, colour: Rgb): void {
    this.albedo[3 * i] = colour[0];
    this.albedo[3 * i + 1] = colour[1];
    this.albedo[3 * i + 2] = colour[2];
  }

  colourAt(i: number): Rgb {
    return [this.albedo[3 * i] ?? 0, this.albedo[3 * i + 1] ?? 0, this.albedo[3 * i + 2] ?? 0];
  }

  /** The sample at a place in pixels, or -1 outside. */
  at(x: number, y: number): number {
    const col = Math.floor((x + MARGIN) * SAMPLES);
    const row = Math.floor((y + MARGIN) * SAMPLES);
    return col < 0 || row < 0 || col >= this.side || row >= this.side ? -1 : row * this.side + col;
  }

  /** Every sample, with its place in pixels: the picture is 0 .. SIZE, the margin lies outside. */
  each(visit: (x: number, y: number, i: number) => void): void {
    this.within(-MARGIN, -MARGIN, SIZE + MARGIN, SIZE + MARGIN, visit);
  }

  /** The samples of a square of half-side `reach` about a point, with their offset from it in pixels. */
  stamp(cx: number, cy: number, reach: number, visit: (dx: number, dy: number, i: number) => void): void {
    this.within(cx - reach, cy - reach, cx + reach, cy + reach, (x, y, i) => visit(x - cx, y - cy, i));
  }

  within(
    left: number,
    top: number,
    right: number,
    bottom: number,
    visit: (x: number, y: number, i: number) => void,
  ): void {
    const cut = (v: number): number => Math.min(this.side, Math.max(0, Math.round((v + MARGIN) * SAMPLES)));
    const x0 = cut(left);
    const x1 = cut(right);
    const y1 = cut(bottom);
    for (let y = cut(top); y < y1; y++) {
      const py = (y + 0.5) / SAMPLES - MARGIN;
      for (let x = x0; x < x1; x++) visit((x + 0.5) / SAMPLES - MARGIN, py, y * this.side + x);
    }
  }
}
