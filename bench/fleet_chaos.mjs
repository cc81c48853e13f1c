// Many small jobs while processes are killed and Redis is restarted: nothing may be lost, and every byte be as of one
// process that nobody disturbed.
//   node build.mjs cli && node bench/fleet_chaos.mjs [jobs] [workers] [seconds between kills] [restarts of Redis]
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const [jobs = 200, workers = 4, pause = 20, restarts = 2] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), 'toroid-chaos-'));
const port = 20000 + (process.pid % 20000);
const env = { ...process.env, TOROID_QUEUE: `redis://127.0.0.1:${port}`, TOROID_STORE: join(folder, 'store') };
const bin = resolve('bin/toroid.mjs');
const toroid = (...args) => execFileSync(process.execPath, [bin, ...args], { cwd: folder, env, encoding: 'utf8' });
const seconds = (from) => ((performance.now() - from) / 1000).toFixed(1);

let redis;
async function startRedis() {
  const args = ['--port', port, '--dir', folder, '--appendonly', 'yes', '--save', ''];
  redis = spawn('redis-server', args.map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  for await (const piece of redis.stdout) {
    said += piece;
    if (said.includes('Ready to accept connections')) break;
  }
}

/** Random, and the same in each run. */
let state = 1;
const random = (n) => {
  state = (state * 48271) % 2147483647;
  return state % n;
};

const supervisors = new Set();
let over = false;
let told = 0;
function startWorker() {
  const worker = spawn(process.execPath, [bin, 'work', '--lock', '10s', '--every', '5s', '--attempts', '10'], {
    cwd: folder,
    env,
  });
  supervisors.add(worker);
  worker.stderr.on('data', (text) => {
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

let began = performance.now();
toroid('sweep', 'r.json', '--over', `seed=1..${jobs}`, '--store', 'undisturbed', '-o', 'alone', '--quiet');
console.log(`undisturbed, one process: ${seconds(began)} s`);

await startRedis();
began = performance.now();
const batch = toroid('fleet', 'submit', 'r.json', '--over', `seed=1..${jobs}`).trim();
console.log(`submitted: ${seconds(began)} s`);
began = performance.now();
for (let k = 0; k < workers; k++) startWorker();
const kills = { child: 0, supervisor: 0, redis: 0 };
let nextKill = performance.now() + 1000 * pause;
for (;;) {
  await sleep(1000);
  const { count, failed } = JSON.parse(toroid('fleet', 'status', batch, '--json'));
  process.stderr.write(`\r${seconds(began)} s: ${JSON.stringify(count)}   `);
  if (count.waiting + count.running === 0) {
    if (failed.length > 0) console.log('failed:', failed);
    break;
  }
  if (performance.now() < nextKill) continue;
  nextKill += 1000 * pause;
  const victims = [...supervisors];
  const victim = victims[random(victims.length)];
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
  if (kills.redis < restarts && share > (kills.redis + 1) / (restarts + 2)) {
    redis.kill(kills.redis === 0 ? 'SIGTERM' : 'SIGKILL');
    await once(redis, 'exit');
    await sleep(2000);
    await startRedis();
    kills.redis++;
  }
}
process.stderr.write('\n');
const took = seconds(began);
over = true;
for (const worker of supervisors) worker.kill('SIGTERM');
while (supervisors.size > 0) await sleep(50);
toroid('fleet', 'pull', batch, '-o', 'pulled');
redis.kill('SIGTERM');

const names = readdirSync(join(folder, 'alone')).filter((f) => f.endsWith('.png') && f !== 'sheet.png');
const pulled = readdirSync(join(folder, 'pulled'));
const equal = names.filter(
  (f) => pulled.includes(f) && readFileSync(join(folder, 'alone', f)).equals(readFileSync(join(folder, 'pulled', f))),
);
const results = readdirSync(join(folder, 'store', 'results')).length;
console.log(
  `${workers} workers: ${took} s; kill -9 of ${kills.child} children and ${kills.supervisor} supervisors, ${kills.redis} restarts of Redis`,
);
console.log(
  `${jobs} jobs: ${pulled.length} pulled, ${equal.length} with the bytes of the undisturbed process, ${results} pictures in the store, ${told} times done`,
);
rmSync(folder, { recursive: true });
process.exitCode = equal.length === jobs && pulled.length === jobs && results === jobs ? 0 : 1;
