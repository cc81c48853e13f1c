import type { JSX } from 'preact';
import { SHORTCUTS } from '../shortcuts';
import type { State } from '../state';
import { useModal } from '../use_focus';
import { Icon } from './icons';

/** The name of the page, and what it runs on. */
export function Header({ adapter, noGpu, onHelp }: Pick<State, 'adapter' | 'noGpu'> & { onHelp(): void }): JSX.Element {
  const words = adapter ? `${adapter.software ? 'No GPU, so this is slow: ' : ''}${adapter.name}` : 'Opening WebGPU';
  return (
    <header>
      <h1>
        toroid <span>studio</span>
      </h1>
      <p class="quiet" data-test="adapter">
        {noGpu ? 'No GPU for this page' : words}
      </p>
      <button
        type="button"
        class="square"
        aria-label="Keyboard shortcuts"
        title="Keyboard shortcuts (?)"
        onClick={onHelp}
      >
        <Icon name="help" />
      </button>
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

/** What keys do. */
export function ShortcutSheet({ onClose }: { onClose(): void }): JSX.Element {
  const dialog = useModal();
  return (
    <dialog ref={dialog} class="sheet" aria-labelledby="shortcuts" onClose={onClose}>
      <h2 id="shortcuts">Keyboard shortcuts</h2>
      <dl>
        {SHORTCUTS.map(([keys, deed]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{deed}</dd>
          </div>
        ))}
      </dl>
      <button type="button" onClick={() => dialog.current?.close()}>
        Close
      </button>
    </dialog>
  );
}
