import { existsSync, readdirSync } from 'node:fs';
import type { OpSpec } from '../../src/shaders/op';
import { testOp } from './kit';
import { testOpInF16 } from './kit_f16';

/** Folders of src/shaders with a spec.ts: there is no list to forget. TOROID_OP=sort takes one of them. */
export const opFolders = (): readonly string[] =>
  readdirSync('src/shaders')
    .filter((f) => existsSync(`src/shaders/${f}/spec.ts`) && [undefined, '', f].includes(process.env.TOROID_OP))
    .sort();

export async function testOps(): Promise<void> {
  for (const f of opFolders()) {
    const module = (await import(`../../src/shaders/${f}/spec.ts`)) as { spec?: OpSpec; specs?: OpSpec[] };
    for (const spec of module.specs ?? (module.spec ? [module.spec] : [])) {
      const t0 = process.cpuUsage();
      await testOp(spec);
      await testOpInF16(spec);
      const d = process.cpuUsage(t0);
      console.log('SETUP', spec.op.name, Math.round((d.user + d.system) / 1000));
    }
  }
}
