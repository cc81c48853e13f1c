// Long bent things: blades, leaves, fibres, stalks.
import { SAMPLES, type Surface } from './surface';

/** A quadratic Bezier curve from `from` to `to`, drawn towards `by`; pixels. */
export interface Curve {
  from: readonly [x: number, y: number];
  by: readonly [x: number, y: number];
  to: readonly [x: number, y: number];
}

/** A curve from a point in a direction, `bend` times its length off the straight at the far end. */
export function curve(x: number, y: number, angle: number, length: number, bend: number): Curve {
  const c = Math.cos(angle) * length;
  const s = Math.sin(angle) * length;
  return { from: [x, y], by: [x + 0.55 * c, y + 0.55 * s], to: [x + c - bend * s, y + s + bend * c] };
}

/**
 * Visits every sample of a ribbon: t runs 0 .. 1 along the curve, s -1 .. 1 across it (positive on the right hand of
 * the way). A sample may be visited more than once, with nearly the same t and s.
 */
export function ribbon(
  surface: Surface,
  { from, by, to }: Curve,
  half: (t: number) => number,
  visit: (t: number, s: number, i: number) => void,
): void {
  const length = Math.hypot(by[0] - from[0], by[1] - from[1]) + Math.hypot(to[0] - by[0], to[1] - by[1]);
  const along = Math.ceil(length * SAMPLES * 1.5);
  for (let k = 0; k <= along; k++) {
    const t = k / along;
    const q = 1 - t;
    const x = q * q * from[0] + 2 * q * t * by[0] + t * t * to[0];
    const y = q * q * from[1] + 2 * q * t * by[1] + t * t * to[1];
    let dx = q * (by[0] - from[0]) + t * (to[0] - by[0]);
    let dy = q * (by[1] - from[1]) + t * (to[1] - by[1]);
    const norm = Math.hypot(dx, dy);
    dx /= norm;
    dy /= norm;
    const w = half(t);
    const across = Math.ceil(w * SAMPLES * 1.5);
    for (let m = -across; m <= across; m++) {
      const s = across > 0 ? m / across : 0;
      const i = surface.at(x - dy * s * w, y + dx * s * w);
      if (i >= 0) visit(t, s, i);
    }
  }
}
