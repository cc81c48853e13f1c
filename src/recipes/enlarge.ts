import type { Device } from '../gpu/device';
import { Graph } from '../graph/graph';
import { Plan } from '../graph/plan';
import { resize } from '../shaders/resize';
import { roll } from '../shaders/roll';

/**
 * A canvas [C, h, w] rolled by `shift` [dy, dx] pixels and resized to [C, H, W] by a bicubic that knows the torus.
 *
 * The roll matters: resampling gives pairs of pixels a sharpness that depends on their phase, and without it the
 * pair across the border would have the same phase at every scale (measured seam-gradient ratio 2.4 after six x4/3
 * enlargements; 0.96 to 1.24 with the roll).
 */
export async function enlarge(
  device: Device,
  canvas: Float32Array,
  from: readonly [C: number, h: number, w: number],
  to: readonly [H: number, W: number],
  torus: readonly [boolean, boolean],
  shift: readonly [dy: number, dx: number],
): Promise<Float32Array> {
  const g = new Graph();
  const x = g.input(from, 'canvas');
  const moved = roll(g, x, [torus[0] ? shift[0] : 0, torus[1] ? shift[1] : 0]);
  const y = resize(g, moved, to, {
    filter: 'bicubic',
    border: [torus[0] ? 'wrap' : 'clamp', torus[1] ? 'wrap' : 'clamp'],
  });
  const plan = await Plan.compile(device, g, [y]);
  try {
    plan.write(x, canvas);
    plan.run();
    return await plan.read(y);
  } finally {
    plan.close();
  }
}
