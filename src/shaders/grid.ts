/** WebGPU guarantees this many workgroups along each axis of a grid. */
const MOST = 65535;

/** Workgroups enough for `n` threads, `width` to a group; wide grids wrap into y (`lib/flat.wgsl` undoes it). */
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
