import { chw } from '../../base/shape';
import type { Case, OpSpec } from '../op';
import { type Borders, type Pads, sourceOf } from './border';
import { type PadAttrs, padGradOp, padOp } from './index';

const forward = { pad: [1, 2, 3, 4], border: ['zeros', 'zeros'] } as const;
const all: readonly { name: string; shape: readonly number[]; pad: Pads; border: Borders; value?: number }[] = [
  { name: 'one pixel, wrapped', shape: [1, 1, 1], pad: [1, 1, 1, 1], border: ['wrap', 'wrap'] },
  { name: 'one pixel, replicated', shape: [1, 1, 1], pad: [2, 0, 1, 3], border: ['replicate', 'replicate'] },
  { name: 'exactly one workgroup', shape: [1, 6, 6], pad: [1, 1, 1, 1], border: ['wrap', 'wrap'] },
  { name: 'ragged zeros', shape: [3, 5, 7], ...forward },
  { name: 'ragged constant', shape: [2, 3, 5], pad: [0, 1, 2, 0], border: ['zeros', 'zeros'], value: 0.75 },
  { name: 'ragged replicate', shape: [3, 5, 7], pad: [1, 2, 3, 4], border: ['replicate', 'replicate'] },
  { name: 'ragged reflect', shape: [2, 4, 6], pad: [3, 5, 3, 5], border: ['reflect', 'reflect'] },
  { name: 'as much wrap as there is', shape: [2, 4, 3], pad: [4, 3, 4, 3], border: ['wrap', 'wrap'] },
  { name: 'one axis wraps', shape: [2, 5, 9], pad: [2, 2, 2, 2], border: ['wrap', 'zeros'] },
  { name: 'reflect and replicate', shape: [2, 5, 3], pad: [2, 1, 0, 2], border: ['reflect', 'replicate'] },
  { name: 'no margin', shape: [2, 4, 4], pad: [0, 0, 0, 0], border: ['zeros', 'wrap'] },
];

function padded(shape: readonly number[], [t, l, b, r]: Pads): readonly [number, number, number] {
  const [C, H, W] = chw('pad', shape);
  return [C, t + H + b, l + W + r];
}

/** Calls `visit(padded index, source index)` for all padded positions that show a pixel. */
function walk(
  [C, H, W]: readonly [number, number, number],
  { pad, border }: PadAttrs,
  visit: (to: number, from: number) => void,
): void {
  const [, PH, PW] = padded([C, H, W], pad);
  for (let c = 0; c < C; c++)
    for (let p = 0; p < PH; p++)
      for (let q = 0; q < PW; q++) {
        const y = sourceOf(p - pad[0], H, border[0]);
        const x = sourceOf(q - pad[1], W, border[1]);
        if (y >= 0 && x >= 0) visit((c * PH + p) * PW + q, (c * H + y) * W + x);
      }
}

const tooLarge = (border: Borders, pad: Pads, message: RegExp): Case<1, PadAttrs> & { message: RegExp } => ({
  name: `${border} ${pad}`,
  shapes: [[1, 4, 4]],
  attrs: { pad, border },
  message,
});

export const specs: OpSpec[] = [
  {
    op: padOp,
    linearIn: 0,
    reference: ([x], attrs: PadAttrs) => {
      const [C, PH, PW] = padded(x.shape, attrs.pad);
      const out = new Float64Array(C * PH * PW).fill(attrs.value ?? 0);
      walk(chw('pad', x.shape), attrs, (to, from) => {
        out[to] = x.data[from] ?? 0;
      });
      return out;
    },
    cases: all.map(({ name, shape, ...attrs }) => ({ name, shapes: [shape], attrs })),
    // The padded map is a torus too where it shows the map a whole number of times.
    torus({ pad: [t, l, b, r], border }, [[, H = 1, W = 1]]) {
      const whole = border.every((e) => e === 'wrap') && (t + b) % H === 0 && (l + r) % W === 0;
      return whole ? { rollIn: [1, 2], rollOut: [1, 2] } : null;
    },
    rejects: [
      tooLarge(
        ['reflect', 'zeros'],
        [4, 0, 0, 0],
        /reflect wants a pad smaller than the height, got pad \[4, 0, 0, 0\]/,
      ),
      tooLarge(['zeros', 'wrap'], [0, 0, 0, 5], /wrap wants a pad no larger than the width/),
      tooLarge(['zeros', 'zeros'], [0, -1, 0, 0], /whole numbers, 0 or more/),
      { name: 'no map', shapes: [[4, 4]], attrs: forward, message: /pad wants a feature map/ },
    ],
  } satisfies OpSpec<1, PadAttrs>,
  {
    op: padGradOp,
    linearIn: 0,
    reference: ([dy], attrs: PadAttrs) => {
      const [C, PH, PW] = chw('pad', dy.shape);
      const [t, l, b, r] = attrs.pad;
      const inner = [C, PH - t - b, PW - l - r] as const;
      const out = new Float64Array(inner[0] * inner[1] * inner[2]);
      walk(inner, attrs, (to, from) => {
        out[from] = (out[from] ?? 0) + (dy.data[to] ?? 0);
      });
      return out;
    },
    cases: all
      .filter(({ value }) => value === undefined)
      .map(({ name, shape, ...attrs }) => ({ name, shapes: [padded(shape, attrs.pad)], attrs })),
    rejects: [{ name: 'nothing but padding', shapes: [[1, 4, 9]], attrs: forward, message: /larger than its padding/ }],
  } satisfies OpSpec<1, PadAttrs>,
];
