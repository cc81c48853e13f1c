// Everything that is to be known of an adapter, by one command: first every variant of every kernel against sums in f64,
// then the benches, then the other engines.
//   npm run bench:gpu -- [--quick] [--out FOLDER] [--limit SECONDS]
// Needs what it runs to be built (npm run bench:gpu does it) and the packages beside it; nothing else of the machine but
// a Vulkan driver, and for PyTorch a python3 that has it. A part that fails or takes too long does not take the others
// along; the summary says which did. Files are named by the adapter.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { versions } from '../src/cli/open_device';
import { facts, findAdapter } from '../src/gpu/open.node';
import { ensureAdapter } from '../src/gpu/swiftshader.node';
import { fileName, table, text } from './report';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    out: { type: 'string', default: join('bench', 'results') },
    limit: { type: 'string', default: '540' },
  },
});

interface Part {
  readonly name: string;
  readonly ok: boolean;
  readonly seconds: number;
  /** The last line it said. */
  readonly said: string;
}

/** Runs one part for at most so many seconds; what it says is shown as it comes. */
async function part(name: string, file: string, args: readonly string[], limit: number): Promise<Part> {
  console.log(`\n== ${name}`);
  const began = performance.now();
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    process.stdout.write(chunk);
    said = chunk.trim().split('\n').at(-1) || said;
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), 1000 * limit);
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(1));
    child.once('close', resolve);
  });
  clearTimeout(timer);
  const seconds = (performance.now() - began) / 1000;
  return { name, ok: code === 0, seconds, said: code === null ? `stopped after ${limit} s` : said };
}

const elsewhere = await ensureAdapter(async () => (await findAdapter()) !== null);
if (elsewhere !== null) process.exit(elsewhere);
const found = await findAdapter();
if (!found) {
  console.error('no adapter: see `toroid doctor`');
  process.exit(1);
}
const { description, software } = facts(found.adapter);
const features = [...found.adapter.features].sort();
console.log(`${description}${software ? ' (software: no GPU)' : ''}\n${features.join(' ')}`);
mkdirSync(values.out, { recursive: true });
const name = fileName(description);
const inFolder = (what: string): string => join(values.out, `${what}${name}.json`);
const quick = values.quick ? ['--quick'] : [];
const limit = Number(values.limit);
const parts = [
  await part('kernels against f64', join('build', 'test', 'run.js'), ['ops', 'winograd', 'conv2d'], limit),
  await part('benches', join('build', 'bench', 'run.js'), [...quick, '--out', inFolder('')], limit),
  await part(
    'other engines',
    join('build', 'bench', 'peers', 'run.js'),
    [...quick, '--out', inFolder('peers-')],
    limit,
  ),
];
const rows = parts.map((p) => [p.name, p.ok ? 'done' : 'FAILED', p.seconds.toFixed(0), p.said]);
console.log(`\n${table(['part', '', 's', 'its last line'], rows)}`);
const file = inFolder('gpu-');
writeFileSync(
  file,
  text({ adapter: description, software, features, versions: versions(), date: new Date().toISOString(), parts }),
);
console.log(`written to ${file}`);
process.exit(parts.every((p) => p.ok) ? 0 : 1); // Dawn's instance would keep the process alive
