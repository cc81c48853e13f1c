import type { OpSpec, Value } from '../op';
import { type HorizonOptions, horizonOcclusionOp } from './index';

/** The steps, and the share of the circle that is nearest to each. */
const directions: readonly (readonly [dx: number, dy: number, share: number])[] = (() => {
  const steps = [-2, -1, 0, 1, 2].flatMap((dx) =>
    [-2, -1, 0, 1, 2].flatMap((dy) =>
      Math.abs(dx) + Math.abs(dy) === 1 || (dx * dy !== 0 && Math.abs(dx * dy) < 4) ? [[dx, dy] as const] : [],
    ),
  );
  const turn = 2 * Math.PI;
  const angles = steps.map(([dx, dy]) => (Math.atan2(dy, dx) + turn) % turn).sort((a, b) => a - b);
  return steps.map(([dx, dy]) => {
    const angle = (Math.atan2(dy, dx) + turn) % turn;
    const k = angles.indexOf(angle);
    const next = angles[k + 1] ?? (angles[0] ?? 0) + turn;
    const before = angles[k - 1] ?? (angles.at(-1) ?? 0) - turn;
    return [dx, dy, (next - before) / 2 / turn];
  });
})();

function occlusion(x: Value, { reach, scale }: HorizonOptions): Float64Array {
  const [, H = 1, W = 1] = x.shape;
  return x.data.map((here, i) => {
    const column = i % W;
    const row = Math.floor(i / W) % H;
    let sum = 0;
    for (const [dx, dy, share] of directions) {
      let tangent = 0;
      for (let t = 1; t * Math.hypot(dx, dy) <= reach; t += Math.max(1, Math.floor(t / 2))) {
        const there = ((row + t * dy + 4 * H) % H) * W + ((column + t * dx + 4 * W) % W);
        const rise = (x.data[i - row * W - column + there] ?? 0) - here;
        tangent = Math.max(tangent, (scale * rise) / (t * Math.hypot(dx, dy)));
      }
      sum += share * Math.cos(Math.atan(tangent)) ** 2;
    }
    return sum;
  });
}

const spec: OpSpec<1, HorizonOptions> = {
  op: horizonOcclusionOp,
  reference: ([x], attrs) => occlusion(x, attrs),
  cases: [
    { name: 'one pixel, which sees all of the sky', shapes: [[1, 1, 1]], attrs: { reach: 1, scale: 3 } },
    { name: 'exactly one workgroup', shapes: [[1, 8, 8]], attrs: { reach: 4, scale: 2 } },
    { name: 'ragged, as far as it goes', shapes: [[2, 9, 13]], attrs: { reach: 9, scale: 5 } },
    { name: 'several workgroups', shapes: [[1, 31, 37]], attrs: { reach: 12.5, scale: 0.7 } },
  ],
  rejects: [
    {
      name: 'further than a side',
      shapes: [[1, 8, 4]],
      attrs: { reach: 5, scale: 1 },
      message: /1 to 4 pixels over a map of 4x8, got 5/,
    },
    { name: 'a matrix', shapes: [[4, 4]], attrs: { reach: 1, scale: 1 }, message: /a feature map/ },
  ],
  differentiable: [],
  torus: () => ({ rollIn: [2, 3], rollOut: [2, 3] }),
};

export const specs: OpSpec[] = [spec];
