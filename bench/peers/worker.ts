// One engine in a process of its own. The bench sends a Request at a time and gets a Reply for each.
//   node build/bench/peers/worker.js ours|tfjs|jax|ort
import { existsSync } from 'node:fs';
import type { Engine, Step } from './engine';
import type { Reply, Request } from './protocol';
import { type Conv, type Job, type Target, type Work, workOf } from './work';

const name = process.argv[2] ?? '';

// Each brings its own packages: they are loaded by those that need them.
async function engine(): Promise<Engine> {
  switch (name) {
    case 'ours':
      return (await import('./ours')).ours();
    case 'tfjs':
      return (await import('./tfjs')).tfjs();
    case 'jax':
      return (await import('./jax')).jax();
    case 'ort':
      return (await import('./ort')).ort();
  }
  throw new Error(`no engine ${name}`);
}

/** The 3x3 filters of a file, in order. */
async function filters(file: string): Promise<Pick<Conv, 'w' | 'b'>[]> {
  if (!existsSync(file)) throw new Error(`there is no file ${file}`);
  const { parseOnnx } = await import('../../src/nets/onnx/parse');
  const { readFileSync } = await import('node:fs');
  const { nodes, tensors } = parseOnnx(readFileSync(file), { name: file });
  const found: Pick<Conv, 'w' | 'b'>[] = [];
  for (const { op, inputs } of nodes) {
    const [w, b] = [tensors.get(inputs[1] ?? ''), tensors.get(inputs[2] ?? '')];
    if (op === 'Conv' && w && b && w.shape[2] === 3) found.push({ w: w.floats(), b: b.floats() });
  }
  return found;
}

let opened: Engine | undefined;
let step: Step | undefined;

async function answer(request: Request): Promise<Reply> {
  switch (request.op) {
    case 'open': {
      const began = performance.now();
      opened = await engine();
      const { version, adapter } = opened;
      return { op: 'open', ms: performance.now() - began, version, adapter };
    }
    case 'targets': {
      const targets = await (opened as { targets?: (work: Work) => Promise<Target[]> }).targets?.(
        await made(request.job),
      );
      if (!targets) throw new Error(`${name} makes no targets`);
      return { op: 'targets', targets };
    }
    case 'first': {
      const work = await made(request.job);
      const began = performance.now();
      step = await opened?.prepare(work, request.targets);
      if (!step) throw new Error('first comes after open');
      const loss = await step.run();
      const ms = performance.now() - began;
      return { op: 'first', ms, loss, gradient: await step.gradient() };
    }
    case 'time': {
      const [began, cpu] = [performance.now(), process.cpuUsage()];
      let loss = Number.NaN;
      for (let k = 0; k < request.times; k++) loss = (await step?.run()) ?? Number.NaN;
      const { user, system } = process.cpuUsage(cpu);
      const ms = (performance.now() - began) / request.times;
      return { op: 'time', ms, cpuMs: (user + system) / 1000 / request.times, loss };
    }
  }
}

const made = async (job: Job): Promise<Work> => workOf(job, job.weights === null ? null : await filters(job.weights));

process.on('message', (request: Request) => {
  const failed = (cause: unknown): Reply => ({
    op: 'failed',
    message: cause instanceof Error ? cause.message : `${cause}`,
  });
  answer(request)
    .catch(failed)
    .then((reply) => process.send?.(reply));
});
// Dawn's objects would keep the process alive.
process.on('disconnect', () => process.exit(0));
