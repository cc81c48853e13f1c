// What sealing a picture keeps of it, and whether the join shows, beside a cross-fade as painting programs make it.
//   node build.mjs bench && node build/bench/seal.bench.js [--quick] [--json] [--sheets folder] [part of a name ...]
// --sheets writes what each picture became, repeated 2x2: sealed on the left, cross-faded on the right.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { sealRaster } from '../src/app/seal';
import { type Raster, repeat } from '../src/base/raster';
import { writePicture } from '../src/node/picture';
import { roughestLine } from '../src/recipes/scores/roughest_line';
import { seamScore } from '../src/recipes/scores/seam';
import { percent, quick, row, table } from './report';
import { alongCuts, ghost } from './seal_measures';
import { subjects } from './seal_subjects';

/** Offset and cross-fade: the ends overlap by an eighth and are mixed linearly. */
function crossFaded(picture: Raster): Raster {
  const across = fadedAcross(picture.data, picture.width, picture.height);
  const turned = transpose(across.data, across.width, picture.height);
  const down = fadedAcross(turned, picture.height, across.width);
  return { width: across.width, height: down.width, data: transpose(down.data, down.width, across.width) };
}

function fadedAcross(data: Float32Array, width: number, height: number): { width: number; data: Float32Array } {
  const overlap = Math.round(width / 8);
  const size = width - overlap;
  const out = new Float32Array(3 * height * size);
  for (let line = 0; line < 3 * height; line++) {
    for (let x = 0; x < size; x++) {
      const t = x < overlap ? (x + 1) / (overlap + 1) : 1;
      const fade = t < 1 ? (1 - t) * data[line * width + size + x]! : 0;
      out[line * size + x] = t * data[line * width + x]! + fade;
    }
  }
  return { width: size, data: out };
}

function transpose(data: Float32Array, width: number, height: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const at = i % (width * height);
    out[i - at + (at % width) * height + Math.floor(at / width)] = data[i]!;
  }
  return out;
}

/** The roughest line of both axes, over what the picture has: a straight cut stands out. */
const roughest = (tile: Raster, picture: Raster): number => {
  const { x, y } = roughestLine(tile, picture, { x: true, y: true });
  return Math.max(x, y);
};

const args = process.argv.slice(2);
const at = args.indexOf('--sheets');
const sheets = at >= 0 ? args[at + 1] : undefined;
const parts = args.filter((a, k) => !a.startsWith('--') && (at < 0 || k !== at + 1));
const all = (await subjects()).filter(({ name }) => parts.length === 0 || parts.some((p) => name.includes(p)));
const rows: string[][] = [];
const figures: Record<'kept' | 'zx' | 'zy' | 'cuts' | 'ghost' | 'fadeGhost' | 'seconds', number>[] = [];
if (sheets) mkdirSync(sheets, { recursive: true });
for (const { name, picture } of quick ? all.slice(0, 2) : all) {
  const began = performance.now();
  const { raster, report, field } = sealRaster(picture);
  const seconds = (performance.now() - began) / 1000;
  const { unchanged: kept, rough: roughShare, light } = report;
  const score = seamScore(raster);
  const faded = crossFaded(picture);
  const other = seamScore(faded);
  const from = (i: number): number => (field.data[i]! >>> 16) * picture.width + (field.data[i]! & 0xffff);
  const inFaded = (i: number): number => Math.floor(i / faded.width) * picture.width + (i % faded.width);
  const values = {
    picture: name,
    width: raster.width,
    height: raster.height,
    ofWidth: picture.width,
    ofHeight: picture.height,
    unchanged: kept,
    sealed: report.sealed.join(''),
    zx: score.x.z,
    zy: score.y.z,
    rough: roughShare,
    covered: report.covered,
    lightX: light[0],
    lightY: light[1],
    alongCuts: alongCuts(raster, picture, { from }),
    roughestLine: roughest(raster, picture),
    ghost: ghost(raster, picture, { from }),
    seconds,
    fadeZx: other.x.z,
    fadeZy: other.y.z,
    fadeRoughestLine: roughest(faded, picture),
    fadeGhost: ghost(faded, picture, { from: inFaded }),
  };
  row(values);
  figures.push({
    kept,
    zx: score.x.z,
    zy: score.y.z,
    cuts: values.alongCuts,
    ghost: values.ghost,
    fadeGhost: values.fadeGhost,
    seconds,
  });
  rows.push([
    name,
    `${picture.width}x${picture.height}`,
    report.sealed.join('') || '-',
    `${raster.width}x${raster.height}`,
    percent(kept),
    score.x.z.toFixed(1),
    score.y.z.toFixed(1),
    percent(roughShare),
    percent(report.covered),
    light.map((l) => (l === 1 ? '-' : l.toFixed(2))).join(' '),
    values.alongCuts.toFixed(2),
    values.roughestLine.toFixed(2),
    values.ghost.toFixed(2),
    seconds.toFixed(1),
    other.x.z.toFixed(1),
    other.y.z.toFixed(1),
    values.fadeRoughestLine.toFixed(2),
    values.fadeGhost.toFixed(2),
  ]);
  if (sheets) {
    await writePicture(join(sheets, `${name.replaceAll(/\W+/g, '_')}.png`), repeat(raster, 2, 2));
    await writePicture(join(sheets, `${name.replaceAll(/\W+/g, '_')}.faded.png`), repeat(faded, 2, 2));
  }
}
const head = [
  'picture',
  'size',
  'axes',
  'tile',
  'unchanged',
  'z x',
  'z y',
  'rough',
  'covered',
  'light',
  'cuts',
  'line',
  'ghost',
  's',
];
console.log(table([...head, 'fade z x', 'z y', 'line', 'ghost'], rows));
const median = (of: (f: (typeof figures)[number]) => number): number => {
  const sorted = figures
    .map(of)
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
};
const good = figures.filter(({ zx, zy }) => Math.abs(zx) < 2 && Math.abs(zy) < 2).length;
console.log(
  `medians: ${percent(median((f) => f.kept))} unchanged, |z| ${median((f) => Math.abs(f.zx)).toFixed(1)} and ` +
    `${median((f) => Math.abs(f.zy)).toFixed(1)}, along the cuts ${median((f) => f.cuts).toFixed(2)}, ghost ` +
    `${median((f) => f.ghost).toFixed(2)} (cross-fade ${median((f) => f.fadeGhost).toFixed(2)}), ${median((f) => f.seconds).toFixed(1)} s`,
);
console.log(`|z| < 2 on both axes: ${good} of ${figures.length}`);
