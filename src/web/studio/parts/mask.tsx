import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Pair } from '../pose';
import type { Tile } from '../settings';
import { useModal } from '../use_focus';
import { Slider } from './slider';
import { UndoButtons } from './undo_buttons';
import { useBrush } from './use_brush';

interface Props {
  /** Of the canvas: the mask is painted at its proportions. */
  readonly size: Pair;
  readonly tile: Tile;
  /** Shown below, to paint after. */
  readonly under: Blob | undefined;
  /** The mask there is. */
  readonly from: Blob | undefined;
  /** The mask as PNG, white where it was painted; null: never mind. */
  onDone(file: File | null): void;
}

/** Longest side of what is painted: a mask is resized to the canvas, so more would be lost. */
const MOST = 1024;

/** A mask painted by hand: white on black. Keys: arrows move the brush, space paints. */
export function MaskPainter({ size, tile, under, from, onDone }: Props): JSX.Element {
  const dialog = useModal();
  const paper = useRef<HTMLCanvasElement>(null);
  const [brush, setBrush] = useState(0.12);
  const [soft, setSoft] = useState(0);
  const [erase, setErase] = useState(false);
  const factor = Math.min(1, MOST / Math.max(...size));
  const [width, height] = [Math.max(1, Math.round(size[0] * factor)), Math.max(1, Math.round(size[1] * factor))];
  const { fill, invert, undoing, load, ring, ...handlers } = useBrush(paper, {
    width,
    height,
    tile,
    brush,
    soft,
    erase,
  });
  const url = useObjectUrl(under);

  // As layout: before anybody can paint.
  useLayoutEffect(() => void load(from), []);
  const done = (): void => {
    paper.current?.toBlob(
      (blob) => onDone(blob && new File([blob], 'painted mask.png', { type: 'image/png' })),
      'image/png',
    );
  };
  return (
    <dialog
      ref={dialog}
      class="painter"
      aria-label="Paint a mask"
      style={{ '--aspect': width / height }}
      onCancel={() => onDone(null)}
    >
      <div class="paper" style={{ aspectRatio: `${width} / ${height}` }}>
        {url && <img src={url} alt="" />}
        <canvas
          ref={paper}
          width={width}
          height={height}
          tabIndex={0}
          role="img"
          aria-label="Mask: white is worked on. Arrows move the brush, with shift they paint, space makes a dot."
          data-test="paper"
          {...handlers}
        />
        <span
          class="brush"
          aria-hidden="true"
          style={{
            left: `${100 * ring[0]}%`,
            top: `${100 * ring[1]}%`,
            width: `${(100 * brush * Math.min(width, height)) / width}%`,
          }}
        />
      </div>
      <div class="row">
        <Slider
          label="Brush"
          text={`${Math.round(100 * brush)} %`}
          min={0.01}
          max={0.5}
          step={0.01}
          value={brush}
          test="brush"
          onInput={setBrush}
        />
        <Slider
          label="Soft edge"
          text={`${Math.round(100 * soft)} %`}
          min={0}
          max={1}
          step={0.05}
          value={soft}
          test="soft"
          onInput={setSoft}
        />
        <label class="check">
          <input type="checkbox" checked={erase} onChange={(e) => setErase(e.currentTarget.checked)} />
          Erase
        </label>
      </div>
      <div class="row">
        <UndoButtons {...undoing} />
        <button type="button" onClick={() => fill('white')}>
          Fill
        </button>
        <button type="button" onClick={() => fill('black')}>
          Clear
        </button>
        <button type="button" onClick={invert}>
          Invert
        </button>
        <span class="spring" />
        <button type="button" onClick={() => onDone(null)}>
          Cancel
        </button>
        <button type="button" class="main" onClick={done} data-test="mask-done">
          Use it
        </button>
      </div>
      {tile !== 'none' && <p class="quiet">A stroke over an edge that tiles comes in again at the opposite one.</p>}
    </dialog>
  );
}

/** An address for a file, for as long as it is shown. */
export function useObjectUrl(file: Blob | undefined): string | null {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (!file) return setUrl(null);
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return url;
}
