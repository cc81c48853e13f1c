// Many requests with large pictures at once, at a `toroid serve` of this machine: how long one takes to be taken, and the
// memory of the process that serves.
//   node build.mjs cli && node bench/serve_load.mjs [requests] [side of the picture, pixels]
import { spawn } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';

const [requests = 200, side = 1870] = process.argv.slice(2).map(Number);
const raw = { width: side, height: side, channels: 3 };
const picture = await sharp(randomFillSync(Buffer.alloc(3 * side * side)), { raw })
  .png({ compressionLevel: 0 })
  .toBuffer();
const server = spawn(process.execPath, ['bin/toroid.mjs', 'serve', '--port', '0'], {
  stdio: ['ignore', 'pipe', 'ignore'],
});
const [line] = await once(server.stdout, 'data');
const url = `${line}`.trim();
const resident = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]) / 1024;
const before = resident();
let most = before;
const looking = setInterval(() => {
  most = Math.max(most, resident());
}, 50);

const losses = [{ kind: 'mean', layers: ['input'] }];
let refused = 0;
async function submit(seed) {
  const recipe = { size: 32, seed, styles: [{}], scales: { count: 1 }, stages: [{ steps: 2, losses }] };
  const began = performance.now();
  for (;;) {
    const body = new FormData();
    body.set('recipe', JSON.stringify(recipe));
    body.set('style', new Blob([picture]), 'noise.png');
    const sent = performance.now();
    const answer = await fetch(`${url}/v1/jobs`, { method: 'POST', body }).catch(() => null);
    await answer?.arrayBuffer();
    if (answer?.status === 202) return { one: performance.now() - sent, all: performance.now() - began };
    if (answer && answer.status !== 429) throw new Error(`status ${answer.status}`);
    refused++;
    await sleep(1000 + 500 * Math.random());
  }
}
const times = await Promise.all(Array.from({ length: requests }, (_, k) => submit(k)));
clearInterval(looking);
const at = (key, share) =>
  (times.map((t) => t[key]).sort((a, b) => a - b)[Math.ceil(share * requests) - 1] / 1000).toFixed(2);
console.log(
  `${requests} requests at once, each with ${(picture.length / 1e6).toFixed(1)} MB; ${refused} times 429 or broken off, and sent again`,
);
console.log(
  `the request that was taken: median ${at('one', 0.5)} s, p99 ${at('one', 0.99)} s; with waiting: median ${at('all', 0.5)} s, p99 ${at('all', 0.99)} s`,
);
console.log(
  `resident memory of the process that serves: ${before.toFixed(0)} MB before, ${most.toFixed(0)} MB at most`,
);
server.kill('SIGTERM');
await once(server, 'exit');
