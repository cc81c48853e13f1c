// Runs test files, one after another in this process, and tells run.ts what came of each.
import { readFileSync } from 'node:fs';
import { release } from './support/device';
import { skipped as reasons } from './support/needs';

/** What became of the tests of a file. */
export interface Report {
  readonly file: string;
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
let code = 0;
for (const file of process.argv.slice(2)) {
  const report = await run(file);
  if (report.failed > 0) code = 1;
  await new Promise((sent) => (process.send ? process.send(report, sent) : sent(null)));
}
await release();
process.exit(code);

async function run(file: string): Promise<Report> {
  const [before, told] = [processorSeconds(), reasons.length];
  let [passed, failed, skipped] = [0, 0, 0];
  const group: Group = [file];
  uvuGlobals.UVU_QUEUE[0] = group;
  await import(new URL(file, import.meta.url).href);
  group.forEach((test, k) => {
    if (typeof test === 'string') return;
    group[k] = async () => {
      const result = await test();
      passed += result[1];
      skipped += result[2];
      failed += result[3] - result[1];
      return result;
    };
  });
  await uvu.exec();
  const seconds = processorSeconds() - before;
  return { file, passed, failed, skipped, reasons: reasons.slice(told), seconds };
}

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
