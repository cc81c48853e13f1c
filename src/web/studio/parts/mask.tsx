import type { HTMLAttributes, JSX, RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

interface Props {
  readonly size: number;
  /** Shown below, to paint after. */
  readonly under: Blob | undefined;
  /** The mask as PNG, white where it was painted; null: never mind. */
  onDone(file: File | null): void;
}

/** Longest side of what is painted: a mask is resized to the canvas, so more would be lost. */
const MOST = 1024;

/** A mask painted by hand: white on black. Keys: arrows move the brush, space paints. */
export function MaskPainter({ size, under, onDone }: Props): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const paper = useRef<HTMLCanvasElement>(null);
  const [brush, setBrush] = useState(0.12);
  const [erase, setErase] = useState(false);
  const side = Math.min(MOST, size);
  const { fill, ...handlers } = useBrush(paper, { side, brush, erase });
  const url = useObjectUrl(under);

  useEffect(() => {
    dialog.current?.showModal();
    fill('black');
  }, []);
  const done = (): void => {
    paper.current?.toBlob(
      (blob) => onDone(blob && new File([blob], 'painted mask.png', { type: 'image/png' })),
      'image/png',
    );
  };
  return (
    <dialog ref={dialog} class="painter" aria-label="Paint a mask" onCancel={() => onDone(null)}>
      <div class="paper">
        {url && <img src={url} alt="" />}
        <canvas
          ref={paper}
          width={side}
          height={side}
          tabIndex={0}
          role="img"
          aria-label="Mask: white is worked on. Arrows move the brush, with shift they paint, space makes a dot."
          data-test="paper"
          {...handlers}
        />
      </div>
      <div class="row">
        <label>
          Brush
          <input
            type="range"
            min={0.01}
            max={0.5}
            step={0.01}
            value={brush}
            onInput={(e) => setBrush(Number(e.currentTarget.value))}
          />
        </label>
        <label class="check">
          <input type="checkbox" checked={erase} onChange={(e) => setErase(e.currentTarget.checked)} />
          Erase
        </label>
        <button type="button" onClick={() => fill('white')}>
          All
        </button>
        <button type="button" onClick={() => fill('black')}>
          Nothing
        </button>
        <button type="button" class="main" onClick={done} data-test="mask-done">
          Use it
        </button>
        <button type="button" onClick={() => onDone(null)}>
          Cancel
        </button>
      </div>
    </dialog>
  );
}

/** An address for a file, for as long as it is shown. */
function useObjectUrl(file: Blob | undefined): string | null {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (!file) return;
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return url;
}

interface Brush {
  readonly side: number;
  /** Its width over the side. */
  readonly brush: number;
  readonly erase: boolean;
}

type BrushHandlers = Pick<
  HTMLAttributes<HTMLCanvasElement>,
  'onKeyDown' | 'onPointerDown' | 'onPointerMove' | 'onPointerUp'
>;

/** Painting on a canvas by pointer and by keys. Positions are 0..1 of the side. */
function useBrush(
  paper: RefObject<HTMLCanvasElement | null>,
  { side, brush, erase }: Brush,
): BrushHandlers & { fill(colour: string): void } {
  const last = useRef<{ x: number; y: number } | null>(null);
  const hand = useRef({ x: 0.5, y: 0.5 });
  const pen = (): CanvasRenderingContext2D | null => paper.current?.getContext('2d') ?? null;
  const fill = (colour: string): void => {
    const p = pen();
    if (!p) return;
    p.fillStyle = colour;
    p.fillRect(0, 0, side, side);
  };
  const stroke = (to: { x: number; y: number }): void => {
    const p = pen();
    if (!p) return;
    const from = last.current ?? to;
    p.strokeStyle = erase ? 'black' : 'white';
    p.lineWidth = brush * side;
    p.lineCap = 'round';
    p.beginPath();
    p.moveTo(from.x * side, from.y * side);
    p.lineTo(to.x * side + 0.01, to.y * side);
    p.stroke();
    last.current = to;
  };
  const at = (e: PointerEvent): { x: number; y: number } => {
    const box = paper.current?.getBoundingClientRect();
    return box ? { x: (e.clientX - box.left) / box.width, y: (e.clientY - box.top) / box.height } : { x: 0, y: 0 };
  };
  const key = (e: KeyboardEvent): void => {
    const step = 0.02;
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-step, 0],
      ArrowRight: [step, 0],
      ArrowUp: [0, -step],
      ArrowDown: [0, step],
    };
    const move = moves[e.key];
    if (!move && e.key !== ' ') return;
    e.preventDefault();
    const { x, y } = hand.current;
    hand.current = {
      x: Math.min(1, Math.max(0, x + (move?.[0] ?? 0))),
      y: Math.min(1, Math.max(0, y + (move?.[1] ?? 0))),
    };
    if (e.key === ' ' || e.shiftKey) stroke(hand.current);
    else last.current = null;
  };
  return {
    fill,
    onKeyDown: key,
    onPointerDown: (e) => {
      e.currentTarget.setPointerCapture(e.pointerId);
      last.current = null;
      stroke(at(e));
    },
    onPointerMove: (e) => {
      if (e.buttons > 0) stroke(at(e));
    },
    onPointerUp: () => {
      last.current = null;
    },
  };
}
