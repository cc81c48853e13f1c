/** Where the light comes from, degrees: azimuth 0 right, 90 top, 180 left; height 0 along the surface, 90 from the eye. */
export interface Sun {
  readonly azimuth: number;
  readonly height: number;
}

export const MORNING: Sun = { azimuth: 135, height: 40 };
const LOWEST = 5;

/** Moved by hand: to the right and down by so many radians, where it is seen. */
export function turned({ azimuth, height }: Sun, dx: number, dy: number): Sun {
  const [a, flat] = [(azimuth * Math.PI) / 180, Math.cos((height * Math.PI) / 180)];
  const [x, y] = [flat * Math.cos(a) + dx, flat * Math.sin(a) - dy];
  const far = Math.hypot(x, y);
  const to = (Math.acos(Math.min(1, far)) * 180) / Math.PI;
  return {
    azimuth: far < 1e-6 ? azimuth : ((Math.atan2(y, x) * 180) / Math.PI + 360) % 360,
    height: Math.max(LOWEST, to),
  };
}
