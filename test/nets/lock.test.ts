import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { lock } from '../../src/node/lock';

const test = suite('lock');
const folder = mkdtempSync(join(tmpdir(), 'toroid-lock-'));
test.after(() => rmSync(folder, { recursive: true }));

test('one of two holds the lock, the other waits; what a dead process left is taken over', async () => {
  const path = join(folder, 'a.lock');
  const release = await lock(path);
  let waited = '';
  let got = false;
  let second: ReturnType<typeof lock> | undefined;
  await new Promise<void>((waits) => {
    const onWait = (who: string): void => {
      waited = who;
      waits();
    };
    second = lock(path, { onWait }).then((r) => {
      got = true;
      return r;
    });
  });
  assert.not.ok(got);
  assert.match(waited, new RegExp(`process ${process.pid} on `));
  release();
  (await second)?.();
  assert.not.ok(existsSync(path));

  const child = spawn(process.execPath, ['-e', '']);
  await new Promise((done) => child.on('close', done));
  const { hostname } = await import('node:os');
  writeFileSync(path, `process ${child.pid} on ${hostname()}`);
  (await lock(path))();
  writeFileSync(path, 'process 1 on another machine');
  const old = new Date(Date.now() - 120_000);
  utimesSync(path, old, old);
  (await lock(path))();
  assert.equal(
    readdirSync(folder).filter((f) => f.includes('.lock')),
    [],
  );
});

test.run();
