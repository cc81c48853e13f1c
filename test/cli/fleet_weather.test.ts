// A fleet in bad weather: a clock that is wrong, and a queue that answers late.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { long } from '../support/all';
import { runner } from '../support/cli_run';
import { NO_REDIS, smallRecipe } from '../support/fleet';
import { heldStore } from '../support/held_store';
import { lineTo } from '../support/line';
import { needs } from '../support/needs';
import { hasRedis, startRedis } from '../support/redis';
import { until } from '../support/until';

const folder = mkdtempSync(join(tmpdir(), 'toroid-weather-'));
const test = suite('fleet, in bad weather');
const { start, toroid } = runner(folder);
test.after(() => rmSync(folder, { recursive: true }));

const JOBS = 6;
const SWEEP = ['job.json', '--over', `seed=1..${JOBS}`];
const names = Array.from({ length: JOBS }, (_, k) => `${k + 1}-seed=${k + 1}.png`);
/** Has this process, and what it forks, read another time. */
const wrongBy = (minutes: number): NodeJS.ProcessEnv => ({
  NODE_OPTIONS: `--require ${resolve('test/support/wrong_clock.cjs')}`,
  TEST_CLOCK_MINUTES: `${minutes}`,
});

interface Taken {
  readonly id: string;
  readonly pid: number;
  /** By the clock of the one who took it. */
  readonly at: number;
}

/** Each time that a job was taken. */
function takenJobs(url: string): Taken[] {
  const ask = (...args: string[]): string[] =>
    execFileSync('redis-cli', ['-u', url, ...args], { encoding: 'utf8' }).split('\n');
  return ask('--scan', '--pattern', 'toroid:jobs:*:logs').flatMap((key) => {
    const id = key.split(':')[2] ?? '';
    const lines = id === '' ? [] : ask('lrange', key, '0', '-1').filter((line) => / taken by /.test(line));
    return lines.map((line) => ({
      id,
      pid: Number(/ (\d+), /.exec(line)?.[1]),
      at: Date.parse(line.split(' ')[0] ?? ''),
    }));
  });
}

interface Weather {
  /** Of each worker: its clock, minutes too late, and the delay of its queue's answers. */
  readonly workers: readonly { readonly minutes: number; readonly delay: number }[];
}

/**
 * Two workers at once, one after the other killed with a job under way. Every job is done once, but for that which was
 * under way: it may be done again, to the same bytes.
 */
function queued(name: string, { workers }: Weather): void {
  needs(
    long(test),
    hasRedis,
    NO_REDIS,
  )(name, async () => {
    const [redis, store] = [await startRedis(), await heldStore()];
    try {
      smallRecipe(folder, 'job.json', 400);
      const env = { ...store.env, TOROID_QUEUE: redis.url };
      const submitted = await toroid(['fleet', 'submit', ...SWEEP], env);
      assert.is(submitted.code, 0, submitted.err);
      const alone = await toroid(['sweep', ...SWEEP, '--store', 'alone', '-o', 'alone']);
      assert.is(alone.code, 0, alone.err);
      const lines = await Promise.all(workers.map(({ delay }) => lineTo(redis.url, delay)));
      const work = ['work', '--drain', '--every', '0.05s', '--lock', '4s'];
      // Neither is done with its first job before the other has one.
      const held = workers.map(() => store.hold('PUT results/'));
      const begun = workers.map(({ minutes }, k) =>
        start(work, { ...env, ...wrongBy(minutes), TOROID_QUEUE: lines[k]?.url }),
      );
      const [first] = begun;
      await until(() => {
        const taken = takenJobs(redis.url);
        const [its, other = []] = begun.map(({ child }) => taken.filter(({ pid }) => pid === child.pid));
        return other.length > 0 && its?.some(({ id }) => store.objects.has(`checkpoints/${id}`)) === true;
      }, 'both have a job, and the first a checkpoint of its own');
      first?.child.kill('SIGKILL');
      await first?.ended;
      for (const { release } of held) release();
      const last = start(work, { ...env, ...wrongBy(workers[0]?.minutes ?? 0), TOROID_QUEUE: lines[0]?.url });
      for (const { ended } of [...begun.slice(1), last]) {
        const { code, err } = await ended;
        assert.is(code, 0, err);
        assert.not.match(err, /FAILED|tried again/);
      }
      const { count } = JSON.parse((await toroid(['fleet', 'status', submitted.out.trim(), '--json'], env)).out) as {
        count: Record<string, number>;
      };
      assert.is(count.done, JOBS, JSON.stringify(count));
      assert.is((await toroid(['fleet', 'pull', submitted.out.trim(), '-o', 'got'], env)).code, 0);
      for (const file of names) {
        assert.equal(readFileSync(join(folder, 'got', file)), readFileSync(join(folder, 'alone', file)), file);
      }
      const results = store.asked.filter((line) => line.startsWith('PUT results/'));
      const again = results.length - new Set(results).size;
      assert.is(new Set(results).size, JOBS, 'no job has two pictures');
      assert.ok(again <= 2, `${again} jobs were done again`);
      const wrong = workers.some(({ minutes }) => minutes !== 0);
      const times = takenJobs(redis.url).map(({ at }) => at);
      const spread = (Math.max(...times) - Math.min(...times)) / 60_000;
      assert.ok(times.length >= JOBS && spread > 8 === wrong, `both had jobs, ${spread} minutes apart by their clocks`);
      for (const line of lines) await line.close();
    } finally {
      await redis.stop();
      await store.close();
    }
  });
}

const good = { minutes: 0, delay: 0 };
queued('a worker whose clock is ten minutes slow, and one whose clock is right', {
  workers: [{ minutes: -10, delay: 0 }, good],
});
queued('a worker whose clock is ten minutes fast, and one whose clock is right', {
  workers: [{ minutes: 10, delay: 0 }, good],
});
queued('a queue whose every answer takes 300 ms', {
  workers: [
    { minutes: 0, delay: 300 },
    { minutes: 0, delay: 300 },
  ],
});

test.run();
