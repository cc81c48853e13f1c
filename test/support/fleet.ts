// What the tests of fleets share: small jobs, and a look at a worker's processes.
import type { ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { until } from './until';

export const NO_REDIS = 'no redis-server (apt-get install redis-server), or no bullmq';

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
  const list = (): number[] =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .map(Number)
      .filter((child) => child !== 0 && child !== before);
  await until(() => list().length > 0, 'a child');
  return list()[0] ?? 0;
}
