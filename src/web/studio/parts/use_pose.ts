import type { HTMLAttributes, RefObject } from 'preact';
import { useRef } from 'preact/hooks';
import type { BitmapView } from '../bitmap_view';
import { HOME, moved, type Pair, type Pose, zoomed } from '../pose';
import type { Tile } from '../settings';

type Handlers = Pick<
  HTMLAttributes<HTMLCanvasElement>,
  'onKeyDown' | 'onWheel' | 'onPointerDown' | 'onPointerMove' | 'onPointerUp' | 'onPointerCancel' | 'onDblClick'
>;

/** CSS pixels that an arrow moves the view. */
const STEP = 40;

/** A wheel and a swipe belong to the page where it has somewhere to go. */
const pageScrolls = (): boolean => document.documentElement.scrollHeight > window.innerHeight + 1;

/** What moves the view: dragging, pinching, the wheel, keys. Without a picture nothing is taken from the page. */
export function usePose(
  canvas: RefObject<HTMLCanvasElement | null>,
  bitmaps: BitmapView,
  tile: Tile,
  setPose: (change: (old: Pose) => Pose) => void,
): Handlers {
  const held = useRef(new Map<number, Pair>());
  const sizes = (): readonly [view: Pair, size: Pair] | null => {
    const c = canvas.current;
    return (
      c &&
      bitmaps.bitmap && [
        [c.width, c.height],
        [bitmaps.bitmap.width, bitmaps.bitmap.height],
      ]
    );
  };
  /** CSS pixels from the middle of the view, as screen pixels. */
  const fromMiddle = ([x, y]: Pair): Pair => {
    const box = canvas.current?.getBoundingClientRect();
    const d = window.devicePixelRatio;
    return box ? [(x - box.left - box.width / 2) * d, (y - box.top - box.height / 2) * d] : [0, 0];
  };
  const move = (dx: number, dy: number): void => {
    const known = sizes();
    const d = window.devicePixelRatio;
    if (known) setPose((p) => moved(p, [dx * d, dy * d], ...known, tile));
  };
  const zoom = (factor: number, at: Pair = [0, 0]): void => {
    const known = sizes();
    if (known) setPose((p) => zoomed(p, factor, at, ...known, tile));
  };
  const drag = (id: number, to: Pair): void => {
    const from = held.current.get(id);
    if (!from) return;
    const [other] = [...held.current].flatMap(([k, at]) => (k === id ? [] : [at]));
    held.current.set(id, to);
    if (!other) {
      move(to[0] - from[0], to[1] - from[1]);
      return;
    }
    const between = (a: Pair): number => Math.hypot(a[0] - other[0], a[1] - other[1]);
    move((to[0] - from[0]) / 2, (to[1] - from[1]) / 2);
    const middle: Pair = [(to[0] + other[0]) / 2, (to[1] + other[1]) / 2];
    if (between(from) > 0) zoom(between(to) / between(from), fromMiddle(middle));
  };
  const drop = (e: PointerEvent): void => void held.current.delete(e.pointerId);
  return {
    onKeyDown: (e) => {
      const deeds: Readonly<Record<string, () => void>> = {
        ArrowLeft: () => move(STEP, 0),
        ArrowRight: () => move(-STEP, 0),
        ArrowUp: () => move(0, STEP),
        ArrowDown: () => move(0, -STEP),
        '+': () => zoom(1.25),
        '=': () => zoom(1.25),
        '-': () => zoom(0.8),
        '0': () => setPose(() => HOME),
      };
      const deed = e.ctrlKey || e.metaKey ? undefined : deeds[e.key];
      if (!deed || !bitmaps.bitmap) return;
      e.preventDefault();
      deed();
    },
    onWheel: (e) => {
      if (!bitmaps.bitmap || (pageScrolls() && !e.ctrlKey)) return;
      e.preventDefault();
      // A pinch of a touchpad arrives as small turns of the wheel with Ctrl.
      zoom(Math.exp(-e.deltaY / (e.ctrlKey ? 100 : 400)), fromMiddle([e.clientX, e.clientY]));
    },
    onPointerDown: (e) => {
      if (!bitmaps.bitmap) return;
      e.currentTarget.setPointerCapture(e.pointerId);
      held.current.set(e.pointerId, [e.clientX, e.clientY]);
    },
    onPointerMove: (e) => drag(e.pointerId, [e.clientX, e.clientY]),
    onPointerUp: drop,
    onPointerCancel: drop,
    onDblClick: () => setPose(() => HOME),
  };
}
