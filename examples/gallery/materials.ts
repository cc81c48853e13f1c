import { execFileSync } from 'node:child_process';
import sharp, { type OverlayOptions } from 'sharp';

/** An example as a material, and what is to be seen. */
export interface ShownMaterial {
  /** Of the file in examples/. */
  readonly name: string;
  readonly preset: string;
  readonly text: string;
}

/** Where the sun is, one column each: azimuth and height, degrees. */
export const SUNS = ['135,30', '45,30', '315,30', '225,30'] as const;
/** Side of a cell, pixels: of a render of 3 x 3 tiles it shows where four of them meet. */
const CELL = 240;
const GAP = 6;

/** Makes the materials and one sheet of them: a row each, a column for each sun. */
export async function drawMaterials(shown: readonly ShownMaterial[], folder: string, file: string): Promise<number> {
  const parts: OverlayOptions[] = [];
  for (const [row, { name, preset }] of shown.entries()) {
    const maps = `${folder}/material-${name}`;
    for (const [column, sun] of SUNS.entries()) {
      const render = `${folder}/material-${name}-${column}.png`;
      const made = ['-o', maps, '--preset', preset];
      // The first makes the maps; the others light them.
      const source =
        column === 0 ? [`examples/${name}.png`, ...made] : [maps, '--method', 'none', '-o', `${maps}-again`];
      const args = ['bin/toroid.mjs', 'material', ...source, '--render', render, '--sun', sun, '--quiet'];
      execFileSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
      const { width, height } = await sharp(render).metadata();
      const [left, top] = [width, height].map((side) => Math.round(side / 3 - CELL / 2)) as [number, number];
      parts.push({
        input: await sharp(render).extract({ left, top, width: CELL, height: CELL }).toBuffer(),
        left: column * (CELL + GAP),
        top: row * (CELL + GAP),
      });
    }
  }
  const [width, height] = [SUNS.length, shown.length].map((k) => k * (CELL + GAP) - GAP) as [number, number];
  const { size } = await sharp({ create: { width, height, channels: 3, background: 'white' } })
    .composite(parts)
    .webp({ quality: 50 })
    .toFile(file);
  return size;
}

export const materials: readonly ShownMaterial[] = [
  {
    name: 'pebbles',
    preset: 'stone',
    text: 'every stone is round in every light; the light painted into the picture is only half gone, so the sun from the lower right looks dull. With `--delight 1` it is as bright as the others, but stones have white rims where their shade was.',
  },
  {
    name: 'brick',
    preset: 'brick',
    text: 'mortar lies deep on all sides of each brick and joints change sides with the sun; grain is a little strong.',
  },
  {
    name: 'wood',
    preset: 'wood',
    text: 'boards keep their level and joints are grooves; grain stands out as if hewn, and a pale board is taken for a little higher than a dark one.',
  },
  {
    name: 'weave',
    preset: 'fabric',
    text: 'threads that run with the light vanish and those across it stand out, as cloth does; bright threads are taken for high ones.',
  },
  {
    name: 'scales',
    preset: 'leather',
    text: 'scales are plump in the sun from the left, where the light of the picture is taken to come from, and lie almost flat in that from the right.',
  },
  {
    name: 'sand',
    preset: 'ground',
    text: 'ripples are clear in every light, softer with the sun along them, and the grain between them is that of sand.',
  },
];
