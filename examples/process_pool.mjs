// Textures in processes of their own: several at once, and a crash of a driver costs one job's time, not the server.
//   node examples/process_pool.mjs [jobs] [processes] [--crash]      --crash: kill a process on the way, to see
//
// Each process has one device for all its jobs. On a machine with several GPUs, give each process another TOROID_GPU.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A fixed number of processes that take jobs in turn. */
class Pool {
  #free = [];
  #waiting = [];

  constructor(size) {
    for (let k = 0; k < size; k++) this.#start();
  }

  #start() {
    const process = fork(fileURLToPath(import.meta.url), { serialization: 'advanced' });
    const place = { process, job: null, ready: false };
    process.on('message', (message) => {
      if (message === 'ready') {
        place.ready = true;
      } else {
        const { error, png } = message;
        if (error) place.job.reject(Object.assign(new Error(error.message), error));
        else place.job.resolve(png);
        place.job = null;
      }
      this.#free.push(place);
      this.#next();
    });
    process.on('exit', (code, signal) => {
      this.#free = this.#free.filter((p) => p !== place);
      if (place.closed) return;
      const { job } = place;
      // A job that ended two processes would end a third.
      if (job && ++job.crashes < 2) this.#waiting.unshift(job);
      else job?.reject(new Error(`the process ended (${signal ?? code})`));
      if (!place.ready) {
        // It would be the same with the next one: there is no GPU, or no memory.
        for (const { reject } of this.#waiting.splice(0)) reject(new Error('the processes do not start'));
        return;
      }
      console.error(`a process ended (${signal ?? code}); another takes its place`);
      this.#start();
    });
  }

  #next() {
    while (this.#free.length > 0 && this.#waiting.length > 0) {
      const place = this.#free.shift();
      place.job = this.#waiting.shift();
      place.process.send(place.job.wish);
      this.onSend?.(place.process);
    }
  }

  /** @returns the bytes of a PNG file */
  grow(picture, options) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ wish: { picture, options }, resolve, reject, crashes: 0 });
      this.#next();
    });
  }

  /** Once all jobs are done. */
  close() {
    for (const place of this.#free) {
      place.closed = true;
      place.process.disconnect();
    }
  }
}

async function parent() {
  await import('./any_adapter.mjs');
  const [jobs = 4, processes = 2] = process.argv
    .slice(2)
    .filter((a) => !a.startsWith('-'))
    .map(Number);
  const steps = Number(process.env.STEPS ?? 8);
  const pool = new Pool(processes);
  if (process.argv.includes('--crash')) {
    pool.onSend = (victim) => {
      pool.onSend = undefined;
      setTimeout(() => victim.kill('SIGKILL'), 100);
    };
  }
  const pngs = await Promise.all(
    Array.from({ length: jobs }, (_, seed) => pool.grow('examples/pebbles.png', { size: 64, steps, seed })),
  );
  console.log(`${pngs.length} tiles, ${pngs.reduce((sum, p) => sum + p.length, 0)} bytes`);
  pool.close();
}

async function child() {
  const { open, texture } = await import('toroid');
  const device = await open();
  process.on('message', async ({ picture, options }) => {
    try {
      const made = await texture(picture, { ...options, device });
      process.send({ png: await made.toPng() });
    } catch ({ name, code, message }) {
      process.send({ error: { name, code, message } });
      if (device.lost) process.exit(1); // the next job gets a new process, and with it a new device
    }
  });
  process.on('disconnect', () => device.close());
  process.send('ready');
}

if (process.send) await child();
else await parent();
