import { invariant } from '../base/errors';
import type { Shape } from '../base/shape';
import type { Applied, Dtype, Launch, Ref } from '../shaders/op';
import type { AppliedOps } from './fuse';
import type { Node } from './graph';

/** What is computed, in what order. */
export interface Program {
  readonly order: readonly number[];
  readonly work: AppliedOps;
  readonly forward: ReadonlyMap<number, Forward>;
  readonly recomputed: Recomputed | null;
  /** Of the graph, or one that was computed before. */
  readonly nodeOf: (id: number) => Node | undefined;
}

/** What is computed twice. */
export interface Recomputed {
  readonly values: number;
  /** Whose value an id stands for that is not the graph's. */
  readonly of: ReadonlyMap<number, number>;
  /** Arithmetic of a run beyond what it would be without, as a share of that. */
  readonly share: number;
}

export interface Forward {
  readonly label: string;
  readonly x: readonly Ref[];
  readonly parts: readonly Launch[];
  readonly scratch: readonly Ref[];
  /** Whether a runtime scalar has a part in it. */
  readonly runtime: boolean;
}

/** Asks an op how it computes its value. Pure, so it can be asked before anything is put in order. */
export function forwardOf(
  applied: (Applied & { readonly x: readonly Node[] }) | undefined,
  node: Node | undefined,
  extra: (shape: Shape, dtype: Dtype, label: string) => Ref,
): Forward {
  if (!applied || !node) throw invariant(`no work for node #${node?.id}`);
  const label = `${applied.op.name}#${node.id}`;
  const scratch: Ref[] = [];
  const usual: Dtype = [...applied.x, node].some((v) => v.dtype === 'f16') ? 'f16' : 'f32';
  const parts = applied.op.forward(applied.x, node, applied.attrs, (shape: Shape, dtype: Dtype = usual) => {
    const ref = extra(shape, dtype, `scratch of ${label}`);
    scratch.push(ref);
    return ref;
  });
  const runtime = parts.some((p) => Object.values(p.uniforms).some((u) => typeof u === 'object'));
  return { label, x: applied.x, parts, scratch, runtime };
}
