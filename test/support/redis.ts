// A Redis of the test's own, on a port and in a folder of its own.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const installed = (name: string): boolean => {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
};

export const hasS3rver = installed('s3rver');
/** Whether tests of the queue can run here. */
export const hasRedis =
  installed('bullmq') && installed('ioredis') && spawnSync('redis-server', ['--version']).status === 0;

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** What a queue is kept in. */
export interface QueueServer {
  readonly url: string;
  /** Ends it as asked, and starts it again on what it has kept. */
  restart(signal: NodeJS.Signals): Promise<void>;
  stop(): Promise<void>;
}

export async function startRedis(...settings: readonly string[]): Promise<QueueServer> {
  const folder = mkdtempSync(join(tmpdir(), 'toroid-redis-'));
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--appendonly', 'yes', '--save', ''];
  let server: ChildProcess;
  const start = async (): Promise<void> => {
    server = spawn('redis-server', [...args, ...settings], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    for await (const piece of server.stdout ?? []) {
      said += piece;
      if (said.includes('Ready to accept connections')) break;
    }
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    server.kill(signal);
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    restart: async (signal) => {
      await end(signal);
      await start();
    },
    stop: async () => {
      await end('SIGKILL');
      rmSync(folder, { recursive: true });
    },
  };
}
