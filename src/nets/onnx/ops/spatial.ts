import { onnxError } from '../model';
import type { NodeContext } from '../operator';

/** Batch, channels and spatial sides (one to three) of a value [N, C, ...]. */
export interface Spatial {
  readonly N: number;
  readonly C: number;
  readonly sides: readonly number[];
  /** The sides of a feature map: [1, L] or [H, W]; null where there are three. */
  readonly plane: readonly [H: number, W: number] | null;
}

export function spatialOf(c: NodeContext, shape: readonly number[]): Spatial {
  const [N = 1, C = 1, ...sides] = shape;
  if (sides.length < 1 || sides.length > 3) {
    throw onnxError(`${c.who} takes maps of one to three sides, not [${shape.join(', ')}]`);
  }
  const [a = 1, b = 1] = sides;
  return { N, C, sides, plane: sides.length === 3 ? null : sides.length === 2 ? [a, b] : [1, a] };
}
