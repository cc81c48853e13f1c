import { useReducer, useRef } from 'preact/hooks';
import { useShortcuts } from './shortcuts';

export interface Undoing {
  /** Keeps the state that there is, before it is changed. */
  remember(): void;
  /** Null: there is nothing to undo, or to redo. */
  readonly undo: (() => void) | null;
  readonly redo: (() => void) | null;
}

/**
 * Undo and redo of what a dialog edits, by whole states of it; by keys too.
 * @param now the state that there is; null: none yet
 * @param most states kept
 */
export function useUndo<T>(now: () => T | null, show: (state: T) => void, most: number): Undoing {
  const { past, later } = useRef({ past: [] as T[], later: [] as T[] }).current;
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const keep = (on: T[]): boolean => {
    const state = now();
    if (state !== null) on.push(state);
    return state !== null;
  };
  const step = (from: T[], to: T[]): (() => void) | null => {
    if (from.length === 0) return null;
    return () => {
      const state = from.pop();
      if (state === undefined || !keep(to)) return;
      show(state);
      redraw(0);
    };
  };
  const [undo, redo] = [step(past, later), step(later, past)];
  const again = (): void => redo?.();
  useShortcuts({ 'ctrl-z': () => undo?.(), 'ctrl-y': again, 'ctrl-shift-z': again }, true);
  const remember = (): void => {
    if (!keep(past)) return;
    past.splice(0, past.length - most);
    later.length = 0;
    redraw(0);
  };
  return { remember, undo, redo };
}
