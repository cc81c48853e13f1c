// Many small jobs while processes are killed and the queue's server is restarted: nothing may be lost, and every byte be as
// of one process that nobody disturbed.
//   node build.mjs cli bench && node build/bench/fleet_chaos.bench.js [jobs] [workers] [seconds between kills] [restarts] [redis|postgres]
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPostgres } from '../test/support/postgres';
import { startRedis } from '../test/support/redis';

const [jobs = 200, workers = 4, pause = 20, restarts = 2] = process.argv.slice(2, 6).map(Number);
const kind = process.argv[6] ?? 'redis';
const folder = mkdtempSync(join(tmpdir(), 'toroid-chaos-'));
const server = await (kind === 'postgres' ? startPostgres() : startRedis());
const env = { ...process.env, TOROID_QUEUE: server.url, TOROID_STORE: join(folder, 'store') };
const bin = resolve('bin/toroid.mjs');
const toroid = (...args: string[]): string =>
  execFileSync(process.execPath, [bin, ...args], { cwd: folder, env, encoding: 'utf8' });
const seconds = (from: number): string => ((performance.now() - from) / 1000).toFixed(1);

/** Random, and the same in each run. */
let state = 1;
const random = (n: number): number => {
  state = (state * 48271) % 2147483647;
  return state % n;
};

const supervisors = new Set<ChildProcess>();
let over = false;
let told = 0;
function startWorker(): void {
  const worker = spawn(process.execPath, [bin, 'work', '--lock', '10s', '--every', '5s', '--attempts', '10'], {
    cwd: folder,
    env,
  });
  supervisors.add(worker);
  worker.stderr.on('data', (text: Buffer) => {
    told += `${text}`.split('\n').filter((l) => l.startsWith('done ')).length;
  });
  worker.on('exit', () => {
    supervisors.delete(worker);
    if (!over) startWorker();
  });
}

const losses = [{ kind: 'mean', layers: ['input'] }];
const recipe = {
  size: 32,
  styles: [{}],
  scales: { count: 1 },
  stages: [{ steps: 4, losses }],
  inputs: { style: resolve('examples/sand.png') },
};
writeFileSync(join(folder, 'r.json'), JSON.stringify(recipe));

try {
  let began = performance.now();
  toroid('sweep', 'r.json', '--over', `seed=1..${jobs}`, '--store', 'undisturbed', '-o', 'alone', '--quiet');
  console.log(`undisturbed, one process: ${seconds(began)} s`);

  began = performance.now();
  const batch = toroid('fleet', 'submit', 'r.json', '--over', `seed=1..${jobs}`).trim();
  console.log(`submitted: ${seconds(began)} s`);
  began = performance.now();
  for (let k = 0; k < workers; k++) startWorker();
  const kills = { child: 0, supervisor: 0, server: 0 };
  let nextKill = performance.now() + 1000 * pause;
  for (;;) {
    await sleep(1000);
    const { count, failed } = JSON.parse(toroid('fleet', 'status', batch, '--json')) as {
      count: Record<'waiting' | 'running' | 'done', number>;
      failed: object[];
    };
    process.stderr.write(`\r${seconds(began)} s: ${JSON.stringify(count)}   `);
    if (count.waiting + count.running === 0) {
      if (failed.length > 0) console.log('failed:', failed);
      break;
    }
    if (performance.now() < nextKill) continue;
    nextKill += 1000 * pause;
    const victims = [...supervisors];
    const victim = victims[random(victims.length)];
    if (!victim) continue;
    const children = readFileSync(`/proc/${victim.pid}/task/${victim.pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean);
    if (random(2) === 0 && children.length > 0) {
      process.kill(Number(children[0]), 'SIGKILL');
      kills.child++;
    } else {
      victim.kill('SIGKILL');
      kills.supervisor++;
    }
    const share = count.done / jobs;
    if (kills.server < restarts && share > (kills.server + 1) / (restarts + 2)) {
      await server.restart(kills.server === 0 ? 'SIGINT' : 'SIGKILL');
      kills.server++;
    }
  }
  process.stderr.write('\n');
  const took = seconds(began);
  over = true;
  for (const worker of supervisors) worker.kill('SIGTERM');
  while (supervisors.size > 0) await sleep(50);
  toroid('fleet', 'pull', batch, '-o', 'pulled');

  const names = readdirSync(join(folder, 'alone')).filter((f) => f.endsWith('.png') && f !== 'sheet.png');
  const pulled = readdirSync(join(folder, 'pulled'));
  const equal = names.filter(
    (f) => pulled.includes(f) && readFileSync(join(folder, 'alone', f)).equals(readFileSync(join(folder, 'pulled', f))),
  );
  const results = readdirSync(join(folder, 'store', 'results')).length;
  console.log(
    `${workers} workers: ${took} s; kill -9 of ${kills.child} children and ${kills.supervisor} supervisors, ${kills.server} restarts of ${kind}`,
  );
  console.log(
    `${jobs} jobs: ${pulled.length} pulled, ${equal.length} with the bytes of the undisturbed process, ${results} pictures in the store, ${told} times done`,
  );
  process.exitCode = equal.length === jobs && pulled.length === jobs && results === jobs ? 0 : 1;
} finally {
  over = true;
  for (const worker of supervisors) worker.kill('SIGKILL');
  await server.stop();
  rmSync(folder, { recursive: true });
}
