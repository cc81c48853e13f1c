import type { Raster } from '../../src/base/raster';

export interface BorderLine {
  readonly axis: 'x' | 'y';
  /** The mean step across the border between two tiles. */
  readonly border: number;
  /** What 99 of 100 lines inside the tile do not exceed. */
  readonly inside: number;
}

/** How the border between the tiles of a picture of 3 x 3 compares with the lines inside. */
export function borderLines({ width, height, data }: Raster): BorderLine[] {
  const [w, h] = [width / 3, height / 3];
  const mean = (lines: number, along: number, step: (line: number, k: number) => number): Float64Array =>
    Float64Array.from({ length: lines }, (_, line) => {
      let sum = 0;
      for (let k = 0; k < along; k++) sum += step(line, k);
      return sum / along;
    });
  const step = (from: number, to: number): number => {
    let sum = 0;
    for (let c = 0; c < data.length; c += width * height) sum += Math.abs((data[c + to] ?? 0) - (data[c + from] ?? 0));
    return sum;
  };
  const across = mean(w, h, (x, y) => step(y * width + x, y * width + x + 1));
  const down = mean(h, w, (y, x) => step(y * width + x, (y + 1) * width + x));
  return [across, down].map((lines, k) => {
    const inside = lines.subarray(0, -1).slice().sort();
    return {
      axis: k === 0 ? 'x' : 'y',
      border: lines.at(-1) ?? Number.NaN,
      inside: inside[Math.floor(0.99 * inside.length)] ?? Number.NaN,
    };
  });
}
