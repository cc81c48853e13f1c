// How well the methods keep the structure of exemplars: tiles made by the command line as a stranger would, and tiles
// made elsewhere, all scored by `structureScore`. Writes bench/results/quality-<size>.json and .md.
//   npm run bench:quality -- [--size 256] [--seeds 1,2,3] [--methods copy,patches,net] [--pictures pebbles,brick.png]
//                            [--made name=folder] [--exemplars folder] [--out file without ending]
// --made: a folder of <picture>_<size>_s<seed>.png, scored under that name; may be repeated. --methods '' makes none.
// --add: a .json of an earlier run, for the tiles that this one has not: optimised ones take hours where there is no GPU.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { dirname, join, parse } from 'node:path';
import { parseArgs } from 'node:util';
import { readPicture } from '../src/node/picture';
import { type StructureScore, structureScore } from '../src/recipes/scores/structure';
import { structureLines } from '../src/recipes/scores/structure_verdicts';
import { text } from './report';

const SHARED = '../shared';
const CLI = 'bin/toroid.mjs';
const TILES = join('build', 'quality');

/** How the command line is asked for a tile, and why it cannot be, here. */
interface Method {
  readonly name: string;
  readonly options: readonly string[];
  missing?(): string | null;
}
const NET = 'vgg19-normalised-conv3_1';
const METHODS: readonly Method[] = [
  {
    name: 'copy',
    options: ['--method', 'copy'],
    missing: () => (/--method\b/.test(help()) ? null : 'this version has no --method'),
  },
  { name: 'patches', options: ['--net', 'patches'] },
  {
    name: 'net',
    options: ['--net', NET],
    missing: () => (existsSync(join(SHARED, 'weights', NET)) ? null : `there are no weights of ${NET}`),
  },
];
const help = (): string => execFileSync(process.execPath, [CLI, 'texture', '--help'], { encoding: 'utf8' });

/** What goes into the table of each tile; by `best` a reader knows which way is better. */
const MEASURES: readonly { name: string; best: string; of(s: StructureScore): number }[] = [
  { name: 'tile in exemplar', best: '<= 1', of: (s) => mean(s.patches.map((p) => p.coherence / p.own)) },
  { name: 'exemplar in tile', best: '<= 1', of: (s) => mean(s.patches.map((p) => p.completeness / p.own)) },
  { name: 'foreign', best: '<= .1', of: (s) => Math.max(...s.patches.map((p) => p.foreign)) },
  { name: 'lags', best: '<= .1', of: (s) => s.lags.difference },
  { name: 'join z', best: '< 3', of: (s) => Math.max(...Object.values(s.seam).map(({ z }) => Math.abs(z))) },
  { name: 'roughest line', best: '<= 1.25', of: (s) => Math.max(s.roughest.x, s.roughest.y) },
  { name: 'sharpness', best: '.95..1.1', of: (s) => s.sharpness },
  { name: 'verbatim', best: '<= .25', of: (s) => s.verbatim },
  { name: 'copied', best: '<= .25', of: (s) => s.copied ?? 0 },
  { name: 'repeats', best: '<= .1', of: (s) => s.repeats ?? 0 },
  { name: 'poor lines', best: '0', of: (s) => structureLines(s).filter((l) => l.verdict === 'poor').length },
];
const mean = (v: readonly number[]): number => v.reduce((a, b) => a + b, 0) / v.length;

interface Row {
  readonly method: string;
  readonly picture: string;
  readonly seed: number;
  /** Of the command, from its start to its end; null where the tile was there. */
  readonly seconds: number | null;
  readonly score: StructureScore;
}

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '256' },
    seeds: { type: 'string', default: '1,2,3' },
    methods: { type: 'string', default: METHODS.map((m) => m.name).join(',') },
    pictures: { type: 'string', default: '' },
    exemplars: { type: 'string', multiple: true, default: ['examples', join(SHARED, 'exemplars')] },
    made: { type: 'string', multiple: true, default: [] },
    add: { type: 'string' },
    out: { type: 'string' },
  },
});
const list = (s: string): string[] => s.split(',').filter((v) => v !== '');
const size = Number(values.size);
const seeds = list(values.seeds).map(Number);
const wanted = list(values.pictures);
const exemplars = values.exemplars
  .filter((folder) => existsSync(folder))
  .flatMap((folder) => readdirSync(folder).map((f) => join(folder, f)))
  .filter((f) => f.endsWith('.png') && (wanted.length === 0 || wanted.some((w) => parse(f).base.includes(w))));
const before = loadavg();

/** The tile of one exemplar and seed as each method has it: its file and how long it took. */
type Make = (exemplar: string, seed: number) => { file: string; seconds: number | null } | null;
const makers = new Map<string, Make>();
for (const name of list(values.methods)) {
  const method = METHODS.find((m) => m.name === name);
  if (!method) throw new Error(`there is no method ${name}; known: ${METHODS.map((m) => m.name).join(', ')}`);
  const missing = method.missing?.() ?? null;
  if (missing === null) makers.set(name, (exemplar, seed) => grown(method, exemplar, seed));
  else console.error(`${name} is left out: ${missing}`);
}
for (const given of values.made) {
  const [name = '', folder = ''] = given.split('=');
  if (!existsSync(folder)) throw new Error(`--made ${given}: there is no folder ${folder}`);
  makers.set(name, (exemplar, seed) => {
    const file = join(folder, `${parse(exemplar).name}_${size}_s${seed}.png`);
    return existsSync(file) ? { file, seconds: null } : null;
  });
}

