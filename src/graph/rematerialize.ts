import { invariant } from '../base/errors';
import { size } from '../base/shape';
import type { Dtype, Ref } from '../shaders/op';
import { memoryIn } from './buffer_slots';
import type { AppliedOps } from './fuse';
import type { Graph, Node } from './graph';
import type { Schedule } from './place';
import { forwardOf, type Program } from './program';

interface RematerializeOptions {
  readonly kept: ReadonlySet<number>;
  readonly constant: ReadonlySet<number>;
  readonly isSetup: (id: number) => boolean;
  readonly place: (p: Program) => Schedule;
  readonly extra: (shape: readonly number[], dtype: Dtype, label: string) => Ref;
  /** Bytes. */
  readonly budget: number;
}

/** Which values of the forward pass are dropped at its end. What is neither `kept` nor alive by itself is computed again. */
interface Choice {
  readonly dropped: ReadonlySet<number>;
  readonly kept: ReadonlySet<number>;
}

interface Tried extends Choice {
  readonly schedule: Schedule;
  readonly memory: number;
  readonly flops: number;
}

/** Segments that are tried, and local changes after that: each costs about a millisecond. */
const SEGMENTS = [1.5, 2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32];
const CHANGES = 64;
/** How far beyond the budget local changes are not worth a try. */
const HOPELESS = 1.25;

/**
 * A program in less memory: what the backward pass needs of the forward pass is dropped at the boundary between them and
 * computed again, by the same launches and so to the same bits, just before it is needed. Chosen are segments between
 * values that are kept (Chen, Xu, Zhang, Guestrin 2016, "Training Deep Nets with Sublinear Memory Cost"), and values by
 * bytes saved for each operation; the least arithmetic of what fits the budget, or the least memory where nothing does.
 */
export function rematerialize(graph: Graph, program: Program, options: RematerializeOptions): Schedule {
  const boundary = new Boundary(graph, program, options);
  if (boundary.spanning.length === 0) return options.place(program);
  const { budget } = options;
  const better = (a: Tried, b: Tried): boolean => {
    const [fits, did] = [a.memory <= budget, b.memory <= budget];
    if (fits !== did) return fits;
    return fits ? a.flops < b.flops || (a.flops === b.flops && a.memory < b.memory) : a.memory < b.memory;
  };
  let best: Tried | null = null;
  const attempt = (choice: Choice): boolean => {
    const tried = boundary.attempt(choice);
    if (best && !better(tried, best)) return false;
    best = tried;
    return true;
  };
  for (const choice of boundary.choices()) attempt(choice);
  const near = (best as Tried | null)?.memory ?? 0;
  let changes = near > HOPELESS * budget && budget > 0 ? 0 : CHANGES;
  for (let changed = true; changed; ) {
    changed = false;
    // Dearest first: what need not be computed again after all.
    for (const id of boundary.eligible) {
      if (changes-- <= 0 || !best) break;
      const { dropped, kept }: Tried = best;
      const not = (set: ReadonlySet<number>): Set<number> => {
        const other = new Set(set);
        if (!other.delete(id)) other.add(id);
        return other;
      };
      const spans = boundary.spanning.includes(id);
      if (attempt(spans ? { dropped: not(dropped), kept: not(kept) } : { dropped, kept: not(kept) })) changed = true;
    }
  }
  return (best as Tried | null)?.schedule ?? options.place(program);
}

/** The place in a program where most is kept for later, and ways to keep less across it. */
class Boundary {
  /** Index of the last launch before it. */
  readonly #at: number = -1;
  readonly #index: ReadonlyMap<number, number>;
  readonly #lastUse = new Map<number, number>();
  readonly #pure = new Map<number, boolean>();
  readonly #overwritten = new Set<number>();
  readonly #section: number;
  readonly #total: number;
  /** Values with memory that are kept across it and can be computed again, in order. */
  readonly spanning: readonly number[] = [];
  /** All values before it that may be kept, the dearest first. */
  readonly eligible: readonly number[] = [];
  readonly #before: readonly number[] = [];

