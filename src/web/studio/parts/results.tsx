import type { JSX } from 'preact';
import type { Kept } from '../keep';
import type { SnapshotSeen } from '../protocol';
import { redoOf, type State, undoOf } from '../state';
import { Icon } from './icons';
import { useObjectUrl } from './mask';
import { UndoButtons } from './undo_buttons';

interface MomentsProps {
  readonly state: State;
  readonly thumbs: ReadonlyMap<number, Blob>;
  onGo(snapshot: SnapshotSeen): void;
}

/** Moments of the run to go to, the latest first; those that going back left behind are there until the run goes on. */
export function Moments({ state, thumbs, onGo }: MomentsProps): JSX.Element | null {
  const { snapshots, later, stages, run } = state;
  if (snapshots.length === 0) return null;
  const now = run === 'paused' ? snapshots.at(-1)?.id : undefined;
  const sizeAt = ({ stage }: SnapshotSeen): string => {
    const s = stages[stage];
    return s ? `${s.width} x ${s.height}` : `scale ${stage + 1}`;
  };
  const goTo = (to: SnapshotSeen | undefined): (() => void) | null => (to ? () => onGo(to) : null);
  return (
    <div class="strip">
      <h2>Moments</h2>
      <UndoButtons undo={goTo(undoOf(state))} redo={goTo(redoOf(state))} />
      <ul>
        {[...snapshots, ...later].reverse().map((m) => (
          <li key={m.id} class={later.includes(m) ? 'later' : ''}>
            <button type="button" aria-pressed={m.id === now} onClick={() => onGo(m)} data-test="moment">
              <Thumb file={thumbs.get(m.id)} />
              <span>
                step {m.step} at {sizeAt(m)}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

interface ResultsProps {
  readonly results: readonly Kept[];
  /** The one that is shown. */
  readonly shown: number | null;
  onShow(kept: Kept): void;
  onForget(id: number): void;
}

/** Every picture that was finished; a click shows it and brings its settings back. */
export function Results({ results, shown, onShow, onForget }: ResultsProps): JSX.Element | null {
  if (results.length === 0) return null;
  return (
    <div class="strip" data-test="results">
      <h2>Results</h2>
      <ul>
        {results.map((r) => {
          const about = `${r.own?.name ?? r.settings.preset}, ${r.width} x ${r.height}, seed ${r.settings.seed}`;
          return (
            <li key={r.id}>
              <button type="button" aria-pressed={r.id === shown} title={about} onClick={() => onShow(r)}>
                <Thumb file={r.thumb} />
                <span class="hidden">{about}</span>
              </button>
              <button
                type="button"
                class="forget"
                aria-label={`Forget ${about}`}
                title="Forget"
                onClick={() => onForget(r.id)}
              >
                <Icon name="close" />
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function Thumb({ file }: { readonly file: Blob | undefined }): JSX.Element {
  const url = useObjectUrl(file);
  return url ? <img src={url} alt="" /> : <span class="blank" />;
}
