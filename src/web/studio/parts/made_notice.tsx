import type { JSX } from 'preact';
import type { MadePicture } from '../use_pictures';

interface Props {
  readonly made: MadePicture | null;
  onUse(how: 'go on' | 'picture'): void;
}

/** A picture made by toroid has come: its recipe is loaded; what else can be done with it. */
export function MadeNotice({ made, onUse }: Props): JSX.Element | null {
  if (!made) return null;
  const { file, inside } = made;
  const files = Object.entries(inside.files).map(([, path]) => path);
  return (
    <div class="made" data-test="made">
      <p>
        {file.name} was made by toroid, and its recipe is loaded. To make it again give it{' '}
        {files.length > 0 ? files.join(' and ') : 'the same picture'}, and run.
      </p>
      <div class="row">
        {inside.goesOn && (
          <button type="button" onClick={() => onUse('go on')} data-test="go-on-from">
            Go on from it
          </button>
        )}
        <button type="button" onClick={() => onUse('picture')}>
          Use it as a picture
        </button>
      </div>
    </div>
  );
}
