// Runs the test files in processes, two more at a time than there are processors, because some wait; ends with one line to
// read. A name part that matches no file, a file without tests, a crash, a hang and a skip without a
// reason are failures.
//   node build/test/run.js [--long] [--skips most] [part of a file name ...]
// --long takes the files that do more under TOROID_TEST_ALL=1 (`npm run test:all`); --skips fails where more tests than
// that are skipped.
import { fork } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { facts, findAdapter } from '../src/gpu/open.node';
import { ensureAdapter } from '../src/gpu/swiftshader.node';
import type { Report } from './run_file';
import { ALL } from './support/all';

/** What takes longest comes first, each in a process of its own, so that nothing long is left for one process alone. */
const LONGEST: readonly string[] = [
  'web/studio_page',
  'engine/ops_3',
  'engine/ops_1',
  'engine/ops_2',
  'web/api',
  'web/kit',
  'web/element',
  'engine/ops_4',
  'web/pack',
  'web/examples_pages',
  'cli/cli',
  'recipes/gallery',
  'cli/sweep',
  'cli/heights',
  'copy/seal',
];
/** The others share processes, so many of a folder each: what they load and compile for one device is a sixth of their work. */
const TOGETHER = 6;
/** A file that says nothing for so long hangs. */
const SILENCE_MINUTES = 15;

const NOTHING: Omit<Report, 'file'> = { passed: 0, failed: 0, skipped: 0, reasons: [], seconds: 0 };

interface Outcome extends Report {
  /** What is wrong with the file as a whole. */
  readonly fault: string | null;
}

const options = { long: { type: 'boolean' }, skips: { type: 'string' } } as const;
const { values, positionals: parts } = parseArgs({ options, allowPositionals: true });
const files = chosen(parts);

// Node reads these anew in every process, a tenth of a second where they are all of a system's; tests speak to no stranger.
delete process.env.NODE_EXTRA_CA_CERTS;
const elsewhere = await ensureAdapter(async () => (await findAdapter()) !== null);
if (elsewhere !== null) process.exit(elsewhere);
const found = await findAdapter();
const waiting = jobs(files);
const workers = Math.min(waiting.length, Number(process.env.TOROID_TEST_WORKERS ?? availableParallelism() + 2));
const on = found ? facts(found.adapter).description : 'no adapter: every test of the GPU will fail';
console.log(`${ALL ? 'all tests' : 'tests'}, ${files.length} files, ${workers} at a time, on ${on}`);

const running = new Set<() => void>();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    console.log(`stopped by ${signal}`);
    process.exit(130);
  });
}
process.on('exit', () => {
  for (const stop of running) stop();
});

const outcomes: Outcome[] = [];
await Promise.all(Array.from({ length: workers }, worker));
process.exit(summary(outcomes));

/** The files to run, by name. */
function chosen(names: readonly string[]): string[] {
  const folder = import.meta.dirname ?? 'build/test';
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((f) => f.endsWith('.test.js') && (!values.long || doesMore(readFileSync(join(folder, f), 'utf8'))))
    .sort();
  for (const name of names) {
    if (!all.some((f) => f.includes(name))) {
      console.error(`no test file has ${name} in its name`);
      process.exit(1);
    }
  }
  const gone = values.long ? undefined : LONGEST.find((name) => !all.includes(`${name}.test.js`));
  if (gone !== undefined) {
    console.error(`LONGEST of test/run.ts names ${gone}, and there is no such file`);
    process.exit(1);
  }
  return all.filter((f) => names.length === 0 || names.some((n) => f.includes(n)));
}

/** Whether a bundled file imports `ALL` or `long`. */
function doesMore(text: string): boolean {
  return /^import \{[^}]*\b(ALL|long)\b[^}]*\} from/m.test(text);
}

/** The files of each process. */
function jobs(all: readonly string[]): (readonly string[])[] {
  const alone = LONGEST.map((name) => `${name}.test.js`).filter((f) => all.includes(f));
  const others = all.filter((f) => !alone.includes(f));
  const shared = [...new Set(others.map(dirname))].flatMap((folder) => {
    const own = others.filter((f) => dirname(f) === folder);
    return own.flatMap((_, k) => (k % TOGETHER === 0 ? [own.slice(k, k + TOGETHER)] : []));
  });
  return [...alone.map((f) => [f]), ...shared];
}

