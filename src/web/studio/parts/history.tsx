import type { JSX } from 'preact';
import type { MomentSeen } from '../protocol';
import type { State } from '../state';

interface Props {
  readonly moments: readonly MomentSeen[];
  readonly sizes: State['sizes'];
  onBack(moment: MomentSeen): void;
}

/** Moments to go back to; the latest first. */
export function History({ moments, sizes, onBack }: Props): JSX.Element | null {
  if (moments.length === 0) return null;
  return (
    <div class="history">
      <h2>Undo to</h2>
      <ul>
        {[...moments].reverse().map((m) => (
          <li key={m.id}>
            <button type="button" onClick={() => onBack(m)} data-test="moment">
              step {m.step} at {sizes[m.stage]?.slice(0, 2).join(' x ') ?? `stage ${m.stage + 1}`}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
