import type { Applied, Fused } from '../shaders/op';
import type { Node } from './graph';

/** The op applications a plan will launch, by node id; fusion replaces and removes entries. */
export type AppliedOps = Map<number, Applied & { readonly x: readonly Node[] }>;

/**
 * Lets neighbouring ops merge where one of them knows how (`fuseNext`, `fusePrevious`, `fuseSum`) and the value between them
 * has no other reader. Repeats until nothing changes, so conv2d takes its bias first and then the relu.
 */
export function fuse(work: AppliedOps, kept: ReadonlySet<number>): void {
  for (let changed = true; changed; ) {
    changed = false;
    const readers = countReaders(work);
    const lone = (id: number): boolean => readers.get(id) === 1 && !kept.has(id);
    for (const [id, self] of work) {
      for (const [k, x] of self.x.entries()) {
        const previous = work.get(x.id);
        if (!previous || !lone(x.id)) continue;
        const merged: Fused | null =
          (k === 0 ? previous.op.fuseNext?.(previous, self) : null) ??
          self.op.fusePrevious?.(self, k, previous) ??
          sum(self, k, previous);
        if (!merged) continue;
        work.set(id, { op: merged.op, x: merged.x as readonly Node[], attrs: merged.attrs, shape: self.shape });
        work.delete(x.id);
        changed = true;
        break;
      }
      if (changed) break;
    }
  }
}

/** a + b, where the maker of input k can add the other one as it stores. */
function sum(self: Applied, k: number, previous: Applied): Fused | null {
  const other = self.x[1 - k];
  if (!self.op.isSum || !other || other === self.x[k]) return null;
  return previous.op.fuseSum?.(previous, other) ?? null;
}

function countReaders(work: AppliedOps): Map<number, number> {
  const readers = new Map<number, number>();
  for (const { x } of work.values()) for (const { id } of x) readers.set(id, (readers.get(id) ?? 0) + 1);
  return readers;
}
