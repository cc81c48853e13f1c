import type { JSX } from 'preact';

/** Drawn for this page: strokes on a grid of 24. */
const PATHS = {
  grow: 'M3 3h8v8H3z M13 3h8v8h-8z M3 13h8v8H3z M17 13v8 M13 17h8',
  material: 'M12 3a9 9 0 1 0 .01 0z M3.5 14.5c5 2.5 12 2.5 17 0 M12 3c-4 4-4 14 0 18 M8 8.5h.01',
  tile: 'M4 4h16v16H4z M4 12h16 M12 4v16 M8 8l-1.5 0 M16 16h1.5',
  pattern: 'M12 3l4 4.5-4 4.5-4-4.5z M12 12l4 4.5-4 4.5-4-4.5z M4 8v8 M20 8v8',
  lands: 'M4 4h16v16H4z M8 20c0-5 7-5 7-9s-3-3-3-7',
  style: 'M4 20c4 0 3-4 6-5l8-9 2 2-9 8c-1 3-3 4-7 4z',
  dream: 'M18 15.5A7.5 7.5 0 1 1 10 4.5a6 6 0 0 0 8 11z M18 4v4 M16 6h4',
  dice: 'M4 4h16v16H4z M8.5 8.5h.01 M15.5 8.5h.01 M12 12h.01 M8.5 15.5h.01 M15.5 15.5h.01',
  plus: 'M12 5v14 M5 12h14',
  minus: 'M5 12h14',
  fit: 'M4 9V4h5 M15 4h5v5 M20 15v5h-5 M9 20H4v-5',
  seam: 'M4 4h16v16H4z M12 4v16 M4 12h16',
  compare: 'M12 3v18 M4 6h5v12H4 M15 6h5v12h-5',
  save: 'M12 4v11 M7 11l5 5 5-5 M4 20h16',
  export: 'M12 15V4 M7.5 8L12 3.5 16.5 8 M7 11H5v9h14v-9h-2',
  crop: 'M7 2v15h15 M2 7h15v15',
  corners: 'M5 6l14-2 -2 16 -10-3z M5 6h.01 M19 4h.01 M17 20h.01 M7 17h.01',
  turn: 'M19 12a7 7 0 1 1-3-5.7 M16.5 2.5v4h-4',
  copy: 'M8 8h12v12H8z M16 8V4H4v12h4',
  close: 'M6 6l12 12 M18 6L6 18',
  sheet: 'M4 4h7v7H4z M14 4h6v7h-6z M4 14h7v6H4z M14 14h6v6h-6z',
  undo: 'M8 5L4 9l4 4 M4 9h10a5 5 0 0 1 0 10h-3',
  redo: 'M16 5l4 4-4 4 M20 9H10a5 5 0 0 0 0 10h3',
  picture: 'M4 5h16v14H4z M4 16l5-5 4 4 3-3 4 4 M15.5 9h.01',
  help: 'M9 9a3 3 0 1 1 4 3c-1 .5-1 1-1 2 M12 17.5h.01',
} as const;

export type IconName = keyof typeof PATHS;

/** Beside words, or with `aria-label` on its button: it says nothing itself. */
export const Icon = ({ name }: { readonly name: IconName }): JSX.Element => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
    <path d={PATHS[name]} />
  </svg>
);
