// Makes the pictures of docs/gallery.md, all of them or those named, and the page:
//   node build.mjs cli examples && node build/examples/gallery/index.js [--page] [kaleidoscope copies ...]
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { builtinRecipes } from '../../src/recipes/builtin';
import { copies, drawSheet, sheetsOf } from './copies';
import { drawMask, masks } from './masks';
import { drawMaterials, materials } from './materials';
import { COPIES, commandOf, FOLDER, galleryPage, MATERIALS, MATERIALS_FILE, PAGE, sheetFile } from './page';
import { pictures } from './pictures';

const OUT = 'out/gallery';
const names = process.argv.slice(2).filter((n) => !n.startsWith('--'));
const known = new Set([...pictures.map((p) => p.name), COPIES, MATERIALS]);
for (const name of names) {
  if (known.has(name)) continue;
  console.error(`no picture is called "${name}"; there are ${[...known].join(', ')}`);
  process.exit(2);
}
mkdirSync(OUT, { recursive: true });
mkdirSync(FOLDER, { recursive: true });
writeFileSync(PAGE, galleryPage(builtinRecipes));
for (const [name, inside] of masks) {
  const { side, data } = drawMask(inside);
  await sharp(data, { raw: { width: side, height: side, channels: 1 } })
    .toColourspace('b-w')
    .png({ palette: true, colours: 2 })
    .toFile(`${FOLDER}/${name}.png`);
}
const wanted = process.argv.includes('--page')
  ? []
  : pictures.filter((p) => names.length === 0 || names.includes(p.name));
for (const picture of wanted) {
  const started = performance.now();
  const file = `${OUT}/${picture.name}.png`;
  execFileSync(process.execPath, ['bin/toroid.mjs', ...commandOf(picture), '--quiet', '--out', file], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const times = picture.whole ? 1 : 2;
  const tiles = [...Array(times * times).keys()].map((k) => ({
    input: data,
    raw: { width, height, channels },
    left: (k % times) * width,
    top: Math.floor(k / times) * height,
  }));
  const { size } = await sharp({
    create: { width: times * width, height: times * height, channels: 3, background: 'black' },
  })
    .composite(tiles)
    .jpeg({ quality: 88, chromaSubsampling: '4:4:4' })
    .toFile(`${FOLDER}/${picture.name}.jpg`);
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(`${FOLDER}/${picture.name}.jpg  ${Math.round(size / 1024)} kB  ${seconds} s`);
}
if (!process.argv.includes('--page') && (names.length === 0 || names.includes(COPIES))) {
  for (const [k, sheet] of sheetsOf(copies).entries()) {
    const file = `${FOLDER}/${sheetFile(k)}`;
    console.log(`${file}  ${Math.round((await drawSheet(sheet, OUT, file)) / 1024)} kB`);
  }
}
if (!process.argv.includes('--page') && (names.length === 0 || names.includes(MATERIALS))) {
  const file = `${FOLDER}/${MATERIALS_FILE}`;
  console.log(`${file}  ${Math.round((await drawMaterials(materials, OUT, file)) / 1024)} kB`);
}
