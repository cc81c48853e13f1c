// Where the view of the tiles is. Pure: tests need no page.
import type { Tile } from './settings';

export type Pair = readonly [number, number];

export interface Pose {
  /** Screen pixels that a tile is wide; null: as large as suits the view. */
  readonly span: number | null;
  /** What is in the middle of the view, in tiles from the corner of one. */
  readonly x: number;
  readonly y: number;
}

/** The middle of a tile is in the middle of the view. */
export const HOME: Pose = { span: null, x: 0.5, y: 0.5 };

export const repeats = (tile: Tile): { readonly x: boolean; readonly y: boolean } => ({
  x: tile === 'both' || tile === 'x',
  y: tile === 'both' || tile === 'y',
});

/** How much of the view's height or width a tile takes: neighbours of one that repeats are to be seen. */
const ALONE = 0.94;
const AMONG = 0.6;

/** Screen pixels that a tile is wide where nobody has zoomed. */
export function fitSpan([w, h]: Pair, [W, H]: Pair, tile: Tile): number {
  const { x, y } = repeats(tile);
  if (x && y) return AMONG * Math.min((h * W) / H, w);
  if (x) return (ALONE * h * W) / H;
  return y ? ALONE * w : ALONE * Math.min(w, (h * W) / H);
}

/** From a 16th of the picture's pixels to 64 screen pixels for each. */
const clamped = (span: number, width: number): number => Math.min(64 * width, Math.max(width / 16, span));

/**
 * Zooms so that what is at a place of the screen stays there.
 * @param at from the middle of the view, screen pixels
 */
export function zoomed(pose: Pose, factor: number, [px, py]: Pair, view: Pair, size: Pair, tile: Tile): Pose {
  const before = pose.span ?? fitSpan(view, size, tile);
  const span = clamped(before * factor, size[0]);
  const tall = size[1] / size[0];
  return {
    span,
    x: pose.x + px / before - px / span,
    y: pose.y + (py / before - py / span) / tall,
  };
}

export function moved(pose: Pose, [dx, dy]: Pair, view: Pair, size: Pair, tile: Tile): Pose {
  const span = pose.span ?? fitSpan(view, size, tile);
  const at = { x: pose.x - dx / span, y: pose.y - (dy * size[0]) / (span * size[1]) };
  const { x, y } = repeats(tile);
  // What does not repeat stays in sight.
  const within = (v: number): number => Math.min(1, Math.max(0, v));
  return { ...pose, x: x ? at.x : within(at.x), y: y ? at.y : within(at.y) };
}
