// The same work by this engine and by others, on one adapter, in one run, taking turns.
//   npm run bench:peers -- [--install] [--quick] [--sides 64,128] [--deep | --no-deep] [--engines tfjs,jax,ort,pytorch]
//                          [--rounds 7] [--weights FILE | random] [--keep-cache] [--out FILE]
// See README.md in this folder.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { versions } from '../../src/cli/open_device';
import { facts, findAdapter } from '../../src/gpu/open.node';
import { ensureAdapter } from '../../src/gpu/swiftshader.node';
import { fileName, table, text } from '../report';
import { type Contest, contest, type Entry } from './contest';
import { PACKAGES } from './engine';
import { type Precision, PYTORCH, pytorch, pytorchHere } from './pytorch';
import { Rival } from './rival';
import type { Job } from './work';

const REAL = join('..', 'shared', 'weights', 'vgg19-normalised-conv3_1', 'vgg19_normalised_conv3_1.onnx');

/** What the packages of this folder are called in tables. */
const NAMES: Readonly<Record<string, string>> = { tfjs: 'tfjs-webgpu', jax: 'jax-js', ort: 'onnxruntime-web' };

const { values } = parseArgs({
  options: {
    install: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    sides: { type: 'string' },
    deep: { type: 'boolean' },
    engines: { type: 'string', default: 'tfjs,jax,ort,pytorch' },
    rounds: { type: 'string' },
    weights: { type: 'string' },
    'keep-cache': { type: 'boolean', default: false },
    out: { type: 'string' },
  },
  allowNegative: true,
});

function usage(message: string): never {
  console.error(message);
  process.exit(2);
}

const engines = values.engines.split(',').filter(Boolean);
for (const name of engines) {
  if (!(name in NAMES) && name !== 'pytorch') usage(`--engines: no ${name}; known: ${Object.keys(NAMES)},pytorch`);
}
const whole = (flag: string, given: string, multiple = 1): number => {
  const n = Number(given);
  if (!Number.isInteger(n) || n < multiple || n % multiple !== 0) {
    usage(`--${flag}: ${given} is no ${multiple > 1 ? `multiple of ${multiple}` : 'number of at least 1'}`);
  }
  return n;
};
const sides = (values.sides ?? (values.quick ? '64' : '64,128')).split(',').map((s) => whole('sides', s, 16));
const rounds = whole('rounds', values.rounds ?? (values.quick ? '2' : '7'));

Rival.keepCache = values['keep-cache'];

/** A turn lasts about so many milliseconds. */
const TURN = values.quick ? 200 : 1000;

