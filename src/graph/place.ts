// When each value of a program lives, and in which memory.
import { graphError, invariant } from '../base/errors';
import { type Shape, size } from '../base/shape';
import type { Dtype, Launch, Ref } from '../shaders/op';
import { assignSlots, assignTight, type LiveRange, type SlotAssignment } from './buffer_slots';
import type { Graph, HostData, Node } from './graph';
import type { Program, Recomputed } from './program';

/** A graph put in order for one device: what to launch, when each value lives, and where. No GPU is needed to make one. */
export interface Schedule {
  readonly realBytes: 2 | 4;
  /** In order. */
  readonly launches: readonly ScheduledLaunch[];
  /** How often a run does each section. */
  readonly times: readonly number[];
  readonly assignment: SlotAssignment;
  /** Constants and the first values of states. */
  readonly initial: readonly { readonly id: number; readonly data: HostData }[];
  /** Ends of a run, in order: state `to` takes the value of `from`. */
  readonly copies: readonly Copy[];
  /** What is dropped and computed again, to take less memory. */
  readonly recomputed: Recomputed | null;
  /** Every value with memory of its own, for limits and reports. */
  readonly values: readonly { readonly label: string; readonly shape: Shape; readonly bytes: number }[];
  /** Where a launch finds the value. */
  slotOf(id: number): number;
  /** Where the host finds the value between runs; -1 when it is not kept. */
  hostSlotOf(id: number): number;
  bytesOf(id: number): number;
  /** Whether the host may set the value: inputs and states. */
  writable(id: number): boolean;
}

export interface ScheduledLaunch {
  readonly launch: Launch;
  readonly label: string;
  /** Done as the plan is compiled, not in its runs. */
  readonly setup: boolean;
  /** See `Graph.sections`; -1 for what comes from constants alone. */
  readonly section: number;
  /** The input whose memory it writes over. */
  readonly inplace: Ref | null;
}

interface Copy {
  readonly from: number;
  readonly to: number;
}

const FOREVER = Number.MAX_SAFE_INTEGER;

/** A value's name and type, of the graph's and of those that launches want beside them. */
export interface ValueInfo {
  readonly shape: Shape;
  readonly dtype: Dtype;
  readonly label: string;
}

/** A program, and what is known of its values before they are laid out in time and memory. */
export interface Draft extends Program {
  /** What the host reads: it must outlive the run. */
  readonly outputs: readonly Ref[];
  /** Those, and what states become. */
  readonly kept: ReadonlySet<number>;
  readonly assigned: ReadonlyMap<number, Node>;
  /** What constants alone make. */
  readonly constant: ReadonlySet<number>;
  readonly scratch: ReadonlyMap<number, ValueInfo>;
  /** A value that is not the graph's. */
  readonly extra: (shape: Shape, dtype: Dtype, label: string) => Ref;
}

export interface PlaceOptions {
  readonly realBytes: 2 | 4;
  /** Inputs and states that nothing reads take no memory. */
  readonly alone: boolean;
  /** Whether to look for the slots that take least. */
  readonly tight: boolean;
  /** Whether launches may write over an input that nobody needs any more. */
  readonly inplace: boolean;
}

/** Finds out when each value of a program lives, and where. */
export function place(graph: Graph, draft: Draft, options: PlaceOptions): Schedule {
  return new Placement(graph, draft, options).build();
}

/** A launch, the only one of a value, that can write over an input. */
interface Candidate {
  readonly id: number;
  readonly time: number;
  readonly x: readonly Ref[];
  readonly launch: Launch;
  /** Its index among the launches. */
  readonly at: number;
}

class Placement {
  readonly #values: Map<number, ValueInfo>;
  /** Values in the memory of another: views, and what was written over it. */
  readonly #viewOf = new Map<number, number>();
  /** Times at which values with memory of their own are made, and last needed. */
  readonly #from = new Map<number, number>();
  readonly #to = new Map<number, number>();
  /** Root -> the last value that was written over it. */
  readonly #versions = new Map<number, number>();
  /** Section -> the time of its last launch. */
  readonly #ends = new Map<number, number>();
  readonly #launches: ScheduledLaunch[] = [];
  /** Launches that can write over an input. */
  readonly #candidates: Candidate[] = [];
  /** Output -> what holds the old value of the state that it is a view of. */
  readonly #shown = new Map<number, number>();

  constructor(
    readonly graph: Graph,
    readonly draft: Draft,
    readonly options: PlaceOptions,
  ) {
    this.#values = new Map(draft.scratch);
    for (const [index, id] of draft.order.entries()) {
      if (!draft.constant.has(id)) this.#ends.set(this.#sectionOf(id), index + 1);
    }
  }

