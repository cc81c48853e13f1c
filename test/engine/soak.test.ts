// A few jobs of bench/soak.mjs, which does hundreds (in `npm run test:all`): what piles up with each shows in fifteen, too.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { long } from '../support/all';
import { DIST } from '../support/web/pages';

const test = suite('soak');
const run = promisify(execFile);

for (const [which, jobs] of [
  ['one', '15'],
  ['each', '6'],
] as const) {
  long(test)(`${jobs} jobs, ${which === 'one' ? 'on one device' : 'a device each'}: nothing piles up`, async () => {
    const args = ['--expose-gc', 'bench/soak.mjs', jobs, which, DIST];
    const env = { ...process.env, TOROID_TUNE: 'off' };
    const { stdout } = await run(process.execPath, args, { env }).catch((e: { stdout: string; stderr: string }) => e);
    const line = stdout.split('\n').find((l) => l.startsWith('{'));
    assert.ok(line, stdout);
    const { grown, buffers } = JSON.parse(line) as { grown: string[]; buffers: number };
    assert.equal(grown, []);
    assert.is(buffers, 0);
  });
}

test.run();
