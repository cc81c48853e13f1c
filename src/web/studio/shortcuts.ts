import { useEffect, useRef } from 'preact/hooks';

/** What keys do, for the sheet under "?". */
export const SHORTCUTS: readonly (readonly [keys: string, deed: string])[] = [
  ['Space', 'run, pause, go on'],
  ['R', 'run anew'],
  ['V', 'four variations'],
  ['D', 'another seed'],
  ['S', 'download the picture'],
  ['E', 'export'],
  ['Ctrl Z', 'undo: back to the last moment'],
  ['Ctrl Y', 'redo, until the run goes on; Ctrl Shift Z too'],
  ['1 to 6', 'flat, on a plane, a sphere, a cube, a cylinder, a cloth'],
  ['F', 'fit'],
  ['P', 'pixel for pixel'],
  ['H', 'joins in the middle'],
  ['C', 'compare with the picture it was made from'],
  ['+ - 0, arrows', 'zoom and move, on the picture'],
  ['Shift arrows', 'move the light, on a body; dragging with Shift too'],
  ['?', 'this sheet'],
];

/** Keys that a control needs itself stay its own. */
const takesKeys = (target: EventTarget | null, key: string): boolean => {
  if (!(target instanceof HTMLElement)) return false;
  if (target.matches('textarea, select, input:not([type=range], [type=radio], [type=checkbox])')) return true;
  return key === ' ' && target.matches('button, input, summary, a');
};

/** Calls deeds by their keys, wherever the focus is, but where somebody types; those of the page not while a dialog is open. */
export function useShortcuts(deeds: Readonly<Record<string, () => void>>, ofDialog = false): void {
  const latest = useRef(deeds);
  latest.current = deeds;
  useEffect(() => {
    const press = (e: KeyboardEvent): void => {
      if (e.defaultPrevented || e.altKey || takesKeys(e.target, e.key)) return;
      if (ofDialog !== (document.querySelector('dialog[open]') !== null)) return;
      const ctrl = e.ctrlKey || e.metaKey;
      const held = `${ctrl ? 'ctrl-' : ''}${ctrl && e.shiftKey ? 'shift-' : ''}`;
      const key = `${held}${e.key.length === 1 ? e.key.toLowerCase() : e.key}`;
      const deed = latest.current[key];
      if (!deed) return;
      e.preventDefault();
      deed();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);
}
