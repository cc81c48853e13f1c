import { EngineError, shapeError } from '../../base/errors';
import { chw, type Shape } from '../../base/shape';

/** What lies beyond an edge: nothing, or the opposite edge. */
export type PoolBorder = 'none' | 'wrap';
export type Pair<V> = readonly [rows: V, columns: V];

export interface PoolOptions {
  /** Height and width of a window. */
  readonly size: Pair<number>;
  /** Steps from window to window, down and to the right. */
  readonly stride: Pair<number>;
  /** Rows and columns added at the top, left, bottom and right. Default: none. */
  readonly pad?: readonly [top: number, left: number, bottom: number, right: number];
  /** Default: none. On a wrapped axis the windows that reach into the padding see the opposite edge. */
  readonly border?: Pair<PoolBorder>;
  /** Keep a last window that does not fit wholly, unless it starts in the padding behind the map. */
  readonly ceil?: boolean;
  /** The mean counts padding as zeros (never what lies behind the padding). */
  readonly countPad?: boolean;
  /** A factor for the outcome, not 0. */
  readonly scale?: number;
}

/** Options with every default in place. */
export type Window = Required<PoolOptions>;

/** Fills in the defaults. */
export function windowOf(o: PoolOptions): Window {
  const { pad = [0, 0, 0, 0], border = ['none', 'none'], ceil = false, countPad = false, scale = 1 } = o;
  return { size: o.size, stride: o.stride, pad, border, ceil, countPad, scale };
}

/** Windows along one axis, by ONNX's rule since opset 19. */
function steps(size: number, k: number, stride: number, before: number, after: number, ceil: boolean): number {
  const room = (size + before + after - k) / stride;
  const n = (ceil ? Math.ceil(room) : Math.floor(room)) + 1;
  return ceil && (n - 1) * stride >= size + before ? n - 1 : n;
}

/** Shape of the pooled map, or an error in the name of `op`. */
export function pooledShape(op: string, x: Shape, w: Window): readonly [C: number, H: number, W: number] {
  const [C, H, W] = chw(op, x);
  const [top, left, bottom, right] = w.pad;
  const whole = (v: number, least: number): boolean => Number.isInteger(v) && v >= least;
  if (![...w.size, ...w.stride].every((v) => whole(v, 1)) || !w.pad.every((v) => whole(v, 0))) {
    throw new EngineError(
      'ShapeError',
      `${op} wants whole sizes and strides of at least 1 and whole padding, got size [${w.size.join(', ')}], stride [${w.stride.join(', ')}], pad [${w.pad.join(', ')}]`,
    );
  }
  if (!Number.isFinite(w.scale) || w.scale === 0) {
    throw new EngineError('ShapeError', `${op} wants a finite scale other than 0, got ${w.scale}`);
  }
  const [kh, kw] = w.size;
  // A window must hold at least one element of the map.
  const behind = (axis: number, k: number, a: number, b: number): boolean =>
    w.border[axis] === 'none' && Math.max(a, b) >= k;
  if (behind(0, kh, top, bottom) || behind(1, kw, left, right)) {
    throw new EngineError(
      'ShapeError',
      `${op} wants less padding than a window of ${kh} x ${kw} is large, got [${w.pad.join(', ')}]`,
    );
  }
  if (H + top + bottom < kh || W + left + right < kw) {
    throw shapeError(op, `a map that holds a window of ${kh} x ${kw}`, x);
  }
  const [sy, sx] = w.stride;
  return [C, steps(H, kh, sy, top, bottom, w.ceil), steps(W, kw, sx, left, right, w.ceil)];
}

/** Whether windows lie side by side: no element is in two of them, and none reaches around an edge. */
export function sideBySide(x: Shape, w: Window): boolean {
  return (
    w.pad.every((p) => p === 0) &&
    w.size.every((k, axis) => k === w.stride[axis] && (w.border[axis] === 'none' || (x[axis + 1] ?? 0) % k === 0))
  );
}

/** Whether any window really crosses a wrapped edge: 2 x 2 windows of an even torus do not, and need no remainders. */
export function reachesAround(axis: 0 | 1, w: Window, x: Shape, y: Shape): boolean {
  const last = ((y[axis + 1] ?? 1) - 1) * w.stride[axis] + w.size[axis] - w.pad[axis];
  return w.border[axis] === 'wrap' && (w.pad[axis] > 0 || last > (x[axis + 1] ?? 0));
}
