import type { Ref } from '../shaders/op';
import type { AppliedOps } from './fuse';
import type { Graph } from './graph';
import type { Forward } from './program';

/**
 * Puts off what nobody reads for a while, where all that it is computed from has to be kept until then anyway: the cuts
 * of a net's maps that only the way back looks at would else be kept beside the maps themselves.
 * @param order what is done in each run.
 */
export function sink(
  graph: Graph,
  order: readonly number[],
  forward: ReadonlyMap<number, Forward>,
  work: AppliedOps,
): readonly number[] {
  const root = (id: number): number => {
    const source = forward.get(id)?.x[0];
    const view = forward.get(id)?.parts.length === 0 || work.get(id)?.op.inplace;
    return view && source ? root(source.id) : id;
  };
  const at = new Map(order.map((id, k) => [id, k]));
  const readers = new Map<number, number[]>();
  const lastRead = new Map<number, number>();
  const writes = new Map<number, number[]>();
  for (const [k, id] of order.entries()) {
    for (const x of work.get(id)?.x ?? []) {
      readers.set(x.id, [...(readers.get(x.id) ?? []), id]);
      lastRead.set(root(x.id), k);
    }
    if (work.get(id)?.op.inplace) writes.set(root(id), [...(writes.get(root(id)) ?? []), k]);
  }
  const section = (id: number): number => graph.nodes[id]?.section ?? 0;
  const before = new Map<number, number[]>();
  const moved = new Set<number>();
  for (const id of [...order].reverse()) {
    const here = at.get(id) ?? 0;
    const first = (readers.get(id) ?? []).reduce<number | null>(
      (best, r) => (best === null || (at.get(r) ?? 0) < (at.get(best) ?? 0) ? r : best),
      null,
    );
    if (first === null || root(id) !== id || section(first) !== section(id)) continue;
    const there = at.get(first) ?? 0;
    const stays = (x: Ref): boolean => {
      const kept = graph.nodes[root(x.id)]?.source.from !== 'op' || section(root(x.id)) !== section(id);
      const still = !(writes.get(root(x.id)) ?? []).some((k) => k > here && k < there);
      return still && (kept || (lastRead.get(root(x.id)) ?? 0) >= there);
    };
    if (there <= here + 1 || !(work.get(id)?.x ?? []).every(stays)) continue;
    at.set(id, there);
    before.set(first, [...(before.get(first) ?? []), id]);
    moved.add(id);
  }
  const list: number[] = [];
  const put = (id: number): void => {
    for (const v of before.get(id) ?? []) put(v);
    list.push(id);
  };
  for (const id of order) if (!moved.has(id)) put(id);
  return list;
}
