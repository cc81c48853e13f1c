/** WebGPU guarantees this many workgroups along each axis of a grid. */
const MOST = 65535;

/** Workgroups enough for `n` threads, `width` to a group; wide grids wrap into y (`lib/global_index.wgsl` undoes it). */
export function flatGrid(n: number, width: number): readonly [x: number, y: number] {
  const groups = Math.max(1, Math.ceil(n / width));
  const y = Math.ceil(groups / MOST);
  return [Math.ceil(groups / y), y];
}

/** Workgroups that own squares of `side` in a matrix of `rows` x `cols`: rows along x; columns wrap from y into z. */
export function tileGrid(rows: number, cols: number, side: number): readonly [x: number, y: number, z: number] {
  const [y, z] = flatGrid(cols, side);
  return [Math.ceil(rows / side), y, z];
}

/**
 * Variants of the kernels built on lib/register_tile.wgsl, best guess first, by the size of what they compute. Squares
 * of 128 (S 16, R 2) reuse more of what they bring in, squares of 64 and 32 are more numerous and waste less at edges.
 */
export const tileVariants = {
  large: [
    { S: 16, R: 2 },
    { S: 16, R: 1 },
  ],
  medium: [
    { S: 16, R: 1 },
    { S: 8, R: 1 },
  ],
  small: [
    { S: 8, R: 1 },
    { S: 16, R: 1 },
  ],
} as const;

/** Which of these a matrix of outputs wants: a large GPU wants some 64 workgroups before squares of 128 pay. */
export function tileClass(rows: number, cols: number): keyof typeof tileVariants {
  if (Math.min(rows, cols) <= 32) return 'small';
  const many = Math.ceil(rows / 128) * Math.ceil(cols / 128) >= 64;
  return many && Math.min(rows, cols) >= 96 ? 'large' : 'medium';
}
