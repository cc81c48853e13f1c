import type { HTMLAttributes, JSX, RefObject } from 'preact';
import { type Dispatch, type StateUpdater, useEffect, useRef, useState } from 'preact/hooks';
import type { BitmapView } from '../bitmap_view';
import type { Tile } from '../settings';

interface Props {
  readonly bitmaps: BitmapView;
  readonly size: readonly [number, number] | null;
  readonly tile: Tile;
  /** Tiles along each axis that repeats. */
  readonly repeat: number;
}

interface Pose {
  /** Screen pixels for one of the picture, over what makes all tiles fit. */
  readonly zoom: number;
  /** Of the middle of the view, in tiles. */
  readonly x: number;
  readonly y: number;
}
const home: Pose = { zoom: 1, x: 0, y: 0 };

/** The picture repeated, to be dragged, zoomed by the wheel, and moved by arrows, + and -, and 0. */
export function TiledView({ bitmaps, size, tile, repeat }: Props): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [pose, setPose] = useState(home);
  const shown = useRef({ pose, tile, repeat });
  shown.current = { pose, tile, repeat };

  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    let asked = 0;
    const redraw = (): void => {
      cancelAnimationFrame(asked);
      asked = requestAnimationFrame(() => draw(element, bitmaps.bitmap, shown.current));
    };
    const end = bitmaps.watch(redraw);
    const sizes = new ResizeObserver(redraw);
    sizes.observe(element);
    redraw();
    return () => {
      end();
      sizes.disconnect();
      cancelAnimationFrame(asked);
    };
  }, [bitmaps]);
  useEffect(() => {
    if (canvas.current) draw(canvas.current, bitmaps.bitmap, shown.current);
  }, [pose, tile, repeat, bitmaps]);

  const handlers = usePose(canvas, bitmaps, shown, setPose);
  const about = size
    ? `The picture, ${size.join(' x ')} pixels, repeated ${repeat} times each way. Arrows move it, plus and minus zoom, 0 shows all.`
    : 'No picture yet';
  return <canvas ref={canvas} class="flat" tabIndex={0} role="img" aria-label={about} data-test="flat" {...handlers} />;
}

/** What moves the view: dragging, the wheel, keys. */
function usePose(
  canvas: RefObject<HTMLCanvasElement | null>,
  bitmaps: BitmapView,
  shown: RefObject<Look>,
  setPose: Dispatch<StateUpdater<Pose>>,
): PoseHandlers {
  const drag = useRef<{ x: number; y: number } | null>(null);
  const scale = (): number =>
    canvas.current && bitmaps.bitmap ? fit(canvas.current, bitmaps.bitmap, shown.current) : 1;
  const move = (dx: number, dy: number): void => {
    const { bitmap } = bitmaps;
    if (!bitmap) return;
    const s = scale();
    setPose((p) => ({ ...p, x: p.x - dx / (bitmap.width * s), y: p.y - dy / (bitmap.height * s) }));
  };
  const zoom = (factor: number): void =>
    setPose((p) => ({ ...p, zoom: Math.min(64, Math.max(0.25, p.zoom * factor)) }));

  const key = (e: KeyboardEvent): void => {
    const step = 40;
    const deeds: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => move(step, 0),
      ArrowRight: () => move(-step, 0),
      ArrowUp: () => move(0, step),
      ArrowDown: () => move(0, -step),
      '+': () => zoom(1.25),
      '=': () => zoom(1.25),
      '-': () => zoom(0.8),
      '0': () => setPose(home),
    };
    const deed = deeds[e.key];
    if (!deed) return;
    e.preventDefault();
    deed();
  };
  const drop = (): void => {
    drag.current = null;
  };
  return {
    onKeyDown: key,
    onWheel: (e) => {
      e.preventDefault();
      zoom(Math.exp(-e.deltaY / 400));
    },
    onPointerDown: (e) => {
      e.currentTarget.setPointerCapture(e.pointerId);
      drag.current = { x: e.clientX, y: e.clientY };
    },
    onPointerMove: (e) => {
      if (!drag.current) return;
      const { devicePixelRatio: d } = window;
      move((e.clientX - drag.current.x) * d, (e.clientY - drag.current.y) * d);
      drag.current = { x: e.clientX, y: e.clientY };
    },
    onPointerUp: drop,
    onPointerCancel: drop,
    onDblClick: () => setPose(home),
  };
}

type PoseHandlers = Pick<
  HTMLAttributes<HTMLCanvasElement>,
  'onKeyDown' | 'onWheel' | 'onPointerDown' | 'onPointerMove' | 'onPointerUp' | 'onPointerCancel' | 'onDblClick'
>;

interface Look {
  readonly pose: Pose;
  readonly tile: Tile;
  readonly repeat: number;
}

/** How often the picture is laid along each axis. */
const counts = ({ tile, repeat }: Look): readonly [number, number] => [
  tile === 'both' || tile === 'x' ? repeat : 1,
  tile === 'both' || tile === 'y' ? repeat : 1,
];

/** Screen pixels for one of the picture. */
function fit(canvas: HTMLCanvasElement, bitmap: ImageBitmap, look: Look): number {
  const [nx, ny] = counts(look);
  return look.pose.zoom * Math.min(canvas.width / (bitmap.width * nx), canvas.height / (bitmap.height * ny));
}

function draw(canvas: HTMLCanvasElement, bitmap: ImageBitmap | null, look: Look): void {
  const density = window.devicePixelRatio;
  const [w, h] = [Math.round(canvas.clientWidth * density), Math.round(canvas.clientHeight * density)];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  const pen = canvas.getContext('2d');
  if (!pen) return;
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, w, h);
  if (!bitmap || w === 0 || h === 0) return;
  const s = fit(canvas, bitmap, look);
  const [nx, ny] = counts(look);
  const [W, H] = [bitmap.width, bitmap.height];
  // The middle of all tiles is the middle of the view, moved by the pose.
  const left = w / 2 - (nx / 2 + look.pose.x) * W * s;
  const top = h / 2 - (ny / 2 + look.pose.y) * H * s;
  const pattern = pen.createPattern(bitmap, 'repeat');
  if (!pattern) return;
  pen.imageSmoothingEnabled = s < 3; // from there on pixels are worth seeing
  pen.setTransform(s, 0, 0, s, left, top);
  pen.fillStyle = pattern;
  // Zoomed in, what repeats goes on to the edges of the view.
  const endless = look.pose.zoom > 1;
  const from = (n: number, at: number): number => (endless && n > 1 ? Math.floor(-at / s) - 1 : 0);
  const x0 = from(nx, left);
  const y0 = from(ny, top);
  const x1 = endless && nx > 1 ? Math.ceil((w - left) / s) + 1 : nx * W;
  const y1 = endless && ny > 1 ? Math.ceil((h - top) / s) + 1 : ny * H;
  pen.fillRect(x0, y0, x1 - x0, y1 - y0);
}
