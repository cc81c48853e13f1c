import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';

/** Of the button that is always there. */
export const MAIN = 'main-button';

/** A dialog that is open as long as it is there; the focus goes back to where it was before. */
export function useModal(): RefObject<HTMLDialogElement | null> {
  const dialog = useRef<HTMLDialogElement>(null);
  // As layout: it is closed while it is still in the page, or nothing would get the focus back.
  useLayoutEffect(() => {
    const { current } = dialog;
    current?.showModal();
    return () => current?.close();
  }, []);
  return dialog;
}

/** Where what had the focus is gone after a rendering, the main button, of a dialog or of the page, gets it: whoever has keys alone would be at the top again. */
export function useKeptFocus(): void {
  const last = useRef<EventTarget | null>(null);
  useEffect(() => {
    const came = (e: FocusEvent): void => {
      last.current = e.target;
    };
    document.addEventListener('focusin', came);
    return () => document.removeEventListener('focusin', came);
  }, []);
  useEffect(() => {
    if (!(last.current instanceof Node) || last.current.isConnected || document.activeElement !== document.body) return;
    const main = document.querySelector<HTMLElement>('dialog[open] .main') ?? document.getElementById(MAIN);
    main?.focus({ preventScroll: true });
  });
}
