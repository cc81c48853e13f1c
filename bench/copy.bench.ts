// What copying takes, from the exemplar to the picture, by size; the host's part (analysis, blocks, last vote) apart.
//   node build.mjs bench && node build/bench/copy.bench.js [--quick] [--json] [--against PROGRAM] [side ...]
// Medians of five; `again`: of an exemplar that a tile was copied from just before, which is not looked at again.
// --against: another program is timed in turn, called as PROGRAM exemplar.png out.png size=SIDE.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Copying } from '../src/copy/copy';
import { findAdapter, open } from '../src/gpu/open.node';
import { ensureAdapter } from '../src/gpu/swiftshader.node';
import { median } from '../src/graph/profile';
import { readPicture } from '../src/node/picture';
import { quick, row, table } from './report';

const EXEMPLAR = 'examples/pebbles.png';

const elsewhere = await ensureAdapter(async () => (await findAdapter()) !== null);
if (elsewhere !== null) process.exit(elsewhere);
const args = process.argv.slice(2);
const against = args.includes('--against') ? args[args.indexOf('--against') + 1] : undefined;
const asked = args.map(Number).filter((n) => n > 0);
const sides = asked.length > 0 ? asked : quick ? [128] : [128, 256, 512, 1024];
const device = await open();
const picture = await readPicture(EXEMPLAR);
const folder = mkdtempSync(join(tmpdir(), 'toroid-bench-'));

interface Times {
  readonly host: number;
  readonly levels: number;
  readonly all: number;
  readonly cpu: number;
}

let exemplars = 0;

/** The picture as one that was never seen: a value of it differs by less than any file keeps. */
function unseen(): typeof picture {
  const data = picture.data.slice();
  data[0] = Math.min(1, (data[0] as number) + ++exemplars * 1e-6);
  return { ...picture, data };
}

/** One tile, milliseconds. */
async function once(side: number, picture = unseen()): Promise<Times> {
  const began = performance.now();
  const before = process.cpuUsage();
  const copying = await Copying.open(device, [{ picture }], { size: [side, side], seed: 1, variety: 0.1, evenness: 1 });
  const laid = performance.now();
  const match = await copying.run();
  const matched = performance.now();
  const { raster } = copying.render(match);
  if (!raster.data.every((v) => v >= 0 && v <= 1)) throw new Error(`${side}: a value outside of 0..1`);
  const all = performance.now() - began;
  const { user, system } = process.cpuUsage(before);
  return { host: all - (matched - laid), levels: matched - laid, all, cpu: (user + system) / 1000 };
}

function other(program: string, side: number): number {
  const began = performance.now();
  execFileSync(program, [EXEMPLAR, join(folder, 'out.png'), `size=${side}`], { stdio: 'ignore' });
  return performance.now() - began;
}

interface Found {
  readonly first: Times[];
  readonly again: Times[];
  readonly others: number[];
}

const found = new Map<number, Found>(sides.map((side) => [side, { first: [], again: [], others: [] }]));
const loads: number[] = [];
try {
  // Compiles the kernels, and has the host's code compiled well, as of a process that makes tile after tile.
  for (let k = 0; k < (quick ? 1 : 10); k++) await once(128);
  // All sizes in turn: what else the machine does is then the same for each.
  for (let k = 0; k < (quick ? 1 : 5); k++) {
    for (const [side, { first, again, others }] of found) {
      const exemplar = unseen();
      first.push(await once(side, exemplar));
      again.push(await once(side, exemplar));
      if (against !== undefined) others.push(other(against, side));
    }
    loads.push(loadavg()[0] ?? 0);
  }
} finally {
  device.close();
  rmSync(folder, { recursive: true });
}
const load = median(loads);
const rows = [...found].map(([side, { first, again, others }]) => {
  const of = (key: keyof Times): number => median(first.map((f) => f[key]));
  const ms = of('all');
  const msAgain = median(again.map((a) => a.all));
  const theirs = others.length > 0 ? median(others) : undefined;
  const perPixel = (ms: number): number => (1000 * ms) / side ** 2;
  row({
    bench: 'copy',
    adapter: device.name,
    side,
    ms,
    host: of('host'),
    levels: of('levels'),
    cpu: of('cpu'),
    usPerPixel: perPixel(ms),
    msAgain,
    usPerPixelAgain: perPixel(msAgain),
    theirs,
    load,
  });
  const seconds = (v: number): string => (v / 1000).toFixed(2);
  return [
    `${side}`,
    ...[ms, of('host'), of('levels'), of('cpu')].map(seconds),
    perPixel(ms).toFixed(2),
    seconds(msAgain),
    perPixel(msAgain).toFixed(2),
    ...(theirs === undefined ? [] : [seconds(theirs), (ms / theirs).toFixed(1)]),
  ];
});
const head = [
  'side',
  'all, s',
  'host',
  'levels',
  'cpu',
  'us/px',
  'again, s',
  'us/px',
  ...(against === undefined ? [] : ['other, s', 'ratio']),
];
console.log(`${device.name}, from ${EXEMPLAR}, load ${load.toFixed(1)}\n${table(head, rows)}`);
