import type { MadeMaterial } from '../../app/material';
import { mapRaster } from '../../app/material';
import type { Raster } from '../../base/raster';
import { VERSION } from '../../base/version';
import { SUN } from '../../material/sun';
import { writeWhole } from '../../node/files';
import { downscale } from '../downscale';
import { type Html, html, page } from './html';
import script from './material.client.js';
import css from './material.css';
import { dataUri } from './picture_uri';
import base from './report.css';

/** Longest side of a map in the page, pixels: of larger ones the page would be too. */
const MOST = 1024;

/** Writes `materialPage`, whole or not at all. */
export const writeMaterialPage = (path: string, made: MadeMaterial): Promise<void> =>
  writeWhole(path, async () => Buffer.from(await materialPage(made), 'utf8'));

/**
 * One page that shows a material: 3 x 3 tiles and a sphere in a light that moves, each map, scores. It asks for nothing: maps
 * are inside, its policy forbids everything else.
 */
export async function materialPage({ material, scores, tiling }: MadeMaterial): Promise<string> {
  const { name, width, height, maps, assumed, relief } = material;
  const shown: { kind: string; raster: Raster; uri: string }[] = [];
  for (const [kind, map] of maps) {
    const raster = downscale(mapRaster(map, material), MOST);
    shown.push({ kind, raster, uri: await dataUri(raster) });
  }
  const percent = Math.round((100 * (shown[0]?.raster.width ?? width)) / width);
  return page({
    title: name,
    version: VERSION,
    styles: base + css,
    script,
    header: html`<p class="quiet">${width} x ${height} pixels; ${tiling}</p>`,
    main: html`<canvas id="lit" aria-label="3 x 3 tiles, and a sphere"></canvas>
<p id="failed" role="status"></p>
<p class="quiet">The sun follows the pointer while it is pressed.</p>
<div class="lights">
${slider('azimuth', 'Sun from', 0, 360, SUN[0])}
${slider('height', 'height', 0, 90, SUN[1])}
${slider('tilt', 'Tiles leant back by', 0, 75, 35)}
</div>
<section><h2>Maps, at ${percent} %</h2>
<div class="maps">${shown.map(({ kind, raster, uri }) => html`<figure><img id="map-${kind}" src="${uri}" width="${raster.width}" height="${raster.height}" alt="${kind}"><figcaption>${kind}${assumed[kind] && `: ${assumed[kind]}`}</figcaption></figure>`)}</div></section>
<section><h2>Scores</h2>
${scoreTable(scores)}
<dl>
<dt>relief</dt><dd>${relief.toFixed(3)} of the width</dd>
${(['height', 'normal'] as const).map((kind) => html`<dt>${kind}</dt><dd>mean slope ${scores[kind].meanSlope.toExponential(1)}, curl ${scores[kind].curl.toExponential(1)}: a surface that tiles has neither</dd>`)}
<dt>unevenness of the light</dt><dd>${scores.unevenness.before.toFixed(3)} before, ${scores.unevenness.after.toFixed(3)} in the colour</dd>
${Object.entries(assumed).map(([what, how]) => what !== 'relief' && !maps.has(what as never) && html`<dt>${what}</dt><dd>${how}</dd>`)}
</dl></section>`,
  });
}

const slider = (id: string, label: string, least: number, most: number, value: number): Html =>
  html`<label for="${id}">${label} <input type="range" id="${id}" min="${least}" max="${most}" value="${value}"></label>`;

const scoreTable = ({ seams, clipped }: MadeMaterial['scores']): Html => html`<table class="table">
<thead><tr><th>map</th><th>seam left to right</th><th>seam top to bottom</th><th>clipped</th></tr></thead>
<tbody>${Object.entries(seams).map(([kind, { x, y }]) => html`<tr><td>${kind}</td><td>${x.verdict}, z ${x.z.toFixed(1)}</td><td>${y.verdict}, z ${y.z.toFixed(1)}</td><td>${(100 * (clipped[kind as keyof typeof clipped] ?? 0)).toFixed(1)} %</td></tr>`)}</tbody>
</table>`;
