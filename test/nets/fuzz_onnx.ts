// Mutates ONNX files for as long as you like:
//   npm run fuzz:onnx -- --cases 200000 --seed 7
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { mostBytes, mutated, mutations, originals, type tried } from '../support/onnx_fuzz';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    milliseconds: { type: 'string', default: '250' },
  },
});
const cases = Number(values.cases);
const files = originals();
const sample = mutations(files.length);

// Most files end in an error, and what takes longest about those is where they were thrown.
Error.stackTraceLimit = 4;
let [graphs, errors, number] = [0, 0, 0];
let [slowest, largest] = [0, 0];
const faults = new Map<string, { count: number; text: string }>();
const start = performance.now();
/** What came of a file, and milliseconds of the processor. */
const timed = (bytes: Uint8Array, isTensor: boolean): ReturnType<typeof tried> & { readonly milliseconds: number } => {
  const from = process.cpuUsage();
  const outcome = timed(bytes, isTensor);
  const { user, system } = process.cpuUsage(from);
  return { ...outcome, milliseconds: (user + system) / 1000 };
};
// Samples, not fc.assert: a long run goes on behind what it finds.
for (const { file, changes } of fc.sample(sample, { seed: Number(values.seed), numRuns: cases })) {
  number++;
  const original = files[file];
  if (!original) continue;
  const bytes = mutated(original, changes, files);
  const fault = (what: string, text: string): void => {
    const known = faults.get(what);
    if (known) {
      known.count++;
      return;
    }
    const path = `/tmp/toroid-fuzz-${faults.size}.${original.isTensor ? 'pb' : 'onnx'}`;
    writeFileSync(path, bytes);
    faults.set(what, { count: 1, text: `case ${number}, ${original.name}, kept as ${path}\n${text}` });
    console.log(`${what}: case ${number}, ${original.name}, ${path}`);
  };
  try {
    const outcome = timed(bytes, original.isTensor);
    if (outcome.parsed === 'graph' && (outcome.built === 'graph' || original.isTensor)) graphs++;
    else errors++;
    slowest = Math.max(slowest, outcome.milliseconds);
    largest = Math.max(largest, outcome.bytes);
    if (outcome.milliseconds > Number(values.milliseconds)) {
      const again = timed(bytes, original.isTensor).milliseconds;
      if (again > Number(values.milliseconds)) fault(`slow ${original.name}`, `${again} ms, ${outcome.built}`);
    }
    if (outcome.bytes > mostBytes(bytes.length))
      fault(`large ${original.name}`, `${outcome.bytes} bytes, ${outcome.built}`);
  } catch (error) {
    const { stack = '' } = error as Error;
    const lines = stack.split('\n');
    fault(`${lines[0]?.replace(/\d+/g, 'N')} ${lines.find((l) => l.includes(' at '))?.trim()}`, stack);
  }
}
const seconds = (performance.now() - start) / 1000;
console.log(
  `${number} files in ${seconds.toFixed(1)} s: ${graphs} graphs, ${errors} errors, ${faults.size} kinds of faults; ` +
    `at most ${slowest.toFixed(0)} ms and ${(largest / 2 ** 20).toFixed(0)} MiB`,
);
for (const [what, { count, text }] of faults) console.log(`\n${count} x ${what}\n${text}`);
process.exitCode = faults.size > 0 ? 1 : 0;
