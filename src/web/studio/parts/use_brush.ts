import type { HTMLAttributes, RefObject } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { type Pair, repeats } from '../pose';
import type { Tile } from '../settings';
import { type Undoing, useUndo } from '../use_undo';

interface Brush {
  readonly width: number;
  readonly height: number;
  readonly tile: Tile;
  /** Its width over the shorter side. */
  readonly brush: number;
  /** How much of it is a soft edge, 0..1. */
  readonly soft: number;
  readonly erase: boolean;
}

type Handlers = Pick<
  HTMLAttributes<HTMLCanvasElement>,
  'onKeyDown' | 'onPointerDown' | 'onPointerMove' | 'onPointerUp' | 'onPointerCancel'
>;

export interface Painting extends Handlers {
  /** Where the brush is, 0..1 of the sides. */
  readonly ring: Pair;
  fill(colour: 'black' | 'white'): void;
  invert(): void;
  /** All but what `load` did. */
  readonly undoing: Undoing;
  /** Shows a mask; black without one. */
  load(mask: Blob | undefined): Promise<void>;
}

/** Each is a picture of the mask. */
const UNDOS = 24;
const STEP = 0.02;
const MOVES: Readonly<Record<string, Pair>> = {
  ArrowLeft: [-STEP, 0],
  ArrowRight: [STEP, 0],
  ArrowUp: [0, -STEP],
  ArrowDown: [0, STEP],
};

/** Painting on a canvas by pointer and by keys; strokes go round the axes that tile. Positions are 0..1 of the sides. */
export function useBrush(paper: RefObject<HTMLCanvasElement | null>, options: Brush): Painting {
  const { width, height } = options;
  const last = useRef<Pair | null>(null);
  const [ring, setRing] = useState<Pair>([0.5, 0.5]);
  const pen = (): CanvasRenderingContext2D | null =>
    paper.current?.getContext('2d', { willReadFrequently: true }) ?? null;

  const undoing = useUndo(
    () => pen()?.getImageData(0, 0, width, height) ?? null,
    (before) => pen()?.putImageData(before, 0, 0),
    UNDOS,
  );
  const { remember } = undoing;
  const paint = (colour: string): void => {
    const p = pen();
    if (!p) return;
    p.fillStyle = colour;
    p.fillRect(0, 0, width, height);
  };
  const stroke = (to: Pair): void => {
    const p = pen();
    if (!p) return;
    const from = last.current ?? to;
    draw(p, from, to, options);
    last.current = to;
  };
  const at = (e: PointerEvent): Pair => {
    const box = paper.current?.getBoundingClientRect();
    return box ? [(e.clientX - box.left) / box.width, (e.clientY - box.top) / box.height] : [0, 0];
  };
  const key = (e: KeyboardEvent): void => {
    const move = MOVES[e.key];
    if (!move && e.key !== ' ') return;
    e.preventDefault();
    const within = (v: number): number => Math.min(1, Math.max(0, v));
    const to: Pair = [within(ring[0] + (move?.[0] ?? 0)), within(ring[1] + (move?.[1] ?? 0))];
    if (e.key === ' ' || e.shiftKey) {
      if (!last.current) remember();
      last.current ??= e.key === ' ' ? to : ring;
      stroke(to);
    } else last.current = null;
    setRing(to);
  };
  const lift = (): void => {
    last.current = null;
  };
  return {
    ring,
    undoing,
    fill: (colour) => {
      remember();
      paint(colour);
    },
    invert: () => {
      const p = pen();
      if (!p) return;
      remember();
      p.globalCompositeOperation = 'difference';
      paint('white');
      p.globalCompositeOperation = 'source-over';
    },
    load: async (mask) => {
      paint('black');
      if (!mask) return;
      const bitmap = await createImageBitmap(mask).catch(() => null);
      if (bitmap) pen()?.drawImage(bitmap, 0, 0, width, height);
      bitmap?.close();
    },
    onKeyDown: key,
    onPointerDown: (e) => {
      e.currentTarget.setPointerCapture(e.pointerId);
      remember();
      last.current = null;
      stroke(at(e));
    },
    onPointerMove: (e) => {
      setRing(at(e));
      if (e.buttons > 0) stroke(at(e));
    },
    onPointerUp: lift,
    onPointerCancel: lift,
  };
}

/** A straight stroke, and its copies beyond the sides. */
function draw(pen: CanvasRenderingContext2D, from: Pair, to: Pair, options: Brush): void {
  const { width, height, tile, brush, soft, erase } = options;
  const across = brush * Math.min(width, height);
  const { x, y } = repeats(tile);
  pen.strokeStyle = erase ? 'black' : 'white';
  pen.lineWidth = across * (1 - soft / 2);
  pen.filter = soft > 0 ? `blur(${(across * soft) / 6}px)` : 'none';
  pen.lineCap = 'round';
  for (const dx of x ? [-width, 0, width] : [0]) {
    for (const dy of y ? [-height, 0, height] : [0]) {
      pen.beginPath();
      pen.moveTo(from[0] * width + dx, from[1] * height + dy);
      pen.lineTo(to[0] * width + dx + 0.01, to[1] * height + dy);
      pen.stroke();
    }
  }
  pen.filter = 'none';
}
