import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Given } from '../protocol';
import { MaskPainter } from './mask';

interface Props {
  readonly needs: readonly string[];
  readonly masks: readonly string[];
  readonly inputs: Readonly<Record<string, Given>>;
  /** Side of the canvas: masks are painted at its proportions. */
  readonly size: number;
  onFiles(files: readonly File[], name: string): void;
}

/** What each input is for, in words. Others are called by their name. */
const ABOUT: Readonly<Record<string, string>> = {
  style: 'Style: what to resemble',
  content: 'Content: what to show',
  mask: 'Mask: white is worked on',
  canvas: 'Canvas: what to start from',
};

/** One place to drop or choose a picture for each input of the recipe. */
export function Inputs({ needs, masks, inputs, size, onFiles }: Props): JSX.Element {
  const [painting, paint] = useState<string | null>(null);
  return (
    <div class="inputs">
      {needs.map((name) => (
        <Place
          key={name}
          name={name}
          given={inputs[name]}
          onFiles={(files) => onFiles(files, name)}
          {...(masks.includes(name) && { onPaint: () => paint(name) })}
        />
      ))}
      {painting !== null && (
        <MaskPainter
          size={size}
          under={Object.entries(inputs).find(([name]) => !masks.includes(name))?.[1].file}
          onDone={(file) => {
            paint(null);
            if (file) onFiles([file], painting);
          }}
        />
      )}
    </div>
  );
}

interface PlaceProps {
  readonly name: string;
  readonly given: Given | undefined;
  onFiles(files: readonly File[]): void;
  onPaint?(): void;
}

function Place({ name, given, onFiles, onPaint }: PlaceProps): JSX.Element {
  const [url, setUrl] = useState<string | null>(null);
  const [over, setOver] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (!given) return setUrl(null);
    const made = URL.createObjectURL(given.file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [given]);
  const about = ABOUT[name] ?? `${name[0]?.toUpperCase()}${name.slice(1)}`;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: drops only; the button inside does the same
    <div
      class={over ? 'place over' : 'place'}
      onDragOver={(e) => {
        e.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(e) => {
        e.preventDefault();
        e.stopPropagation();
        setOver(false);
        onFiles([...(e.dataTransfer?.files ?? [])]);
      }}
    >
      {url && <img src={url} alt={`${name}: ${given?.name ?? ''}`} />}
      <div>
        <p>{about}</p>
        <p class="quiet">{given?.name ?? 'Drop or paste a picture'}</p>
        <p class="row">
          <button type="button" onClick={() => chooser.current?.click()}>
            {given ? 'Replace' : 'Choose'}
            <span class="hidden"> the picture for {name}</span>
          </button>
          {onPaint && (
            <button type="button" onClick={onPaint}>
              Paint
              <span class="hidden"> the mask {name}</span>
            </button>
          )}
        </p>
        <input
          ref={chooser}
          type="file"
          hidden
          accept="image/*"
          data-test={`file-${name}`}
          onChange={(e) => {
            onFiles([...(e.currentTarget.files ?? [])]);
            e.currentTarget.value = '';
          }}
        />
      </div>
    </div>
  );
}
