import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { RecipeText } from '../../../recipes/recipe';
import { download } from '../../download';
import type { BitmapView } from '../bitmap_view';
import { encodePicture } from '../encode_picture';
import type { Kept } from '../keep';
import type { Event, WorkerClient } from '../protocol';
import type { Action, State } from '../state';
import { Icon, type IconName } from './icons';

interface Props {
  readonly state: State;
  /** The result in the view; null: the run itself. */
  readonly shown: Kept | null;
  readonly view: BitmapView;
  readonly recipe: RecipeText;
  readonly worker: WorkerClient;
  dispatch(action: Action | Event): void;
  /** Saves the PNG of 8 bits; null: there is no picture. */
  readonly onSave: (() => void) | null;
  onClose(): void;
}

/** Everything that the picture and its recipe can be had as. */
export function ExportDialog({ state, shown, view, recipe, worker, dispatch, onSave, onClose }: Props): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const say = (text: string): void => dispatch({ type: 'say', text });
  const save = (file: Blob, name: string): void => {
    download(file, name);
    say(`${name} is saved`);
  };
  const picture = onSave && (shown?.file ?? view.bitmap);
  const stem = shown?.name.replace(/\.png$/, '') ?? recipe.name ?? 'picture';
  /** Of a deed that may fail: by the browser's will, as a rule. */
  const trying = (deed: () => Promise<void>) => (): void =>
    void deed().catch((error: Error) => dispatch({ type: 'error', code: 'PictureError', text: error.message }));

  const encode = (type: 'image/webp' | 'image/jpeg', ending: string): (() => void) | null =>
    picture && trying(async () => save(await encodePicture(picture, type), `${stem}.${ending}`));
  // As a promise: the browser allows it at the moment of the click alone.
  const copy =
    picture &&
    trying(async () => {
      const png = shown?.file ?? encodePicture(picture, 'image/png');
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
      say('The picture is on the clipboard');
    });
  const exact = shown === null || state.exact.includes(shown.id);
  const save16 = (): void => worker.send({ type: 'export16', result: shown });
  const json = (): void =>
    save(new Blob([`${JSON.stringify(recipe, null, 2)}\n`], { type: 'application/json' }), `${recipe.name}.json`);
  const yaml = trying(async () => {
    const { stringify } = await import('yaml');
    save(new Blob([stringify(recipe)], { type: 'application/yaml' }), `${recipe.name}.yaml`);
  });

  return (
    <dialog ref={dialog} class="sheet export" aria-labelledby="export" onClose={onClose}>
      <div class="row">
        <h2 id="export">Export</h2>
        <span class="spring" />
        <button
          type="button"
          class="square plain"
          aria-label="Close"
          title="Close"
          onClick={() => dialog.current?.close()}
        >
          <Icon name="close" />
        </button>
      </div>
      <Group title="Picture" about={picture && state.size ? state.size.join(' x ') : 'There is none yet.'}>
        <Form icon="save" title="PNG" about="8 bits, its recipe inside" onClick={onSave} />
        <Form
          icon="save"
          title="PNG, 16 bits"
          about={exact ? 'As computed, its recipe inside' : 'Its exact numbers are gone: run it again'}
          onClick={picture && exact ? save16 : null}
        />
        <Form icon="save" title="WebP" about="Small; carries no recipe" onClick={encode('image/webp', 'webp')} />
        <Form icon="save" title="JPEG" about="For anything; carries no recipe" onClick={encode('image/jpeg', 'jpg')} />
        <Form icon="copy" title="Copy" about="To the clipboard, without the recipe" onClick={copy} />
      </Group>
      <Group title="Recipe" about="Settings alone, for this page and for toroid run">
        <Form icon="save" title="JSON" onClick={json} />
        <Form icon="save" title="YAML" onClick={yaml} />
      </Group>
      <p class="status" role="status" data-test="exported">
        {state.error?.text ?? state.said}
      </p>
    </dialog>
  );
}

interface GroupProps {
  readonly title: string;
  readonly about: string;
  readonly children: ComponentChildren;
}

const Group = ({ title, about, children }: GroupProps): JSX.Element => (
  <section class="group">
    <h3>{title}</h3>
    <p class="quiet">{about}</p>
    <div class="forms">{children}</div>
  </section>
);

interface FormProps {
  readonly icon: IconName;
  readonly title: string;
  readonly about?: string;
  /** Null: not to be had. */
  readonly onClick: (() => void) | null;
}

/** One thing to take along. */
const Form = ({ icon, title, about, onClick }: FormProps): JSX.Element => (
  <button type="button" class="form" aria-disabled={onClick === null} onClick={() => onClick?.()}>
    <Icon name={icon} />
    <span>
      <strong>{title}</strong>
      {about && <span class="quiet">{about}</span>}
    </span>
  </button>
);
