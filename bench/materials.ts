// Whether the maps of materials join, and are those of a surface: twenty pictures, as `toroid material` makes them, judged by what is in their
// files. Writes bench/results/materials.md and .json; exits with 1 where a picture fails.
//   npm run bench:materials -- [--pictures pebbles,brick] [--method copy] [--out file without ending]
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, parse } from 'node:path';
import { parseArgs } from 'node:util';
import { mapRaster, materialOn, type TileMethod } from '../src/app/material';
import { readMaterial } from '../src/app/material_files';
import { findAdapter, open } from '../src/gpu/open.node';
import { ensureAdapter } from '../src/gpu/swiftshader.node';
import type { MaterialPreset } from '../src/material/choices';
import { renderMaterial } from '../src/material/render';
import { scoreMaterial } from '../src/material/scores';
import { nodePlatform } from '../src/node/platform';
import { seamScore, verdict } from '../src/recipes/scores/seam';
import { borderLines } from '../test/support/lit_border';
import { text } from './report';

const SHARED = join('..', 'shared', 'exemplars');
const PICTURES: Readonly<Record<string, MaterialPreset>> = {
  'examples/brick.png': 'brick',
  'examples/grass.png': 'ground',
  'examples/knit.png': 'fabric',
  'examples/leaves.png': 'ground',
  'examples/lichen.png': 'stone',
  'examples/pebbles.png': 'stone',
  'examples/sand.png': 'ground',
  'examples/scales.png': 'leather',
  'examples/terrazzo.png': 'tiles',
  'examples/water.png': 'plaster',
  'examples/weave.png': 'fabric',
  'examples/wood.png': 'wood',
  [join(SHARED, 'brick_gray_256.png')]: 'brick',
  [join(SHARED, 'castle_brick_256.png')]: 'brick',
  [join(SHARED, 'coast_sand_rocks_256.png')]: 'ground',
  [join(SHARED, 'grass_gray_256.png')]: 'ground',
  [join(SHARED, 'leaves_forest_ground_256.png')]: 'ground',
  [join(SHARED, 'long_white_tiles_256.png')]: 'tiles',
  [join(SHARED, 'marble016_256.png')]: 'stone',
  [join(SHARED, 'wood070_256.png')]: 'wood',
};
const LIGHTS = [0, 45, 90, 135, 180, 225, 270, 315];
const SLOPE = 1e-4;
const CURL = 1e-5;

interface Row {
  readonly picture: string;
  readonly preset: string;
  readonly tiling: string;
  readonly size: string;
  readonly maps: number;
  /** Maps and axes that do not join, by `toroid check`. */
  readonly seams: readonly string[];
  /** The worst of all maps and axes, in deviations of the lines inside. */
  readonly z: number;
  readonly meanSlope: { readonly height: number; readonly normal: number };
  readonly curl: { readonly height: number; readonly normal: number };
  /** The worst of 8 lights and both axes: the step across the border over what 99 of 100 lines inside do not exceed. */
  readonly border: number;
  /** How many of those 16 are above it. */
  readonly above: number;
}

const { values } = parseArgs({
  options: {
    pictures: { type: 'string', default: '' },
    method: { type: 'string', default: 'auto' },
    out: { type: 'string', default: 'bench/results/materials' },
  },
});
const elsewhere = await ensureAdapter(async () => (await findAdapter()) !== null);
if (elsewhere !== null) process.exit(elsewhere);
const device = await open();
const method = values.method as TileMethod;
const wanted = values.pictures.split(',');
const pictures = Object.entries(PICTURES).filter(([file]) => wanted.some((w) => file.includes(w)));
const rows: Row[] = [];
const left: string[] = [];
for (const [file, preset] of pictures) {
  if (existsSync(file)) rows.push(await judged(file, preset));
  else left.push(file);
  console.log(JSON.stringify(rows.at(-1)));
}

