// A part of a picture that stands askew: a turned rectangle, or one seen at a slant. The engine straightens it as it reads the
// file, and the recipe has its corners.
import type { Corners } from '../../copy/rectify';
import type { Crop, Preparation } from './given';
import type { Pair } from './pose';
import { fitted, LEAST, turnedSize } from './prepare';

const pairs = (corners: Corners): Pair[] =>
  [0, 1, 2, 3].map((k) => [corners[2 * k] as number, corners[2 * k + 1] as number]);

/** Four corners to begin with. */
export const inset = ([w, h]: Pair): Corners => {
  const [x, y] = [Math.round(0.15 * w), Math.round(0.15 * h)];
  return [x, y, w - x, y, w - x, h - y, x, h - y];
};

/** A rectangle that is turned about its middle and yet within the picture: moved there, and shrunk where it is too large. */
export function fittedTurned(crop: Crop, angle: number, size: Pair): Crop {
  if (angle === 0) return fitted(crop, size);
  const [cos, sin] = turn(angle).map(Math.abs) as [number, number];
  const reach = ({ width, height }: Pick<Crop, 'width' | 'height'>): Pair => [
    (width * cos + height * sin) / 2,
    (width * sin + height * cos) / 2,
  ];
  const wanted = { width: Math.max(LEAST, crop.width), height: Math.max(LEAST, crop.height) };
  const wide = reach(wanted);
  const factor = Math.min(1, size[0] / 2 / wide[0], size[1] / 2 / wide[1]);
  const [width, height] = [Math.floor(wanted.width * factor), Math.floor(wanted.height * factor)];
  const far = reach({ width, height });
  const within = (v: number, axis: 0 | 1): number => Math.min(size[axis] - far[axis], Math.max(far[axis], v));
  const [x, y] = [within(crop.x + crop.width / 2, 0) - width / 2, within(crop.y + crop.height / 2, 1) - height / 2];
  return { x: Math.round(x), y: Math.round(y), width, height };
}

const turn = (angle: number): Pair => [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];

/** Corners of a rectangle that is turned clockwise about its middle. */
export function turnedRectangle({ x, y, width, height }: Crop, angle: number, size: Pair): Corners {
  const [cos, sin] = turn(angle);
  const within = (v: number, most: number): number => Math.min(most, Math.max(0, Math.round(100 * v) / 100));
  return [
    [-1, -1],
    [1, -1],
    [1, 1],
    [-1, 1],
  ].flatMap(([i = 0, j = 0]) => {
    const [u, v] = [(i * width) / 2, (j * height) / 2];
    return [within(x + width / 2 + u * cos - v * sin, size[0]), within(y + height / 2 + u * sin + v * cos, size[1])];
  });
}

/** The same corners after one more quarter turn of the picture clockwise. @param tall height before it */
export const turnedCorners = (corners: Corners, tall: number): Corners => {
  const [a, b, c, d] = pairs(corners).map(([x, y]) => [tall - y, x]);
  return [d, a, b, c].flatMap((p) => p ?? []);
};

/** Whether four corners go round clockwise, none of them inward: others are no rectangle that was photographed. */
export const areInOrder = (corners: Corners): boolean => {
  const p = pairs(corners);
  return p.every(([x, y], k) => {
    const [[nx, ny], [fx, fy]] = [p[(k + 1) % 4] as Pair, p[(k + 2) % 4] as Pair];
    return (nx - x) * (fy - ny) - (ny - y) * (fx - nx) > 64;
  });
};

/** What stands askew in the turned picture, in it. Null: it is upright. */
export function askew({ turns, crop, angle = 0, corners }: Preparation, size: Pair): Corners | null {
  return corners ?? (angle === 0 ? null : turnedRectangle(crop, angle, turnedSize(size, turns)));
}

/** Corners in a picture after quarter turns as corners in the picture itself; what was at the top left is told first still. */
export function unturned(corners: Corners, turns: number, size: Pair): Corners {
  let points = pairs(corners);
  for (let k = turns; k > 0; k--) {
    const tall = turnedSize(size, k - 1)[1];
    points = points.map(([x, y]) => [y, tall - x]);
  }
  return points.flat();
}

/** The part of a picture that is used, by its corners in the picture itself. */
export const regionOf = (how: Preparation, size: Pair): Corners =>
  unturned(askew(how, size) ?? turnedRectangle(how.crop, 0, turnedSize(size, how.turns)), how.turns, size);
