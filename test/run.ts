// uvu's own runner, and what it lacks: an adapter on a machine without one, an error for a file that registers no
// test (a forgotten test.run() passes silently otherwise), and one closing line to read.
//   node build/test/run.js [part of a file name ...]
import { readdirSync } from 'node:fs';
import { facts, findAdapter } from '../src/gpu/open.node';
import { ensureAdapter } from '../src/gpu/swiftshader.node';
import { release } from './support/device';

type Group = [string, ...(() => Promise<[string, number, number, number]>)[]];
const uvuGlobals = globalThis as unknown as { UVU_DEFER: number; UVU_QUEUE: Group[]; UVU_INDEX: number };

const elsewhere = await ensureAdapter(async () => (await findAdapter()) !== null);
if (elsewhere !== null) process.exit(elsewhere);
const found = await findAdapter();
console.log(found ? `tests run on ${facts(found.adapter).description}` : 'no adapter: every test of the GPU will fail');

uvuGlobals.UVU_DEFER = 1;
const uvu = await import('uvu');
const only = process.argv.slice(2);
let passed = 0;
let failed = 0;
let skipped = 0;
/** Milliseconds by file. */
const took = new Map<string, number>();
const files = readdirSync(import.meta.dirname ?? 'build/test', { recursive: true, encoding: 'utf8' })
  .filter((f) => f.endsWith('.test.js') && (only.length === 0 || only.some((o) => f.includes(o))))
  .sort();
for (const [i, file] of files.entries()) {
  uvuGlobals.UVU_QUEUE.push([file]);
  uvuGlobals.UVU_INDEX = i;
  await import(new URL(file, import.meta.url).href);
  const group = uvuGlobals.UVU_QUEUE[i];
  if (!group || group.length === 1) {
    console.error(`${file} registered no test: is test.run() missing?`);
    process.exit(1);
  }
  const [, ...runs] = group as [string, ...(() => Promise<[string, number, number, number]>)[]];
  for (const [k, run] of runs.entries()) {
    group[k + 1] = async () => {
      const began = performance.now();
      const result = await run();
      took.set(file, (took.get(file) ?? 0) + performance.now() - began);
      passed += result[1];
      skipped += result[2];
      failed += result[3] - result[1];
      return result;
    };
  }
}
await uvu.exec();
await release();
const slowest = [...took].sort(([, a], [, b]) => b - a).slice(0, 8);
const seconds = (ms: number): string => `${(ms / 1000).toFixed(0)} s`;
if (only.length === 0)
  console.log(`slowest: ${slowest.map(([f, ms]) => `${f.replace('.test.js', '')} ${seconds(ms)}`).join(', ')}`);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed > 0 || passed === 0 ? 1 : process.exitCode);