async function judged(file: string, preset: MaterialPreset): Promise<Row> {
  const made = await materialOn(nodePlatform, file, {
    device,
    preset,
    method,
    maps: ['metalness', 'curvature', 'edge'],
  });
  const { files } = await made.files(['raw']);
  const inFiles = files.map(({ name, bytes }) => ({ name, read: async () => new Uint8Array(bytes) }));
  const { material: read } = await readMaterial(nodePlatform, inFiles, { name: 'a', onWarning: console.error });
  const material = { ...read, relief: made.material.relief };
  const seams: string[] = [];
  let z = 0;
  for (const [kind, map] of material.maps) {
    for (const [axis, score] of Object.entries(seamScore(mapRaster(map, material)))) {
      if (verdict(score) !== 'seamless') seams.push(`${kind} ${axis}: ${verdict(score)}`);
      z = Math.max(z, Math.abs(score.z));
    }
  }
  const color = material.maps.get('color')?.data ?? new Float32Array();
  const { height, normal } = await scoreMaterial(device, { material, clipped: {} }, color);
  let [border, above] = [0, 0];
  for (const azimuth of LIGHTS) {
    const lines = borderLines(await renderMaterial(device, material, [azimuth, 30]));
    border = Math.max(border, ...lines.map((l) => l.border / l.inside));
    above += lines.filter((l) => l.border > l.inside).length;
  }
  return {
    picture: parse(file).name,
    preset,
    tiling: made.tiling.replace(/^it does not tile: |, .*/g, ''),
    size: `${material.width}x${material.height}`,
    maps: material.maps.size,
    seams,
    z,
    meanSlope: { height: height.meanSlope, normal: normal.meanSlope },
    curl: { height: height.curl, normal: normal.curl },
    border,
    above,
  };
}

const failures = ({ above, maps, seams, meanSlope, curl }: Row): string[] => [
  ...(above > 0 ? [`border in ${above} of ${2 * LIGHTS.length}`] : []),
  ...(maps === 8 ? [] : [`${maps} maps`]),
  ...seams,
  ...Object.entries(meanSlope).flatMap(([map, v]) => (v < SLOPE ? [] : [`mean slope of ${map}`])),
  ...Object.entries(curl).flatMap(([map, v]) => (v < CURL ? [] : [`curl of ${map}`])),
];
const short = (v: number): string => (v < 0.01 ? v.toExponential(1) : v.toFixed(2));
const columns = 'picture,preset,made,size,seams,worst z,mean slope,curl,border,fails'.split(',');
const lines = rows.map((r) => [
  r.picture,
  r.preset,
  r.tiling,
  r.size,
  `${r.seams.length} of ${2 * r.maps}`,
  short(r.z),
  `${short(r.meanSlope.height)}, ${short(r.meanSlope.normal)}`,
  `${short(r.curl.height)}, ${short(r.curl.normal)}`,
  short(r.border),
  failures(r).join('; ') || 'none',
]);
const failed = rows.filter((r) => failures(r).length > 0);
const page = `# Materials of ${rows.length} pictures

\`npm run bench:materials\`, ${new Date().toISOString().slice(0, 10)}, ${device.adapter.description}. Each is what \`toroid material --method ${method} --preset ...
--maps metalness,curvature,edge\` makes, and is judged by its files (8 maps: 16 bits of height and normals, 8 of the others): seams by \`toroid check\` on both
axes; length of the mean slope (below ${SLOPE}) and curl per pixel (below ${CURL}) of height, normals; and, in renders of 3 x 3 tiles in the sun from
8 sides, 30 degrees high, the step across the border over what 99 of 100 lines inside the tile do not exceed (at most 1), the worst of 16.
${rows.length - failed.length} of ${rows.length} pass${left.length > 0 ? `; not there: ${left.join(', ')}` : ''}.

${[columns, columns.map(() => '---'), ...lines].map((l) => `| ${l.join(' | ')} |`).join('\n')}
`;
console.log(page);
mkdirSync(dirname(values.out), { recursive: true });
writeFileSync(`${values.out}.md`, page);
writeFileSync(
  `${values.out}.json`,
  text({ date: new Date().toISOString(), adapter: device.adapter.description, left, rows }),
);
device.close();
if (rows.length === 0 || failed.length > 0) process.exitCode = 1;
