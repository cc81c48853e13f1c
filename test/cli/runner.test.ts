// The runner of these tests: what must not pass in silence.
import { fork, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Report } from '../run_file';

const test = suite('runner');
const folder = mkdtempSync(join(tmpdir(), 'toroid-runner-'));
test.after(() => rmSync(folder, { recursive: true }));

const built = (module: string): string => fileURLToPath(new URL(`../${module}`, import.meta.url));

/** What a file tells the runner before it ends, if anything. */
function told(text: string): Promise<{ code: number | null; report: Partial<Report> | null }> {
  const file = join(folder, 'some.mjs');
  writeFileSync(file, text);
  const child = fork(built('run_file.js'), [file], { silent: true });
  let report: Partial<Report> | null = null;
  child.on('message', (message) => {
    report = message as Report;
  });
  return new Promise((done) => child.on('exit', (code) => done({ code, report })));
}

test('a part of a name that matches no file', () => {
  const { status, stderr } = spawnSync(process.execPath, [built('run.js'), 'optim', 'no_such_file'], {
    encoding: 'utf8',
  });
  assert.is(status, 1);
  assert.match(stderr, /no test file has no_such_file in its name/);
});

test('a file that throws or ends early tells nothing, one without tests that it has none', async () => {
  assert.equal(await told('throw new Error("on the way");'), { code: 1, report: null });
  assert.equal(await told('process.exit(0);'), { code: 0, report: null });
  const { report } = await told('');
  assert.equal([report?.passed, report?.failed, report?.skipped], [0, 0, 0]);
});

test.run();
