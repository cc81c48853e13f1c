import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { fullSize } from '../../../recipes/plan_stages';
import type { Recipe } from '../../../recipes/recipe';
import { changesOf, type Given, seenOf } from '../given';
import type { Pair } from '../pose';
import { inputWords } from '../presets';
import { Icon } from './icons';
import { MaskPainter, useObjectUrl } from './mask';
import { PrepareDialog } from './prepare_dialog';

interface Props {
  readonly recipe: Recipe;
  readonly needs: readonly string[];
  readonly masks: readonly string[];
  readonly inputs: Readonly<Record<string, Given>>;
  onFiles(files: readonly File[], name: string): void;
  /** A picture that was made ready here. */
  onGiven(given: Given, name: string): void;
  /** The mask that is being painted. */
  readonly painting: string | null;
  onPaint(name: string | null): void;
}

/** One place to drop or choose a picture for each input of the recipe. */
export function Inputs({ recipe, needs, masks, inputs, painting, onFiles, onGiven, onPaint }: Props): JSX.Element {
  const [preparing, prepare] = useState<string | null>(null);
  const prepared = preparing === null ? undefined : inputs[preparing];
  const shown = recipe.content ?? needs.find((name) => !masks.includes(name));
  const under = shown === undefined ? undefined : inputs[shown];
  const content = useSize(recipe.content === undefined || !under ? undefined : seenOf(under));
  return (
    <div class="inputs">
      {needs.map((name) => (
        <Place
          key={name}
          name={name}
          {...inputWords(recipe, name)}
          given={inputs[name]}
          onFiles={(files) => onFiles(files, name)}
          {...(masks.includes(name) ? { onPaint: () => onPaint(name) } : { onPrepare: () => prepare(name) })}
        />
      ))}
      {preparing !== null && prepared && (
        <PrepareDialog
          given={prepared}
          onDone={(given) => {
            prepare(null);
            if (given && given !== prepared) onGiven(given, preparing);
          }}
        />
      )}
      {painting !== null && content !== undefined && (
        <MaskPainter
          size={fullSize(recipe, content)}
          tile={recipe.tile}
          under={under && seenOf(under)}
          from={inputs[painting]?.file}
          onDone={(file) => {
            onPaint(null);
            if (file) onFiles([file], painting);
          }}
        />
      )}
    </div>
  );
}

/** Of a picture; undefined until it is known, null where there is none to know. */
function useSize(file: Blob | undefined): Pair | null | undefined {
  const [size, setSize] = useState<Pair | null | undefined>(undefined);
  useEffect(() => {
    if (!file) return setSize(null);
    setSize(undefined);
    let gone = false;
    createImageBitmap(file).then(
      (bitmap) => {
        if (!gone) setSize([bitmap.width, bitmap.height]);
        bitmap.close();
      },
      () => gone || setSize(null), // a TIFF: the browser cannot show it
    );
    return () => {
      gone = true;
    };
  }, [file]);
  return size;
}

interface PlaceProps {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly given: Given | undefined;
  onFiles(files: readonly File[]): void;
  onPaint?(): void;
  onPrepare?(): void;
}

function Place({ name, title, about, given, onFiles, onPaint, onPrepare }: PlaceProps): JSX.Element {
  const [over, setOver] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);
  const url = useObjectUrl(given && seenOf(given));
  const choose = (): void => chooser.current?.click();
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
        const files = [...(e.dataTransfer?.files ?? [])];
        setOver(false);
        if (files.length === 0) return; // an address: the page says so
        e.preventDefault();
        onFiles(files);
      }}
    >
      <button type="button" class="thumb" onClick={choose}>
        {url ? <img src={url} alt={`${title}: ${given?.name ?? ''}`} /> : <Icon name="plus" />}
        <span class="hidden">{given ? `Replace the ${title}` : `Choose the ${title}`}</span>
      </button>
      <div>
        <p class="title">{title}</p>
        <p class="quiet">{given ? [given.name, ...changesOf(given)].join(', ') : about}</p>
        {onPaint && (
          <button type="button" onClick={onPaint}>
            Paint
            <span class="hidden"> the {title}</span>
          </button>
        )}
        {onPrepare && given && (
          <button type="button" onClick={onPrepare} data-test={`prepare-${name}`}>
            <Icon name="crop" />
            Prepare
            <span class="hidden"> the {title}</span>
          </button>
        )}
        <input
          ref={chooser}
          type="file"
          hidden
          accept="image/*,.tif,.tiff,.exr,.hdr,.pfm,.npy,.json,.yaml,.yml,.zip"
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
