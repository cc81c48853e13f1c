import { invariant } from '../base/errors';
import { type Shape, size } from '../base/shape';
import type { Applied, Dtype, Launch, Ref } from '../shaders/op';
import { assignSlots, assignTight, type LiveRange, memoryIn, type SlotAssignment } from './buffer_slots';
import { elideCasts } from './elide_casts';
import { fuse, type Work } from './fuse';
import type { Graph, HostData, Node } from './graph';
import { forwardOf, type Program, type Recomputed } from './program';
import { rematerialize } from './rematerialize';
import { sink } from './sink';

/** A graph put in order for one device: what to launch, when each value lives, and where. No GPU is needed to make one. */
export interface Schedule {
  readonly realBytes: 2 | 4;
  /** In order. `once`: done as the plan is compiled. `section`: see `Graph.sections`; -1 for what comes from constants alone. */
  readonly launches: readonly {
    readonly launch: Launch;
    readonly label: string;
    readonly once: boolean;
    readonly section: number;
    /** The input whose memory it writes over. */
    readonly over: Ref | null;
  }[];
  /** How often a run does each section. */
  readonly times: readonly number[];
  readonly layout: SlotAssignment;
  /** Constants and the first values of states. */
  readonly initial: readonly { readonly id: number; readonly data: HostData }[];
  /** Ends of a run, in order: state `to` takes the value of `from`. */
  readonly copies: readonly Copy[];
  /** What is dropped and computed again, to take less memory. */
  readonly again: Recomputed | null;
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

interface Copy {
  readonly from: number;
  readonly to: number;
}

const FOREVER = Number.MAX_SAFE_INTEGER;

export interface ScheduleOptions {
  readonly fuse: boolean;
  readonly realBytes: 2 | 4;
  readonly alone?: boolean | undefined;
  /**
   * Bytes that the slots should take at most. Where they take more, values that the gradient needs are dropped and
   * computed again, as few as will do; where nothing will, what takes least is returned.
   */
  readonly budget?: number | undefined;
  /**
   * Whether pointwise ops write over an input that nobody needs any more. Default: where that takes at least 1 % less
   * memory, as kernels of their own have to be compiled for it, and where the budget is short.
   */
  readonly overwrite?: boolean | undefined;
}

/** The memory that writing over inputs has to leave, of what it takes without. */
const WORTH = 0.99;

export function schedule(graph: Graph, outputs: readonly Ref[], options: ScheduleOptions): Schedule {
  const assigned = options.alone ? new Map<number, Node>() : graph.assigned;
  const kept = new Set([...outputs.map((r) => graph.node(r).id), ...[...assigned.values()].map((n) => n.id)]);
  const work = reachable(graph, kept);
  if (options.fuse) {
    fuse(work, kept);
    if (elideCasts(work, kept)) fuse(work, kept);
  }

  const shapes = new Map<number, { shape: Shape; dtype: Dtype; label: string }>();
  let extraId = -1;
  const extra = (shape: Shape, dtype: Dtype, label: string): Ref => {
    const ref: Ref = { id: extraId--, shape, dtype };
    shapes.set(ref.id, { shape, dtype, label });
    return ref;
  };

  const ids = [...work.keys()].sort((a, b) => a - b);
  const forward = new Map(ids.map((id) => [id, forwardOf(work.get(id), graph.nodes[id], extra)]));
  // What depends on constants alone runs once, before everything else; but a runtime scalar may change between runs.
  const once = new Set<number>();
  for (const node of graph.nodes) {
    const fixed = work.get(node.id)?.x.every((x) => once.has(x.id)) && !forward.get(node.id)?.runtime;
    if (node.source.from === 'constant' || fixed) once.add(node.id);
  }
  const sectionOf = (id: number): number => graph.nodes[id]?.section ?? 0;
  const setup = (id: number): boolean => once.has(id) || graph.sections[sectionOf(id)]?.setup === true;
  const rest = ids.filter((id) => !once.has(id));
  const first = (options.alone ? oneByOne(outputs, work) : ids).filter((id) => once.has(id));
  const written = [...first, ...rest.filter(setup), ...rest.filter((id) => !setup(id))];
  const order =
    graph.sections.length > 1
      ? [
          ...first,
          ...sink(
            graph,
            written.filter((id) => !once.has(id)),
            forward,
            work,
          ),
        ]
      : written;
  const program: Program = { order, work, forward, again: null, nodeOf: (id) => graph.nodes[id] };
  const { overwrite, budget = Number.POSITIVE_INFINITY } = options;
  const place = (p: Program, over = overwrite !== false): Schedule =>
    placed(graph, outputs, options, { ...p, kept, assigned, once, shapes, extra }, over);
  const apart = place(program, overwrite === true);
  const over = overwrite === undefined ? place(program) : apart;
  const plain = memoryIn(over.layout) <= WORTH * memoryIn(apart.layout) ? over : apart;
  if (memoryIn(plain.layout) <= budget) return plain;
  const least = rematerialize(graph, program, { kept, once, setup, place, extra, budget });
  return memoryIn(least.layout) < memoryIn(plain.layout) ? least : plain;
}

/** What is settled about a graph before its launches are laid out in time and memory. */
interface Draft extends Program {
  readonly kept: ReadonlySet<number>;
  readonly assigned: ReadonlyMap<number, Node>;
  readonly once: ReadonlySet<number>;
  readonly shapes: ReadonlyMap<number, { shape: Shape; dtype: Dtype; label: string }>;
  readonly extra: (shape: Shape, dtype: Dtype, label: string) => Ref;
}

/** Finds out when each value of a program lives, and where. */
function placed(
  graph: Graph,
  outputs: readonly Ref[],
  options: ScheduleOptions,
  draft: Draft,
  overwrite: boolean,
): Schedule {
  const { order, work, forward, kept, assigned, once, nodeOf } = draft;
  const shapes = new Map(draft.shapes);
  const extra = (shape: Shape, dtype: Dtype, label: string): Ref => {
    const ref = draft.extra(shape, dtype, label);
    shapes.set(ref.id, { shape, dtype, label });
    return ref;
  };
  const sectionOf = (id: number): number => nodeOf(id)?.section ?? 0;
  const setup = (id: number): boolean => once.has(id) || graph.sections[sectionOf(id)]?.setup === true;
  // A section that is repeated still needs at its last time what it read at its first.
  const ends = new Map<number, number>();
  for (const [index, id] of order.entries()) if (!once.has(id)) ends.set(sectionOf(id), index + 1);
  /** Until when a launch of `reader` at `time` needs a value that `producer` computes. */
  const until = (producer: number, reader: number, time: number): number => {
    if (setup(producer) && !setup(reader)) return FOREVER;
    if (!once.has(reader) && (once.has(producer) || sectionOf(producer) !== sectionOf(reader))) {
      return Math.max(time, ends.get(sectionOf(reader)) ?? time);
    }
    return time;
  };

  const bytesOf = (id: number): number => {
    const value = shapes.get(id);
    if (!value) throw invariant(`value #${id} is not in the plan`);
    return size(value.shape) * { f32: options.realBytes, f16: 2, u32: 4 }[value.dtype];
  };

  const viewOf = new Map<number, number>();
  const root = (id: number): number => {
    let at = id;
    for (let up = viewOf.get(at); up !== undefined; up = viewOf.get(at)) at = up;
    return at;
  };
  const from = new Map<number, number>();
  const to = new Map<number, number>();
  const use = (id: number, time: number): void => {
    to.set(root(id), Math.max(to.get(root(id)) ?? 0, time));
  };

  const read = new Set([...work.values()].flatMap((w) => w.x.map((x) => x.id)));
  const initial: { id: number; data: HostData }[] = [];
  for (const node of graph.nodes) {
    if (node.source.from === 'op') continue;
    // The host may write and read any input or state; a constant that nobody needs takes no memory.
    const asked = node.source.from !== 'constant' && !options.alone;
    if (!asked && !read.has(node.id) && !kept.has(node.id)) continue;
    shapes.set(node.id, { shape: node.shape, dtype: node.dtype, label: `${node.label}#${node.id}` });
    from.set(node.id, 0);
    if (node.source.from !== 'input') initial.push({ id: node.id, data: node.source.data });
    use(node.id, node.source.from === 'constant' && !kept.has(node.id) ? 0 : FOREVER);
  }

  const launches: { launch: Launch; label: string; once: boolean; section: number; over: Ref | null }[] = [];
  /** Launches that can write over an input. */
  const single: { id: number; time: number; x: readonly Ref[]; launch: Launch; at: number }[] = [];
  const versions = new Map<number, number>();
  /** Which value of a root an id stands for: the root's own, or that of the last op that wrote over it. */
  const version = (id: number): number => {
    let at = id;
    while (!work.get(at)?.op.inPlace) {
      const up = viewOf.get(at);
      if (up === undefined) return at;
      at = up;
    }
    return at;
  };
  for (const [index, id] of order.entries()) {
    const time = index + 1; // 0 is before the first step
    const node = nodeOf(id);
    const found = forward.get(id);
    if (!node || !found) throw invariant(`no work for node #${id}`);
    const { parts, scratch, label, x } = found;
    const source = x[0];
    for (const { id: k } of x) {
      if (version(k) !== (versions.get(root(k)) ?? root(k)))
        throw invariant(`${label} reads #${k}, which was written over`);
    }
    if (work.get(id)?.op.inPlace) {
      if (!source || nodeOf(root(source.id))?.source.from === 'constant' || once.has(root(source.id))) {
        throw invariant(`${label} writes over what has to stay`);
      }
      viewOf.set(id, source.id);
      versions.set(root(id), id);
    } else if (parts.length === 0) {
      if (!source || size(source.shape) !== size(node.shape)) throw invariant(`${label} is no view of its input`);
      viewOf.set(id, source.id);
    } else {
      from.set(id, time);
    }
    shapes.set(id, { shape: node.shape, dtype: node.dtype, label });
    for (const ref of scratch) {
      from.set(ref.id, time);
      use(ref.id, time);
    }
    for (const { id: k } of x) use(k, until(root(k), id, time));
    use(id, kept.has(id) ? FOREVER : time);
    for (const part of parts) {
      launches.push({ launch: part, label, once: setup(id), section: once.has(id) ? -1 : sectionOf(id), over: null });
    }
    const [only] = parts;
    if (only?.over && parts.length === 1) single.push({ id, time, x, launch: only, at: launches.length - 1 });
  }

  for (const { id, time, x, launch, at } of overwrite ? single : []) {
    if (to.get(id) === FOREVER) continue; // what is kept has memory of its own
    for (const input of x) {
      const old = root(input.id);
      const free = to.get(old) === time && (from.get(old) ?? 0) > 0 && bytesOf(old) === bytesOf(id);
      // Computed anew as often as this is.
      const alike = sectionOf(old) === sectionOf(id);
      const twice = x.some((other) => other.id !== input.id && root(other.id) === old);
      const instead = free && alike && !twice ? launch.over?.(input) : null;
      const usual = launches[at];
      if (!instead || !usual) continue;
      launches[at] = { ...usual, launch: instead, over: input };
      viewOf.set(id, input.id);
      to.set(old, to.get(id) ?? time);
      from.delete(id);
      break;
    }
  }

  const aside = (id: number): number => {
    const node = graph.nodes[id];
    if (!node) throw invariant(`value #${id} is not in the graph`);
    const ref = extra(node.shape, node.dtype, `old ${node.label}#${id}`);
    from.set(ref.id, 0);
    use(ref.id, FOREVER);
    return ref.id;
  };
  // An output that is a view of a state shows the old value, as any other op would; the state's memory gets the new one.
  const shown = new Map<number, number>();
  const copies: Copy[] = [];
  for (const { id } of outputs) {
    const state = root(id);
    if (state === id || !assigned.has(state) || shown.has(id)) continue;
    shown.set(id, aside(id));
    copies.push({ from: state, to: shown.get(id) ?? id });
  }
  copies.push(
    ...inOrder(
      [...assigned].map(([to, value]) => ({ from: root(value.id), to })),
      aside,
    ),
  );

  const spans: LiveRange[] = [...from].map(([id, start]) => ({
    id,
    bytes: Math.max(4, bytesOf(id)),
    from: start,
    to: to.get(id) ?? start,
  }));
  const tight = options.alone || graph.sections.length > 1 || options.budget !== undefined;
  const layout = tight ? assignTight(spans) : assignSlots(spans);
  return {
    realBytes: options.realBytes,
    launches,
    times: graph.sections.map((s) => s.times),
    layout,
    initial,
    copies,
    again: draft.again,
    values: spans.map((s) => ({ ...(shapes.get(s.id) ?? { shape: [], label: '' }), bytes: s.bytes })),
    bytesOf,
    slotOf: (id) => layout.slotOf.get(root(id)) ?? -1,
    hostSlotOf: (id) => (to.get(root(id)) === FOREVER ? (layout.slotOf.get(shown.get(id) ?? root(id)) ?? -1) : -1),
    writable: (id) => ['input', 'state'].includes(graph.nodes[id]?.source.from ?? ''),
  };
}

/** All that is needed for the first output, then what else the second needs ...: nothing is kept for long. */
function oneByOne(outputs: readonly Ref[], work: Work): number[] {
  const list = new Set<number>();
  const visit = (id: number): void => {
    const applied = work.get(id);
    if (!applied || list.has(id)) return;
    for (const x of applied.x) visit(x.id);
    list.add(id);
  };
  for (const { id } of outputs) visit(id);
  return [...list];
}

/**
 * Assignments of states to states in an order in which every one reads the old value. In a ring (two states that change
 * places) one value is put aside first.
 */
function inOrder(assignments: readonly Copy[], aside: (state: number) => number): Copy[] {
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
    const old = aside(state);
    done.push({ from: state, to: old });
    left = left.map((c) => (c.from === state ? { from: old, to: c.to } : c));
  }
  return done;
}

