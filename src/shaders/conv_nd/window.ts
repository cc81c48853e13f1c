import { EngineError } from '../../base/errors';
import type { Shape } from '../../base/shape';

/** One number for each of three axes: depth, rows, columns. Fewer axes have 1 (or 0 of padding) in front. */
export type Three = readonly [d: number, h: number, w: number];

/** A window that moves over a map of up to three axes, whose sides are `x`, to `y` places along each. */
export interface Window {
  readonly kernel: Three;
  readonly stride: Three;
  /** From one tap to the next. */
  readonly dilation: Three;
  /** Elements added in front. What is added behind follows from `y`. */
  readonly pad: Three;
  readonly x: Three;
  readonly y: Three;
}

/** As ONNX gives a window, a number for each spatial axis. */
export interface WindowOptions {
  /** Default: all 1. */
  readonly strides?: readonly number[];
  /** Default: all 1. */
  readonly dilations?: readonly number[];
  /** Elements added in front of each axis, then behind each. Default: none. */
  readonly pads?: readonly number[];
  /** Count a last window that is not whole, but begins within the map or the padding in front. Default: false. */
  readonly ceil?: boolean;
}

/** Three numbers of up to three, with `first` in front. */
export function three(v: readonly number[], first: number): Three {
  const [d, h, w] = [...new Array<number>(3 - v.length).fill(first), ...v];
  return [d ?? first, h ?? first, w ?? first];
}

/**
 * How many places a window takes along an axis, as ONNX counts: floor((x + pads - ((kernel - 1) dilation + 1)) / stride)
 * + 1; with `ceil` rounded up, but for a window that would begin in the padding behind.
 */
export function places(
  x: number,
  kernel: number,
  stride: number,
  dilation: number,
  front: number,
  behind: number,
  ceil = false,
): number {
  const steps = (x + front + behind - ((kernel - 1) * dilation + 1)) / stride;
  if (!ceil) return Math.floor(steps) + 1;
  const n = Math.ceil(steps) + 1;
  return (n - 1) * stride >= x + front ? n - 1 : n;
}

const whole = (v: readonly number[], least: number): boolean => v.every((d) => Number.isInteger(d) && d >= least);

/** Strides, dilations and pads over so many sides, with their defaults; or a ShapeError. */
export function movesOf(
  op: string,
  sides: Shape,
  kernel: readonly number[],
  options: WindowOptions,
): Required<Omit<WindowOptions, 'ceil'>> {
  const rank = sides.length;
  const { strides = sides.map(() => 1), dilations = sides.map(() => 1), pads = sides.flatMap(() => [0, 0]) } = options;
  if (rank < 1 || rank > 3) throw new EngineError('ShapeError', `${op} wants 1 to 3 spatial axes, got ${rank}`);
  if (kernel.length !== rank || strides.length !== rank || dilations.length !== rank || pads.length !== 2 * rank) {
    throw new EngineError('ShapeError', `${op} wants ${rank} sides, strides and dilations, and twice as many pads`);
  }
  if (!whole(kernel, 1) || !whole(strides, 1) || !whole(dilations, 1) || !whole(pads, 0)) {
    throw new EngineError('ShapeError', `${op} wants whole sides, strides and dilations from 1 on, and pads from 0 on`);
  }
  return { strides, dilations, pads };
}

/**
 * The window of some options over the spatial sides of a map.
 * @throws EngineError `ShapeError`: other than 1 to 3 axes, numbers that are not whole, a window larger than the map.
 */
export function windowOf(op: string, sides: Shape, kernel: readonly number[], options: WindowOptions): Window {
  const rank = sides.length;
  const { strides, dilations, pads } = movesOf(op, sides, kernel, options);
  const y = sides.map((x, k) =>
    places(x, kernel[k] ?? 1, strides[k] ?? 1, dilations[k] ?? 1, pads[k] ?? 0, pads[k + rank] ?? 0, options.ceil),
  );
  if (!whole(y, 1)) {
    throw new EngineError(
      'ShapeError',
      `${op} has a window of ${kernel.join(' x ')}, larger than its padded map of ${sides.join(' x ')}`,
      'Give it a larger map, or more padding.',
    );
  }
  return {
    kernel: three(kernel, 1),
    stride: three(strides, 1),
    dilation: three(dilations, 1),
    pad: three(pads.slice(0, rank), 0),
    x: three(sides, 1),
    y: three(y, 1),
  };
}

/** Names and types of the uniforms that describe a window, in the order of the shaders. */
export const windowUniforms = {
  XD: 'i32',
  XH: 'i32',
  XW: 'i32',
  YD: 'i32',
  YH: 'i32',
  YW: 'i32',
  KD: 'i32',
  KH: 'i32',
  KW: 'i32',
  SD: 'i32',
  SH: 'i32',
  SW: 'i32',
  ED: 'i32',
  EH: 'i32',
  EW: 'i32',
  PD: 'i32',
  PH: 'i32',
  PW: 'i32',
} as const;

/** A window as uniforms. */
export function uniformsOf({
  x,
  y,
  kernel,
  stride,
  dilation,
  pad,
}: Window): Record<keyof typeof windowUniforms, number> {
  return {
    XD: x[0],
    XH: x[1],
    XW: x[2],
    YD: y[0],
    YH: y[1],
    YW: y[2],
    KD: kernel[0],
    KH: kernel[1],
    KW: kernel[2],
    SD: stride[0],
    SH: stride[1],
    SW: stride[2],
    ED: dilation[0],
    EH: dilation[1],
    EW: dilation[2],
    PD: pad[0],
    PH: pad[1],
    PW: pad[2],
  };
}