async function worker(): Promise<void> {
  for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
    const { output, outcomes: found } = await runFiles(job);
    outcomes.push(...found);
    if (files.length > 1) process.stdout.write(output.replace(/\n {2}Total:(.*\n)*? {2}Duration:.*\n/g, ''));
    for (const o of found) {
      for (const [lacking, names] of byReason(o.reasons)) console.log(`  skipped, ${lacking}: ${names.join('; ')}`);
      if (o.fault) console.log(`  FAIL ${o.file}: ${o.fault}`);
      const counts = `${o.passed} passed, ${o.failed} failed, ${o.skipped} skipped`;
      console.log(`  ${o.file}: ${counts} in ${o.seconds.toFixed(1)} s of processor`);
    }
    console.log('');
  }
}

/** The names of skipped tests, by what is lacking. */
function byReason(reasons: Report['reasons']): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const { name, lacking } of reasons) names.set(lacking, [...(names.get(lacking) ?? []), name]);
  return names;
}

/** Runs the files of one process; all that it has started is ended with it, or when it hangs. */
function runFiles(job: readonly string[]): Promise<{ output: string; outcomes: Outcome[] }> {
  const child = fork(new URL('run_file.js', import.meta.url), job, { silent: true, detached: true });
  let output = '';
  const reports: Report[] = [];
  let hangs = false;
  const stop = (): void => {
    try {
      process.kill(-(child.pid as number), 'SIGKILL');
    } catch {
      // there is nobody left
    }
  };
  running.add(stop);
  const bite = (): void => {
    hangs = true;
    stop();
  };
  let watchdog = setTimeout(bite, 60_000 * SILENCE_MINUTES);
  const hear = (piece: Buffer): void => {
    clearTimeout(watchdog);
    watchdog = setTimeout(bite, 60_000 * SILENCE_MINUTES);
    if (files.length === 1) process.stdout.write(piece);
    else output += piece.toString();
  };
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  child.on('message', (message) => {
    reports.push(message as Report);
  });
  return new Promise((done) => {
    child.once('exit', (code, signal) => {
      clearTimeout(watchdog);
      stop(); // what the tests have started and left
      running.delete(stop);
      const ended = signal ? `ended by ${signal}` : `ended with code ${code}`;
      const unlike = code !== (reports.some((r) => r.failed > 0) ? 1 : 0);
      const outcomes = job.map((file, k): Outcome => {
        const report = reports[k];
        if (report) return { ...report, fault: faultOf(report, unlike && k === job.length - 1 ? ended : null) };
        const broke = hangs
          ? `said nothing for ${SILENCE_MINUTES} minutes and was ended`
          : `${ended} before its tests were over`;
        return { ...NOTHING, file, fault: k === reports.length ? broke : 'did not run after that' };
      });
      // The last of the output may come after the exit.
      setImmediate(() => done({ output, outcomes }));
    });
  });
}

function faultOf({ passed, failed, skipped, reasons }: Report, ended: string | null): string | null {
  if (passed + failed + skipped === 0) return 'registered no test: is test.run() missing?';
  if (reasons.length !== skipped)
    return `${skipped} skipped for ${reasons.length} reasons: use needs() of support/needs`;
  return ended;
}

/** Prints what came of it all, and returns the exit code. */
function summary(all: readonly Outcome[]): number {
  const sum = (key: 'passed' | 'failed' | 'skipped' | 'seconds'): number => all.reduce((n, o) => n + o[key], 0);
  const faults = all.filter((o) => o.fault !== null);
  const failed = sum('failed') + faults.filter((o) => o.failed === 0).length;
  const skipped = sum('skipped');
  const broken = all.filter((o) => o.fault !== null || o.failed > 0);
  if (all.length > 1) {
    const slowest = [...all].sort((a, b) => b.seconds - a.seconds).slice(0, 12);
    const named = slowest.map((o) => `${o.file.replace('.test.js', '')} ${o.seconds.toFixed(0)}`);
    console.log(`seconds of processor: ${sum('seconds').toFixed(0)}, of them ${named.join(', ')}`);
  }
  for (const o of broken) console.log(`failed: ${o.file}${o.fault ? `: ${o.fault}` : ''}`);
  const most = values.skips === undefined ? Number.POSITIVE_INFINITY : Number(values.skips);
  const tooMany = !(skipped <= most);
  if (tooMany) console.log(`failed: ${skipped} tests are skipped, more than the ${values.skips} that are allowed`);
  console.log(`${sum('passed')} passed, ${failed} failed, ${skipped} skipped`);
  return failed > 0 || tooMany || sum('passed') === 0 ? 1 : 0;
}