  build(): Schedule {
    const { graph, options, draft } = this;
    const initial = this.#hostValues();
    // Time 0 is before the first step.
    for (const [index, id] of draft.order.entries()) this.#compute(id, index + 1);
    if (options.inplace) for (const candidate of this.#candidates) this.#writeOver(candidate);
    const copies = this.#copies();
    const ranges: LiveRange[] = [...this.#from].map(([id, from]) => ({
      id,
      bytes: Math.max(4, this.#bytesOf(id)),
      from,
      to: this.#to.get(id) ?? from,
    }));
    const assignment = options.tight ? assignTight(ranges) : assignSlots(ranges);
    const slotOf = (id: number): number => assignment.slotOf.get(this.#root(id)) ?? -1;
    return {
      realBytes: options.realBytes,
      launches: this.#launches,
      times: graph.sections.map((s) => s.times),
      assignment,
      initial,
      copies,
      recomputed: draft.recomputed,
      values: ranges.map(({ id, bytes }) => ({ ...this.#info(id), bytes })),
      bytesOf: (id) => this.#bytesOf(id),
      slotOf,
      hostSlotOf: (id) => (this.#to.get(this.#root(id)) === FOREVER ? slotOf(this.#shown.get(id) ?? id) : -1),
      writable: (id) => ['input', 'state'].includes(graph.nodes[id]?.source.from ?? ''),
    };
  }

  /** What the host gives: inputs, constants, states. Returns what to upload. */
  #hostValues(): Schedule['initial'] {
    const { graph, draft, options } = this;
    const read = new Set([...draft.work.values()].flatMap((w) => w.x.map((x) => x.id)));
    const initial: { id: number; data: HostData }[] = [];
    for (const node of graph.nodes) {
      const { source, shape, dtype } = node;
      if (source.from === 'op') continue;
      // The host may write and read any input or state; a constant that nobody needs takes no memory.
      const asked = source.from !== 'constant' && !options.alone;
      if (!asked && !read.has(node.id) && !draft.kept.has(node.id)) continue;
      this.#values.set(node.id, { shape, dtype, label: `${node.label}#${node.id}` });
      this.#from.set(node.id, 0);
      if (source.from !== 'input') initial.push({ id: node.id, data: source.data });
      this.#use(node.id, source.from === 'constant' && !draft.kept.has(node.id) ? 0 : FOREVER);
    }
    return initial;
  }

  /** The launches of a value, at a time. */
  #compute(id: number, time: number): void {
    const { draft } = this;
    const node = draft.nodeOf(id);
    const found = draft.forward.get(id);
    if (!node || !found) throw invariant(`no work for node #${id}`);
    const { parts, scratch, label, x } = found;
    const source = x[0];
    for (const { id: k } of x) {
      if (this.#version(k) !== (this.#versions.get(this.#root(k)) ?? this.#root(k)))
        throw invariant(`${label} reads #${k}, which was written over`);
    }
    if (draft.work.get(id)?.op.inplace) {
      const root = source && this.#root(source.id);
      if (!source || root === undefined || this.#isFixed(root)) {
        throw invariant(`${label} writes over what has to stay`);
      }
      this.#viewOf.set(id, source.id);
      this.#versions.set(root, id);
    } else if (parts.length === 0) {
      if (!source || size(source.shape) !== size(node.shape)) {
        throw graphError(`${label} launches nothing, and is no view of its input`, 'Its forward has to give a launch.');
      }
      this.#viewOf.set(id, source.id);
    } else {
      this.#from.set(id, time);
    }
    this.#values.set(id, { shape: node.shape, dtype: node.dtype, label });
    for (const ref of scratch) {
      this.#from.set(ref.id, time);
      this.#use(ref.id, time);
    }
    for (const { id: k } of x) this.#use(k, this.#until(this.#root(k), id, time));
    this.#use(id, draft.kept.has(id) ? FOREVER : time);
    const section = draft.constant.has(id) ? -1 : this.#sectionOf(id);
    for (const launch of parts) {
      this.#launches.push({ launch, label, setup: this.#isSetup(id), section, inplace: null });
    }
    const [only] = parts;
    if (only?.inplace && parts.length === 1)
      this.#candidates.push({ id, time, x, launch: only, at: this.#launches.length - 1 });
  }

  #isFixed(id: number): boolean {
    return this.draft.nodeOf(id)?.source.from === 'constant' || this.draft.constant.has(id);
  }

  /** Gives a launch the memory of an input that it is the last to need, where it can do with that. */
  #writeOver({ id, time, x, launch, at }: Candidate): void {
    if (this.#to.get(id) === FOREVER) return; // what is kept has memory of its own
    const usual = this.#launches[at];
    for (const input of x) {
      const old = this.#root(input.id);
      const free =
        this.#to.get(old) === time && (this.#from.get(old) ?? 0) > 0 && this.#bytesOf(old) === this.#bytesOf(id);
      // Computed anew as often as this is.
      const alike = this.#sectionOf(old) === this.#sectionOf(id);
      const twice = x.some((other) => other.id !== input.id && this.#root(other.id) === old);
      const instead = free && alike && !twice ? launch.inplace?.(input) : null;
      if (!instead || !usual) continue;
      this.#launches[at] = { ...usual, launch: instead, inplace: input };
      this.#viewOf.set(id, input.id);
      this.#to.set(old, this.#to.get(id) ?? time);
      this.#from.delete(id);
      return;
    }
  }

  /** The copies that end a run: what states become. */
  #copies(): Copy[] {
    const { assigned, outputs } = this.draft;
    const saved = (id: number): number => this.#saved(id);
    const copies: Copy[] = [];
    // An output that is a view of a state shows the old value, as any other op would; the state's memory gets the new one.
    for (const { id } of outputs) {
      const state = this.#root(id);
      if (state === id || !assigned.has(state) || this.#shown.has(id)) continue;
      const to = saved(id);
      this.#shown.set(id, to);
      copies.push({ from: state, to });
    }
    const assignments = [...assigned].map(([to, value]) => ({ from: this.#root(value.id), to }));
    return [...copies, ...readOldFirst(assignments, saved)];
  }

  /** Memory for the old value of a state, or of a view of one. */
  #saved(id: number): number {
    const node = this.graph.nodes[id];
    if (!node) throw invariant(`value #${id} is not in the graph`);
    const label = `old ${node.label}#${id}`;
    const ref = this.draft.extra(node.shape, node.dtype, label);
    this.#values.set(ref.id, { shape: node.shape, dtype: node.dtype, label });
    this.#from.set(ref.id, 0);
    this.#use(ref.id, FOREVER);
    return ref.id;
  }

  #sectionOf(id: number): number {
    return this.draft.nodeOf(id)?.section ?? 0;
  }

  #isSetup(id: number): boolean {
    return this.draft.constant.has(id) || this.graph.sections[this.#sectionOf(id)]?.setup === true;
  }

  #info(id: number): ValueInfo {
    const value = this.#values.get(id);
    if (!value) throw invariant(`value #${id} is not in the plan`);
    return value;
  }

  #bytesOf(id: number): number {
    const { shape, dtype } = this.#info(id);
    return size(shape) * { f32: this.options.realBytes, f16: 2, u32: 4 }[dtype];
  }

  /** Whose memory a value is in. */
  #root(id: number): number {
    let at = id;
    for (let up = this.#viewOf.get(at); up !== undefined; up = this.#viewOf.get(at)) at = up;
    return at;
  }

  /** Which value of a root an id stands for: the root's own, or that of the last op that wrote over it. */
  #version(id: number): number {
    let at = id;
    while (!this.draft.work.get(at)?.op.inplace) {
      const up = this.#viewOf.get(at);
      if (up === undefined) return at;
      at = up;
    }
    return at;
  }

  #use(id: number, time: number): void {
    const root = this.#root(id);
    this.#to.set(root, Math.max(this.#to.get(root) ?? 0, time));
  }

  /** Until when a launch of `reader` at `time` needs a value that `producer` computes. */
  #until(producer: number, reader: number, time: number): number {
    const { constant } = this.draft;
    if (this.#isSetup(producer) && !this.#isSetup(reader)) return FOREVER;
    if (!constant.has(reader) && (constant.has(producer) || this.#sectionOf(producer) !== this.#sectionOf(reader))) {
      // A section that is repeated still needs at its last time what it read at its first.
      return Math.max(time, this.#ends.get(this.#sectionOf(reader)) ?? time);
    }
    return time;
  }
}

/**
 * Assignments of states to states in an order in which every one reads the old value. In a ring (two states that change
 * places) one value is saved first.
 */
function readOldFirst(assignments: readonly Copy[], saved: (state: number) => number): Copy[] {
  let left = assignments.filter(({ from, to }) => from !== to);
  const done: Copy[] = [];
  while (left.length > 0) {
    const next = left.find(({ to }) => !left.some(({ from }) => from === to));
    if (next) {
      done.push(next);
      left = left.filter((c) => c !== next);
      continue;
    }
    const state = left[0]?.to ?? 0;
    const old = saved(state);
    done.push({ from: state, to: old });
    left = left.map((c) => (c.from === state ? { from: old, to: c.to } : c));
  }
  return done;
}
