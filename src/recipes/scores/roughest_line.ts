import type { Raster } from '../../base/raster';
import type { Wraps } from './patch_descriptors';
import { lineGradients } from './seam';

/**
 * The roughest straight line between neighbouring columns and between rows, mean |difference| over that of all lines, as
 * a multiple of the same in the exemplar: 1 is usual, a straight cut anywhere in the tile stands out. Unlike the score of
 * the join it is the same however the tile is rolled. Courses have rough lines, and so has their exemplar.
 */
export function roughestLine(tile: Raster, exemplar: Raster, wraps: Wraps): { readonly x: number; readonly y: number } {
  const made = lineGradients(tile);
  const own = lineGradients(exemplar);
  return {
    x: peak(made.x, wraps.x) / peak(own.x, false),
    y: peak(made.y, wraps.y) / peak(own.y, false),
  };
}

/** Highest over mean, with the join (the last line) or without; 1 where there is no difference at all. */
function peak(all: Float64Array, join: boolean): number {
  const lines = join ? all : all.subarray(0, -1);
  const sum = lines.reduce((a, b) => a + b, 0);
  return sum > 0 ? (lines.reduce((a, b) => Math.max(a, b), 0) * lines.length) / sum : 1;
}
