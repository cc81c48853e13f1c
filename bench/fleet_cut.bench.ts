// Two hosts, as network namespaces of this machine, with a worker each; the line of one to Redis is cut for a while. No job
// may be lost, and none accepted twice with other bytes. Wants root, iproute2 and redis-server.
//   node build.mjs cli bench && node build/bench/fleet_cut.bench.js [jobs] [steps] [seconds of the cut]
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startRedis } from '../test/support/redis';

const [jobs = 60, steps = 400, cut = 90] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), 'toroid-cut-'));
const bin = resolve('bin/toroid.mjs');
const ip = (args: string): void => void execFileSync('ip', args.split(' '));
const cable = `tz${process.pid % 10_000}`;
const host = '10.213.7.1';
/** By their names in /var/run/netns. */
const hosts = [`${cable}a`, `${cable}b`] as const;

hosts.forEach((name, k) => {
  ip(`netns add ${name}`);
  ip(`link add ${cable}${k} type veth peer name eth0 netns ${name}`);
  ip(`addr add ${k === 0 ? host : '10.213.8.1'}/24 dev ${cable}${k}`);
  ip(`link set ${cable}${k} up`);
  ip(`-n ${name} addr add 10.213.${7 + k}.2/24 dev eth0`);
  ip(`-n ${name} link set eth0 up`);
  ip(`-n ${name} route add default via 10.213.${7 + k}.1`);
});
const redis = await startRedis('--bind', '127.0.0.1', host, '--protected-mode', 'no');
const env = {
  ...process.env,
  TOROID_QUEUE: redis.url.replace('127.0.0.1', host),
  TOROID_STORE: join(folder, 'store'),
};
const toroid = (...args: string[]): string =>
  execFileSync(process.execPath, [bin, ...args], { cwd: folder, env, encoding: 'utf8' });
const done = { [hosts[0]]: 0, [hosts[1]]: 0 };
const workers = new Set<ChildProcess>();
function startWorker(name: string): void {
  const args = ['netns', 'exec', name, process.execPath, bin, 'work', '--lock', '10s', '--every', '2s'];
  const worker = spawn('ip', args, { cwd: folder, env });
  workers.add(worker);
  worker.on('exit', () => workers.delete(worker));
  worker.stderr.on('data', (text: Buffer) => {
    for (const line of `${text}`.trim().split('\n')) {
      if (line.startsWith('done ')) done[name]!++;
      else console.log(`${name}: ${line}`);
    }
  });
}

try {
  const losses = [{ kind: 'mean', layers: ['input'] }];
  const stages = [{ steps, losses }];
  const inputs = { style: resolve('examples/sand.png') };
  writeFileSync(
    join(folder, 'r.json'),
    JSON.stringify({ size: 32, styles: [{}], scales: { count: 1 }, stages, inputs }),
  );
  const over = `seed=1..${jobs}`;
  toroid('sweep', 'r.json', '--over', over, '--store', 'undisturbed', '-o', 'alone', '--quiet');
  const batch = toroid('fleet', 'submit', 'r.json', '--over', over).trim();
  hosts.forEach(startWorker);
  const counts = (): Record<'waiting' | 'running' | 'done' | 'failed', number> =>
    JSON.parse(toroid('fleet', 'status', batch, '--json')).count;
  while (Object.values(done).some((n) => n === 0)) await sleep(200);
  ip(`link set ${cable}1 down`);
  const before = { ...done };
  console.log(`cut at ${JSON.stringify(before)}`);
  await sleep(1000 * cut);
  ip(`link set ${cable}1 up`);
  console.log(`mended at ${JSON.stringify(done)}`);
  while (counts().waiting + counts().running > 0) await sleep(1000);
  const { failed } = counts();
  for (const worker of workers) worker.kill('SIGTERM');
  for (const worker of workers) if (worker.exitCode === null) await once(worker, 'exit');
  toroid('fleet', 'pull', batch, '-o', 'pulled');
  const bytes = (...path: string[]): Buffer => readFileSync(join(folder, ...path));
  const names = readdirSync(join(folder, 'alone')).filter((f) => f.endsWith('.png') && f !== 'sheet.png');
  const pulled = readdirSync(join(folder, 'pulled'));
  const equal = names.filter((f) => pulled.includes(f) && bytes('alone', f).equals(bytes('pulled', f))).length;
  const results = readdirSync(join(folder, 'store', 'results')).length;
  console.log(`${jobs} jobs, cut for ${cut} s: ${equal} with the bytes of the undisturbed process, ${failed} failed`);
  console.log(
    `${results} pictures in the store; done by ${JSON.stringify(done)}, ${JSON.stringify(before)} before the cut`,
  );
  process.exitCode = equal === jobs && results === jobs && failed === 0 ? 0 : 1;
} finally {
  for (const worker of workers) worker.kill('SIGKILL');
  for (const name of hosts) ip(`netns del ${name}`);
  await redis.stop();
  rmSync(folder, { recursive: true });
}
