// How benches report. stdout has a table for people; with --json it has one JSON object per row as well, which
// bench/run.ts collects.
export const quick = process.argv.includes('--quick');
const json = process.argv.includes('--json');

/** A row for the results file. */
export function row(values: Readonly<Record<string, unknown>>): void {
  if (json) console.log(JSON.stringify(values));
}

/** First column to the left, the others to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, c) => Math.max(...all.map((r) => (r[c] ?? '').length)));
  return all
    .map((r) => r.map((cell, c) => (c === 0 ? cell.padEnd(widths[c] ?? 0) : cell.padStart(widths[c] ?? 0))).join('  '))
    .join('\n');
}

export const percent = (share: number): string => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;

/** `llvmpipe-llvm-15-0-6-256-bits- (software: no GPU)` becomes `llvmpipe-llvm-15-0-6-256-bits`. */
export const fileName = (adapter: string): string =>
  adapter
    .replace(/\(.*/, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');

/** JSON of results, a line to a row: differences of committed files stay readable. */
export function text(results: object): string {
  const rounded = (_: string, v: unknown): unknown =>
    typeof v === 'number' && !Number.isInteger(v) ? Number(v.toPrecision(4)) : v;
  return `${JSON.stringify(results, rounded, 2).replace(/\n {8,}(?=\S)|\n {6}(?=[}\]])/g, ' ')}\n`;
}
