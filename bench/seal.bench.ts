// What sealing a picture keeps of it, and whether the join shows, beside a cross-fade as painting programs make it.
//   node build.mjs bench && node build/bench/seal.bench.js [--quick] [--json] [--sheets folder] [part of a name ...]
// --sheets writes what each picture became, repeated 2x2: sealed on the left, cross-faded on the right.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { sealRaster } from '../src/app/seal';
import { type Raster, repeat } from '../src/base/raster';
import { writePicture } from '../src/node/picture';
import { lineGradients, seamScore } from '../src/recipes/scores/seam';
import { percent, quick, row, table } from './report';
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

/** The least contrast of a stretch of lines, over that of all: a mixed band is softer than the rest. Worst of both axes. */
function contrast(tile: Raster): number {
  return Math.min(
    ...Object.values(lineGradients(tile)).map((lines: Float64Array) => {
      const n = lines.length;
      const window = Math.max(3, Math.round(n / 16));
      const mean = lines.reduce((a, b) => a + b, 0) / n;
      let sum = 0;
      // Only about the join, or the ends of the mixed band: within an eighth on either side.
      let least = Number.POSITIVE_INFINITY;
      for (let k = -Math.round(n / 8); k < n / 8 + window; k++) {
        sum += lines[(k + 2 * n) % n]!;
        if (k < -Math.round(n / 8) + window) continue;
        sum -= lines[(k - window + 2 * n) % n]!;
        least = Math.min(least, sum / window);
      }
      return least / mean;
    }),
  );
}

const args = process.argv.slice(2);
const at = args.indexOf('--sheets');
const sheets = at >= 0 ? args[at + 1] : undefined;
const parts = args.filter((a, k) => !a.startsWith('--') && (at < 0 || k !== at + 1));
const all = (await subjects()).filter(({ name }) => parts.length === 0 || parts.some((p) => name.includes(p)));
const rows: string[][] = [];
const figures: { kept: number; zx: number; zy: number }[] = [];
if (sheets) mkdirSync(sheets, { recursive: true });
for (const { name, picture } of quick ? all.slice(0, 2) : all) {
  const began = performance.now();
  const { raster, report } = sealRaster(picture);
  const seconds = (performance.now() - began) / 1000;
  const { unchanged: kept, rough: roughShare, light } = report;
  const score = seamScore(raster);
  const faded = crossFaded(picture);
  const other = seamScore(faded);
  figures.push({ kept, zx: score.x.z, zy: score.y.z });
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
    lightX: light[0],
    lightY: light[1],
    contrast: contrast(raster),
    seconds,
    fadeZx: other.x.z,
    fadeZy: other.y.z,
    fadeContrast: contrast(faded),
  };
  row(values);
  rows.push([
    name,
    `${picture.width}x${picture.height}`,
    report.sealed.join('') || '-',
    `${raster.width}x${raster.height}`,
    percent(kept),
    score.x.z.toFixed(1),
    score.y.z.toFixed(1),
    percent(roughShare),
    light.map((l) => (l === 1 ? '-' : l.toFixed(2))).join(' '),
    values.contrast.toFixed(2),
    seconds.toFixed(1),
    other.x.z.toFixed(1),
    other.y.z.toFixed(1),
    values.fadeContrast.toFixed(2),
  ]);
  if (sheets) {
    await writePicture(join(sheets, `${name.replaceAll(/\W+/g, '_')}.png`), repeat(raster, 2, 2));
    await writePicture(join(sheets, `${name.replaceAll(/\W+/g, '_')}.faded.png`), repeat(faded, 2, 2));
  }
}
const head = ['picture', 'size', 'axes', 'tile', 'unchanged', 'z x', 'z y', 'rough', 'light', 'contrast', 's'];
console.log(table([...head, 'fade z x', 'z y', 'contrast'], rows));
const sorted = figures.map((f) => f.kept).sort((a, b) => a - b);
const good = figures.filter(({ zx, zy }) => Math.abs(zx) < 2 && Math.abs(zy) < 2).length;
console.log(
  `unchanged, median: ${percent(sorted[sorted.length >> 1]!)}; |z| < 2 on both axes: ${good} of ${figures.length}`,
);
