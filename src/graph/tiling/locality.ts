import { toHalfOp, toRealOp } from '../../shaders/cast';
import { concatOp } from '../../shaders/concat';
import { type MatrixAttrs, matrixOp } from '../../shaders/conv2d/matrix';
import { type ConvAttrs, convOp } from '../../shaders/conv2d/ops';
import { type WinogradAttrs, winogradOp } from '../../shaders/conv2d/winograd';
import { detachOp } from '../../shaders/detach';
import { gramAboutOp, gramOp } from '../../shaders/gram';
import { l1LossOp, meanSquareOp, mseLossOp } from '../../shaders/mse_loss';
import { mulMaskOp } from '../../shaders/mul_mask';
import type { Op } from '../../shaders/op';
import { ops as pointwise } from '../../shaders/pointwise';
import { averagePoolOp, l2PoolOp, maxPoolOp } from '../../shaders/pool2d';
import type { Window } from '../../shaders/pool2d/window';
import { rollByOp } from '../../shaders/roll';
import { channelSumOp, dotOp, expandChannelsOp, mulScalarOp, sumOp } from '../../shaders/sum';
import type { Graph, Node } from '../graph';
import type { Pair } from './layout';

/** A map of which any part can be computed from a part of the canvas. */
export interface Local {
  /** Pixels of the canvas to one of the map. */
  readonly stride: Pair;
  /** How much of a window, at its top, left, bottom and right, is not what it would be on the canvas; in its pixels. */
  readonly margin: readonly [number, number, number, number];
  /** Whether it is seen through a roll. */
  readonly rolled: boolean;
  /** Whether it is found by looking at a whole map through a window. */
  readonly leaf: boolean;
}

/** Means over pixels: of a block, they are to be weighted by its share of the canvas. */
const means: ReadonlySet<Op> = new Set<Op>([gramOp, gramAboutOp, mseLossOp, l1LossOp, meanSquareOp]);
/** Sums over pixels. */
const sums: ReadonlySet<Op> = new Set<Op>([channelSumOp, sumOp, dotOp]);
const elementwise: ReadonlySet<Op> = new Set<Op>([
  ...Object.values(pointwise),
  detachOp,
  mulMaskOp,
  concatOp,
  toHalfOp,
  toRealOp,
]);
const pools: ReadonlySet<Op> = new Set<Op>([maxPoolOp, averagePoolOp, l2PoolOp]);

/** Of these, only the first input is a map of the canvas. */
const firstOnly: ReadonlySet<Op> = new Set<Op>([
  gramAboutOp,
  convOp,
  winogradOp,
  matrixOp,
  mulScalarOp,
  rollByOp,
  ...pools,
]);

/** Whether input `k` of an op is a map, where the op has a rule. */
export const takesMap = (op: Op, k: number): boolean => op !== expandChannelsOp && (k === 0 || !firstOnly.has(op));

/** Channels that a map of the whole canvas may have: pictures, not features. */
export const PICTURE = 4;

/** What a graph computes from parts of a canvas, and what it takes whole. */
export class Locality {
  readonly #known = new Map<number, Local | null>();
  readonly #levels = new Map<number, number>();
  readonly #constant = new Map<number, boolean>();

  constructor(
    readonly g: Graph,
    /** Height and width of the canvas. */
    readonly side: Pair,
    readonly torus: Pair<boolean>,
  ) {}

  isMean(node: Node): boolean {
    return node.source.from === 'op' && means.has(node.source.op);
  }

  /** A sum or mean over pixels of maps that are local: what can be added up block by block. */
  isStatistic(node: Node): boolean {
    if (node.source.from !== 'op') return false;
    const { op, x } = node.source;
    if (!means.has(op) && !sums.has(op)) return false;
    return x.every((m, k) => !takesMap(op, k) || this.local(m) !== null);
  }

  isConstant(node: Node): boolean {
    const { source } = node;
    if (source.from !== 'op') return source.from === 'constant';
    const known = this.#constant.get(node.id);
    if (known !== undefined) return known;
    const found = source.x.every((x) => this.isConstant(x));
    this.#constant.set(node.id, found);
    return found;
  }

  /** How often the canvas has to be gone over before the value is known. */
  level(node: Node): number {
    if (node.source.from !== 'op') return 0;
    const known = this.#levels.get(node.id);
    if (known !== undefined) return known;
    const below = node.source.x.reduce((most, x) => Math.max(most, this.level(x)), 0);
    const level = below + (this.isStatistic(node) ? 1 : 0);
    this.#levels.set(node.id, level);
    return level;
  }

