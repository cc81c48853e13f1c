// Runs every bench, one after another, and writes what they found to bench/results/<adapter>.json.
//   npm run bench -- [--quick] [--out <file>] [part of a bench's name ...]
// --quick is for CI: half a minute, to see that the benches work; its figures are rough and written only with --out.
// A part of the benches is written only with --out as well: bench/results has whole runs.
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { versions } from '../src/cli/open_device';
import { fileName, text } from './report';

/** What the benches are called with; those not listed here get `--json`, and `--quick` in quick runs. */
const ARGUMENTS: Readonly<Record<string, { full: string[]; quick: string[] }>> = {
  argsort: { full: [], quick: ['16x1024'] },
  conv2d: { full: [], quick: ['conv1_2'] },
  gram: { full: [], quick: ['512'] },
};

type Row = Readonly<Record<string, unknown>>;

/** Rows are the lines of JSON; what else a bench says is shown. */
async function bench(file: string, args: readonly string[]): Promise<{ rows: Row[]; code: number }> {
  const running = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const rows: Row[] = [];
  const out = createInterface({ input: running.stdout });
  out.on('line', (line) => {
    if (line.startsWith('{')) rows.push(JSON.parse(line) as Row);
    else console.log(line);
  });
  // Tables that a bench prints to stderr are results here. Dawn's own warnings of limits say nothing.
  const err = createInterface({ input: running.stderr });
  err.on('line', (line) => {
    if (!/^Warning: max\w+ artificially reduced/.test(line)) console.log(line);
  });
  const code = await new Promise<number>((resolve, reject) => {
    running.once('error', reject);
    running.once('close', (c) => resolve(c ?? 1));
  });
  return { rows, code };
}

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, out: { type: 'string' } },
  allowPositionals: true,
});
const here = import.meta.dirname ?? 'build/bench';
const names = readdirSync(here)
  .filter((f) => f.endsWith('.bench.js'))
  .map((f) => f.replace('.bench.js', ''))
  .filter((name) => positionals.length === 0 || positionals.some((p) => name.includes(p)))
  .sort();
const before = loadavg();
const began = performance.now();
const rows: Record<string, Row[]> = {};
const seconds: Record<string, number> = {};
const failed: string[] = [];
for (const name of names) {
  const start = performance.now();
  const usual = { full: ['--json'], quick: ['--json', '--quick'] };
  const args = (ARGUMENTS[name] ?? usual)[values.quick ? 'quick' : 'full'];
  const result = await bench(join(here, `${name}.bench.js`), args);
  if (result.code !== 0 || result.rows.length === 0) failed.push(name);
  rows[name] = result.rows;
  seconds[name] = Number(((performance.now() - start) / 1000).toFixed(1));
}
const adapters = new Set(Object.values(rows).flatMap((r) => r.map(({ adapter }) => String(adapter))));
const [adapter = 'none'] = adapters;
if (adapters.size > 1) failed.push(`one adapter for all benches (there were ${[...adapters].join(' and ')})`);
console.log(`\n${((performance.now() - began) / 1000).toFixed(0)} s in all`);
if (failed.length > 0) {
  console.error(`failed: ${failed.join(', ')}`);
  process.exit(1);
}
const whole = !values.quick && positionals.length === 0;
const file = values.out ?? (whole ? join('bench', 'results', `${fileName(adapter)}.json`) : null);
if (file !== null) {
  const [cpu] = cpus();
  const head = {
    adapter,
    machine: `${cpu?.model.trim() ?? 'unknown processor'}, ${cpus().length} threads`,
    versions: versions(),
    command: ['npm run bench', ...process.argv.slice(2)].join(' ').replace('bench ', 'bench -- '),
    date: new Date().toISOString(),
    // Averages over 1, 5 and 15 minutes: above 1 before the run, others were using the machine.
    load: { before, after: loadavg() },
    seconds,
  };
  // What is the same in every row is said once, at the top.
  const short = Object.entries(rows).map(([name, list]) => [
    name,
    list.map(({ adapter: _, bench: __, ...rest }) => rest),
  ]);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text({ ...head, rows: Object.fromEntries(short) }));
  console.log(`written to ${file}`);
}
