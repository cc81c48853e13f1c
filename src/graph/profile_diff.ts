// What changed from one profile to another. Runs in browsers too.
import { checkValues, returnedBy } from '../base/known_options';
import type { LaunchReport, ProfileReport } from './profile_report';

export interface DiffRow {
  readonly label: string;
  readonly op: string;
  readonly kernel: string;
  /** What it was before, where that differs. */
  readonly oldLabel?: string;
  readonly oldKernel?: string;
  /** Milliseconds; null where it is not launched. */
  readonly before: number | null;
  readonly after: number | null;
  /** after / before */
  readonly ratio: number | null;
}

export interface ProfileDiff {
  readonly format: 'toroid profile diff';
  readonly version: 1;
  /** Reasons to doubt the comparison: other adapters, sizes, recipes. */
  readonly notes: readonly string[];
  /** The largest change first. */
  readonly rows: readonly DiffRow[];
  /** Of all launches. */
  readonly total: Change;
  /** One of many runs on the clock. */
  readonly wall: Change;
  readonly memory: Change;
}

export interface Change {
  readonly before: number;
  readonly after: number;
  readonly ratio: number | null;
}

/** From the closest likeness to the loosest: numbers of nodes shift when a graph changes, and ops change kernels. */
const LIKENESS: readonly ((r: LaunchReport) => string)[] = [
  (r) => [r.label, r.kernel, r.flops, r.bytes].join(),
  (r) => [r.op, r.kernel, r.flops, r.bytes].join(),
  (r) => [r.label, r.kernel].join(),
  (r) => [r.op, r.kernel].join(),
  (r) => [r.op, r.flops].join(),
];

/** Matches launches of two profiles, each at most once, in the order of a run where several are alike. */
export function diffOf(before: ProfileReport, after: ProfileReport): ProfileDiff {
  const report = returnedBy('profileStage', 'rows');
  checkValues('diffOf', { before, after }, { before: report, after: report });
  const old = new Set(before.rows);
  const fresh = new Set(after.rows);
  const pairs: [LaunchReport | null, LaunchReport | null][] = [];
  for (const key of LIKENESS) {
    const waiting = new Map<string, LaunchReport[]>();
    for (const r of old) waiting.set(key(r), [...(waiting.get(key(r)) ?? []), r]);
    for (const r of fresh) {
      const match = waiting.get(key(r))?.shift();
      if (!match) continue;
      old.delete(match);
      fresh.delete(r);
      pairs.push([match, r]);
    }
  }
  for (const r of old) pairs.push([r, null]);
  for (const r of fresh) pairs.push([null, r]);
  const rows = pairs.flatMap(([a, b]) => diffRow(a, b));
  const change = (r: DiffRow): number => Math.abs((r.after ?? 0) - (r.before ?? 0));
  rows.sort((a, b) => change(b) - change(a));
  return {
    format: 'toroid profile diff',
    version: 1,
    notes: notesOf(before, after),
    rows,
    total: changeOf(before.totals.ms, after.totals.ms),
    wall: changeOf(before.totals.wallMs, after.totals.wallMs),
    memory: changeOf(before.totals.memory, after.totals.memory),
  };
}

function diffRow(a: LaunchReport | null, b: LaunchReport | null): DiffRow[] {
  const one = b ?? a;
  if (!one) return [];
  const { label, op, kernel } = one;
  return [
    {
      label,
      op,
      kernel,
      ...(a && a.label !== label && { oldLabel: a.label }),
      ...(a && a.kernel !== kernel && { oldKernel: a.kernel }),
      before: a?.ms ?? null,
      after: b?.ms ?? null,
      ratio: a && b ? ratio(a.ms, b.ms) : null,
    },
  ];
}

const ratio = (before: number, after: number): number | null => (before > 0 ? after / before : null);
const changeOf = (before: number, after: number): Change => ({ before, after, ratio: ratio(before, after) });

function notesOf(a: ProfileReport, b: ProfileReport): string[] {
  const notes: string[] = [];
  const compare = (what: string, before: string, after: string): void => {
    if (before !== after) notes.push(`${what}: ${before} before, ${after} after`);
  };
  compare('adapter', a.adapter.name, b.adapter.name);
  compare('recipe', a.subject.name, b.subject.name);
  compare('size', `${a.subject.width}x${a.subject.height}`, `${b.subject.width}x${b.subject.height}`);
  compare('storage', a.subject.scalar, b.subject.scalar);
  compare('timed by', a.clock, b.clock);
  return notes;
}
