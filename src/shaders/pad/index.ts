import { shapeError } from '../../base/errors';
import { checkOptions, number, numbers, pairOf } from '../../base/known_options';
import { chw, type Shape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, type Launch, launch, type Op, type Ref } from '../op';
import { BORDER, BORDERS, type Borders, checkPads, type Pads } from './border';
import padWgsl from './pad.wgsl';
import gradWgsl from './pad_grad.wgsl';

export type { Border, Borders, Pads } from './border';

const kernel = defineKernel({
  name: 'pad',
  wgsl: padWgsl,
  binds: ['read', 'read', 'write'],
  uniforms: {
    h: 'i32',
    w: 'i32',
    ph: 'i32',
    pw: 'i32',
    top: 'i32',
    left: 'i32',
    sy: 'i32',
    sx: 'i32',
    value: 'f32',
  },
  variants: [
    { WG: 32, ROWS: 16 },
    { WG: 64, ROWS: 4 },
  ],
});

const gradKernel = defineKernel({
  name: 'pad_grad',
  wgsl: gradWgsl,
  lib: [globalIndex],
  binds: ['read', 'write'],
  uniforms: { n: 'u32', h: 'i32', w: 'i32', top: 'i32', left: 'i32', bottom: 'i32', right: 'i32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

/** What the convolutions may ask of the pad kernel beyond padding; see pad.wgsl. */
export interface Halo {
  /** Where row and column 0 of x lie in y; may be negative. */
  readonly top: number;
  readonly left: number;
  readonly border: Borders;
  /** Distance between neighbours of x in y. 1 unless a stride is being undone. */
  readonly spread?: readonly [sy: number, sx: number];
  /** Same shape as x: x counts only where this is positive. */
  readonly mask?: Ref | undefined;
  readonly value?: number;
}

/** The launch that fills y [C, PH, PW] with x [C, H, W] and its surroundings. */
export function haloLaunch(x: Ref, y: Ref, halo: Halo): Launch {
  const [, h, w] = chw('pad', x.shape);
  const [C, ph, pw] = chw('pad', y.shape);
  const { top, left, border, spread = [1, 1], mask, value = 0 } = halo;
  return launch({
    kernel,
    bind: [x, mask ?? x, y],
    overrides: {
      BV: BORDER[border[0]],
      BH: BORDER[border[1]],
      MASK: mask ? 1 : 0,
      SPREAD: spread.some((s) => s !== 1) ? 1 : 0,
    },
    uniforms: { h, w, ph, pw, top, left, sy: spread[0], sx: spread[1], value },
    grid: ({ WG, ROWS }) => [Math.ceil(pw / WG), Math.ceil(ph / ROWS), C],
  });
}

export interface PadAttrs {
  readonly pad: Pads;
  readonly border: Borders;
  readonly value?: number;
}

export const padOp: Op<1, PadAttrs> = defineOp<1, PadAttrs>({
  name: 'pad',
  infer([x], { pad, border }) {
    const [C, H, W] = chw('pad', x);
    checkPads('pad', [H, W], pad, border);
    return [C, H + pad[0] + pad[2], W + pad[1] + pad[3]];
  },
  forward([x], y, { pad, border, value = 0 }) {
    return [haloLaunch(x, y, { top: pad[0], left: pad[1], border, value })];
  },
  backward: ({ g, dy, attrs: { pad, border } }) => [g.apply(padGradOp, [dy], { pad, border })],
});

/** The adjoint of `padOp`: from the gradient of the padded map to that of the map. */
export const padGradOp: Op<1, PadAttrs> = defineOp<1, PadAttrs>({
  name: 'pad_grad',
  infer([dy], { pad, border }) {
    const [C, PH, PW] = chw('pad_grad', dy);
    const [t, l, b, r] = pad;
    const inner: Shape = [C, PH - t - b, PW - l - r];
    if (PH - t - b < 1 || PW - l - r < 1) throw shapeError('pad_grad', 'a map larger than its padding', dy, pad);
    checkPads('pad_grad', [PH - t - b, PW - l - r], pad, border);
    return inner;
  },
  forward([dy], y, { pad: [top, left, bottom, right], border }) {
    const [, h, w] = chw('pad_grad', y.shape);
    const n = size(y.shape);
    return [
      launch({
        kernel: gradKernel,
        bind: [dy, y],
        overrides: { BV: BORDER[border[0]], BH: BORDER[border[1]] },
        uniforms: { n, h, w, top, left, bottom, right },
        grid: ({ WG }) => flatGrid(n, WG),
        flops: size(dy.shape),
      }),
    ];
  },
  backward: ({ g, dy, attrs: { pad, border } }) => [g.apply(padOp, [dy], { pad, border })],
});

/**
 * A map [C, H, W] with a margin: [C, top + H + bottom, left + W + right]. `pad` is in pixels; `border` says, for
 * the vertical and the horizontal axis, what the margin shows, as ONNX's Pad does (constant = 'zeros' with `value`).
 * @throws EngineError `ShapeError` when x is no map, a pad is negative, or larger than its border can supply:
 * reflect wants pad < size, wrap wants pad <= size.
 */
export function pad(
  g: Builder,
  x: Ref,
  options: { readonly pad: Pads; readonly border: Borders; readonly value?: number },
): Ref {
  checkOptions('pad', options, { pad: numbers(4), border: pairOf(BORDERS), value: number }, ['pad', 'border']);
  return g.apply(padOp, [x], options);
}
