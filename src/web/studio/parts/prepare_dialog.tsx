import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Crop, Given } from '../given';
import type { Pair } from '../pose';
import { between, drawPrepared, LEAST, whole } from '../prepare';
import { inset, turnedRectangle } from '../straighten';
import { useModal } from '../use_focus';
import { usePreparation } from '../use_preparation';
import { Icon } from './icons';
import { CornerHandles, Region } from './region';
import { Retouch } from './retouch';
import { Slider } from './slider';
import { UndoButtons } from './undo_buttons';

interface Props {
  readonly given: Given;
  /** Null: never mind. */
  onDone(given: Given | null): void;
}

/** Pixels of the longer side on the screen: enough to see by. */
const SHOWN = 1024;

/** Cuts a part out of a picture, turns it, straightens it by its corners, and changes its light and its colours. */
export function PrepareDialog({ given, onDone }: Props): JSX.Element {
  const dialog = useModal();
  const paper = useRef<HTMLCanvasElement>(null);
  const preparation = usePreparation(given, onDone);
  const { original, bitmap, how, size, fault, change, setCrop, setAngle, turn, undoing, stepEnds } = preparation;
  const { turns, crop, angle = 0, corners } = how ?? { turns: 0, crop: whole(size) };
  const factor = Math.min(1, SHOWN / Math.max(...size));
  useEffect(() => {
    const pen = paper.current?.getContext('2d');
    if (pen && bitmap) drawPrepared(pen, bitmap, { turns, crop: whole(size) });
  }, [bitmap, turns]);
  const region = corners ?? turnedRectangle(crop, angle, size);
  const handlers = useRectangle(crop, size, setCrop);

  return (
    <dialog
      ref={dialog}
      class="painter"
      aria-label={`Prepare ${original.name}`}
      onCancel={() => onDone(null)}
      onPointerDownCapture={stepEnds}
      onKeyDownCapture={(e) => e.repeat || stepEnds()}
      onChange={stepEnds}
    >
      {fault ? (
        <p role="alert">{fault}</p>
      ) : (
        <div class="paper prepare" style={{ aspectRatio: `${size[0]} / ${size[1]}`, '--aspect': size[0] / size[1] }}>
          <canvas
            ref={paper}
            width={Math.max(1, Math.round(size[0] * factor))}
            height={Math.max(1, Math.round(size[1] * factor))}
            role="img"
            aria-label="The picture. Drag to choose a part; the fields below do the same."
            data-test="prepare"
            {...(corners ? {} : handlers)}
          />
          <Region corners={region} size={size} />
          {corners && <CornerHandles corners={corners} size={size} onMove={(to) => change({ corners: to })} />}
        </div>
      )}
      {corners ? (
        <p class="quiet">
          Drag the corners onto those of something that is a rectangle: it is straightened as it is read, and stays as
          sharp.
        </p>
      ) : (
        <Fields crop={crop} angle={angle} onCrop={setCrop} onAngle={setAngle} />
      )}
      {bitmap && how && <Retouch bitmap={bitmap} how={how} onChange={change} />}
      <div class="row">
        <button type="button" onClick={turn} data-test="turn">
          <Icon name="turn" />
          Turn
        </button>
        <button
          type="button"
          aria-pressed={corners !== undefined}
          onClick={() => change({ corners: corners ? undefined : inset(size) })}
          data-test="corners"
        >
          <Icon name="corners" />
          Four corners
        </button>
        <button type="button" onClick={preparation.asItWas} data-test="as-it-was">
          As it was
        </button>
        <UndoButtons {...undoing} />
        <span class="spring" />
        <button type="button" onClick={() => onDone(null)}>
          Cancel
        </button>
        <button type="button" class="main" aria-disabled={!bitmap} onClick={preparation.done} data-test="prepare-done">
          Use it
        </button>
      </div>
    </dialog>
  );
}

interface FieldsProps {
  readonly crop: Crop;
  readonly angle: number;
  onCrop(to: Crop): void;
  onAngle(to: number): void;
}

/** The part in numbers. */
const Fields = ({ crop, angle, onCrop, onAngle }: FieldsProps): JSX.Element => (
  <>
    <div class="row">
      <Field label="Left" value={crop.x} onChange={(x) => onCrop({ ...crop, x })} />
      <Field label="Top" value={crop.y} onChange={(y) => onCrop({ ...crop, y })} />
      <Field label="Width" value={crop.width} onChange={(width) => onCrop({ ...crop, width })} />
      <Field label="Height" value={crop.height} onChange={(height) => onCrop({ ...crop, height })} />
    </div>
    <Slider
      label="Turned by"
      text={`${angle} degrees`}
      value={angle}
      min={-45}
      max={45}
      step={0.5}
      test="angle"
      onInput={onAngle}
    />
  </>
);

interface FieldProps {
  readonly label: string;
  readonly value: number;
  onChange(value: number): void;
}

const Field = ({ label, value, onChange }: FieldProps): JSX.Element => (
  <label class="grows">
    {label}
    <input
      type="number"
      min={0}
      step={1}
      value={value}
      data-test={`crop-${label.toLowerCase()}`}
      onChange={(e) => onChange(Number(e.currentTarget.value) || 0)}
    />
  </label>
);

interface Handlers {
  onPointerDown(e: PointerEvent & { readonly currentTarget: HTMLCanvasElement }): void;
  onPointerMove(e: PointerEvent & { readonly currentTarget: HTMLCanvasElement }): void;
  onPointerUp(): void;
  onPointerCancel(): void;
}

/** Dragging draws a rectangle; one that is less than the whole is moved by dragging inside of it. */
function useRectangle(crop: Crop, size: Pair, setCrop: (to: Crop) => void): Handlers {
  const begun = useRef<{ readonly at: Pair; readonly moved: Crop | null } | null>(null);
  const at = (e: PointerEvent & { readonly currentTarget: HTMLCanvasElement }): Pair => {
    const box = e.currentTarget.getBoundingClientRect();
    const within = (v: number): number => Math.min(1, Math.max(0, v));
    return [within((e.clientX - box.left) / box.width) * size[0], within((e.clientY - box.top) / box.height) * size[1]];
  };
  const end = (): void => {
    begun.current = null;
  };
  return {
    onPointerDown: (e) => {
      e.currentTarget.setPointerCapture(e.pointerId);
      const [x, y] = at(e);
      const part = crop.width < size[0] || crop.height < size[1];
      const inside = x >= crop.x && x < crop.x + crop.width && y >= crop.y && y < crop.y + crop.height;
      begun.current = { at: [x, y], moved: part && inside ? crop : null };
    },
    onPointerMove: (e) => {
      const from = begun.current;
      if (!from) return;
      const to = at(e);
      const { moved } = from;
      if (moved) setCrop({ ...moved, x: moved.x + to[0] - from.at[0], y: moved.y + to[1] - from.at[1] });
      else if (Math.hypot(to[0] - from.at[0], to[1] - from.at[1]) > LEAST / 2) setCrop(between(from.at, to));
    },
    onPointerUp: end,
    onPointerCancel: end,
  };
}
