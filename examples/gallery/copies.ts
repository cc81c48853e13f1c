import { execFileSync } from 'node:child_process';
import sharp, { type OverlayOptions } from 'sharp';

/** An example as `toroid texture` copies it with nothing else said, and what is to be seen. */
export interface Copied {
  /** Of the file in examples/. */
  readonly name: string;
  readonly text: string;
}

/** Side of the tiles, pixels: that of `toroid texture` where nobody says. */
const TILE = 512;
/** What stands beside a tile: the exemplar, and below it the tile repeated 2 x 2. */
const BESIDE = 256;
const HALF = BESIDE / 2 - 4;
const GAP = 8;
const COLUMNS = 2;
/** Examples of a sheet. */
const SHEET = 4;

export const sheetsOf = (copies: readonly Copied[]): readonly (readonly Copied[])[] =>
  Array.from({ length: Math.ceil(copies.length / SHEET) }, (_, k) => copies.slice(SHEET * k, SHEET * (k + 1)));

/** Makes the tiles of a sheet, and the sheet. */
export async function drawSheet(copies: readonly Copied[], folder: string, file: string): Promise<number> {
  const width = BESIDE + TILE + 3 * GAP;
  const height = TILE + 2 * GAP;
  const parts: OverlayOptions[] = [];
  for (const [k, { name }] of copies.entries()) {
    const exemplar = `examples/${name}.png`;
    const tile = `${folder}/copy-${name}.png`;
    execFileSync(process.execPath, ['bin/toroid.mjs', 'texture', exemplar, '--quiet', '--out', tile], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [left, top] = [(k % COLUMNS) * width, Math.floor(k / COLUMNS) * height];
    const quarter = await sharp(tile).resize(HALF).toBuffer();
    const beside = { left, top: top + TILE - 2 * HALF };
    parts.push(
      { input: await sharp(exemplar).resize(BESIDE, BESIDE, { fit: 'cover' }).toBuffer(), left, top },
      ...[0, 1, 2, 3].map((i) => ({
        input: quarter,
        left: beside.left + (i % 2) * HALF,
        top: beside.top + Math.floor(i / 2) * HALF,
      })),
      { input: tile, left: left + BESIDE + GAP, top },
    );
  }
  const rows = Math.ceil(copies.length / COLUMNS);
  const { size } = await sharp({
    create: { width: COLUMNS * width - 2 * GAP, height: rows * height - 2 * GAP, channels: 3, background: 'white' },
  })
    .composite(parts)
    .webp({ quality: 70 })
    .toFile(file);
  return size;
}

/** In the order of the sheets, from left to right and from top to bottom. */
export const copies: readonly Copied[] = [
  {
    name: 'pebbles',
    text: 'whole pebbles at their own sharpness; a few are cut, and the most striking, red with white and striped orange, are met once.',
  },
  {
    name: 'terrazzo',
    text: 'chips stay whole, but for a few of two colours, and lie as densely as in the picture; the large white one is met once.',
  },
  { name: 'leaves', text: 'leaves lie on leaves and the cuts run along their edges; nothing shows.' },
  {
    name: 'lichen',
    text: 'patches of each kind keep their size and their crust; no place stands out when the tile is repeated.',
  },
  {
    name: 'brick',
    text: 'courses are level and joints closed all over; a few bricks are longer than any in the picture.',
  },
  {
    name: 'weave',
    text: 'the diagonals run through and meet themselves at the border; some threads change their colour on the way.',
  },
  {
    name: 'knit',
    text: 'columns of stitches are straight; the dark ends of the yarn look alike.',
  },
  {
    name: 'scales',
    text: 'every scale is whole and in its row; the golden ones gather in clusters, a few of them alike.',
  },
  {
    name: 'wood',
    text: 'boards are straight; one in six changes colour in its middle, most of them between tones that are alike, and some are short ends, or longer than any in the picture: the least good of these.',
  },
  {
    name: 'sand',
    text: 'ripples keep their distance and direction; along cuts a few break off or go on after a short step.',
  },
  { name: 'grass', text: 'blades are as sharp as in the picture, and no repetition is seen.' },
  {
    name: 'water',
    text: 'lines of light meet in nodes and run on over the cuts; the one leaf of the picture is met once.',
  },
];
