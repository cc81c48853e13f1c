import { DEEPEST } from '../shaders/block_paths';
import { around } from './around';
import type { Size } from './field';

/** By how much smaller blocks are at the greatest variety. */
const SMALLER = 0.35;
/** Blocks overlap by this share of their sides, as a rule. */
const OVERLAP = 0.35;
/** Where blocks lie, in steps from the raster: on it, and over the corners and the sides of those. */
const BETWEEN = [
  [0, 0],
  [0.5, 0.5],
  [0.5, 0],
  [0, 0.5],
] as const;

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Where blocks lie on the torus: in a raster of equal steps, overlapping. */
export class BlockLayout {
  /** Width and height of a block. */
  readonly width: number;
  readonly height: number;
  /** From one block to the next. */
  readonly step: readonly [x: number, y: number];
  /** Top left pixel of each, which may be beyond the canvas: of those of the raster, then of those that mend it, between them. */
  readonly corners: readonly Point[];
  /** Blocks of the raster, along each axis and in all. */
  readonly raster: Size;
  readonly count: number;

  /**
   * @param picture [w, h], the exemplar's size
   * @param share width and height of a block over the exemplar's shorter side
   * @param overlap share of their width and height by which blocks overlap
   */
  constructor(
    readonly canvas: Size,
    picture: Size,
    share: readonly [x: number, y: number],
    variety: number,
    overlap: readonly [x: number, y: number] = [OVERLAP, OVERLAP],
  ) {
    const [W, H] = canvas;
    const [w, h] = picture;
    const side = Math.min(w, h);
    // Three blocks along the shorter side of the canvas at least: fewer would meet themselves.
    const most = Math.min(side - 2, Math.round(Math.min(W, H) / 2));
    const [nx, ny] = ([0, 1] as const).map((axis) => {
      const wanted = Math.min(most, Math.round(side * share[axis] * (1 - SMALLER * variety)));
      const spacing = Math.max(2, Math.floor(Math.max(8, wanted) * (1 - overlap[axis])));
      return Math.max(1, Math.round(canvas[axis] / spacing));
    }) as [number, number];
    const [dx, dy] = [W / nx, H / ny];
    this.width = Math.min(w - 1, W, Math.ceil(dx / (1 - overlap[0])));
    this.height = Math.min(h - 1, H, Math.ceil(dy / (1 - overlap[1])));
    this.step = [dx, dy];
    this.raster = [nx, ny];
    this.count = nx * ny;
    // The first block lies across the corner of the canvas, so that the tile joins itself within blocks.
    this.corners = BETWEEN.flatMap(([right, down]) =>
      Array.from({ length: nx * ny }, (_, k) => ({
        x: Math.round(((k % nx) + right) * dx - this.width / 2),
        y: Math.round((Math.floor(k / nx) + down) * dy - this.height / 2),
      })),
    );
  }

  /** How far in from the sides, and from top and bottom, a cut may run: as far as a neighbour's block reaches, pixels. */
  get band(): readonly [x: number, y: number] {
    const depth = (side: number, pace: number): number =>
      Math.max(2, Math.min(side - Math.floor(pace), side >> 1, DEEPEST));
    return [depth(this.width, this.step[0]), depth(this.height, this.step[1])];
  }

  /** Of each pixel of block k, where it is on the canvas. */
  pixelsOf(k: number): Int32Array {
    const [W, H] = this.canvas;
    const { x: left, y: top } = this.corners[k] as Point;
    const window = new Int32Array(this.width * this.height);
    for (let v = 0, i = 0; v < this.height; v++) {
      const row = ((top + v + H) % H) * W;
      for (let u = 0; u < this.width; u++) window[i++] = row + ((left + u + W) % W);
    }
    return window;
  }

  /** In order, the other blocks whose corners are less than a step and a half from that of block k, along each axis. */
  beside(k: number): number[] {
    const [nx, ny] = this.raster;
    const [column, row] = [k % nx, Math.floor((k % this.count) / nx)];
    const near = new Set<number>();
    for (let first = 0; first < this.corners.length; first += this.count) {
      for (let v = row - 2 + 2 * ny; v <= row + 2 + 2 * ny; v++) {
        for (let u = column - 2 + 2 * nx; u <= column + 2 + 2 * nx; u++) near.add(first + (v % ny) * nx + (u % nx));
      }
    }
    return [...near].filter((j) => j !== k && this.#adjacent(j, k)).sort((a, b) => a - b);
  }

  #adjacent(i: number, j: number): boolean {
    const [a, b] = [this.corners[i] as Point, this.corners[j] as Point];
    const [[W, H], [dx, dy]] = [this.canvas, this.step];
    return Math.abs(around(a.x - b.x, W)) < 1.5 * dx && Math.abs(around(a.y - b.y, H)) < 1.5 * dy;
  }

  /** Middle of each block, as a share of the canvas's sides. */
  get middles(): Point[] {
    const [W, H] = this.canvas;
    return this.corners.map(({ x, y }) => ({ x: (x + this.width / 2) / W, y: (y + this.height / 2) / H }));
  }
}