  /** The inputs of a node that are maps, and those that are not. A leaf is taken whole, and so is all that it comes from. */
  inputs(node: Node): { readonly maps: readonly Node[]; readonly others: readonly Node[] } {
    const { source } = node;
    if (source.from !== 'op') return { maps: [], others: [] };
    const l = this.local(node);
    const apart = this.isStatistic(node) || (l !== null && !l.leaf);
    const isMap = (_: Node, k: number): boolean => apart && takesMap(source.op, k);
    return { maps: source.x.filter(isMap), others: source.x.filter((v, k) => !isMap(v, k)) };
  }

  local(node: Node): Local | null {
    const known = this.#known.get(node.id);
    if (known !== undefined) return known;
    const found = this.#rule(node) ?? this.#leaf(node);
    this.#known.set(node.id, found);
    return found;
  }

  /** Pixels of the canvas to one of a map of this shape, where that is a whole number. */
  #strideOf(shape: readonly number[]): Pair | null {
    const [, h = 0, w = 0] = shape;
    const stride = [this.side[0] / h, this.side[1] / w] as const;
    return shape.length === 3 && stride.every((s) => Number.isInteger(s) && s <= 64) ? stride : null;
  }

  #leaf(node: Node): Local | null {
    const stride = this.#strideOf(node.shape);
    const [C = 0] = node.shape;
    // Masks are given for every layer; all else that is seen through windows is a picture.
    if (!stride || node.dtype !== 'f32' || C > PICTURE || (C > 1 && (stride[0] > 1 || stride[1] > 1))) return null;
    return { stride, margin: [0, 0, 0, 0], rolled: false, leaf: true };
  }

  #rule(node: Node): Local | null {
    if (node.source.from !== 'op') return null;
    const { op, x, attrs } = node.source;
    const stride = this.#strideOf(node.shape);
    const first = x[0] && this.local(x[0]);
    if (!stride) return null;
    if (op === expandChannelsOp) return { stride, margin: [0, 0, 0, 0], rolled: false, leaf: false };
    if (!first) return null;
    if (op === mulScalarOp) return { ...first, leaf: false };
    if (op === rollByOp) {
      const still = !first.rolled && first.margin.every((m) => m === 0) && first.stride.every((s) => s === 1);
      return still ? { ...first, rolled: true, leaf: false } : null;
    }
    // Of a map, channels are joined; rows and columns are not.
    if (elementwise.has(op) && !(op === concatOp && (attrs as { axis: number }).axis !== 0)) {
      const all = x.map((v) => this.local(v));
      if (!all.every((l) => l !== null && l.stride[0] === stride[0] && l.stride[1] === stride[1])) return null;
      const margin = [0, 1, 2, 3].map((k) => all.reduce((most, l) => Math.max(most, l?.margin[k] ?? 0), 0));
      return {
        stride,
        margin: margin as [number, number, number, number],
        rolled: all.some((l) => l?.rolled),
        leaf: false,
      };
    }
    if (op === convOp) {
      const { filter, stride: step, pad, border } = attrs as ConvAttrs;
      return this.#windowed(first, stride, [filter.ky, filter.kx], step, pad, border);
    }
    if (op === matrixOp) {
      const { pad, border, extra } = attrs as MatrixAttrs;
      return extra === 'mask' ? null : this.#windowed(first, stride, [3, 3], [1, 1], pad, border);
    }
    if (op === winogradOp) {
      const { pad, border, extra } = attrs as WinogradAttrs;
      // Its tiles begin with the window, so it differs from the whole canvas' by rounding.
      return extra === 'mask' ? null : this.#windowed(first, stride, [3, 3], [1, 1], pad, border);
    }
    if (pools.has(op)) {
      const { size, stride: step, pad, border } = attrs as Window;
      return this.#windowed(first, stride, size, step, pad, border);
    }
    return null;
  }

  #windowed(
    x: Local,
    stride: Pair,
    kernel: Pair,
    step: Pair,
    pad: readonly [number, number, number, number],
    border: readonly [string, string],
  ): Local | null {
    const margin = [...x.margin] as [number, number, number, number];
    for (const a of [0, 1] as const) {
      if (stride[a] !== x.stride[a] * step[a]) return null;
      const before = pad[a];
      const after = Math.max(0, kernel[a] - step[a] - before);
      const reaches = before > 0 || after > 0 || pad[a + 2] !== 0;
      // A window goes round a torus; where there is none it ends where the canvas does.
      if (reaches && (border[a] === 'wrap') !== this.torus[a]) return null;
      const up = (n: number): number => Math.ceil(n / stride[a]) * stride[a];
      margin[a] = up(margin[a] + x.stride[a] * before);
      margin[a + 2] = up((margin[a + 2] ?? 0) + x.stride[a] * after);
    }
    return { stride, margin, rolled: x.rolled, leaf: false };
  }
}
