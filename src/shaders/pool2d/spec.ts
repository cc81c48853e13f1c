import type { Shape } from '../../base/shape';
import type { OpSpec, Roll, Value } from '../op';
import { averagePoolGradOp, averagePoolOp, l2PoolOp, maxPoolGradOp, maxPoolOp, maxPoolPickOp } from './index';
import { type PoolOptions, pooledShape, type Window, windowOf } from './window';

/** The elements of one window, by their index in the map, and how many places it counts. */
interface Seen {
  readonly channel: number;
  readonly at: readonly number[];
  readonly count: number;
}

/** All windows of a map, listed the slow way: every place of every window, one by one. */
function windows([C = 0, H = 0, W = 0]: Shape, w: Window, [, OH = 0, OW = 0]: Shape): Seen[] {
  const [top, left, bottom, right] = w.pad;
  const list: Seen[] = [];
  for (let c = 0; c < C; c++) {
    for (let oy = 0; oy < OH; oy++) {
      for (let ox = 0; ox < OW; ox++) {
        const at: number[] = [];
        let count = 0;
        for (let ky = 0; ky < w.size[0]; ky++) {
          for (let kx = 0; kx < w.size[1]; kx++) {
            let y = oy * w.stride[0] + ky - top;
            let x = ox * w.stride[1] + kx - left;
            if (w.border[0] === 'wrap') y = (y + 100 * H) % H;
            if (w.border[1] === 'wrap') x = (x + 100 * W) % W;
            const inside = y >= 0 && y < H && x >= 0 && x < W;
            if (inside) at.push((c * H + y) * W + x);
            if (inside || (w.countPad && y < H + bottom && x < W + right)) count++;
          }
        }
        list.push({ channel: c, at, count });
      }
    }
  }
  return list;
}

const seen = (x: Value, w: Window): Seen[] => windows(x.shape, w, pooledShape('test', x.shape, w));
const get = (v: Value, i: number): number => v.data[i] ?? 0;
const firstMaximum = (x: Value, at: readonly number[]): number =>
  at.reduce((best, k) => (get(x, k) > get(x, best) ? k : best), at[0] ?? 0);

const list: readonly (readonly [name: string, shape: Shape, options: PoolOptions])[] = [
  ['one pixel', [1, 1, 1], { size: [1, 1], stride: [1, 1] }],
  ['2x2, exactly one workgroup', [4, 8, 8], { size: [2, 2], stride: [2, 2] }],
  ['2x2, rows and columns left over', [3, 7, 9], { size: [2, 2], stride: [2, 2], scale: 1.5 }],
  ['2x2, ceil mode', [3, 7, 9], { size: [2, 2], stride: [2, 2], ceil: true, scale: 0.5 }],
  ['2x2, torus', [2, 6, 10], { size: [2, 2], stride: [2, 2], border: ['wrap', 'wrap'] }],
  ['3x3 by 2', [3, 11, 13], { size: [3, 3], stride: [2, 2] }],
  ['3x3 by 2, ceil mode', [3, 10, 12], { size: [3, 3], stride: [2, 2], ceil: true }],
  ['3x3 by 2, padded', [2, 9, 8], { size: [3, 3], stride: [2, 2], pad: [1, 1, 1, 1] }],
  ['3x3 by 2, torus', [2, 8, 12], { size: [3, 3], stride: [2, 2], pad: [0, 0, 1, 1], border: ['wrap', 'wrap'] }],
  ['3x3 by 1, torus', [2, 5, 7], { size: [3, 3], stride: [1, 1], pad: [1, 1, 1, 1], border: ['wrap', 'wrap'] }],
  [
    '5x3 by 2, rows wrap only',
    [2, 6, 9],
    { size: [5, 3], stride: [2, 2], pad: [2, 1, 1, 0], border: ['wrap', 'none'] },
  ],
  [
    '5x5 by 1 on a torus of 3x4',
    [1, 3, 4],
    { size: [5, 5], stride: [1, 1], pad: [2, 2, 2, 2], border: ['wrap', 'wrap'] },
  ],
  [
    '3x3 by 1, further than once around a torus',
    [1, 3, 4],
    { size: [3, 3], stride: [1, 1], pad: [2, 2, 2, 3], border: ['wrap', 'wrap'] },
  ],
  [
    '2x2 by 2, ceil mode on an odd torus',
    [2, 5, 7],
    { size: [2, 2], stride: [2, 2], ceil: true, border: ['wrap', 'wrap'] },
  ],
  ['uneven padding, ceil mode', [2, 7, 6], { size: [3, 4], stride: [2, 3], pad: [0, 2, 2, 3], ceil: true }],
  ['last window dropped', [2, 5, 5], { size: [2, 2], stride: [3, 3], pad: [1, 1, 1, 1], ceil: true }],
  ['strides larger than windows', [2, 11, 10], { size: [2, 1], stride: [3, 4] }],
];
const counting: typeof list = [
  ['padding counts', [2, 7, 8], { size: [3, 3], stride: [2, 2], pad: [1, 1, 1, 1], countPad: true }],
  [
    'padding counts, ceil mode',
    [2, 8, 7],
    { size: [3, 3], stride: [2, 2], pad: [1, 0, 1, 2], ceil: true, countPad: true },
  ],
];
const cases = list.map(([name, shape, o]) => ({ name, shapes: [shape] as const, attrs: windowOf(o) }));
const counted = counting.map(([name, shape, o]) => ({ name, shapes: [shape] as const, attrs: windowOf(o) }));
/** Gradients have two maps: what was pooled, or its shape, and the outcome. */
const pairs = [...list, ...counting].map(([name, shape, o]) => {
  const attrs = windowOf(o);
  return { name, shape, attrs, pooled: pooledShape('test', shape, attrs) };
});

