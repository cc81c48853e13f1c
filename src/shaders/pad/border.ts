import { EngineError } from '../../base/errors';

/**
 * What lies beyond the edge of a map: nothing, the edge again, the map mirrored without repeating its edge (as
 * ONNX's `reflect`), or the opposite side (a torus).
 */
export type Border = 'zeros' | 'replicate' | 'reflect' | 'wrap';
/** [vertical, horizontal] */
export type Borders = readonly [Border, Border];
/** Elements added at each side: [top, left, bottom, right], as in ONNX. */
export type Pads = readonly [top: number, left: number, bottom: number, right: number];

export const BORDERS: Borders[number][] = ['zeros', 'replicate', 'reflect', 'wrap'];
/** The numbers that the shaders know borders by. */
export const BORDER: Readonly<Record<Border, number>> = { zeros: 0, replicate: 1, reflect: 2, wrap: 3 };

/** Refuses pads that no border can supply. */
export function checkPads(op: string, [H, W]: readonly [number, number], pad: Pads, border: Borders): void {
  const [t, l, b, r] = pad;
  const fail = (what: string): never => {
    throw new EngineError('ShapeError', `${op} ${what}, got pad [${pad.join(', ')}] on a map of ${H} x ${W}`);
  };
  if (pad.length !== 4 || !pad.every((p) => Number.isInteger(p) && p >= 0)) {
    fail('wants pad = [top, left, bottom, right] of whole numbers, 0 or more');
  }
  for (const [axis, size, most] of [
    [0, H, Math.max(t, b)],
    [1, W, Math.max(l, r)],
  ] as const) {
    const name = ['height', 'width'][axis];
    if (border[axis] === 'reflect' && most >= size) fail(`with border reflect wants a pad smaller than the ${name}`);
    if (border[axis] === 'wrap' && most > size) fail(`with border wrap wants a pad no larger than the ${name}`);
  }
}

/** Which of `n` elements a padded axis shows at `p` (0 = the first one); -1 for none. For references in f64. */
export function sourceOf(p: number, n: number, border: Border): number {
  if (border === 'replicate') return Math.min(Math.max(p, 0), n - 1);
  if (border === 'wrap') return ((p % n) + n) % n;
  if (border === 'reflect' && p < 0) return -p;
  if (border === 'reflect' && p >= n) return 2 * (n - 1) - p;
  return p >= 0 && p < n ? p : -1;
}
