import type { NodeContext } from '../importer';
import { onnxError } from '../model';

/** Batch, channels and sides of a value [N, C, L] or [N, C, H, W]. */
export interface Maps {
  readonly N: number;
  readonly C: number;
  readonly H: number;
  readonly W: number;
  /** 1 or 2. */
  readonly spatial: 1 | 2;
}

export function maps(c: NodeContext, shape: readonly number[]): Maps {
  const [N = 1, C = 1, a = 1, b = 1] = shape;
  if (shape.length === 3) return { N, C, H: 1, W: a, spatial: 1 };
  if (shape.length === 4) return { N, C, H: a, W: b, spatial: 2 };
  if (shape.length === 5) throw c.unsupported(`in three dimensions ([${shape.join(', ')}])`);
  throw onnxError(`${c.who} takes maps [N, C, H, W], not [${shape.join(', ')}]`);
}
