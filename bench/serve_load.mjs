// Many requests with large pictures at once, at a `toroid serve` of this machine: how long one takes to be taken, and the
// memory of the process that serves. Each is sent once, by a connection of its own, with a seed of its own; all of them lie
// ready in the client (autocannon), which takes their size twice over for a moment.
//   node build.mjs cli && node bench/serve_load.mjs [requests] [side of the picture, pixels]
import { spawn } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import autocannon from 'autocannon';
import sharp from 'sharp';

const [requests = 200, side = 1870] = process.argv.slice(2).map(Number);
const raw = { width: side, height: side, channels: 3 };
const noise = sharp(randomFillSync(Buffer.alloc(3 * side * side)), { raw });
const picture = await noise.png({ compressionLevel: 0 }).toBuffer();
const SEED = 1_000_000;
const losses = [{ kind: 'mean', layers: ['input'] }];
const recipe = { size: 32, seed: SEED, styles: [{}], scales: { count: 1 }, stages: [{ steps: 2, losses }] };
const form = new FormData();
form.set('recipe', JSON.stringify(recipe));
form.set('style', new Blob([picture]), 'noise.png');
const sent = new Response(form);
const body = Buffer.from(await sent.arrayBuffer());
const at = body.indexOf(`${SEED}`);

const server = spawn(process.execPath, ['bin/toroid.mjs', 'serve', '--port', '0'], {
  stdio: ['ignore', 'pipe', 'ignore'],
});
const [line] = await once(server.stdout, 'data');
const resident = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]) / 1024;
/** Seconds of processor of the process that serves; jobs run in another. */
const computed = () => {
  const [utime, stime] = readFileSync(`/proc/${server.pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13);
  return (Number(utime) + Number(stime)) / 100;
};
const before = resident();
let most = before;
const looking = setInterval(() => {
  most = Math.max(most, resident());
}, 50);

let seed = SEED;
const { duration, latency, errors, timeouts, statusCodeStats } = await autocannon({
  url: `${line}`.trim(),
  connections: requests,
  amount: requests,
  timeout: 120,
  sampleInt: 50,
  requests: [
    {
      method: 'POST',
      path: '/v1/jobs',
      headers: { 'Content-Type': sent.headers.get('content-type') },
      setupRequest(request) {
        const own = Buffer.from(body);
        own.write(`${seed++}`, at);
        return { ...request, body: own };
      },
    },
  ],
});
clearInterval(looking);
const answers = Object.entries(statusCodeStats).map(([status, { count }]) => `${count} with ${status}`);
const mb = (body.length / 1e6).toFixed(1);
console.log(`${requests} requests at once, each with ${mb} MB, answered: ${answers.join(', ')}`);
console.log(`broken off: ${errors - timeouts}, unanswered after two minutes: ${timeouts}`);
console.log(
  `all in ${duration.toFixed(1)} s, ${(requests / duration).toFixed(1)} a second; median ${(latency.p50 / 1000).toFixed(2)} s, p99 ${(latency.p99 / 1000).toFixed(2)} s`,
);
console.log(
  `the process that serves: ${before.toFixed(0)} MB before, ${most.toFixed(0)} MB at most; ${computed().toFixed(1)} s of processor`,
);
server.kill('SIGTERM');
await once(server, 'exit');