async function main(): Promise<void> {
  const elsewhere = await ensureAdapter(async () => (await findAdapter()) !== null);
  if (elsewhere !== null) process.exit(elsewhere);
  const found = await findAdapter();
  if (!found) usage('no adapter: see `toroid doctor`');
  const { description: adapter, software } = facts(found.adapter);
  if (values.install) {
    const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--prefix', dirname(PACKAGES)], { stdio: 'inherit' });
    if (npm.status !== 0) usage('npm ci failed');
  }
  const installed = existsSync(PACKAGES);
  const notes: string[] = [];
  const note = (line: string): void => {
    notes.push(line);
    console.log(line);
  };
  console.log(`${adapter}${software ? ' (software: no GPU)' : ''}`);
  const peers = engines.filter((name) => name !== 'pytorch');
  if (!installed && peers.length > 0) {
    note(`not measured: ${peers.map((p) => NAMES[p])}: not installed. npm run bench:peers -- --install does it.`);
  }
  const weights = values.weights === 'random' ? null : (values.weights ?? (existsSync(REAL) ? REAL : null));
  const here = engines.includes('pytorch') ? pytorchHere() : { missing: 'not asked for' };
  if ('missing' in here && engines.includes('pytorch')) note(`pytorch: ${here.missing}`);

  const before = loadavg();
  const contests: Contest[] = [];
  const hold = async (job: Job, entries: readonly Entry[]): Promise<void> => {
    const held = await contest(job, entries, { adapter, rounds, turn: TURN, say: (line) => console.log(`  ${line}`) });
    contests.push(held);
    console.log(`\n${show(held)}\n`);
  };
  const entriesOf = (mode: Job['mode']): Entry[] =>
    (installed ? peers : [])
      .filter((name) => mode === 'gradient' || name === 'ort')
      .map((name) => ({
        // ONNX has no gradients: see ort_model.ts.
        name: `${NAMES[name]}${name === 'ort' && mode === 'gradient' ? ', gradient by hand' : ''}`,
        tolerance: 1e-3,
        start: () => Rival.engine(name),
      }));
  for (const side of sides) {
    for (const mode of ['gradient', 'forward'] as const) {
      if (mode === 'forward' && !peers.includes('ort')) continue;
      await hold({ depth: 'relu3_1', side, mode, weights }, entriesOf(mode));
    }
  }
  // A step takes seconds on a software adapter: only when asked for.
  if (values.deep ?? !software) {
    const precisions = 'missing' in here ? [] : (Object.keys(PYTORCH) as Precision[]);
    const entries = precisions.map((precision) => ({
      name: `pytorch ${precision}`,
      tolerance: PYTORCH[precision].tolerance,
      start: () => pytorch(precision),
    }));
    for (const side of values.quick ? [64] : [256, 512, 1024]) {
      await hold({ depth: 'relu5_1', side, mode: 'gradient', weights: null }, entries);
    }
  } else note('not measured: vgg19-relu5_1: the adapter is software; --deep does it all the same.');

  const partial = values.quick || values['keep-cache'] || values.sides !== undefined || engines.length < 4;
  const file = values.out ?? (partial ? null : join('bench', 'results', `peers-${fileName(adapter)}.json`));
  const [cpu] = cpus();
  if (file !== null) {
    const head = {
      adapter,
      machine: `${cpu?.model.trim() ?? 'unknown processor'}, ${cpus().length} threads`,
      versions: {
        ...versions(),
        ...Object.fromEntries(contests.flatMap((c) => c.rows.map((r) => [r.engine, r.version]))),
      },
      command: ['npm run bench:peers', ...process.argv.slice(2)].join(' ').replace('peers ', 'peers -- '),
      date: new Date().toISOString(),
      // Averages over 1, 5 and 15 minutes: above 1 before the run, others were using the machine.
      load: { before, after: loadavg() },
      weights: weights === null ? 'random' : basename(weights),
      notes,
      ...('ceilings' in here && { ceilings: here.ceilings }),
    };
    const rows = Object.fromEntries(
      contests.map(({ name, rows: list }) => [name, list.map(({ version: _, ...row }) => row)]),
    );
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text({ ...head, rows }));
    console.log(`written to ${file}`);
  }
  for (const { name, rows } of contests) {
    const answers = rows.slice(1).filter((r) => r.ratio !== undefined);
    if (rows[0]?.ms === undefined) usage(`${name}: our own engine failed`);
    if (rows.length > 1 && answers.length === 0) usage(`${name}: no peer agrees with us, or none runs`);
  }
  process.exit(0); // Dawn's instance would keep the process alive
}

const PHRASE = { gradient: 'loss and gradient', forward: 'loss alone, forward only' } as const;

function show({ job, gflop, rows }: Contest): string {
  const cell = (v: number | undefined, digits: number): string => (v === undefined ? '' : v.toFixed(digits));
  const title = `VGG-19 to ${job.depth}, ${job.side} px, ${PHRASE[job.mode]}, ${gflop.toFixed(2)} GFLOP`;
  const head = [
    'engine',
    'ms',
    'of ours',
    'rounds',
    'cpu ms',
    'of ours',
    'GFLOP/s',
    'first step s',
    'loss apart',
    'gradient apart',
    '',
  ];
  const lines = rows.map((r) => [
    r.engine,
    cell(r.ms, r.ms !== undefined && r.ms < 10 ? 3 : 1),
    r.ratio === undefined ? '' : `${r.ratio.toFixed(2)}x`,
    r.ratios ? `${Math.min(...r.ratios).toFixed(2)}..${Math.max(...r.ratios).toFixed(2)}` : '',
    cell(r.cpuMs, 1),
    r.cpuRatio === undefined ? '' : `${r.cpuRatio.toFixed(2)}x`,
    cell(r.ms === undefined ? undefined : gflop / (r.ms / 1000), 2),
    cell(r.firstMs === undefined ? undefined : r.firstMs / 1000, 2),
    r.lossApart?.toExponential(1) ?? '',
    r.gradientApart?.toExponential(1) ?? '',
    r.note ?? '',
  ]);
  return `${title}\n${table(head, lines)}`;
}

await main();
