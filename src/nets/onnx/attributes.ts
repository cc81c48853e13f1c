import { type OnnxNode, onnxError } from './model';

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
  readonly kernel: readonly [h: number, w: number];
  readonly stride: readonly [y: number, x: number];
  readonly pads: Sides;
}

/** Reads kernel_shape, strides, pads, auto_pad and dilations of a node over a map of H x W. */
export function windowsOf(
  a: Attributes,
  kernel: readonly [number, number],
  [H, W]: readonly [number, number],
): Windows {
  const [kh, kw] = kernel;
  const [sy = 1, sx = 1] = a.ints('strides', [1, 1], 2, 1, 1024);
  const dilations = a.ints('dilations', [1, 1], 2, 1, 1024);
  if (dilations.some((d) => d !== 1)) {
    throw onnxError(`${a.who} has dilations [${dilations.join(', ')}]`, 'Only nets without dilation can be used.');
  }
  const auto = a.word<AutoPad>('auto_pad', 'NOTSET', ['NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID']);
  const own = a.ints('pads', [0, 0, 0, 0], 4, 0, 4096);
  const same = (n: number, k: number, s: number): [begin: number, end: number] => {
    const total = Math.max(0, (Math.ceil(n / s) - 1) * s + k - n);
    const less = Math.floor(total / 2);
    return auto === 'SAME_UPPER' ? [less, total - less] : [total - less, less];
  };
  let pads = sides(own);
  if (auto === 'VALID') pads = [0, 0, 0, 0];
  else if (auto !== 'NOTSET') {
    const [t, b] = same(H, kh, sy);
    const [l, r] = same(W, kw, sx);
    pads = [t, l, b, r];
  }
  return { kernel: [kh, kw], stride: [sy, sx], pads };
}
