// What the specs of windows over up to three axes compute by.
import type { Three, Window } from './window';

/** Calls `step` for every output and tap that meet within the map: flat places in y, in the kernel and in x. */
export function eachTap(w: Window, step: (y: number, tap: number, x: number) => void): void {
  const n = w.y[0] * w.y[1] * w.y[2];
  const taps = w.kernel[0] * w.kernel[1] * w.kernel[2];
  const digits = (i: number, s: Three): Three => [Math.floor(i / (s[1] * s[2])), Math.floor(i / s[2]) % s[1], i % s[2]];
  for (let p = 0; p < n; p++) {
    const at = digits(p, w.y);
    for (let k = 0; k < taps; k++) {
      const tap = digits(k, w.kernel);
      const [d = -1, h = -1, v = -1] = at.map(
        (o, axis) => o * (w.stride[axis] ?? 1) + (tap[axis] ?? 0) * (w.dilation[axis] ?? 1) - (w.pad[axis] ?? 0),
      );
      if (d < 0 || h < 0 || v < 0 || d >= w.x[0] || h >= w.x[1] || v >= w.x[2]) continue;
      step(p, k, (d * w.x[1] + h) * w.x[2] + v);
    }
  }
}
