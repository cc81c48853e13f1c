import type { JSX } from 'preact';
import type { SnapshotSeen } from '../protocol';
import type { State } from '../state';

interface Props {
  readonly snapshots: readonly SnapshotSeen[];
  readonly stages: State['stages'];
  onBack(snapshot: SnapshotSeen): void;
}

const placeOf = (s: State['stages'][number] | undefined): string | undefined => s && `${s.width} x ${s.height}`;

/** Snapshots to go back to; the latest first. */
export function History({ snapshots, stages, onBack }: Props): JSX.Element | null {
  if (snapshots.length === 0) return null;
  return (
    <div class="history">
      <h2>Undo to</h2>
      <ul>
        {[...snapshots].reverse().map((m) => (
          <li key={m.id}>
            <button type="button" onClick={() => onBack(m)} data-test="moment">
              step {m.step} at {placeOf(stages[m.stage]) ?? `stage ${m.stage + 1}`}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
