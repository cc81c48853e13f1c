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
      throw onnxError(`${this.who} has ${name} ${text(v)}, which is not an integer from ${least} to ${most}`);
    }
    return v;
  }

  number(name: string, fallback: number): number {
    const v = this.node.attributes.get(name) ?? fallback;
    if (typeof v !== 'number') throw onnxError(`${this.who} has ${name} ${text(v)}, which is not a number`);
    return v;
  }

  /** `count` integers within [least, most]. */
  ints(name: string, fallback: readonly number[], count: number, least: number, most: number): readonly number[] {
    const v = this.node.attributes.get(name) ?? fallback;
    if (typeof v !== 'object' || !Array.isArray(v))
      throw onnxError(`${this.who} has ${name} ${text(v)}, which is not a list`);
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
      throw onnxError(`${this.who} has ${name} ${text(v)}, which is not a list`);
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

type AutoPad = 'NOTSET' | 'SAME_UPPER' | 'SAME_LOWER' | 'VALID';

/** Windows of a convolution or a pool along its spatial axes, as the file describes them. */
export interface Steps {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** In front of each axis, then behind each. */
  readonly pads: readonly number[];
}

/** Reads strides, dilations, pads and auto_pad of a node whose windows have `kernel` elements, over these sides. */
export function stepsOf(a: Attributes, kernel: readonly number[], sides: readonly number[]): Steps {
  const n = kernel.length;
  const ones = new Array<number>(n).fill(1);
  const strides = a.ints('strides', ones, n, 1, 4096);
  const dilations = a.ints('dilations', ones, n, 1, 4096);
  const auto = a.word<AutoPad>('auto_pad', 'NOTSET', ['NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID']);
  const own = a.ints('pads', new Array<number>(2 * n).fill(0), 2 * n, 0, 4096);
  if (auto === 'NOTSET') return { strides, dilations, pads: own };
  const pads = own.map(() => 0);
  if (auto === 'VALID') return { strides, dilations, pads };
  sides.forEach((side, k) => {
    // As many outputs as side / stride; an odd pixel at the end (UPPER) or at the beginning.
    const stride = strides[k] ?? 1;
    const reach = ((kernel[k] ?? 1) - 1) * (dilations[k] ?? 1) + 1;
    const total = Math.max(0, (Math.ceil(side / stride) - 1) * stride + reach - side);
    const less = Math.floor(total / 2);
    pads[k] = auto === 'SAME_UPPER' ? less : total - less;
    pads[k + n] = total - (pads[k] ?? 0);
  });
  return { strides, dilations, pads };
}

/** The same for feature maps [C, H, W]; with one spatial axis, H is 1. */
export interface Windows {
  /** How far a window reaches, with dilation. */
  readonly kernel: readonly [h: number, w: number];
  readonly stride: readonly [y: number, x: number];
  readonly dilation: readonly [y: number, x: number];
  readonly pads: Sides;
}

/** @param kernel elements of a window along one or two axes. */
export function planarWindows(kernel: readonly number[], { strides, dilations, pads }: Steps): Windows {
  const two = (list: readonly number[]): readonly [number, number] =>
    list.length === 1 ? [1, list[0] ?? 1] : [list[0] ?? 1, list[1] ?? 1];
  const [k, d] = [two(kernel), two(dilations)];
  return {
    kernel: [(k[0] - 1) * d[0] + 1, (k[1] - 1) * d[1] + 1],
    stride: two(strides),
    dilation: d,
    pads: kernel.length === 1 ? [0, pads[0] ?? 0, 0, pads[1] ?? 0] : sides(pads),
  };
}

/** kernel_shape, or undefined where it is left out. */
export function kernelOf(a: Attributes, spatial: number): readonly number[] | undefined {
  return a.has('kernel_shape') ? a.ints('kernel_shape', [], spatial, 1, 4096) : undefined;
}
