// What a plan will launch, as text that people can read and golden files can pin. Made from the schedule alone: no
// adapter has a say in it, so the same graph gives the same text everywhere.
import { invariant, shapeText } from '../../src/base/errors';
import type { Overrides } from '../../src/gpu/kernel';
import type { Schedule } from '../../src/graph/place';
import type { Cost } from '../../src/graph/plan';
import type { Launch } from '../../src/shaders/op';

/** One launch with the first variant of its kernel, the one that runs on every adapter. */
export interface TableRow {
  /** Without the number of its node: what is appended elsewhere must not change a row. */
  readonly op: string;
  /** Shapes of what it writes. */
  readonly writes: string;
  readonly kernel: string;
  readonly overrides: Overrides;
  readonly grid: string;
  readonly flops: number;
  /** Of all values bound, each counted once. */
  readonly bytes: number;
}

export interface PlanTable {
  /** Launched once, when the plan is compiled. */
  readonly setup: readonly TableRow[];
  /** Launched by every run. */
  readonly run: readonly TableRow[];
  /** As `Plan.cost`, but with the memory of slots as laid out: a pool rounds them up. */
  readonly cost: Cost;
  readonly text: string;
}

export function planTable(title: string, s: Schedule): PlanTable {
  const rows = s.launches.map(({ launch, label, setup }) => ({ setup, row: rowOf(launch, label, s) }));
  const setup = rows.filter((r) => r.setup).map((r) => r.row);
  const run = rows.filter((r) => !r.setup).map((r) => r.row);
  const memory = s.assignment.slots.reduce((a, b) => a + b, 0);
  const cost = { ...sums(run), memory };
  const first = sums(setup);
  const lines = [
    title,
    '',
    `run     ${cost.launches} launches, ${cost.flops} flops, ${cost.bytes} bytes`,
    `once    ${first.launches} launches, ${first.flops} flops, ${first.bytes} bytes`,
    `memory  ${memory} bytes in ${s.assignment.slots.length} slots for ${s.values.length} values`,
    '',
    ...aligned([
      ['op', 'writes', 'kernel', 'overrides', 'grid', 'flops', 'bytes'],
      ...run.map(cells),
      ...(setup.length > 0 ? [['-- once:']] : []),
      ...setup.map(cells),
    ]),
    '',
  ];
  return { setup, run, cost, text: lines.join('\n') };
}

function rowOf(launch: Launch, label: string, s: Schedule): TableRow {
  const { kernel, bind } = launch;
  const values = kernel.variants[0];
  if (!values) throw invariant(`${kernel.name} has no variant`);
  const [x, y = 1, z = 1] = launch.grid(values);
  const written = bind.filter((_, k) => kernel.binds[k] === 'write');
  return {
    op: label.replace(/#.*/, ''),
    writes: written.map((r) => `${shapeText(r.shape)}${r.dtype === 'u32' ? ' u32' : ''}`).join(' '),
    kernel: kernel.name,
    overrides: { ...launch.overrides, ...values },
    grid: `${x}x${y}x${z}`,
    flops: launch.flops ?? 0,
    bytes: [...new Set(bind.map((r) => r.id))].reduce((n, id) => n + s.bytesOf(id), 0),
  };
}

function sums(rows: readonly TableRow[]): { launches: number; bytes: number; flops: number } {
  const total = (of: (r: TableRow) => number): number => rows.reduce((n, r) => n + of(r), 0);
  return { launches: rows.length, bytes: total((r) => r.bytes), flops: total((r) => r.flops) };
}

function cells(r: TableRow): string[] {
  const settings = Object.entries(r.overrides).map(([k, v]) => `${k}=${v}`);
  return [r.op, r.writes, r.kernel, settings.join(' '), r.grid, `${r.flops}`, `${r.bytes}`];
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    if (row.length > 1) for (const [c, cell] of row.entries()) widths[c] = Math.max(widths[c] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row
      .map((cell, c) => cell.padEnd(widths[c] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