function grown({ name, options }: Method, exemplar: string, seed: number): ReturnType<Make> {
  const file = join(TILES, `${name}_${parse(exemplar).name}_${size}_s${seed}.png`);
  mkdirSync(TILES, { recursive: true });
  const began = performance.now();
  const asked = ['texture', exemplar, '--size', `${size}`, '--seed', `${seed}`, ...options, '--quiet', '-o', file];
  const { status, stderr } = spawnSync(process.execPath, [CLI, ...asked], {
    encoding: 'utf8',
    env: { TOROID_WEIGHTS: join(SHARED, 'weights'), ...process.env },
  });
  if (status === 0) return { file, seconds: (performance.now() - began) / 1000 };
  console.error(`toroid ${asked.join(' ')}: ${stderr.trim()}`);
  return null;
}

const rows: Row[] = [];
const failed: string[] = [];
for (const exemplar of exemplars) {
  const source = await readPicture(exemplar);
  for (const [method, make] of makers) {
    for (const seed of seeds) {
      const picture = parse(exemplar).name;
      const made = make(exemplar, seed);
      if (made === null) {
        failed.push(`${method} ${picture} ${seed}`);
        continue;
      }
      const score = structureScore(await readPicture(made.file), source);
      rows.push({ method, picture, seed, seconds: made.seconds, score });
      console.log(`${method} ${picture} ${seed}: ${MEASURES.map((m) => `${m.name} ${short(m.of(score))}`).join(', ')}`);
    }
  }
}
if (values.add !== undefined) {
  const tile = ({ method, picture, seed }: Pick<Row, 'method' | 'picture' | 'seed'>): string =>
    `${method} ${picture} ${seed}`;
  const here = new Set(rows.map(tile));
  const earlier = JSON.parse(readFileSync(values.add, 'utf8')) as { size: number; rows: Row[] };
  if (earlier.size !== size) throw new Error(`--add ${values.add}: its tiles are of ${earlier.size} pixels`);
  for (const row of earlier.rows) {
    if (here.has(tile(row))) continue;
    rows.push(row);
    if (failed.includes(tile(row))) failed.splice(failed.indexOf(tile(row)), 1);
  }
}

function quantile(all: readonly number[], q: number): number {
  const sorted = [...all].sort((a, b) => a - b);
  const at = q * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  return low + (at - Math.floor(at)) * ((sorted[Math.ceil(at)] ?? low) - low);
}
function short(v: number): string {
  return v.toFixed(Math.abs(v) >= 10 ? 0 : Math.abs(v) >= 2 ? 1 : 2);
}

/** A table of groups of rows: the median of each measure, and how far the groups' values go. */
function table(head: string, groups: ReadonlyMap<string, readonly Row[]>, low: number, high: number): string {
  const lines = [...groups].map(([name, all]) => {
    const cells = MEASURES.map(({ of }) => {
      const found = all.map((r) => of(r.score));
      return `${short(quantile(found, 0.5))} (${short(quantile(found, low))}..${short(quantile(found, high))})`;
    });
    const took = all.flatMap((r) => (r.seconds === null ? [] : [r.seconds]));
    return [name, ...cells, took.length > 0 ? short(quantile(took, 0.5)) : '', `${all.length}`];
  });
  const columns = [head, ...MEASURES.map((m) => `${m.name} ${m.best}`), 's', 'tiles'];
  return [columns, columns.map(() => '---'), ...lines].map((l) => `| ${l.join(' | ')} |`).join('\n');
}

function by(key: (r: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const r of rows) groups.set(key(r), [...(groups.get(key(r)) ?? []), r]);
  return groups;
}
const command = `npm run bench:quality -- ${process.argv.slice(2).join(' ')}`.trim();
const page = `# Structure of tiles of ${size}x${size}

\`${command}\`, ${new Date().toISOString().slice(0, 10)}, seeds ${seeds.join(', ')}. Patches are relative to the
exemplar's own: 0 are copies, 1 is another piece of the same material. [README](../README.md#quality) says what is measured.

## By method: median of all tiles (quartiles)

${table(
  'method',
  by((r) => r.method),
  0.25,
  0.75,
)}

## By picture: median of the seeds (least..most)

${table(
  'picture',
  by((r) => `${r.picture}, ${r.method}`),
  0,
  1,
)}
${failed.length > 0 ? `\nWithout a tile: ${failed.join(', ')}.\n` : ''}`;
console.log(page);
if (rows.length === 0) throw new Error('no tile was scored');
const out = values.out ?? join('bench', 'results', `quality-${size}`);
mkdirSync(dirname(out), { recursive: true });
writeFileSync(`${out}.md`, page);
const load = { before, after: loadavg() };
writeFileSync(`${out}.json`, text({ command, date: new Date().toISOString(), size, load, failed, rows }));
console.log(`written to ${out}.md and ${out}.json`);
