// What the tests of fleets share: small jobs, and a look at a worker's processes.
import type { ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { needs, type Test } from './needs';
import { hasPostgres, startPostgres } from './postgres';
import { hasRedis, type QueueServer, startRedis } from './redis';
import { until } from './until';

export const NO_REDIS = 'no redis-server (apt-get install redis-server), or no bullmq';
const NO_POSTGRES = 'no PostgreSQL (apt-get install postgresql), no bullmq, or no pg';

const SERVERS = [
  ['Redis', hasRedis, startRedis, NO_REDIS],
  ['PostgreSQL', hasPostgres, startPostgres, NO_POSTGRES],
] as const;

/** Adds tests for each kind of server that a queue is kept in. The first test of a kind starts it, for all. */
export function eachQueue(test: Test) {
  const started = new Map<string, Promise<QueueServer>>();
  return {
    /** @param run gets the kind too, for names that no other test has */
    queued(name: string, run: (server: QueueServer, kind: string) => Promise<void>): void {
      for (const [kind, has, begin, lacking] of SERVERS) {
        needs(
          test,
          has,
          lacking,
        )(`${name}; on ${kind}`, async () => {
          const server = started.get(kind) ?? begin();
          started.set(kind, server);
          await run(await server, kind);
        });
      }
    },
    async stop(): Promise<void> {
      for (const server of started.values()) await (await server).stop();
    },
  };
}

const style = resolve('examples/sand.png');
const mean = { kind: 'mean', layers: ['input'] };

/** Writes a recipe of 32 pixels into `folder`. @returns its name */
export function smallRecipe(folder: string, name: string, steps: number, loss: object = mean): string {
  const stages = [{ steps, losses: [loss] }];
  const value = { size: 32, styles: [{}], scales: { count: 1 }, stages, inputs: { style } };
  writeFileSync(join(folder, name), JSON.stringify(value));
  return name;
}

/** The number of the process that computes for a supervisor, another than the one `before`. */
export async function childOf({ pid }: ChildProcess, before = 0): Promise<number> {
  const command = (of: number | undefined): string => {
    try {
      return readFileSync(`/proc/${of}/cmdline`, 'utf8');
    } catch {
      return ''; // it is gone
    }
  };
  // A child is a copy of its parent at first, which waits for it to become another program: stopped before, it stops both.
  const list = (): number[] =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .map(Number)
      .filter((child) => child !== 0 && child !== before)
      .filter((child) => !['', command(pid)].includes(command(child)));
  await until(() => list().length > 0, 'a child');
  return list()[0] ?? 0;
}
