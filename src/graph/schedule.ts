import { bug } from '../base/errors';
import { type Shape, size } from '../base/shape';
import type { Applied, Kind, Launch, Ref } from '../shaders/op';
import { fuse, type Work } from './fuse';
import type { Graph, Node } from './graph';
import { type Layout, layOut, type Span } from './memory';

/** A graph put in order for one device: what to launch, when each value lives, and where. No GPU is needed to make one. */
export interface Schedule {
  readonly realBytes: 2 | 4;
  readonly launches: readonly { readonly launch: Launch; readonly label: string; readonly once: boolean }[];
  readonly layout: Layout;
  /** Constants and the first values of states. */
  readonly initial: readonly { readonly id: number; readonly data: Float32Array | Uint32Array }[];
  /** Ends of a run: state `to` takes the value of `from`. */
  readonly copies: readonly { readonly from: number; readonly to: number }[];
  /** Every value with memory of its own, for limits and reports. */
  readonly values: readonly { readonly label: string; readonly shape: Shape; readonly bytes: number }[];
  slotOf(id: number): number;
  bytesOf(id: number): number;
  /** Whether the host may read or write the value between runs. */
  pinned(id: number): boolean;
}

const FOREVER = Number.MAX_SAFE_INTEGER;

export function schedule(
  graph: Graph,
  outputs: readonly Ref[],
  options: { fuse: boolean; realBytes: 2 | 4 },
): Schedule {
  const kept = new Set([...outputs.map((r) => graph.node(r).id), ...[...graph.assigned.values()].map((n) => n.id)]);
  const work = reachable(graph, kept);
  if (options.fuse) fuse(work, kept);

  // What depends on constants alone runs once, before everything else.
  const once = new Set<number>();
  for (const node of graph.nodes) {
    const applied = work.get(node.id);
    if (node.source.from === 'constant' || applied?.x.every((x) => once.has(x.id))) once.add(node.id);
  }
  const ids = [...work.keys()].sort((a, b) => a - b);
  const order = [...ids.filter((id) => once.has(id)), ...ids.filter((id) => !once.has(id))];

  const shapes = new Map<number, { shape: Shape; kind: Kind; label: string }>();
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

  const initial: { id: number; data: Float32Array | Uint32Array }[] = [];
  for (const node of graph.nodes) {
    if (node.source.from === 'op') continue;
    shapes.set(node.id, { shape: node.shape, kind: node.kind, label: `${node.label}#${node.id}` });
    from.set(node.id, 0);
    if (node.source.from !== 'input') initial.push({ id: node.id, data: node.source.data });
    use(node.id, node.source.from === 'constant' && !kept.has(node.id) ? 0 : FOREVER);
  }

  const launches: { launch: Launch; label: string; once: boolean }[] = [];
  let scratchId = -1;
  for (const [index, id] of order.entries()) {
    const time = index + 1; // 0 is before the first step
    const applied = work.get(id);
    const node = graph.nodes[id];
    if (!applied || !node) throw bug(`no work for node #${id}`);
    const label = `${applied.op.name}#${id}`;
    const scratch = (shape: Shape, kind: Kind = 'real'): Ref => {
      const ref: Ref = { id: scratchId--, shape, kind };
      shapes.set(ref.id, { shape, kind, label: `scratch of ${label}` });
      from.set(ref.id, time);
      use(ref.id, time);
      return ref;
    };
    const parts = applied.op.forward(applied.x, node, applied.attrs, scratch);
    const isView = parts.length === 0;
    if (isView) {
      const source = applied.x[0];
      if (!source || size(source.shape) !== size(node.shape)) throw bug(`${label} is no view of its input`);
      viewOf.set(id, source.id);
    } else {
      from.set(id, time);
    }
    shapes.set(id, { shape: node.shape, kind: node.kind, label });
    for (const x of applied.x) {
      use(x.id, once.has(x.id) && !once.has(id) ? FOREVER : time);
    }
    use(id, kept.has(id) ? FOREVER : time);
    for (const part of parts) launches.push({ launch: part, label, once: once.has(id) });
  }

  const bytesOf = (id: number): number => {
    const value = shapes.get(id);
    if (!value) throw bug(`value #${id} is not in the plan`);
    return size(value.shape) * (value.kind === 'u32' ? 4 : options.realBytes);
  };
  const spans: Span[] = [...from].map(([id, start]) => ({
    id,
    bytes: Math.max(4, bytesOf(id)),
    from: start,
    to: to.get(id) ?? start,
  }));
  const layout = layOut(spans);
  return {
    realBytes: options.realBytes,
    launches,
    layout,
    initial,
    copies: [...graph.assigned].map(([state, value]) => ({ from: value.id, to: state })),
    values: spans.map((s) => ({ ...(shapes.get(s.id) ?? { shape: [], label: '' }), bytes: s.bytes })),
    bytesOf,
    slotOf: (id) => layout.slotOf.get(root(id)) ?? -1,
    pinned: (id) => kept.has(id) || to.get(root(id)) === FOREVER,
  };
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
  if (node.source.from !== 'op') throw bug(`${node.label} is no op`);
  const { op, x, attrs } = node.source;
  return { op, x, attrs, shape: node.shape };
}
