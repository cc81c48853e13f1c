import { invariant } from '../base/errors';
import type { Shape } from '../base/shape';
import type { Applied, Dtype, Op, Ref } from '../shaders/op';
import { memoryIn } from './buffer_slots';
import { type AppliedOps, fuse } from './fuse';
import type { Graph, Node } from './graph';
import { type Draft, place, type Schedule, type ValueInfo } from './place';
import { type Forward, forwardOf, type Program } from './program';
import { rematerialize } from './rematerialize';
import { sink } from './sink';

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
  readonly inplace?: boolean | undefined;
}

/** The memory that writing over inputs has to leave, of what it takes without. */
const WORTH = 0.99;

/** Puts a graph in order: what to launch, when each value lives, and where. */
export function schedule(graph: Graph, outputs: readonly Ref[], options: ScheduleOptions): Schedule {
  const { alone = false, inplace, budget = Number.POSITIVE_INFINITY } = options;
  const assigned = alone ? new Map<number, Node>() : graph.assigned;
  const kept = new Set([...outputs.map((r) => graph.node(r).id), ...[...assigned.values()].map((n) => n.id)]);
  const work = reachable(graph, kept);
  if (options.fuse) {
    fuse(work, kept);
    if (elideCasts(work, kept)) fuse(work, kept);
  }

  const scratch = new Map<number, ValueInfo>();
  let extraId = -1;
  const extra = (shape: Shape, dtype: Dtype, label: string): Ref => {
    const ref: Ref = { id: extraId--, shape, dtype };
    scratch.set(ref.id, { shape, dtype, label });
    return ref;
  };

  const ids = [...work.keys()].sort((a, b) => a - b);
  const forward = new Map(ids.map((id) => [id, forwardOf(work.get(id), graph.nodes[id], extra)]));
  const constant = constants(graph, work, forward);
  const isSetup = (id: number): boolean =>
    constant.has(id) || graph.sections[graph.nodes[id]?.section ?? 0]?.setup === true;
  const first = (alone ? oneByOne(outputs, work) : ids).filter((id) => constant.has(id));
  const rest = ids.filter((id) => !constant.has(id));
  const written = [...rest.filter(isSetup), ...rest.filter((id) => !isSetup(id))];
  const order = [...first, ...(graph.sections.length > 1 ? sink(graph, written, forward, work) : written)];

  const program: Program = { order, work, forward, recomputed: null, nodeOf: (id) => graph.nodes[id] };
  const tight = alone || graph.sections.length > 1 || options.budget !== undefined;
  const placed = (p: Program, over: boolean): Schedule => {
    const draft: Draft = { ...p, outputs, kept, assigned, constant, scratch, extra };
    return place(graph, draft, { realBytes: options.realBytes, alone, tight, inplace: over });
  };
  const separate = placed(program, inplace === true);
  const over = inplace === undefined ? placed(program, true) : separate;
  const plain = memoryIn(over.assignment) <= WORTH * memoryIn(separate.assignment) ? over : separate;
  if (memoryIn(plain.assignment) <= budget) return plain;
  const least = rematerialize(graph, program, {
    kept,
    constant,
    isSetup,
    place: (p) => placed(p, inplace !== false),
    extra,
    budget,
  });
  return memoryIn(least.assignment) < memoryIn(plain.assignment) ? least : plain;
}

/** What depends on constants alone, and is computed before everything else. A runtime scalar may change between runs. */
function constants(graph: Graph, work: AppliedOps, forward: ReadonlyMap<number, Forward>): Set<number> {
  const found = new Set<number>();
  for (const node of graph.nodes) {
    const made = work.get(node.id)?.x.every((x) => found.has(x.id)) && !forward.get(node.id)?.runtime;
    if (node.source.from === 'constant' || made) found.add(node.id);
  }
  return found;
}

/** All that is needed for the first output, then what else the second needs ...: nothing is kept for long. */
function oneByOne(outputs: readonly Ref[], work: AppliedOps): number[] {
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

/** The op applications that `kept` values need. */
function reachable(graph: Graph, kept: ReadonlySet<number>): AppliedOps {
  const work: AppliedOps = new Map();
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

/**
 * Hands maps of f16 to ops that can take them as they are, and lets those whose result becomes f16 write it so: the maps
 * in f32 between are then never stored. Sums and what is no map stay f32.
 * @returns whether anything changed.
 */
export function elideCasts(work: AppliedOps, kept: ReadonlySet<number>): boolean {
  let changed = false;
  const readers = new Map<number, number>();
  for (const { x } of work.values()) for (const { id } of x) readers.set(id, (readers.get(id) ?? 0) + 1);
  /** Inputs without their casts; null where one of the maps is no f16. */
  const taken = (x: readonly Node[], maps: readonly number[]): readonly Node[] | null => {
    const bare = x.map((v, k) => (maps.includes(k) ? (source(v) ?? v) : v));
    return maps.every((k) => bare[k]?.dtype === 'f16') ? bare : null;
  };
  const source = ({ id }: Node): Node | undefined => {
    const cast = work.get(id);
    return cast && castTo(cast.op) === 'f32' && cast.op.cast?.scale(cast.attrs) === 1 ? cast.x[0] : undefined;
  };
  for (const [id, self] of [...work]) {
    const { op, x, attrs, shape } = self;
    const [only] = x;
    const maker = castTo(op) === 'f16' && only ? work.get(only.id) : undefined;
    if (maker?.op.f16Maps?.gain && only && readers.get(only.id) === 1 && !kept.has(only.id)) {
      const maps = taken(maker.x, maker.op.f16Maps.maps);
      const scaled = maker.op.f16Maps.gain(maker.attrs, op.cast?.scale(attrs) ?? 1);
      if (!maps || scaled === null) continue;
      work.set(id, { op: maker.op, x: maps, attrs: scaled, shape });
      work.delete(only.id);
      changed = true;
    } else if (op.f16Maps && !op.f16Maps.gain) {
      const maps = taken(x, op.f16Maps.maps);
      if (!maps) continue;
      work.set(id, { op, x: maps, attrs, shape });
      changed = true;
    }
  }
  const read = new Set([...work.values()].flatMap((w) => w.x.map((v) => v.id)));
  for (const [id, { op }] of [...work]) if (castTo(op) === 'f32' && !read.has(id) && !kept.has(id)) work.delete(id);
  return changed;
}

const castTo = (op: Op): 'f16' | 'f32' | undefined => op.cast?.to;
