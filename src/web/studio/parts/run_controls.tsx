import type { JSX } from 'preact';
import { duration, roughDuration } from '../../../app/eta';
import type { Kept } from '../keep';
import type { WorkerClient } from '../protocol';
import { type State, shareOf } from '../state';
import { MAIN } from '../use_focus';
import { Icon } from './icons';

interface Props {
  readonly state: State;
  readonly worker: WorkerClient;
  /** The result in the view; null: the run itself. */
  readonly shown: Kept | null;
  /** What still lacks, in words. */
  readonly missing: readonly string[];
  /** What was changed since what is shown was begun: it is for the next run. */
  readonly next: readonly string[];
  readonly canSave: boolean;
  /** Variations to come after this run. */
  readonly more: number;
  onStart(): void;
  onVary(): void;
  onSave(): void;
  /** Of somebody who wants a material: its archive, once there is a picture. */
  readonly onMaterial: (() => void) | undefined;
  readonly canMake: boolean;
  onExport(): void;
}

/** Run, pause and save; how far it is. */
export function RunControls(props: Props): JSX.Element {
  const { state, shown, missing, next, more, canSave, onStart, onVary, onSave, onMaterial, canMake, onExport } = props;
  const { main, anew } = deedsOf(props);
  const begun = state.run === 'running' || state.run === 'paused';
  return (
    <div class="run">
      <div class="row">
        {/* One button: it keeps the focus, whatever it does next. */}
        <button
          type="button"
          id={MAIN}
          class="main"
          aria-disabled={main.deed === null}
          data-test="main"
          onClick={() => main.deed?.()}
        >
          {main.word}
        </button>
        {anew && (
          <button type="button" onClick={onStart} aria-disabled={missing.length > 0}>
            Start anew
          </button>
        )}
        {!begun && main.deed && (
          <button type="button" onClick={onVary} title="Four seeds, one after another (V)" data-test="vary">
            4 variations
          </button>
        )}
      </div>
      {(begun || state.run === 'done') && (
        <progress aria-label="Share of the work done" max={1} value={shareOf(state)} />
      )}
      <p class="status" role="status" data-test="status">
        {statusOf(state, shown, missing)}
      </p>
      {state.run === 'running' && state.left?.seconds !== undefined && (
        <p class="time" aria-hidden="true">
          About {roughDuration(state.left.seconds)} left
        </p>
      )}
      {begun && more > 0 && <p class="quiet">Then {more} more of other seeds.</p>}
      {next.length > 0 && (
        <p class="note" data-test="next">
          For the next run: {next.join(', ')}.{begun && missing.length > 0 && ` It needs: ${missing.join(', ')}.`}
        </p>
      )}
      <div class="row save">
        {onMaterial ? (
          <button type="button" onClick={onMaterial} disabled={!canMake && !state.making} data-test="material">
            <Icon name="material" />
            {state.making ? 'Making the maps' : 'Material (.zip)'}
          </button>
        ) : (
          <button type="button" onClick={onSave} disabled={!canSave}>
            <Icon name="save" />
            Download PNG
          </button>
        )}
        <button type="button" onClick={onExport} title="Other formats, the recipe (E)" data-test="export">
          <Icon name="export" />
          Export
        </button>
      </div>
    </div>
  );
}

/** What the run that is shown has to say besides. */
export const Notes = ({ warnings }: Pick<State, 'warnings'>): JSX.Element => (
  <ul class="notices" aria-label="Notes">
    {warnings.map((text) => (
      <li key={text}>{text}</li>
    ))}
  </ul>
);

/** What the main button does now, and whether there is something to begin again. */
export function deedsOf({ state, worker, missing, onStart }: Pick<Props, 'state' | 'worker' | 'missing' | 'onStart'>): {
  readonly main: { readonly word: string; readonly deed: (() => void) | null };
  readonly anew: boolean;
} {
  if (state.run === 'running') {
    const deed = (): void => worker.send({ type: 'pause' });
    return { main: state.starting ? { word: 'Preparing', deed: null } : { word: 'Pause', deed }, anew: false };
  }
  if (state.run === 'paused' || state.run === 'failed')
    return { main: { word: 'Go on', deed: () => worker.send({ type: 'resume' }) }, anew: missing.length === 0 };
  const can = state.adapter !== null && missing.length === 0;
  return { main: { word: state.run === 'done' ? 'Run again' : 'Run', deed: can ? onStart : null }, anew: false };
}

export const MAKING = 'Making the maps of the material';

/** For people, and for screen readers: it changes at tenths, not at steps. */
function statusOf(state: State, shown: Kept | null, missing: readonly string[]): string {
  const { said, progress: p } = state;
  const result = shown ?? state.result;
  const needed = missing.length > 0 ? `Needed: ${missing.join(', ')}.` : '';
  if (state.making) return needed ? `${MAKING}. ${needed}` : MAKING;
  if (state.noGpu) return 'Nothing can be run here: this page needs WebGPU.';
  if (state.run === 'failed') return 'Stopped by an error. Nothing is lost: go on from the last snapshot.';
  if (state.starting) return 'Preparing';
  if (p && (state.run === 'running' || state.run === 'paused')) {
    const tenth = Math.floor(shareOf(state) * 10) * 10;
    const what = [`part ${p.stage + 1} of ${p.stages}`, `${p.width} x ${p.height}`, tenth > 0 && `${tenth} % done`];
    return `${state.run === 'paused' ? 'Paused' : 'Running'}: ${what.filter(Boolean).join(', ')}`;
  }
  const seams = result?.seamless == null ? '' : ` Seamless: ${result.seamless ? 'yes' : 'no, a join shows'}.`;
  const done = shown || state.run === 'done' ? `Done${result ? ` in ${duration(result.seconds)}` : ''}.${seams}` : '';
  return [done, said && `${said}.`, needed].filter(Boolean).join(' ') || 'Ready.';
}
