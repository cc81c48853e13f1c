import { type Shape, size } from '../../base/shape';
import type { OpSpec, Value } from '../op';
import { spectrumErrorGradOp, spectrumErrorOp } from './index';

interface Comparison {
  readonly each: boolean;
}

/** Calls `step` with each group of channels that turns together at each frequency: offsets of its real parts. */
function groups(x: Value, each: boolean, step: (i: number, at: readonly number[]) => void): void {
  const [, C = 1, H = 1, W = 1] = x.shape;
  const N = H * W;
  const channels = Array.from({ length: C }, (_, c) => c);
  for (let i = 1; i < N; i++) {
    for (const group of each ? channels.map((c) => [c]) : [channels]) {
      step(
        i,
        group.map((c) => c * N + i),
      );
    }
  }
}

/** |x|^2, |y|^2 and <x, y> over these channels. */
function products(
  x: Value,
  y: Value,
  at: readonly number[],
): readonly [xx: number, yy: number, re: number, im: number] {
  const half = x.data.length / 2;
  let [xx, yy, re, im] = [0, 0, 0, 0];
  for (const k of at) {
    const [a = 0, b = 0, c = 0, d = 0] = [x.data[k], x.data[half + k], y.data[k], y.data[half + k]];
    xx += a * a + b * b;
    yy += c * c + d * d;
    re += a * c + b * d;
    im += b * c - a * d;
  }
  return [xx, yy, re, im];
}

const maps: readonly (readonly [name: string, shape: Shape, each: boolean])[] = [
  ['one frequency, which does not count', [2, 1, 1, 1], false],
  ['two frequencies', [2, 1, 1, 2], false],
  ['exactly one workgroup', [2, 3, 8, 8], false],
  ['ragged', [2, 3, 7, 11], false],
  ['channels for themselves', [2, 3, 9, 13], true],
];
const whole = (name: string, shape: Shape, each: boolean) => ({ name, attrs: { each }, shape });

export const specs: [OpSpec<2, Comparison>, OpSpec<3, Comparison>] = [
  {
    op: spectrumErrorOp,
    reference([x, y], { each }) {
      const out = new Float64Array(size(x.shape.slice(2)));
      groups(x, each, (i, at) => {
        const [xx, yy, re, im] = products(x, y, at);
        out[i] = (out[i] ?? 0) + xx + yy - 2 * Math.hypot(re, im);
      });
      return out;
    },
    cases: maps.map((m) => whole(...m)).map(({ name, shape, attrs }) => ({ name, shapes: [shape, shape], attrs })),
    rejects: [
      {
        name: 'real maps',
        shapes: [
          [3, 4, 4],
          [3, 4, 4],
        ],
        attrs: { each: false },
        message: /spectrum_error wants two equal complex feature maps/,
      },
      {
        name: 'unequal maps',
        shapes: [
          [2, 3, 4, 4],
          [2, 3, 4, 5],
        ],
        attrs: { each: false },
        message: /got \[2, 3, 4, 4\] and \[2, 3, 4, 5\]/,
      },
    ],
  },
  {
    op: spectrumErrorGradOp,
    reference([x, y, de], { each }) {
      const half = x.data.length / 2;
      const out = new Float64Array(x.data.length);
      groups(x, each, (i, at) => {
        const [, , re, im] = products(x, y, at);
        const angle = Math.atan2(im, re);
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        const weight = 2 * (de.data[i] ?? 0);
        for (const k of at) {
          const [p = 0, q = 0] = [y.data[k], y.data[half + k]];
          out[k] = weight * ((x.data[k] ?? 0) - (c * p - s * q));
          out[half + k] = weight * ((x.data[half + k] ?? 0) - (s * p + c * q));
        }
      });
      return out;
    },
    cases: maps
      .map((m) => whole(...m))
      .map(({ name, shape, attrs }) => ({ name, shapes: [shape, shape, shape.slice(2)], attrs })),
    rejects: [
      {
        name: 'another gradient',
        shapes: [
          [2, 1, 4, 4],
          [2, 1, 4, 4],
          [4, 5],
        ],
        attrs: { each: false },
        message: /a third value \[4, 4\], got \[4, 5\]/,
      },
    ],
    differentiable: [],
  },
];
