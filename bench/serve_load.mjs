// Many requests with large pictures at once, at a `toroid serve` of this machine: how long one takes to be taken, and the
// memory of the process that serves. The client sends bytes that lie ready, so what is measured is the service; what is
// refused is sent again after the time that it was told, and counted by the status.
//   node build.mjs cli && node bench/serve_load.mjs [requests] [side of the picture, pixels]
import { spawn } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
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

const losses = [{ kind: 'mean', layers: ['input'] }];
const BOUNDARY = 'a-boundary-of-the-bench';
const part = (about) => `--${BOUNDARY}\r\nContent-Disposition: form-data; ${about}\r\n\r\n`;
const refused = {};

/** Sends one request. @returns its status, and the seconds it is to wait for; what ended the connection, where it had no answer */
function send(recipe) {
  const head = Buffer.from(
    `${part('name="recipe"')}${JSON.stringify(recipe)}\r\n${part('name="style"; filename="noise.png"')}`,
  );
  const tail = Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
  const headers = {
    'Content-Type': `multipart/form-data; boundary=${BOUNDARY}`,
    'Content-Length': head.length + picture.length + tail.length,
  };
  return new Promise((done) => {
    const sending = request(`${url}/v1/jobs`, { method: 'POST', headers, agent: false }, (answer) => {
      answer.resume().on('error', () => {});
      done({ status: answer.statusCode, wait: Number(answer.headers['retry-after'] ?? 1) });
      if (!sending.writableFinished) sending.destroy(); // what is refused need not arrive
    });
    sending.on('error', (error) => done({ status: error.code, wait: 1 }));
    sending.write(head);
    sending.write(picture);
    sending.end(tail);
  });
}

async function submit(seed) {
  const recipe = { size: 32, seed, styles: [{}], scales: { count: 1 }, stages: [{ steps: 2, losses }] };
  const began = performance.now();
  for (;;) {
    const sent = performance.now();
    const { status, wait } = await send(recipe);
    if (status === 202) return { one: performance.now() - sent, all: performance.now() - began };
    if (![429, 408, 'ECONNRESET', 'EPIPE'].includes(status)) throw new Error(`status ${status}`);
    refused[status] = (refused[status] ?? 0) + 1;
    await sleep(1000 * wait * (1 + 0.5 * Math.random()));
  }
}
const began = performance.now();
const times = await Promise.all(Array.from({ length: requests }, (_, k) => submit(k)));
const seconds = (performance.now() - began) / 1000;
clearInterval(looking);
const at = (key, share) =>
  (times.map((t) => t[key]).sort((a, b) => a - b)[Math.ceil(share * requests) - 1] / 1000).toFixed(2);
console.log(
  `${requests} requests at once, each with ${(picture.length / 1e6).toFixed(1)} MB: all taken in ${seconds.toFixed(1)} s`,
);
console.log(`refused and sent again: ${JSON.stringify(refused)}`);
console.log(
  `the request that was taken: median ${at('one', 0.5)} s, p99 ${at('one', 0.99)} s; with waiting: median ${at('all', 0.5)} s, p99 ${at('all', 0.99)} s`,
);
console.log(
  `the process that serves: ${before.toFixed(0)} MB before, ${most.toFixed(0)} MB at most; ${computed().toFixed(1)} s of processor`,
);
server.kill('SIGTERM');
await once(server, 'exit');
