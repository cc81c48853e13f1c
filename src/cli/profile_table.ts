import { percent, rate, shortMs } from '../app/charts/svg';
import { bytesText } from '../base/errors';
import { variantText } from '../gpu/tune';
import type { DiffRow, ProfileDiff } from '../graph/profile_diff';
import { type Bound, headline, type Pace, type ProfileReport } from '../graph/profile_report';

/** Rows shown unless all are asked for. */
export const TOP = 20;

export const boundNames: Readonly<Record<Bound, string>> = { compute: 'compute', memory: 'memory', launch: 'launch' };

/** The rates of a launch that computes nothing, or next to nothing, are no figures. */
export const paceCells = (p: Pace): string[] => [
  shortMs(p.ms),
  percent(p.share),
  p.flops > 0 ? rate(p.gflops) : '-',
  rate(p.gbPerSecond),
  percent(p.ofRoof),
  boundNames[p.bound],
];

export const PACE_HEAD = ['ms', 'share', 'GFLOP/s', 'GB/s', 'of roof', 'bound'] as const;

/** Slowest first. */
export function profileText(report: ProfileReport, all: boolean): string {
  const { subject, totals, roof, kernels, clock, runs } = report;
  const rows = report.rows.toSorted((a, b) => b.ms - a.ms);
  const shown = all ? rows : rows.slice(0, TOP);
  const rest = rows.slice(shown.length);
  const lines = [
    `${subject.name}, stage ${subject.stage} (${subject.stageName}) of 0 to ${subject.stages - 1}, ${subject.width}x${subject.height}, ${subject.scalar}`,
    `${report.adapter.name}: roof ${rate(roof.gflops)} GFLOP/s, ${rate(roof.gbPerSecond)} GB/s; an empty pass takes ${shortMs(roof.passMs)} ms`,
    `Medians of ${runs} runs, ${clock === 'wall' ? 'by the clock (rough)' : 'by timestamps'}`,
    '',
    textTable(
      ['kernel', 'launches', ...PACE_HEAD],
      kernels.map((k) => [k.kernel, `${k.launches}`, ...paceCells(k)]),
      ['kernel', 'bound'],
    ),
    '',
    textTable(
      ['op', 'kernel', 'variant', 'grid', ...PACE_HEAD],
      shown.map((r) => [r.label, r.kernel, variantText(r.variant), r.grid.join('x'), ...paceCells(r)]),
      ['op', 'kernel', 'variant', 'grid', 'bound'],
    ),
  ];
  if (rest.length > 0) {
    const ms = rest.reduce((n, r) => n + r.ms, 0);
    lines.push(`... and ${rest.length} more launches, ${shortMs(ms)} ms together (--all shows them)`);
  }
  lines.push('', ...totalLines(report), '', headline(report));
  if (kernels.some((k) => k.ofRoof > 1)) lines.push('More than 100 % of the roof: the data stayed in caches.');
  return `${lines.join('\n')}\n`;

  function totalLines({ rows: { length } }: ProfileReport): string[] {
    const { ms, wallMs, gpuMs, hostMs, outside, memory } = totals;
    const gaps =
      gpuMs === null || outside === null
        ? ''
        : `: ${shortMs(gpuMs)} ms in GPU passes, ${percent(Math.max(0, outside))} outside them`;
    return [
      `Total: ${shortMs(ms)} ms in ${length} launches, each in a pass of its own; ${bytesText(memory)} of memory`,
      `Queued as in a run: ${shortMs(wallMs)} ms on the clock${gaps}; the host takes ${shortMs(hostMs)} ms to submit it`,
    ];
  }
}

export function diffText(diff: ProfileDiff, all: boolean): string {
  const shown = all ? diff.rows : diff.rows.slice(0, TOP);
  const cell = (ms: number | null): string => (ms === null ? '-' : shortMs(ms));
  const times = (ratio: number | null): string => (ratio === null ? '-' : `${ratio.toPrecision(3)}x`);
  const named = (now: string, old?: string): string => (old === undefined ? now : `${old} -> ${now}`);
  const row = (r: DiffRow): string[] => [
    named(r.label, r.oldLabel),
    named(r.kernel, r.oldKernel),
    cell(r.before),
    cell(r.after),
    r.before === null ? 'new' : r.after === null ? 'gone' : times(r.ratio),
  ];
  const { total, wall, memory, notes, rows } = diff;
  const lines = [
    ...notes.map((n) => `note: ${n}`),
    textTable(
      ['op', 'kernel', 'ms before', 'after', 'ratio'],
      [
        ...shown.map(row),
        ['all launches', '', shortMs(total.before), shortMs(total.after), times(total.ratio)],
        ['on the clock', '', shortMs(wall.before), shortMs(wall.after), times(wall.ratio)],
      ],
      ['op', 'kernel'],
    ),
  ];
  if (rows.length > shown.length) lines.push(`... and ${rows.length - shown.length} more launches (--all shows them)`);
  lines.push(`Memory: ${bytesText(memory.before)} before, ${bytesText(memory.after)} after`);
  return `${lines.join('\n')}\n`;
}

/** Columns as wide as what is in them; those named in `left` begin at the left, the others are numbers. */
function textTable(head: readonly string[], rows: readonly (readonly string[])[], left: readonly string[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, c) => Math.max(...all.map((r) => (r[c] ?? '').length)));
  const pad = (text: string, c: number): string =>
    left.includes(head[c] ?? '') ? text.padEnd(widths[c] ?? 0) : text.padStart(widths[c] ?? 0);
  return all.map((r) => r.map(pad).join('  ').trimEnd()).join('\n');
}