/** The op applications that `kept` values need. */
function reachable(graph: Graph, kept: ReadonlySet<number>): Work {
  const work: Work = new Map();
  const needed = new Set(kept);
  for (let id = graph.nodes.length - 1; id >= 0; id--) {
    const node = graph.nodes[id];
    if (!node || !needed.has(id) || node.source.from !== 'op') continue;
    for (const x of node.source.x) needed.add(x.id);
  }
  for (const node of graph.nodes) {
    if (needed.has(node.id) && node.source.from === 'op') work.set(node.id, applied(node));
  }
  return work;
}

function applied(node: Node): Applied & { readonly x: readonly Node[] } {
  if (node.source.from !== 'op') throw invariant(`${node.label} is no op`);
  const { op, x, attrs } = node.source;
  return { op, x, attrs, shape: node.shape };
}

/** What to launch, one after another, when each section is done as often as it has to be. */
export function unrolled<T extends { readonly section: number }>(
  launches: readonly T[],
  times: readonly number[],
): T[] {
  const list: T[] = [];
  for (let start = 0; start < launches.length; ) {
    const section = launches[start]?.section ?? -1;
    let end = start;
    while (launches[end]?.section === section) end++;
    const part = launches.slice(start, end);
    for (let k = times[section] ?? 1; k > 0; k--) list.push(...part);
    start = end;
  }
  return list;
}
