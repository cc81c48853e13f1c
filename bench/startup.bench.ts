// How long a user waits before the first step is done: from the start of the process to the adapter, to the plan, to
// the step. Every sample is a process of its own.
//   node build.mjs bench && node build/bench/startup.bench.js [--quick]
// Cold: the driver has no compiled shader from earlier runs (a fresh cache folder). Warm: it has them all.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { EngineError } from '../src/base/errors';
import { findAdapter, open } from '../src/gpu/open.node';
import { ensureAdapter, restarted } from '../src/gpu/swiftshader.node';
import { Plan } from '../src/graph/plan';
import { median } from '../src/graph/profile';
import { quick, row, table } from './report';
import { netNames, stepOf, subjectOf } from './subjects';

const SAMPLES = quick ? 1 : 3;
const STARTED = 'TOROID_BENCH_STARTED';

/** What one process says of itself. Milliseconds since it was asked for. */
const sampleSchema = z.strictObject({
  adapter: z.string(),
  /** Whether the driver came with a second process (SwiftShader of the dev dependencies). */
  restarted: z.boolean(),
  open: z.number().positive(),
  compiled: z.number().positive(),
  step: z.number().positive(),
  loss: z.number().positive(),
});
type Sample = z.infer<typeof sampleSchema>;

/** The measured process: the shortest way to a first step. */
async function child(net: string): Promise<void> {
  const started = Number(process.env[STARTED]);
  const now = (): number => performance.timeOrigin + performance.now() - started;
  const elsewhere = await ensureAdapter(async () => (await findAdapter()) !== null);
  if (elsewhere !== null) process.exit(elsewhere);
  const device = await open();
  const opened = now();
  const { graph, optimiser, outputs } = stepOf(await subjectOf(device, net, 64));
  const plan = await Plan.compile(device, graph, outputs);
  const compiled = now();
  plan.run();
  const loss = (await plan.read(optimiser.loss))[0] ?? Number.NaN;
  const step = now();
  const sample: Sample = { adapter: device.name, restarted: restarted(), open: opened, compiled, step, loss };
  console.log(JSON.stringify(sample));
  plan.close();
  device.close();
}

/** Starts a process that reads and writes compiled shaders in `cache`. */
async function measure(net: string, cache: string): Promise<Sample> {
  const env = {
    ...process.env,
    MESA_SHADER_CACHE_DIR: cache,
    __GL_SHADER_DISK_CACHE_PATH: cache,
    [STARTED]: `${performance.timeOrigin + performance.now()}`,
  };
  const argument = [process.argv[1] ?? '', '--child', net];
  const running = spawn(process.execPath, argument, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  running.stdout.on('data', (piece: Buffer) => {
    out += piece.toString();
  });
  const code = await new Promise((resolve, reject) => {
    running.once('error', reject);
    running.once('close', resolve);
  });
  const line = out.split('\n').find((l) => l.startsWith('{'));
  if (code !== 0 || line === undefined)
    throw new EngineError('BenchError', `the process for ${net} ended with ${code}`);
  return sampleSchema.parse(JSON.parse(line));
}

async function main(): Promise<void> {
  const rows: string[][] = [];
  let adapter = '';
  for (const net of quick ? ['patches'] : ['patches', netNames()[0] ?? '']) {
    const caches: string[] = [];
    const fresh = (): string => {
      const folder = mkdtempSync(join(tmpdir(), 'toroid-shaders-'));
      caches.push(folder);
      return folder;
    };
    const losses = new Set<number>();
    try {
      for (const kind of ['cold', 'warm'] as const) {
        if (kind === 'warm' && /swiftshader/i.test(adapter)) continue; // it keeps nothing between processes
        const filled = kind === 'warm' ? (caches[0] ?? fresh()) : '';
        const samples: Sample[] = [];
        for (let k = 0; k < SAMPLES; k++) samples.push(await measure(net, kind === 'warm' ? filled : fresh()));
        for (const s of samples) losses.add(s.loss);
        const middle = (of: (s: Sample) => number): number => median(samples.map(of));
        const times = {
          open: middle((s) => s.open),
          compiled: middle((s) => s.compiled),
          step: middle((s) => s.step),
        };
        adapter = samples[0]?.adapter ?? '';
        const again = samples[0]?.restarted ?? false;
        const name = `${net} 64`;
        row({ bench: 'startup', adapter, name, cache: kind, restarted: again, samples: SAMPLES, ...times });
        rows.push([`${name}, ${kind}`, ...Object.values(times).map((ms) => ms.toFixed(0))]);
      }
      if (losses.size !== 1) {
        throw new EngineError('BenchError', `the first loss of ${net} differs: ${[...losses].join(', ')}`);
      }
    } finally {
      for (const folder of caches) rmSync(folder, { recursive: true, force: true });
    }
  }
  console.log(`\nFrom the start of the process on ${adapter}, milliseconds`);
  console.log(table(['objective, shader cache', 'adapter', 'plan', 'first step'], rows));
}

const at = process.argv.indexOf('--child');
if (at > 0) await child(process.argv[at + 1] ?? '');
else await main();
