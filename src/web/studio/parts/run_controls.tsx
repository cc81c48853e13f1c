import type { JSX } from 'preact';
import { duration } from '../../../app/eta';
import type { RecipeText } from '../../../recipes/recipe';
import { download } from '../../download';
import type { WorkerClient } from '../protocol';
import { type State, shareOf } from '../state';

interface Props {
  readonly state: State;
  readonly recipe: RecipeText;
  readonly worker: WorkerClient;
  /** Inputs that still lack a picture. */
  readonly missing: readonly string[];
  /** What became of the last file dropped. */
  readonly said: string;
  /** What the recipe is called. */
  readonly name: string;
  onStart(): void;
}

/** Under the picture: run, pause and save; how far it is; what it has to say. */
export function RunControls({ state, recipe, worker, missing, said, name, onStart }: Props): JSX.Element {
  const saveRecipe = (): void => {
    const text = `${JSON.stringify(recipe, null, 2)}\n`;
    download(new Blob([text], { type: 'application/json' }), `${recipe.name ?? 'recipe'}.json`);
  };
  return (
    <>
      <div class="go">
        <MainButton {...{ state, worker, missing, onStart }} />
        {(state.run === 'paused' || state.run === 'failed') && (
          <button type="button" onClick={onStart} disabled={missing.length > 0}>
            Start anew
          </button>
        )}
        <button type="button" onClick={() => worker.send({ type: 'save' })} disabled={!state.size}>
          Download PNG
        </button>
        <button type="button" onClick={saveRecipe}>
          Download recipe
        </button>
      </div>
      <progress aria-label="Share of the work done" max={1} value={shareOf(state)} />
      {state.run === 'running' && state.left?.seconds !== undefined && (
        <p class="left" aria-hidden="true">
          About {duration(state.left.seconds)} left
        </p>
      )}
      <p class="status" role="status" data-test="status">
        {statusOf(state, missing, said, name)}
      </p>
      {state.warnings.length > 0 && (
        <ul class="notices" aria-label="Notes">
          {state.warnings.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
    </>
  );
}

/** Run, pause or go on: whichever can be done now. */
function MainButton({
  state,
  worker,
  missing,
  onStart,
}: Pick<Props, 'state' | 'worker' | 'missing' | 'onStart'>): JSX.Element {
  if (state.run === 'running') {
    return (
      <button type="button" class="main" onClick={() => worker.send({ type: 'pause' })} disabled={state.starting}>
        {state.starting ? 'Preparing' : 'Pause'}
      </button>
    );
  }
  if (state.run === 'paused' || state.run === 'failed') {
    return (
      <button type="button" class="main" onClick={() => worker.send({ type: 'resume' })}>
        Go on
      </button>
    );
  }
  return (
    <button type="button" class="main" onClick={onStart} disabled={!state.adapter || missing.length > 0}>
      {state.run === 'done' ? 'Run again' : 'Run'}
    </button>
  );
}

/** One line for people, and for screen readers: it changes at tenths, not at steps. */
function statusOf(state: State, missing: readonly string[], said: string, name: string): string {
  if (state.run === 'failed') return 'Stopped by an error. Nothing is lost: go on from the last snapshot.';
  if (state.run === 'done') return 'Done.';
  if (state.starting) return `Preparing ${name}`;
  const p = state.progress;
  if (p && (state.run === 'running' || state.run === 'paused')) {
    const tenth = Math.floor(shareOf(state) * 10) * 10;
    const what = `stage ${p.stage + 1} of ${p.stages}, ${p.width} x ${p.height}, ${tenth} % done`;
    return state.run === 'paused' ? `Paused: ${what}` : `Running: ${what}`;
  }
  if (missing.length > 0) return `${said ? `${said}. ` : ''}Needed: ${missing.join(', ')}.`;
  return said || 'Ready.';
}
