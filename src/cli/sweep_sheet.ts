// What a sweep lays side by side.
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Input } from '../app/inputs';
import { type Raster, repeat } from '../base/raster';
import { writeWhole } from '../node/files';
import { contactSheet, PAPER } from './contact_sheet';
import { downscale } from './downscale';
import { type SweepJob, type Swept, shortPath } from './sweep_plan';

interface SweptJobs {
  readonly title: string;
  readonly swept: readonly Swept[];
  readonly jobs: readonly SweepJob[];
  readonly ready: readonly { readonly exemplar: Input | undefined }[];
}

/** What the sheets of a folder show: two sweeps share none. */
const SHEETS = 'sheets.json';

function sheetsOf(folder: string): Record<string, string> {
  try {
    return { ...(JSON.parse(readFileSync(join(folder, SHEETS), 'utf8')) as Record<string, string>) };
  } catch {
    return {}; // none yet, or damaged: then a new sheet gets a new name
  }
}

/** `sheet.png`, or the next number where that one shows another sweep. */
export function sheetFile(folder: string, shows: string): string {
  const sheets = sheetsOf(folder);
  let name = 'sheet.png';
  for (let n = 2; sheets[name] !== shows && existsSync(join(folder, name)); n++) name = `sheet.${n}.png`;
  return join(folder, name);
}

export const keepSheet = (sheet: string, shows: string): Promise<void> => {
  const sheets = { ...sheetsOf(dirname(sheet)), [basename(sheet)]: shows };
  return writeWhole(join(dirname(sheet), SHEETS), async () => Buffer.from(`${JSON.stringify(sheets, null, 2)}\n`));
};

/**
 * The results of a sweep on one sheet, with what they are to look like: once where it is the same for all, else beside each.
 * @param pictures no larger than `cell`
 * @param cell longest side of a picture
 * @param tiles how often each is repeated
 */
export function sheetOf(
  { title, swept, jobs, ready }: SweptJobs,
  pictures: readonly (Raster | null)[],
  { cell, tiles }: { readonly cell: number; readonly tiles?: readonly [number, number] },
): Raster {
  const shown = tiles ? pictures.map((p) => p && repeat(p, ...tiles)) : pictures;
  const labels = jobs.map((j) => j.label);
  const [first, ...others] = ready.map(({ exemplar }) => exemplar);
  if (first && others.every((e) => e?.sha256 === first.sha256)) {
    const lead = { picture: first.raster, label: `${first.name}, the exemplar` };
    const axes = swept.length <= 2 ? swept.map((s) => ({ name: shortPath(s.path), values: s.values })) : undefined;
    return contactSheet({ pictures: shown, title, cell, lead, ...(axes ? { axes } : { labels }) });
  }
  const pairs = shown.map((p, k) => p && beside(ready[k]?.exemplar?.raster, p));
  return contactSheet({ pictures: pairs, title, cell: 2 * cell + SPACE, labels });
}

const SPACE = 4;

/** An exemplar, and on its right what was made of it. */
function beside(exemplar: Raster | undefined, made: Raster): Raster {
  if (!exemplar) return made;
  const shown = downscale(exemplar, Math.max(made.width, made.height));
  const [width, height] = [shown.width + SPACE + made.width, Math.max(shown.height, made.height)];
  const data = new Float32Array(3 * width * height).fill(PAPER);
  for (const [picture, left] of [
    [shown, 0],
    [made, shown.width + SPACE],
  ] as const) {
    for (let row = 0; row < 3 * picture.height; row++) {
      const to = (Math.floor(row / picture.height) * height + (row % picture.height)) * width + left;
      data.set(picture.data.subarray(row * picture.width, (row + 1) * picture.width), to);
    }
  }
  return { width, height, data };
}
