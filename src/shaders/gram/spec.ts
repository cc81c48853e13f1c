import type { OpSpec, Value } from '../op';
import { type GramGradAttrs, gramAboutOp, gramGradOp, gramOp } from './index';

const none: Readonly<Record<string, never>> = {};
const maps = [
  ['one number', [1, 1, 1]],
  ['exactly one tile', [64, 4, 4]],
  ['ragged', [5, 7, 9]],
  ['ragged channels of whole rows', [13, 4, 6]],
  ['several ragged tiles', [70, 5, 7]],
] as const;
const long = [
  ['exactly two parts', [4, 16, 32]],
  ['several ragged parts', [3, 37, 53]],
] as const;

/** X - mu, row by row. */
const centred = (x: Value, mu: Value): number[][] => {
  const [C = 0, H = 0, W = 0] = x.shape;
  return Array.from({ length: C }, (_, c) =>
    Array.from(x.data.subarray(c * H * W, (c + 1) * H * W), (v) => v - (mu.data[c] ?? 0)),
  );
};
const products = (rows: number[][]): Float64Array =>
  Float64Array.from(rows.flatMap((a) => rows.map((b) => a.reduce((s, v, n) => s + v * (b[n] ?? 0), 0) / a.length)));
const gradient = (rows: number[][], d: Value): Float64Array => {
  const C = rows.length;
  return Float64Array.from(
    rows.flatMap((row, c) =>
      row.map((_, n) =>
        rows.reduce(
          (s, other, k) => s + ((d.data[c * C + k] ?? 0) + (d.data[k * C + c] ?? 0)) * ((other[n] ?? 0) / row.length),
          0,
        ),
      ),
    ),
  );
};
const zero: Value = { shape: [0], data: new Float64Array() };

const ofGram: OpSpec<1, typeof none> = {
  op: gramOp,
  reference: ([x]) => products(centred(x, zero)),
  cases: [...maps, ...long].map(([name, s]) => ({ name, shapes: [s], attrs: none })),
  rejects: [
    {
      name: 'a matrix',
      shapes: [[64, 4096]],
      attrs: none,
      message: /gram wants a feature map \[C, H, W\], got \[64, 4096\]/,
    },
  ],
};

const ofAbout: OpSpec<2, { mean: boolean }> = {
  op: gramAboutOp,
  reference: ([x, mu]) => products(centred(x, mu)),
  cases: [...maps, ...long].map(([name, s]) => ({
    name,
    shapes: [s, [s[0]]],
    attrs: { mean: false },
    // far from the origin, so that subtracting after squaring would show
    values: (k, _, u) => (k === 0 ? 20 + u : 20 + 0.1 * u),
  })),
  rejects: [
    {
      name: 'a centre of another map',
      shapes: [[3, 4, 4], [4]],
      attrs: { mean: false },
      message: /gram wants a centre \[3\], got \[4\]/,
    },
  ],
};

const square = ([C = 0]: readonly number[]): readonly number[] => [C, C];
const channels = ([C = 0]: readonly number[]): readonly number[] => [C];
/** Which inputs behind the map and the matrix. */
const grads: readonly (readonly [string, GramGradAttrs])[] = [
  ['plain', {}],
  ['with all there is', { centred: true, bias: -0.7, add: true }],
];

const ofGrad: OpSpec<number, GramGradAttrs> = {
  op: gramGradOp,
  reference: ([x = zero, d = zero, ...more], { centred: about, bias, add }) => {
    const mu = about ? more.shift() : undefined;
    const b = bias === undefined ? undefined : more.shift();
    const a = add ? more.shift() : undefined;
    const [, H = 0, W = 0] = x.shape;
    return gradient(centred(x, mu ?? zero), d).map(
      (v, i) => v + (bias ?? 0) * (b?.data[Math.floor(i / (H * W))] ?? 0) + (a?.data[i] ?? 0),
    );
  },
  cases: maps.flatMap(([name, s]) =>
    grads.map(([what, attrs]) => ({
      name: `${name}, ${what}`,
      shapes: [
        s,
        square(s),
        ...(attrs.centred ? [channels(s)] : []),
        ...(attrs.bias === undefined ? [] : [channels(s)]),
        ...(attrs.add ? [s] : []),
      ],
      attrs,
    })),
  ),
  rejects: [
    {
      name: 'another matrix',
      shapes: [
        [3, 4, 4],
        [4, 4],
      ],
      attrs: {},
      message: /gram_grad wants a matrix \[3, 3\], got \[4, 4\]/,
    },
    {
      name: 'another centre',
      shapes: [[3, 4, 4], [3, 3], [2]],
      attrs: { centred: true },
      message: /gram_grad wants a centre \[3\], got \[2\]/,
    },
    {
      name: 'another map to add',
      shapes: [
        [3, 4, 4],
        [3, 3],
        [3, 4, 5],
      ],
      attrs: { add: true },
      message: /gram_grad wants an addend like the map, got \[3, 4, 5\]/,
    },
  ],
};

export const specs: OpSpec[] = [ofGram, ofAbout, ofGrad];
