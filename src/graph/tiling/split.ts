import { EngineError, invariant } from '../../base/errors';
import { size } from '../../base/shape';
import { detach } from '../../shaders/detach';
import { fill } from '../../shaders/fill';
import { accumulate, clear, countRound } from '../../shaders/in_place';
import type { Ref, Tuple } from '../../shaders/op';
import { add, scale } from '../../shaders/pointwise';
import { dot } from '../../shaders/sum';
import { COLUMNS, type Places, scatterAddOp, wrapSlice } from '../../shaders/wrap_slice';
import type { Graph, Node } from '../graph';
import type { Objective, TilingAnalysis } from './analysis';
import { countOf, type Layout, tableOf } from './layout';
import { takesMap } from './receptive_fields';

export interface SplitObjective extends Objective {
  readonly gradient: Node;
  /** To be called once everything that reads loss, terms and gradient is in the graph: readies the sums for the next run. */
  finish(): void;
}

/**
 * Writes an objective again, in blocks, with its gradient times `factor`: the same numbers up to rounding, in memory that
 * does not grow with the canvas. Statistics are sums over pixels, so a run goes over the canvas once for the sums (again
 * for those about a mean, which has to be known first), takes the loss and its gradient by the sums, and goes over it
 * once more, this time back through the net, with that gradient for a seed. The position of the block is data: the same
 * launches serve all blocks.
 */
export function split(o: TilingAnalysis, layout: Layout, factor: number): SplitObjective {
  return new Splitter(o, layout).build(factor);
}

class Splitter {
  readonly #g: Graph;
  readonly #count: number;
  readonly #places: { readonly table: Ref; cursor: Ref };
  readonly #cursor: Node;
  readonly #skip: boolean;
  readonly #single: boolean;
  readonly #one: Ref;
  /** Statistics known so far, as constants to any gradient, and what holds them. */
  readonly #known = new Map<number, Ref>();
  readonly #sums: { readonly state: Node; last: Ref }[] = [];
  readonly #rewritten = new Map<number, Ref>();

  constructor(
    readonly o: TilingAnalysis,
    readonly layout: Layout,
  ) {
    const g = o.fields.g;
    this.#g = g;
    this.#count = countOf(layout);
    this.#cursor = g.state([1], new Float32Array(1), 'block');
    this.#places = { table: g.constant([this.#count, COLUMNS], tableOf(layout), 'blocks'), cursor: this.#cursor };
    this.#skip = layout.some((a) => a.blocks.some((b) => b.skip > 0));
    this.#single = layout.every((a) => a.window === a.own);
    this.#one = g.constant([1], Float32Array.of(1), 'one');
  }

