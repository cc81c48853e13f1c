import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { BitmapView } from '../bitmap_view';
import { fitSpan, type Pair, type Pose, repeats } from '../pose';
import type { Tile } from '../settings';
import { usePose } from './use_pose';

/** What the picture was made from, laid over the left of the view. */
export interface Before {
  readonly bitmap: ImageBitmap;
  /** Of the view's width, 0..1. */
  readonly share: number;
  /** The picture is a change of it: shown in the same place; otherwise pixel for pixel, in the middle. */
  readonly same: boolean;
}

interface Props {
  readonly bitmaps: BitmapView;
  readonly size: Pair | null;
  readonly tile: Tile;
  readonly pose: Pose;
  /** By half a tile, so that joins are in the middle. */
  readonly offset: boolean;
  readonly before: Before | null;
  setPose(change: (old: Pose) => Pose): void;
  onView(size: Pair): void;
}

/** The picture, repeated to the edges of the view along the axes that it tiles along. Dragged, pinched, zoomed, moved by keys. */
export function TiledView(props: Props): JSX.Element {
  const { bitmaps, size, tile, pose, offset, before, setPose, onView } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const shown = useRef(props);
  shown.current = props;

  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    let asked = 0;
    const redraw = (): void => {
      cancelAnimationFrame(asked);
      asked = requestAnimationFrame(() => draw(element, bitmaps.bitmap, shown.current));
    };
    const end = bitmaps.watch(redraw);
    const sizes = new ResizeObserver(() => {
      const d = window.devicePixelRatio;
      onView([element.clientWidth * d, element.clientHeight * d]);
      redraw();
    });
    sizes.observe(element);
    return () => {
      end();
      sizes.disconnect();
      cancelAnimationFrame(asked);
    };
  }, [bitmaps]);
  useEffect(() => {
    if (canvas.current) draw(canvas.current, bitmaps.bitmap, shown.current);
  }, [pose, tile, offset, before, bitmaps]);

  const handlers = usePose(canvas, bitmaps, tile, setPose);
  const about = size
    ? `The picture, ${size.join(' x ')} pixels${tile === 'none' ? '' : ', repeated'}. Arrows move it, plus and minus zoom, 0 fits it.`
    : 'No picture yet';
  return <canvas ref={canvas} class="flat" tabIndex={0} role="img" aria-label={about} data-test="flat" {...handlers} />;
}

function draw(canvas: HTMLCanvasElement, bitmap: ImageBitmap | null, look: Props): void {
  const density = window.devicePixelRatio;
  const [w, h] = [Math.round(canvas.clientWidth * density), Math.round(canvas.clientHeight * density)];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  const pen = canvas.getContext('2d');
  if (!pen) return;
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, w, h);
  if (!bitmap || w === 0 || h === 0) return;
  const { pose, tile, offset, before } = look;
  const { x, y } = repeats(tile);
  const [W, H] = [bitmap.width, bitmap.height];
  const s = (pose.span ?? fitSpan([w, h], [W, H], tile)) / W;
  const half = (on: boolean): number => (offset && on ? 0.5 : 0);
  const left = w / 2 - (pose.x + half(x)) * W * s;
  const top = h / 2 - (pose.y + half(y)) * H * s;
  /** Repeats an image of `wide` x `tall` pixels of the screen, one of which is at `at`. */
  const fill = (image: ImageBitmap, [wide, tall]: Pair, at: Pair): void => {
    const pattern = pen.createPattern(image, 'repeat');
    if (!pattern) return;
    const [sx, sy] = [wide / image.width, tall / image.height];
    pen.imageSmoothingEnabled = pose.span === null || sx < 3; // somebody who zooms further wants to see pixels
    pen.setTransform(sx, 0, 0, sy, at[0], at[1]);
    pen.fillStyle = pattern;
    const [x0, x1] = x ? [-at[0] / sx, (w - at[0]) / sx] : [0, image.width];
    const [y0, y1] = y ? [-at[1] / sy, (h - at[1]) / sy] : [0, image.height];
    pen.fillRect(x0, y0, x1 - x0, y1 - y0);
    pen.setTransform(1, 0, 0, 1, 0, 0);
  };
  const [wide, tall] = [W * s, H * s];
  fill(bitmap, [wide, tall], [left, top]);
  if (!before || before.bitmap.width === 0) return; // closed: another one is on its way
  const split = Math.round(before.share * w);
  pen.save();
  pen.beginPath();
  pen.rect(0, 0, split, h);
  pen.clip();
  pen.clearRect(0, 0, split, h);
  // Of a texture: pixel for pixel, in the middle of the tile, and repeated as it is, so that its own seams show.
  const its: Pair = before.same ? [wide, tall] : [before.bitmap.width * s, before.bitmap.height * s];
  fill(before.bitmap, its, [left + (wide - its[0]) / 2, top + (tall - its[1]) / 2]);
  pen.restore();
  pen.fillStyle = '#fff';
  pen.fillRect(split - density, 0, 2 * density, h);
}
