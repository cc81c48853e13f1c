import type { Op } from '../shaders/op';
import type { AppliedOps } from './fuse';
import type { Node } from './graph';

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
