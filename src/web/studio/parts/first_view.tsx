import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { type Given, seenOf } from '../given';
import { Icon } from './icons';
import { useObjectUrl } from './mask';

interface Props {
  /** What is asked for, in words; null: all is there. */
  readonly wanted: string | null;
  /** The first picture there is. */
  readonly given: Given | undefined;
  onFiles(files: readonly File[]): void;
  onSample(name: string): void;
  /** Nothing but a mask is asked for, which is painted; null: otherwise. */
  readonly onPaint: (() => void) | null;
}

/** Pictures that come with the page (build.mjs copies them), in the order of their thumbnails in samples.webp. */
export const SAMPLES = ['pebbles', 'brick', 'grass', 'wood', 'knit', 'lichen', 'scales', 'terrazzo'] as const;

/** Before there is a picture: where to put one, and some to try. */
export function FirstView({ wanted, given, onFiles, onSample, onPaint }: Props): JSX.Element {
  const url = useObjectUrl(given && seenOf(given));
  const chooser = useRef<HTMLInputElement>(null);
  if (given && (wanted === null || onPaint)) {
    return (
      <div class="first">
        {url && <img class="given" src={url} alt={given.name} data-test="given" />}
        {onPaint && (
          <button type="button" class="main" onClick={onPaint} data-test="paint">
            <Icon name="style" />
            Paint the {wanted}
          </button>
        )}
      </div>
    );
  }
  const article = wanted?.endsWith('s') ? '' : 'a ';
  return (
    <div class="first">
      <button type="button" class="field" onClick={() => chooser.current?.click()} data-test="choose">
        <Icon name="picture" />
        <strong>
          Choose {article}
          {wanted}
        </strong>
        <span>or drop or paste it anywhere on this page. It stays on your machine.</span>
      </button>
      <input
        ref={chooser}
        type="file"
        hidden
        multiple
        data-test="file-any"
        onChange={(e) => {
          onFiles([...(e.currentTarget.files ?? [])]);
          e.currentTarget.value = '';
        }}
      />
      <p>Or try one of these</p>
      <ul class="samples">
        {SAMPLES.map((name, k) => (
          <li key={name}>
            <button
              type="button"
              aria-label={`Try ${name}`}
              title={name}
              data-test={`sample-${name}`}
              style={{ '--at': k }}
              onClick={() => onSample(name)}
            />
          </li>
        ))}
      </ul>
    </div>
  );
}
