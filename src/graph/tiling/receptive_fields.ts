import type { Op, SlidingWindow } from '../../shaders/op';
import type { Graph, Node } from '../graph';
import type { Pair } from './layout';

/** A map of which any part can be computed from a part of the canvas. */
export interface ReceptiveField {
  /** Pixels of the canvas to one of the map. */
  readonly stride: Pair;
  /** How much of a window, at its top, left, bottom and right, is not what it would be on the canvas; in its pixels. */
  readonly margin: readonly [number, number, number, number];
  /** Whether it is seen through a roll. */
  readonly rolled: boolean;
  /** Whether it is found by looking at a whole map through a window. */
  readonly leaf: boolean;
}

/** Whether input `k` of an op is a map, where the op has a rule. */
export const takesMap = (op: Op, k: number): boolean => op.tiling?.maps?.includes(k) ?? true;

/** Channels that a map of the whole canvas may have: pictures, not features. */
export const PICTURE = 4;

/** What a graph computes from parts of a canvas, and what it takes whole. */
export class ReceptiveFields {
  readonly #known = new Map<number, ReceptiveField | null>();
  readonly #levels = new Map<number, number>();
  readonly #constant = new Map<number, boolean>();

  constructor(
    readonly g: Graph,
    /** Height and width of the canvas. */
    readonly side: Pair,
    readonly torus: Pair<boolean>,
  ) {}

  isMean(node: Node): boolean {
    return node.source.from === 'op' && node.source.op.tiling?.rule === 'mean';
  }

  /** A sum or mean over pixels of maps that are local: what can be added up block by block. */
  isStatistic(node: Node): boolean {
    if (node.source.from !== 'op') return false;
    const { op, x } = node.source;
    if (op.tiling?.rule !== 'sum' && op.tiling?.rule !== 'mean') return false;
    return x.every((m, k) => !takesMap(op, k) || this.of(m) !== null);
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
    const l = this.of(node);
    const inParts = this.isStatistic(node) || (l !== null && !l.leaf);
    const isMap = (_: Node, k: number): boolean => inParts && takesMap(source.op, k);
    return { maps: source.x.filter(isMap), others: source.x.filter((v, k) => !isMap(v, k)) };
  }

  /** Null: it cannot be computed in parts. */
  of(node: Node): ReceptiveField | null {
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

  #leaf(node: Node): ReceptiveField | null {
    const stride = this.#strideOf(node.shape);
    const [C = 0] = node.shape;
    // Masks are given for every layer; all else that is seen through windows is a picture.
    if (!stride || node.dtype !== 'f32' || C > PICTURE || (C > 1 && (stride[0] > 1 || stride[1] > 1))) return null;
    return { stride, margin: [0, 0, 0, 0], rolled: false, leaf: true };
  }

  #rule(node: Node): ReceptiveField | null {
    if (node.source.from !== 'op') return null;
    const { op, x, attrs } = node.source;
    const { tiling } = op;
    const stride = this.#strideOf(node.shape);
    if (!stride || !tiling) return null;
    if (tiling.rule === 'uniform') return { stride, margin: [0, 0, 0, 0], rolled: false, leaf: false };
    if (tiling.rule === 'pointwise') {
      return this.#pointwise(
        x.filter((_, k) => takesMap(op, k)),
        stride,
      );
    }
    const first = x[0] && this.of(x[0]);
    if (!first) return null;
    if (tiling.rule === 'roll') {
      const still = !first.rolled && first.margin.every((m) => m === 0) && first.stride.every((s) => s === 1);
      return still ? { ...first, rolled: true, leaf: false } : null;
    }
    const window = tiling.rule === 'window' ? tiling.window(attrs) : null;
    return window && this.#windowed(first, stride, window);
  }

  #pointwise(maps: readonly Node[], stride: Pair): ReceptiveField | null {
    const all: ReceptiveField[] = [];
    for (const map of maps) {
      const l = this.of(map);
      if (!l || l.stride[0] !== stride[0] || l.stride[1] !== stride[1]) return null;
      all.push(l);
    }
    if (all.length === 0) return null;
    const most = (k: 0 | 1 | 2 | 3): number => Math.max(...all.map((l) => l.margin[k]));
    return { stride, margin: [most(0), most(1), most(2), most(3)], rolled: all.some((l) => l.rolled), leaf: false };
  }

  #windowed(
    x: ReceptiveField,
    stride: Pair,
    { size, stride: step, pad, border }: SlidingWindow,
  ): ReceptiveField | null {
    const margin = [...x.margin] as [number, number, number, number];
    for (const a of [0, 1] as const) {
      if (stride[a] !== x.stride[a] * step[a]) return null;
      const before = pad[a];
      const after = Math.max(0, size[a] - step[a] - before);
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
