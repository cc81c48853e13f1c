// Draws the thumbnails of the studio's samples, side by side: node docs/generate/samples.mjs
import { readFileSync } from 'node:fs';
import sharp from 'sharp';

const [, list = ''] = /const SAMPLES = \[([^\]]+)\]/.exec(readFileSync('build.mjs', 'utf8')) ?? [];
const names = list.match(/\w+/g);
const side = 144;
const tiles = names.map(async (name, k) => ({
  input: await sharp(`examples/${name}.png`).resize(side, side).toBuffer(),
  left: k * side,
  top: 0,
}));
await sharp({ create: { width: names.length * side, height: side, channels: 3, background: 'black' } })
  .composite(await Promise.all(tiles))
  .webp({ quality: 68, effort: 6 })
  .toFile('src/web/studio/samples.webp');
