// Runs one test file for run.ts and tells it what came of it.
import { readFileSync } from 'node:fs';
import { release } from './support/device';
import { skipped as reasons } from './support/needs';

/** What became of the tests of a file. */
export interface Report {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** The skipped tests, each with what is lacking. */
  readonly reasons: readonly { readonly name: string; readonly lacking: string }[];
  /** Of processor time, with that of the programs the tests have run. */
  readonly seconds: number;
}

type Run = () => Promise<[errors: string | true, passed: number, skipped: number, total: number]>;
type Group = [string, ...Run[]];
const uvuGlobals = globalThis as unknown as { UVU_DEFER: number; UVU_QUEUE: Group[] };

uvuGlobals.UVU_DEFER = 1;
const uvu = await import('uvu');
const [file = ''] = process.argv.slice(2);
let [passed, failed, skipped] = [0, 0, 0];
uvuGlobals.UVU_QUEUE.push([file]);
await import(new URL(file, import.meta.url).href);
const group = uvuGlobals.UVU_QUEUE[0] as Group;
group.forEach((run, k) => {
  if (typeof run === 'string') return;
  group[k] = async () => {
    const result = await run();
    passed += result[1];
    skipped += result[2];
    failed += result[3] - result[1];
    return result;
  };
});
await uvu.exec();
await release();
const report: Report = { passed, failed, skipped, reasons, seconds: processorSeconds() };
process.send?.(report, () => process.exit(failed > 0 ? 1 : process.exitCode));

function processorSeconds(): number {
  try {
    // utime, stime, cutime, cstime in hundredths: behind the name, which may have spaces in it.
    const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return fields.slice(11, 15).reduce((n, ticks) => n + Number(ticks), 0) / 100;
  } catch {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  }
}
