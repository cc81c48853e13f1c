import { shown } from './errors';

/**
 * The fewest edits that turn `a` into `b`: a letter put in, left out or changed, or two neighbours exchanged (Damerau,
 * "A technique for computer detection and correction of spelling errors", CACM 7(3), 1964; no letter edited twice).
 */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const exchanged = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = exchanged ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, change, swap));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}

/** The known word nearest to a misspelt one, when one is near enough to be meant. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  let best: string | undefined;
  let least = Math.max(1, word.length / 3);
  for (const k of known) {
    const d = distance(lower, k.toLowerCase());
    if (d <= least && (best === undefined || d < least)) {
      best = k;
      least = d;
    }
  }
  return best;
}

/** ` Did you mean ...?`, where a known word is near. */
export function meant(value: unknown, known: readonly unknown[]): string {
  const near = typeof value === 'string' ? didYouMean(value, known.map(String)) : undefined;
  return near === undefined ? '' : ` Did you mean ${near}?`;
}

/** `"lineer" is none of linear, bicubic. Did you mean linear?` */
export const noneOf = (value: unknown, known: readonly unknown[]): string =>
  `${shown(value)} is none of ${known.map(String).join(', ')}.${meant(value, known)}`;
