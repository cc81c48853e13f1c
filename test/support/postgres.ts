// A PostgreSQL of the test's own, on a port and in a folder of its own. It refuses to be run by root: then by its own user.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, installed, type QueueServer } from './redis';

const ROOT = '/usr/lib/postgresql';
const bin = existsSync(ROOT) ? `${ROOT}/${readdirSync(ROOT).sort().at(-1)}/bin` : '';
const idOf = (flag: string): number => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
const user = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {};

/** Whether tests of that queue can run here. */
export const hasPostgres =
  installed('bullmq') && installed('pg') && bin !== '' && user.uid !== 0 && !Number.isNaN(user.uid ?? 1);

export async function startPostgres(): Promise<QueueServer> {
  const folder = mkdtempSync(join(tmpdir(), 'toroid-postgres-'));
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  execFileSync(join(bin, 'initdb'), ['-D', data, '-A', 'trust', '-U', 'toroid'], { ...user, stdio: 'pipe' });
  const port = await freePort();
  let server: ChildProcess;
  const start = async (): Promise<void> => {
    const args = ['-D', data, '-p', `${port}`, '-k', folder, '-c', 'listen_addresses=127.0.0.1'];
    server = spawn(join(bin, 'postgres'), args, { ...user, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    await new Promise<void>((done, fail) => {
      server.stderr?.on('data', (piece) => {
        said = `${said}${piece}`.slice(-2000);
        if (/ready to accept connections/.test(said)) done();
      });
      server.once('exit', () => fail(new Error(said)));
    });
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    server.kill(signal);
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
  };
  await start();
  return {
    url: `postgres://toroid@127.0.0.1:${port}/postgres`,
    restart: async (signal) => {
      await end(signal);
      await start();
    },
    stop: async () => {
      await end('SIGINT'); // ends without waiting for clients
      rmSync(folder, { recursive: true });
    },
  };
}
