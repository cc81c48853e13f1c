import type { JSX } from 'preact';
import type { State } from '../state';

/** The name of the page, and what it runs on. */
export function Header({ adapter }: Pick<State, 'adapter'>): JSX.Element {
  return (
    <header>
      <h1>
        toroid <span>studio</span>
      </h1>
      <p class="quiet" data-test="adapter">
        {adapter ? `${adapter.name}${adapter.software ? ': no GPU, so this is slow' : ''}` : 'Opening WebGPU'}
      </p>
    </header>
  );
}

/** What went wrong, until it is dismissed. */
export function Fault({ error, onDismiss }: Pick<State, 'error'> & { onDismiss(): void }): JSX.Element | null {
  return (
    error && (
      <div class="fault" role="alert">
        <p>{error.text}</p>
        <button type="button" onClick={onDismiss}>
          Dismiss
        </button>
      </div>
    )
  );
}
