import { existsSync, readdirSync } from 'node:fs';
import type { OpSpec } from '../../src/shaders/op';
import { testOp } from '../support/kit';

// Every folder of src/shaders with a spec.ts is tested. There is no list to forget.
// TOROID_OP=sort tests one folder.
const only = process.env.TOROID_OP;
for (const name of readdirSync('src/shaders').sort()) {
  if (!existsSync(`src/shaders/${name}/spec.ts`) || (only && only !== name)) continue;
  const module = (await import(`../../src/shaders/${name}/spec.ts`)) as { spec?: OpSpec; specs?: OpSpec[] };
  for (const spec of module.specs ?? (module.spec ? [module.spec] : [])) await testOp(spec);
}
