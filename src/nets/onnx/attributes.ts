import { type OnnxNode, type OnnxTensor, onnxError } from './model';

/** Attributes of one node, checked as they are read. */
export class Attributes {
  constructor(readonly node: OnnxNode) {}

  /** `Conv conv1_1`, for messages. */
  get who(): string {
    return `${this.node.op} ${this.node.name}`;
  }

  /** An integer within [least, most]. */
  int(name: string, fallback: number, least: number, most: number): number {
    const v = this.node.attributes.get(name) ?? fallback;
    if (typeof v !== 'number' || !Number.isInteger(v) || v < least || v > most) {
      throw onnxError(`${this.who} has ${name} ${text(v)}, which is no integer from ${least} to ${most}`);
    }
    return v;
  }

  number(name: string, fallback: number): number {
    const v = this.node.attributes.get(name) ?? fallback;
    if (typeof v !== 'number') throw onnxError(`${this.who} has ${name} ${text(v)}, which is no number`);
    return v;
  }

  /** `count` integers within [least, most]. */
  ints(name: string, fallback: readonly number[], count: number, least: number, most: number): readonly number[] {
    const v = this.node.attributes.get(name) ?? fallback;
    if (typeof v !== 'object' || !Array.isArray(v))
      throw onnxError(`${this.who} has ${name} ${text(v)}, which is no list`);
    const list: readonly number[] = v;
    if (list.length !== count || list.some((e) => !Number.isInteger(e) || e < least || e > most)) {
      throw onnxError(
        `${this.who} has ${name} [${list.slice(0, 9).join(', ')}]; wanted are ${count} integers from ${least} to ${most}`,
        'Only nets of two-dimensional convolutions and pools can be used.',
      );
    }
    return list;
  }

  /** Any list of integers, or undefined where there is none. */
  list(name: string): readonly number[] | undefined {
    const v = this.node.attributes.get(name);
    if (v === undefined) return undefined;
    if (typeof v === 'number') return [v];
    if (typeof v !== 'object' || !Array.isArray(v))
      throw onnxError(`${this.who} has ${name} ${text(v)}, which is no list`);
    return v as readonly number[];
  }

  tensor(name: string): OnnxTensor | undefined {
    const v = this.node.attributes.get(name);
    return v !== undefined && typeof v === 'object' && 'floats' in v ? v : undefined;
  }

  has(name: string): boolean {
    return this.node.attributes.has(name);
  }

  word<T extends string>(name: string, fallback: T, allowed: readonly T[]): T {
    const v = this.node.attributes.get(name) ?? fallback;
    const found = allowed.find((a) => a === v);
    if (found === undefined) {
      throw onnxError(`${this.who} has ${name} ${text(v)}`, `Supported are ${allowed.join(', ')}.`);
    }
    return found;
  }
}

const text = (v: unknown): string => (typeof v === 'object' ? 'of another type' : JSON.stringify(v));

/** Pads above, left, below and right of a map, in pixels. */
export type Sides = readonly [top: number, left: number, bottom: number, right: number];

/** ONNX lists pads as all begins, then all ends: [top, left, bottom, right] for a map. */
export function sides(p: readonly number[]): Sides {
  const [t = 0, l = 0, b = 0, r = 0] = p;
  return [t, l, b, r];
}

export type AutoPad = 'NOTSET' | 'SAME_UPPER' | 'SAME_LOWER' | 'VALID';

/** Windows of a convolution or a pool along both axes, as the file describes them. */
export interface Windows {
  /** How far a window reaches, with dilation. */
  readonly kernel: readonly [h: number, w: number];
  readonly stride: readonly [y: number, x: number];
  readonly dilation: readonly [y: number, x: number];
  readonly pads: Sides;
}

/** Pads of one axis by auto_pad: as many outputs as n / stride, an odd pixel at the end (UPPER) or the beginning. */
function same(isUpper: boolean, n: number, reach: number, stride: number): readonly [begin: number, end: number] {
  const total = Math.max(0, (Math.ceil(n / stride) - 1) * stride + reach - n);
  const less = Math.floor(total / 2);
  return isUpper ? [less, total - less] : [total - less, less];
}

/** A list with one number for each spatial axis (1 or 2), as two numbers. */
function pair(a: Attributes, name: string, spatial: number): readonly [y: number, x: number] {
  const list = a.ints(name, new Array<number>(spatial).fill(1), spatial, 1, 4096);
  return spatial === 1 ? [1, list[0] ?? 1] : [list[0] ?? 1, list[1] ?? 1];
}

/**
 * Reads strides, pads, auto_pad and dilations of a node over a map of H x W; with one spatial axis, H is 1.
 * @param kernel elements of a window.
 */
export function windowsOf(
  a: Attributes,
  kernel: readonly [number, number],
  [H, W]: readonly [number, number],
  spatial = 2,
): Windows {
  const stride = pair(a, 'strides', spatial);
  const dilation = pair(a, 'dilations', spatial);
  const reach = [(kernel[0] - 1) * dilation[0] + 1, (kernel[1] - 1) * dilation[1] + 1] as const;
  const auto = a.word<AutoPad>('auto_pad', 'NOTSET', ['NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID']);
  const own = a.ints('pads', new Array<number>(2 * spatial).fill(0), 2 * spatial, 0, 4096);
  let pads = spatial === 1 ? sides([0, own[0] ?? 0, 0, own[1] ?? 0]) : sides(own);
  if (auto === 'VALID') pads = [0, 0, 0, 0];
  else if (auto !== 'NOTSET') {
    const [t, b] = same(auto === 'SAME_UPPER', H, reach[0], stride[0]);
    const [l, r] = same(auto === 'SAME_UPPER', W, reach[1], stride[1]);
    pads = [t, l, b, r];
  }
  return { kernel: reach, stride, dilation, pads };
}

/** kernel_shape as two numbers, or undefined where it is left out. */
export function kernelOf(a: Attributes, spatial: number): readonly [h: number, w: number] | undefined {
  if (!a.has('kernel_shape')) return undefined;
  return pair(a, 'kernel_shape', spatial);
}
