// Draws the exemplar pictures of this folder's parent, all of them or those named:
//   node build.mjs examples && node build/examples/draw/index.js [--out folder] [pebbles ...]
import { mkdirSync } from 'node:fs';
import sharp from 'sharp';
import { pictures } from './pictures';
import { SIZE } from './surface';

const names = process.argv.slice(2);
let folder = 'examples';
const at = names.indexOf('--out');
if (at >= 0) folder = names.splice(at, 2)[1] ?? folder;
for (const name of names) {
  if (!pictures.has(name)) {
    console.error(`no picture is called "${name}"; there are ${[...pictures.keys()].join(', ')}`);
    process.exit(2);
  }
}
mkdirSync(folder, { recursive: true });
for (const [name, draw] of pictures) {
  if (names.length > 0 && !names.includes(name)) continue;
  const start = performance.now();
  const { size } = await sharp(draw(), { raw: { width: SIZE, height: SIZE, channels: 3 } })
    .png({ compressionLevel: 9, adaptiveFiltering: true })
    .toFile(`${folder}/${name}.png`);
  console.log(
    `${folder}/${name}.png  ${Math.round(size / 1024)} kB  ${((performance.now() - start) / 1000).toFixed(1)} s`,
  );
}