  constructor(
    readonly graph: Graph,
    readonly program: Program,
    readonly options: RematerializeOptions,
  ) {
    const { order, work, forward } = program;
    this.#index = new Map(order.map((id, k) => [id, k]));
    const events = new Map<number, number[]>();
    const at = (id: number, k: number): void => {
      const root = this.#root(id);
      events.set(root, [...(events.get(root) ?? []), k]);
    };
    this.#total = order.reduce((n, id) => n + this.#flops(id), 0);
    for (const [k, id] of order.entries()) {
      if (work.get(id)?.op.inplace) this.#overwritten.add(this.#root(id));
      if ((forward.get(id)?.parts.length ?? 0) > 0) at(id, k);
      for (const x of work.get(id)?.x ?? []) at(x.id, k);
    }
    for (const id of options.kept) this.#lastUse.set(this.#root(id), Number.POSITIVE_INFINITY);
    const change = new Float64Array(order.length + 1);
    const gaps = new Map<number, readonly number[]>();
    for (const [root, times] of events) {
      const until = times.at(-1) ?? 0;
      this.#lastUse.set(root, Math.max(this.#lastUse.get(root) ?? 0, until));
      if (this.#lastUse.get(root) !== until || !this.#isRepeatable(root)) continue;
      gaps.set(root, times);
      for (const [k, t] of times.entries()) {
        const next = times[k + 1];
        if (next === undefined || next <= t + 1) continue;
        if (this.#sectionOf(order[next]) !== this.#sectionOf(root)) continue;
        change[t] = (change[t] ?? 0) + this.#bytes(root);
        change[next] = (change[next] ?? 0) - this.#bytes(root);
      }
    }
    let [held, most] = [0, 0];
    for (const [k, by] of change.entries()) {
      held += by;
      if (held > most) {
        most = held;
        this.#at = k;
      }
    }
    this.#section = this.#sectionOf(order[this.#at]);
    if (most === 0) return;
    const here = (id: number): boolean =>
      this.#sectionOf(id) === this.#section && (this.#index.get(id) ?? 0) <= this.#at && gaps.has(id);
    this.#before = order.filter(here);
    this.spanning = this.#before.filter((id) =>
      (gaps.get(id) ?? []).some((t) => t > this.#at && this.#sectionOf(order[t]) === this.#section),
    );
    this.eligible = [...this.#before].sort((a, b) => this.#flops(b) - this.#flops(a) || a - b);
  }

  /** Ways to drop, in no order. */
  *choices(): Generator<Choice> {
    const cheap = [...this.spanning].sort((a, b) => this.#gain(b) - this.#gain(a) || a - b);
    for (const share of [0.25, 0.5, 0.75, 1]) {
      const dropped = new Set(cheap.slice(0, Math.ceil(share * cheap.length)));
      yield { dropped, kept: new Set(this.#before.filter((id) => !dropped.has(id))) };
      yield { dropped, kept: new Set(cheap.filter((id) => !dropped.has(id))) };
    }
    const all = this.spanning.reduce((n, id) => n + this.#bytes(id), 0);
    for (const parts of SEGMENTS) {
      const kept = new Set<number>();
      let segment: number[] = [];
      let bytes = 0;
      for (const id of this.#before) {
        segment.push(id);
        if (this.spanning.includes(id)) bytes += this.#bytes(id);
        if (bytes < all / parts) continue;
        // The smallest of a segment, and of those the last: behind a pool, say.
        kept.add(segment.reduce((best, v) => (this.#bytes(v) <= this.#bytes(best) ? v : best)));
        segment = [];
        bytes = 0;
      }
      yield { dropped: new Set(this.spanning.filter((id) => !kept.has(id))), kept };
    }
  }

  attempt({ dropped, kept }: Choice): Tried {
    const { order, work, forward } = this.program;
    const copies = new Map<number, Node>();
    const fresh = this.graph.nodes.length;
    const list: number[] = [];
    const works: AppliedOps = new Map(work);
    const forwards = new Map(forward);
    const memo = new Map<number, number>();
    const of = new Map<number, number>();
    let flops = 0;
    const nodeOf = (id: number): Node | undefined => copies.get(id) ?? this.graph.nodes[id];
    const must = (id: number): Node => {
      const node = nodeOf(id);
      if (!node) throw invariant(`no value #${id}`);
      return node;
    };
    /** Where a launch at index `now`, after the boundary, finds a value. */
    const find = (id: number, now: number): number => {
      const known = memo.get(id);
      if (known !== undefined) return known;
      const applied = work.get(id);
      const root = this.#root(id);
      const there = this.#index.get(id);
      if (!applied || there === undefined || there > this.#at || !this.#isRepeatable(id)) return id;
      if (this.#sectionOf(root) !== this.#section || this.#sectionOf(id) !== this.#section) return id;
      const alive = kept.has(root) || (!dropped.has(root) && (this.#lastUse.get(root) ?? 0) >= now);
      if (alive) return id;
      const x = applied.x.map((v) => must(find(v.id, now)));
      const node: Node = { ...must(id), id: fresh + copies.size };
      copies.set(node.id, node);
      of.set(node.id, id);
      works.set(node.id, { ...applied, x });
      const made = forwardOf(works.get(node.id), node, this.options.extra);
      forwards.set(node.id, { ...made, label: `${applied.op.name}#${id} again` });
      flops += this.#flops(id);
      list.push(node.id);
      memo.set(id, node.id);
      return node.id;
    };
    for (const [k, id] of order.entries()) {
      const applied = work.get(id);
      if (k > this.#at && applied && this.#sectionOf(id) === this.#section) {
        const x = applied.x.map((v) => must(find(v.id, k)));
        if (x.some((v, n) => v.id !== applied.x[n]?.id)) {
          works.set(id, { ...applied, x });
          forwards.set(id, forwardOf(works.get(id), must(id), this.options.extra));
        }
      }
      list.push(id);
    }
    const values = [...copies.keys()].filter((id) => (forwards.get(id)?.parts.length ?? 0) > 0).length;
    const recomputed = { values, of, share: this.#total > 0 ? flops / this.#total : 0 };
    const schedule = this.options.place({ order: list, work: works, forward: forwards, recomputed, nodeOf });
    return { dropped, kept, schedule, memory: memoryIn(schedule.assignment), flops };
  }

  #root(id: number): number {
    const { forward, work } = this.program;
    const found = forward.get(id);
    const source = found?.x[0];
    return source && (found.parts.length === 0 || work.get(id)?.op.inplace) ? this.#root(source.id) : id;
  }

  #sectionOf(id: number | undefined): number {
    return this.options.constant.has(id ?? -1) ? -1 : (this.graph.nodes[id ?? -1]?.section ?? 0);
  }

  /** Whether a value may be computed once more later in the same run: nothing it reads is written over. */
  #isRepeatable(id: number): boolean {
    const known = this.#pure.get(id);
    if (known !== undefined) return known;
    const applied = this.program.work.get(id);
    const pure =
      applied !== undefined &&
      !this.options.isSetup(id) &&
      !applied.op.inplace &&
      applied.x.every((v) => !this.#overwritten.has(this.#root(v.id)));
    this.#pure.set(id, pure);
    return pure;
  }

  #flops(id: number): number {
    const times = this.options.constant.has(id) ? 0 : (this.graph.sections[this.#sectionOf(id)]?.times ?? 1);
    return times * (this.program.forward.get(id)?.parts ?? []).reduce((n, p) => n + (p.flops ?? 0), 0);
  }

  #bytes(id: number): number {
    const node = this.graph.nodes[id];
    return (node?.dtype === 'f16' ? 2 : 4) * size(node?.shape ?? []);
  }

  /** Bytes saved for each operation that computing a value again takes. */
  #gain(id: number): number {
    return this.#bytes(id) / (1 + this.#flops(id));
  }
}
