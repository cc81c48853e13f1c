import type { ComponentChildren, JSX } from 'preact';
import { EngineError } from '../../../base/errors';
import type { RecipeText } from '../../../recipes/recipe';
import { download } from '../../download';
import type { BitmapView } from '../bitmap_view';
import { encodePicture } from '../encode_picture';
import type { Kept } from '../keep';
import type { Event, WorkerClient } from '../protocol';
import type { Action, State } from '../state';
import { useModal } from '../use_focus';
import type { SessionTools } from '../use_session';
import type { SurfaceTools } from '../use_surface';
import { Icon, type IconName } from './icons';
import { MAKING } from './run_controls';
import { SurfaceChoice, TARGET_WORDS } from './surface_choice';

interface Props {
  readonly state: State;
  /** The result in the view; null: the run itself. */
  readonly shown: Kept | null;
  readonly view: BitmapView;
  readonly recipe: RecipeText;
  readonly worker: WorkerClient;
  readonly surface: SurfaceTools;
  readonly session: SessionTools;
  /** How many there are. */
  readonly results: number;
  dispatch(action: Action | Event): void;
  /** Saves the PNG of 8 bits; null: there is no picture. */
  readonly onSave: (() => void) | null;
  onClose(): void;
}

async function toClipboard(png: Blob | Promise<Blob>): Promise<void> {
  try {
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
  } catch {
    throw new EngineError(
      'PictureError',
      'the picture could not be copied: this browser keeps pages from the clipboard',
      'Allow it for this page, or save the PNG.',
    );
  }
}

/** Everything that the picture and its recipe can be had as. */
export function ExportDialog(props: Props): JSX.Element {
  const { state, shown, view, recipe, worker, surface, session, results, dispatch, onSave, onClose } = props;
  const dialog = useModal();
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
      await toClipboard(shown?.file ?? encodePicture(picture, 'image/png'));
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
      <Group
        title="Picture"
        about={
          picture && state.size
            ? `${state.size.join(' x ')}. PNG carries its recipe, the others do not.`
            : 'There is none yet.'
        }
      >
        <Form icon="save" title="PNG" about="8 bits" onClick={onSave} />
        <Form
          icon="save"
          title="PNG, 16 bits"
          about={exact ? 'As it was computed' : 'Its exact numbers are gone: run it again'}
          onClick={picture && exact ? save16 : null}
        />
        <Form icon="save" title="WebP" about="Small" onClick={encode('image/webp', 'webp')} />
        <Form icon="save" title="JPEG" about="Opens anywhere" onClick={encode('image/jpeg', 'jpg')} />
        <Form icon="copy" title="Copy" about="To the clipboard" onClick={copy} />
      </Group>
      <Group title="Material" about={materialAbout(surface, state.run === 'running')}>
        <SurfaceChoice {...surface} />
        <Form
          icon="material"
          title="Maps (.zip)"
          about={`For ${TARGET_WORDS[surface.target]}`}
          onClick={surface.make && (() => surface.make?.(surface.target))}
        />
        <Form
          icon="material"
          title="Model (.glb)"
          about="A plane, its maps inside"
          onClick={surface.make && (() => surface.make?.('glb'))}
        />
      </Group>
      <Group title="Recipe" about="Settings alone, for this page and for toroid run">
        <Form icon="save" title="JSON" onClick={json} />
        <Form icon="save" title="YAML" onClick={yaml} />
      </Group>
      <Group title="Session" about="Every result, and what it was made from">
        <Form
          icon="sheet"
          title="Contact sheet"
          about={
            results === 0
              ? 'There is no result yet'
              : `${results === 1 ? '1 result' : `${results} results`}, by method and seed`
          }
          onClick={session.saveSheet && trying(session.saveSheet)}
        />
        <Form
          icon="save"
          title="Session (.zip)"
          about="To go on with elsewhere"
          onClick={session.save && trying(session.save)}
        />
      </Group>
      <p class="status" role="status" data-test="exported">
        {state.making ? MAKING : (state.error?.text ?? state.said)}
      </p>
      {state.notes.length > 0 && (
        <ul class="notices" aria-label="What was estimated">
          {state.notes.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
    </dialog>
  );
}

function materialAbout({ surface }: SurfaceTools, running: boolean): string {
  if (running) return 'When the run is over.';
  return surface
    ? 'Colour, height, normal, occlusion, roughness: all of them tile.'
    : 'Of a finished picture: there is none in the view.';
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
