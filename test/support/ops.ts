import { existsSync, readdirSync } from 'node:fs';
import { suite } from 'uvu';
import type { OpSpec } from '../../src/shaders/op';
import { pipelinesOf, testOp } from './kit';
import { testOpInF16 } from './kit_f16';
import { skip } from './needs';

/** Folders of src/shaders with a spec.ts: there is no list to forget. TOROID_OP=fft takes one of them. */
export const opFolders = (): readonly string[] =>
  readdirSync('src/shaders')
    .filter((f) => existsSync(`src/shaders/${f}/spec.ts`) && [undefined, '', f].includes(process.env.TOROID_OP))
    .sort();

/** The files that share the ops: test/engine/ops_1.test.ts and so on, each a process of its own. */
const SHARES = readdirSync('test/engine').filter((f) => /^ops_\d+\.test\.ts$/.test(f)).length;

/**
 * Tests one share of all ops: those with most to compile are dealt first, each to the share with least.
 * @param whole every variant with every case, which takes half as long again
 */
export async function testOps(share: number, whole: boolean): Promise<void> {
  const specs: OpSpec[] = [];
  for (const f of opFolders()) {
    const module = (await import(`../../src/shaders/${f}/spec.ts`)) as { spec?: OpSpec; specs?: OpSpec[] };
    specs.push(...(module.specs ?? (module.spec ? [module.spec] : [])));
  }
  const shares = Array.from({ length: SHARES }, () => ({ cost: 0, specs: [] as OpSpec[] }));
  const costs = specs.map((spec) => ({ spec, cost: pipelinesOf(spec) })).sort((a, b) => b.cost - a.cost);
  for (const { spec, cost } of costs) {
    const least = shares.reduce((a, b) => (b.cost < a.cost ? b : a));
    least.cost += cost;
    least.specs.push(spec);
  }
  const mine = shares[share - 1]?.specs ?? [];
  for (const spec of mine) {
    await testOp(spec, { fewVariants: !whole });
    await testOpInF16(spec);
  }
  if (mine.length > 0) return;
  const test = suite(`share ${share} of the ops`);
  skip(test, `share ${share} of the ops`, 'fewer ops than shares');
  test.run();
}
