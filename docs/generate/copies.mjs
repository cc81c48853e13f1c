// Draws what `toroid texture` makes of the examples, for README and docs/gallery.md: node build.mjs cli && node docs/generate/copies.mjs
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';

const SHEETS = [
  ['pebbles', 'terrazzo', 'leaves', 'lichen'],
  ['brick', 'weave', 'knit', 'scales'],
  ['wood', 'sand', 'grass', 'water'],
];
const TILE = 512;
const EXEMPLAR = 256;
const GAP = 8;

const folder = mkdtempSync(join(tmpdir(), 'toroid-'));
const tile = (name) => join(folder, `${name}.png`);
for (const name of SHEETS.flat()) {
  execFileSync(process.execPath, ['bin/toroid.mjs', 'texture', `examples/${name}.png`, '-q', '-o', tile(name)]);
}

/** A tile repeated 2 x 2, `side` pixels wide in all. */
async function twice(name, side) {
  const one = await sharp(tile(name))
    .resize(side / 2, side / 2)
    .toBuffer();
  return sharp({ create: { width: side, height: side, channels: 3, background: 'white' } })
    .composite([0, 1, 2, 3].map((k) => ({ input: one, left: (k % 2) * (side / 2), top: (k >> 1) * (side / 2) })))
    .png()
    .toBuffer();
}

const sheet = (width, height, parts, file) =>
  sharp({ create: { width, height, channels: 3, background: 'white' } })
    .composite(parts)
    .webp({ quality: 72, effort: 6 })
    .toFile(file);

for (const [n, names] of SHEETS.entries()) {
  const width = EXEMPLAR + GAP + TILE;
  const parts = [];
  for (const [k, name] of names.entries()) {
    const [left, top] = [(k % 2) * (width + 2 * GAP), (k >> 1) * (TILE + 2 * GAP)];
    parts.push({ input: `examples/${name}.png`, left, top });
    parts.push({ input: await twice(name, TILE - EXEMPLAR - GAP), left, top: top + EXEMPLAR + GAP });
    parts.push({ input: tile(name), left: left + EXEMPLAR + GAP, top });
  }
  await sheet(2 * width + 2 * GAP, 2 * TILE + 2 * GAP, parts, `docs/images/gallery/copies-${n + 1}.webp`);
}
await sheet(
  EXEMPLAR + 2 * TILE + 2 * GAP,
  TILE,
  [
    { input: 'examples/pebbles.png', left: 0, top: (TILE - EXEMPLAR) / 2 },
    { input: tile('pebbles'), left: EXEMPLAR + GAP, top: 0 },
    { input: await twice('pebbles', TILE), left: EXEMPLAR + TILE + 2 * GAP, top: 0 },
  ],
  'docs/images/start.webp',
);
rmSync(folder, { recursive: true });
