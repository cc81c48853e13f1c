// The work that every engine does, from numbers that every engine can make: VGG-19 up to a layer, Gram matrices at the
// first rectifier of each block, their relative squared distance to those of another picture, and its gradient to the
// picture. pytorch.py has the same in Python; a change here is a change there.
import { Rng } from '../../src/base/rng';

/** How far down the net goes. */
export type Depth = 'relu3_1' | 'relu5_1';
/** `gradient` is the loss and its gradient to the picture; `forward` is the loss alone. */
export type Mode = 'gradient' | 'forward';

/** What identifies a case; all data follows from it. */
export interface Job {
  readonly depth: Depth;
  /** Sides of the picture, a multiple of 16. */
  readonly side: number;
  readonly mode: Mode;
  /** Filters of an ONNX file instead of random ones, where the depth is `relu3_1`. */
  readonly weights: string | null;
}

/** 3x3, stride 1, one row and column of zeros around, followed by a bias and a rectifier. */
export interface Conv {
  /** `1_1`. Those that end in `_1` are compared. */
  readonly name: string;
  readonly C: number;
  readonly O: number;
  /** Side of the map. */
  readonly side: number;
  /** A 2x2 maximum pooling comes before it. */
  readonly pooled: boolean;
  /** [O, C, 3, 3] */
  readonly w: Float32Array<ArrayBuffer>;
  /** [O] */
  readonly b: Float32Array<ArrayBuffer>;
}

export interface Work {
  readonly job: Job;
  /** [3, side, side] */
  readonly image: Float32Array<ArrayBuffer>;
  readonly convs: readonly Conv[];
}

/** A Gram matrix to reach, and the factor of the sum of squared differences: 1 / sum of its squares. */
export interface Target {
  readonly gram: Float32Array<ArrayBuffer>;
  readonly factor: number;
}

const BLOCKS: readonly (readonly [O: number, count: number])[] = [
  [64, 2],
  [128, 2],
  [256, 4],
  [512, 4],
  [512, 1],
];

export const isCompared = (c: Conv): boolean => c.name.endsWith('_1');

/** Uniform in [-scale, scale), from the project's own counter-based generator. */
function numbers(stream: number, count: number, scale: number): Float32Array<ArrayBuffer> {
  const data = new Float32Array(count);
  const rng = new Rng(SEED, stream);
  for (let i = 0; i < count; i++) data[i] = (2 * rng.uniform() - 1) * scale;
  return data;
}

const SEED = 1;
/** Streams of random numbers: pictures below 16, then two for each convolution. */
const IMAGE = 1;
const EXEMPLAR = 2;

/** What the picture is multiplied by: real filters see pixels of 0 to 255 less their mean. */
const amplitude = (job: Job): number => (job.weights === null ? 1 : 120);

/** The exemplar has half the contrast: Gram matrices that differ plainly, so that rounding is no large part of the gap. */
export function picture(job: Job, which: 'image' | 'exemplar'): Float32Array<ArrayBuffer> {
  const [stream, contrast] = which === 'image' ? [IMAGE, 1] : [EXEMPLAR, 0.5];
  return numbers(stream, 3 * job.side ** 2, contrast * amplitude(job));
}

/** @param filters of the convolutions in order, read from `job.weights`. */
export function workOf(job: Job, filters: readonly Pick<Conv, 'w' | 'b'>[] | null = null): Work {
  const convs: Conv[] = [];
  let [C, side] = [3, job.side];
  for (const [block, [O, count]] of BLOCKS.entries()) {
    const depth = Number(job.depth[4]);
    if (block + 1 > depth) break;
    if (block > 0) side /= 2;
    for (let k = 0; k < (block + 1 === depth ? 1 : count); k++) {
      const n = convs.length;
      // Kaiming He et al. 2015: activations keep their size through rectifiers.
      const made = { w: numbers(16 + 2 * n, O * C * 9, Math.sqrt(6 / (9 * C))), b: numbers(17 + 2 * n, O, 0.1) };
      const { w, b } = filters?.[n] ?? made;
      if (w.length !== O * C * 9 || b.length !== O) throw new Error(`filters ${n} are not [${O}, ${C}, 3, 3]`);
      convs.push({ name: `${block + 1}_${k + 1}`, C, O, side, pooled: block > 0 && k === 0, w, b });
      C = O;
    }
  }
  return { job, image: picture(job, 'image'), convs };
}

/** Multiply-adds count 2. The gradient to the input of a convolution is as much again. */
export function flopsOf({ job, convs }: Work): number {
  const forward = convs.reduce((n, c) => {
    const gram = isCompared(c) ? 2 * c.O * c.O * c.side ** 2 : 0;
    return n + 2 * 9 * c.C * c.O * c.side ** 2 + gram;
  }, 0);
  return job.mode === 'forward' ? forward : 2 * forward;
}

export function targetOf(gram: Float32Array<ArrayBuffer>): Target {
  return { gram, factor: 1 / gram.reduce((sum, v) => sum + v * v, 0) };
}

/** How far two gradients are apart: |a - b| / |b|, Euclidean. */
export function distance(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let [difference, square] = [0, 0];
  for (const [i, v] of b.entries()) {
    difference += ((a[i] ?? Number.NaN) - v) ** 2;
    square += v * v;
  }
  return Math.sqrt(difference / square);
}
