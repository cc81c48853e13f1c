import { shapeError } from './errors';

/** Dimensions, outermost first: a feature map is [C, H, W], a filter bank [O, C, K, K]. */
export type Shape = readonly number[];

/** Number of elements. */
export const size = (s: Shape): number => s.reduce((a, b) => a * b, 1);

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((d, i) => d === b[i]);

/** The three dimensions of a feature map, or a ShapeError in the name of `op`. */
export function chw(op: string, s: Shape): readonly [C: number, H: number, W: number] {
  const [C, H, W] = s;
  if (s.length !== 3 || C === undefined || H === undefined || W === undefined) {
    throw shapeError(op, 'a feature map [C, H, W]', s);
  }
  return [C, H, W];
}

/** The two dimensions of a matrix, or a ShapeError in the name of `op`. */
export function rowsCols(op: string, s: Shape): readonly [rows: number, cols: number] {
  const [rows, cols] = s;
  if (s.length !== 2 || rows === undefined || cols === undefined) {
    throw shapeError(op, 'a matrix [rows, cols]', s);
  }
  return [rows, cols];
}