const two = windowOf({ size: [2, 2], stride: [2, 2] });
const rejects = [
  {
    name: 'a matrix',
    shapes: [[4, 4]] as const,
    attrs: two,
    message: /pool2d wants a feature map \[C, H, W\], got \[4, 4\]/,
  },
  {
    name: 'a map too small',
    shapes: [[3, 1, 8]] as const,
    attrs: two,
    message: /holds a window of 2 x 2, got \[3, 1, 8\]/,
  },
  {
    name: 'windows of padding',
    shapes: [[1, 4, 4]] as const,
    attrs: windowOf({ size: [2, 2], stride: [2, 2], pad: [2, 0, 0, 0] }),
    message: /less padding than a window of 2 x 2/,
  },
  {
    name: 'no stride',
    shapes: [[1, 4, 4]] as const,
    attrs: windowOf({ size: [2, 2], stride: [0, 1] }),
    message: /strides of at least 1.*stride \[0, 1\]/,
  },
  {
    name: 'no scale',
    shapes: [[1, 4, 4]] as const,
    attrs: { ...two, scale: 0 },
    message: /a finite scale other than 0, got 0/,
  },
];

/** A map moves with its picture along the axes on which windows go around exactly once. */
function torus(w: Window, [x]: readonly [Shape]): { rollIn: Roll; rollOut: Roll } | null {
  const y = pooledShape('test', x, w);
  const by = ([0, 1] as const).map((axis) => {
    const once = w.border[axis] === 'wrap' && y[axis === 0 ? 1 : 2] * w.stride[axis] === x[axis + 1];
    return once ? axis + 1 : 0;
  }) as [number, number];
  return by.every((n) => n === 0) ? null : { rollIn: [by[0] * w.stride[0], by[1] * w.stride[1]], rollOut: by };
}

const forward = (
  op: typeof maxPoolOp,
  f: (x: Value, s: Seen) => number,
  more: typeof cases = [],
): OpSpec<1, Window> => ({
  op,
  reference: ([x], w) => Float64Array.from(seen(x, w), (s) => w.scale * f(x, s)),
  cases: [...cases, ...more],
  rejects,
  torus,
});

const ofMax = forward(maxPoolOp, (x, { at }) => get(x, firstMaximum(x, at)));
const ofAverage: OpSpec<1, Window> = {
  ...forward(averagePoolOp, (x, { at, count }) => at.reduce((s, k) => s + get(x, k), 0) / count, counted),
  linearIn: 0,
};
const ofL2 = forward(l2PoolOp, (x, { at, count }) =>
  Math.sqrt(at.reduce((s, k) => s + get(x, k) ** 2, 0) / count + 1e-12),
);

/** Few different values, so that windows have more than one maximum; dy and v are anything. */
const ties = (k: number, _: number, u: number): number => (k === 0 ? Math.round(2 * u) : u);

const ofMaxGrad: OpSpec<2, Window> = {
  op: maxPoolGradOp,
  reference: ([x, dy], w) => {
    const dx = new Float64Array(x.data.length);
    seen(x, w).forEach(({ at }, o) => {
      const k = firstMaximum(x, at);
      dx[k] = (dx[k] ?? 0) + w.scale * get(dy, o);
    });
    return dx;
  },
  cases: pairs.map(({ name, shape, attrs, pooled }) => ({ name, shapes: [shape, pooled], attrs, values: ties })),
  rejects: [
    {
      name: 'a gradient of another map',
      shapes: [
        [1, 4, 4],
        [1, 4, 4],
      ],
      attrs: two,
      message: /max_pool_grad wants a gradient \[1, 2, 2\], got \[1, 4, 4\]/,
    },
  ],
  differentiable: [1],
  linearIn: 1,
};

const ofPick: OpSpec<2, Window> = {
  op: maxPoolPickOp,
  reference: ([x, v], w) => Float64Array.from(seen(x, w), ({ at }) => w.scale * get(v, firstMaximum(x, at))),
  cases: pairs.map(({ name, shape, attrs }) => ({ name, shapes: [shape, shape], attrs, values: ties })),
  rejects: [
    {
      name: 'unequal shapes',
      shapes: [
        [1, 4, 4],
        [1, 4, 2],
      ],
      attrs: two,
      message: /max_pool_pick wants two equal shapes/,
    },
  ],
  differentiable: [1],
  linearIn: 1,
};

const ofAverageGrad: OpSpec<1, Window & { readonly map: readonly [number, number] }> = {
  op: averagePoolGradOp,
  reference: ([dy], w) => {
    const shape = [dy.shape[0] ?? 0, ...w.map];
    const dx = new Float64Array(shape.reduce((a, b) => a * b, 1));
    windows(shape, w, dy.shape).forEach(({ at, count }, o) => {
      for (const k of at) dx[k] = (dx[k] ?? 0) + (w.scale * get(dy, o)) / count;
    });
    return dx;
  },
  cases: pairs.map(({ name, shape: [, H = 1, W = 1], attrs, pooled }) => ({
    name,
    shapes: [pooled],
    attrs: { ...attrs, map: [H, W] },
  })),
  rejects: [
    {
      name: 'another map',
      shapes: [[1, 2, 2]],
      attrs: { ...two, map: [8, 8] },
      message: /average_pool_grad wants a gradient \[1, 4, 4\], got \[1, 2, 2\]/,
    },
  ],
  linearIn: 0,
};

export const specs: OpSpec[] = [ofMax, ofAverage, ofL2, ofMaxGrad, ofPick, ofAverageGrad];
