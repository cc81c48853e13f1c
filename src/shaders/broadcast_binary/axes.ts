import { EngineError, shapeError } from '../../base/errors';
import type { Shape } from '../../base/shape';

/** Axes the kernels can count along. */
export const MOST_AXES = 6;

/**
 * The shape of two values operated on together, as NumPy and ONNX have it: aligned at the last axis, and a side of 1
 * spreads along the other's.
 * @throws EngineError `ShapeError` when sides differ and neither is 1.
 */
export function broadcastShape(op: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, k) => {
    const da = a[k - rank + a.length] ?? 1;
    const db = b[k - rank + b.length] ?? 1;
    if (da !== db && da !== 1 && db !== 1) {
      throw shapeError(op, 'sides that are equal, or 1, from the last axis on', a, b);
    }
    return da === 1 ? db : da;
  });
}

/** One axis of a walk: its side, and how far a step along it moves in each operand. */
export interface Axis {
  readonly side: number;
  readonly steps: readonly number[];
}

/** Strides of a row-major value of this shape along the axes of `to`: 0 where it is spread. */
function strides(s: Shape, to: Shape): number[] {
  const out = new Array<number>(to.length).fill(0);
  let step = 1;
  for (let k = s.length - 1; k >= 0; k--) {
    const side = s[k] ?? 1;
    if (side !== 1) out[k - s.length + to.length] = step;
    step *= side;
  }
  return out;
}

/** The axes of `to`, with neighbours merged where every operand walks them in one stride. Outermost first. */
export function walk(op: string, to: Shape, operands: readonly Shape[]): readonly Axis[] {
  const steps = operands.map((s) => strides(s, to));
  return merged(
    op,
    to.map((side, k) => ({ side, steps: steps.map((s) => s[k] ?? 0) })),
  );
}

/**
 * Axes with those of side 1 left out and neighbours merged.
 * @throws EngineError `ShapeError` when more are left than the kernels can count along.
 */
export function merged(op: string, axes: readonly Axis[]): readonly Axis[] {
  const out: Axis[] = [];
  for (const axis of axes) {
    if (axis.side === 1) continue;
    const last = out.at(-1);
    if (last?.steps.every((s, k) => s === (axis.steps[k] ?? 0) * axis.side)) {
      out[out.length - 1] = { side: last.side * axis.side, steps: axis.steps };
    } else out.push(axis);
  }
  if (out.length > MOST_AXES) {
    throw new EngineError('ShapeError', `${op} wants at most ${MOST_AXES} axes that differ, got ${out.length}`);
  }
  return out;
}
