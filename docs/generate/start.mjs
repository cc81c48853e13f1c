// Draws the first picture of the README: node build.mjs cli && node docs/generate/start.mjs
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';

const [TILE, EXEMPLAR, GAP] = [512, 256, 8];
const picture = 'examples/pebbles.png';
const folder = mkdtempSync(join(tmpdir(), 'toroid-'));
const tile = join(folder, 'pebbles.png');
execFileSync(process.execPath, ['bin/toroid.mjs', 'texture', picture, '-q', '-o', tile]);
const half = await sharp(tile)
  .resize(TILE / 2, TILE / 2)
  .toBuffer();
const twice = EXEMPLAR + TILE + 2 * GAP;
await sharp({ create: { width: twice + TILE, height: TILE, channels: 3, background: 'white' } })
  .composite([
    { input: picture, left: 0, top: (TILE - EXEMPLAR) / 2 },
    { input: tile, left: EXEMPLAR + GAP, top: 0 },
    ...[0, 1, 2, 3].map((k) => ({ input: half, left: twice + ((k % 2) * TILE) / 2, top: ((k >> 1) * TILE) / 2 })),
  ])
  .webp({ quality: 72, effort: 6 })
  .toFile('docs/images/start.webp');
rmSync(folder, { recursive: true });
