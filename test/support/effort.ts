// How much work a piece of code does, for tests of work that must not explode: counted, not timed, so neither the machine
// nor what else it does matters.
import { type Profiler, Session } from 'node:inspector';

let session: Session | undefined;

/** What has run since the last call: how often each function and each block of one, added up. */
function counted(): number {
  let sum = 0;
  session?.post('Profiler.takePreciseCoverage', (error, { result }) => {
    if (error) throw error;
    for (const script of result) {
      if (script.url.startsWith('node:')) continue;
      for (const { ranges } of script.functions) for (const r of ranges) sum += r.count;
    }
  });
  return sum;
}

/** Begins to count, which makes code a few times as slow until `stopCounting`. */
export function startCounting(): void {
  session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', {
    callCount: true,
    detailed: true,
  } as Profiler.StartPreciseCoverageParameterType);
  counted();
}

export function stopCounting(): void {
  session?.disconnect();
  session = undefined;
}

/**
 * Steps of JavaScript that `work` takes: runs of functions, of branches and of bodies of loops, the same on every machine.
 * What the engine does within one step (to copy an array, to search a string) counts as one: bounds of memory hold that.
 */
export function stepsOf(work: () => void): number {
  counted();
  work();
  return counted();
}