  build(factor: number): SplitObjective {
    const { x, objective, statistics, fields } = this.o;
    const g = this.#g;
    for (const constant of [true, false]) {
      const group = statistics.filter((s) => fields.isConstant(s) === constant);
      const levels = [...new Set(group.map((s) => fields.level(s)))].sort((a, b) => a - b);
      for (const level of levels) {
        this.#sweep(
          group.filter((s) => fields.level(s) === level),
          constant,
        );
      }
    }
    g.section(1);
    const loss = this.#whole(g.node(objective.loss));
    const terms = new Map([...objective.terms].map(([name, v]) => [name, this.#whole(g.node(v))]));
    const moving = statistics.filter((s) => this.#reaches(s, false));
    const direct = this.#reaches(g.node(loss), true);
    const known = moving.map((s) => this.#known.get(s.id) ?? s);
    const [whole, ...seeds] = g.grad(loss, [x, ...known], fill(g, loss.shape, factor));
    const gradient = this.#back(moving, seeds, direct ? (whole ?? null) : null);
    return { loss, terms, gradient, finish: () => this.#finish() };
  }

  /** Goes over the canvas and adds up some statistics. */
  #sweep(statistics: readonly Node[], setup: boolean): void {
    const g = this.#g;
    // What maps take from statistics already known is computed once, not in every block.
    g.section(1, setup);
    for (const s of statistics) this.#globals(s);
    g.section(this.#count, setup);
    const memo = new Map<string, Ref>();
    for (const s of statistics) {
      const state = g.state(s.shape, new Float32Array(size(s.shape)), `sum of ${s.label}`);
      const sum = accumulate(g, state, this.#ofBlock(s, memo), this.#share(s));
      if (!setup) this.#sums.push({ state, last: sum });
      this.#known.set(s.id, detach(g, sum));
    }
    this.#next();
  }

  #next(): void {
    this.#places.cursor = countRound(this.#g, this.#places.cursor, this.#count, this.#one);
  }

  /** What a block's value counts for: its share of the pixels, where it is a mean. */
  #share(s: Node): number {
    if (!this.o.fields.isMean(s)) return 1;
    return this.layout.reduce((share, a) => (share * a.own) / a.side, 1);
  }

  /** Back through the net, block by block; then through what was computed of the whole canvas. */
  #back(moving: readonly Node[], seeds: readonly Ref[], direct: Ref | null): Node {
    const g = this.#g;
    const { x } = this.o;
    const scaled = moving.map((s, k) => scale(g, seeds[k] ?? s, this.#share(s)));
    g.section(this.#count);
    const memo = new Map<string, Ref>();
    const seen: { leaf: Node; view: Ref; shift: Ref | undefined }[] = [];
    const parts = moving.map((s, k) => dot(g, this.#ofBlock(s, memo, seen), scaled[k] ?? s));
    const back = seen.filter(({ leaf }) => leaf.id === x.id || this.#reaches(leaf, false));
    const total = parts.reduce((sum, part) => add(g, sum, part));
    const grads = g.grad(
      total,
      back.map(({ view }) => view),
    );
    const gathered = new Map<number, { leaf: Node; state: Node; last: Ref }>();
    for (const [k, { leaf, view, shift }] of back.entries()) {
      const [, H = 1, W = 1] = leaf.shape;
      const [, h = 1, w = 1] = view.shape;
      const old = gathered.get(leaf.id);
      const state = old?.state ?? g.state(leaf.shape, new Float32Array(size(leaf.shape)), 'gradient');
      const inputs = [old?.last ?? state, grads[k] ?? view, this.#places.table, this.#places.cursor];
      const last = g.apply(scatterAddOp, [...inputs, shift ?? this.#places.table] as Tuple<Ref, number>, {
        size: [h, w],
        map: [H, W],
        place: 0,
        stride: 1,
        skip: false,
        shifted: !!shift,
        filled: false,
      });
      gathered.set(leaf.id, { leaf, state, last });
    }
    this.#next();
    g.section(1);
    let sum: Ref | null = direct;
    for (const { leaf, state, last } of gathered.values()) {
      this.#sums.push({ state, last });
      const d = leaf.id === x.id ? last : (g.grad(leaf, [x], last)[0] ?? last);
      sum = sum ? add(g, sum, d) : d;
    }
    return g.node(sum ?? fill(g, x.shape, 0));
  }

  #finish(): void {
    const g = this.#g;
    g.section(1);
    for (const { state, last } of this.#sums) g.assign(state, clear(g, last, this.#one));
    g.assign(this.#cursor, this.#places.cursor);
  }

  /** Whether a value changes with the canvas; `cut`: through anything but blocks. */
  #reaches(node: Node, cut: boolean, seen = new Map<number, boolean>()): boolean {
    if (node.id === this.o.x.id) return true;
    const { source } = node;
    if (source.from !== 'op' || (cut && source.op.stopsGradient)) return false;
    const known = seen.get(node.id);
    if (known !== undefined) return known;
    const found = source.x.some((v) => this.#reaches(v, cut, seen));
    seen.set(node.id, found);
    return found;
  }

  /** A value of the whole canvas, with statistics in place of what they were computed from. */
  #whole(node: Node): Ref {
    const { source } = node;
    if (source.from !== 'op') return node;
    const known = this.#known.get(node.id) ?? this.#rewritten.get(node.id);
    if (known) return known;
    const inputs = source.x.map((v) => this.#whole(v));
    const changed = inputs.some((v, k) => v.id !== source.x[k]?.id);
    const value = changed ? this.#g.apply(source.op, inputs as unknown as Tuple<Ref, number>, source.attrs) : node;
    this.#rewritten.set(node.id, value);
    return value;
  }

  /** Computes what the maps below a statistic take from elsewhere. */
  #globals(node: Node, seen = new Set<number>()): void {
    if (node.source.from !== 'op' || seen.has(node.id)) return;
    seen.add(node.id);
    const { maps, others } = this.o.fields.inputs(node);
    for (const v of others) this.#whole(v);
    for (const v of maps) this.#globals(v, seen);
  }

  /** A value that maps are combined with. Its own gradient is left out, so it must not have any. */
  #given(v: Node): Ref {
    const value = this.#whole(v);
    if (this.o.fields.level(v) > 0 && this.#carries(v)) {
      throw new EngineError(
        'LimitError',
        `${v.label}#${v.id} is computed from the canvas, and maps are combined with it: that cannot be done in blocks`,
        'Use another loss, or a smaller size.',
      );
    }
    return value;
  }

  /** Whether a gradient reaches the canvas by way of a value. */
  #carries(node: Node): boolean {
    if (node.id === this.o.x.id) return true;
    const { source } = node;
    return source.from === 'op' && !source.op.stopsGradient && source.x.some((v) => this.#carries(v));
  }

  /** A statistic of one block. */
  #ofBlock(s: Node, memo: Map<string, Ref>, seen?: { leaf: Node; view: Ref; shift: Ref | undefined }[]): Ref {
    if (s.source.from !== 'op') throw invariant(`${s.label} is no statistic`);
    const { op, x, attrs } = s.source;
    const centred = op.tiling?.rule === 'mean' || op.tiling?.rule === 'sum' ? op.tiling.about : undefined;
    if (centred) {
      const [map, centre] = x as readonly [Node, Node];
      const about = centred.still(attrs) ? this.#whole(centre) : this.#given(centre);
      return this.#g.apply(op, [this.#own(map, memo, seen, about), detach(this.#g, about)], attrs);
    }
    return this.#g.apply(op, x.map((v) => this.#own(v, memo, seen)) as unknown as Tuple<Ref, number>, attrs);
  }

  /** What a block counts of a map. */
  #own(
    map: Node,
    memo: Map<string, Ref>,
    seen?: { leaf: Node; view: Ref; shift: Ref | undefined }[],
    about?: Ref,
  ): Ref {
    const [sy = 1, sx = 1] = this.o.fields.of(map)?.stride ?? [];
    const view = this.#ofMap(map, undefined, memo, seen);
    if (this.#single) return view;
    const key = `own ${map.id} ${this.#skip ? (about?.id ?? '') : ''}`;
    const known = memo.get(key);
    if (known) return known;
    if (sy !== sx) throw invariant(`strides of ${sy} and ${sx}`);
    const own = wrapSlice(this.#g, view, this.#places as Places, {
      size: [this.layout[0].own / sy, this.layout[1].own / sx],
      place: 1,
      stride: sy,
      skip: this.#skip,
      fill: this.#skip && about ? detach(this.#g, about) : undefined,
    });
    memo.set(key, own);
    return own;
  }

  /** The window of a block of a map, rolled by `shift` where there is one. */
  #ofMap(
    map: Node,
    shift: Ref | undefined,
    memo: Map<string, Ref>,
    seen?: { leaf: Node; view: Ref; shift: Ref | undefined }[],
  ): Ref {
    const key = `${map.id} ${shift?.id ?? ''}`;
    const known = memo.get(key);
    if (known) return known;
    const l = this.o.fields.of(map);
    if (!l) throw invariant(`${map.label}#${map.id} is no local map`);
    const [h, w] = [this.layout[0].window / l.stride[0], this.layout[1].window / l.stride[1]];
    const make = (): Ref => {
      const { source } = map;
      if (l.leaf || source.from !== 'op') {
        const view = wrapSlice(this.#g, this.#whole(map), this.#places as Places, {
          size: [h, w],
          place: 0,
          stride: l.stride[0],
          shift,
        });
        seen?.push({ leaf: map, view, shift });
        return view;
      }
      const { op, x, attrs } = source;
      const of = (v: Node): Ref => this.#ofMap(v, shift, memo, seen);
      if (op.tiling?.rule === 'roll') {
        const [v, by] = x as readonly [Node, Node];
        return this.#ofMap(v, this.#given(by), memo, seen);
      }
      const inputs = x.map((v, k) => (takesMap(op, k) ? of(v) : this.#given(v)));
      const resized = op.tiling?.rule === 'uniform' ? op.tiling.resized(attrs, h, w) : attrs;
      return this.#g.apply(op, inputs as unknown as Tuple<Ref, number>, resized);
    };
    const value = make();
    memo.set(key, value);
    return value;
  }
}
