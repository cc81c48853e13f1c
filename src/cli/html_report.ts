import { lossChart } from '../app/charts/loss_chart';
import { shortNumber } from '../app/charts/svg';
import { duration } from '../app/eta';
import { EngineError } from '../base/errors';
import type { Raster } from '../base/raster';
import { probeFile, writeWhole } from '../node/files';
import type { StageResult } from '../recipes/events';
import type { StructureLine } from '../recipes/scores/structure_verdicts';
import { downscale } from './downscale';
import { Html, type HtmlPart, html, page, svgText } from './page/html';
import { dataUri } from './page/picture_uri';
import css from './page/report.css';

/** What a report shows of a picture: how good it is, and what that means. */
export interface ReportScore {
  readonly label: string;
  readonly value: string | number;
  /** One sentence: what a good value is. */
  readonly meaning: string;
}

/** A run that is over, as its report shows it. */
export interface RunRecord {
  /** Of toroid. */
  readonly version: string;
  /** As it was typed; empty when a program asked. */
  readonly command: string;
  readonly adapter: { readonly name: string; readonly software: boolean };
  /** The filled recipe, as JSON holds it. */
  readonly recipe: unknown;
  readonly seconds: number;
  readonly stopped: boolean;
  readonly warnings: readonly string[];
  readonly stages: readonly StageResult[];
  readonly final: Raster;
  /** Where the picture was written. */
  readonly file?: string;
  /** The axes it tiles along: only along these is it shown twice. Default both. */
  readonly tile?: 'both' | 'x' | 'y' | 'none';
  readonly scores: readonly ReportScore[];
  /** How well the structure of the exemplar is kept, where the run copied one. */
  readonly structure?: readonly StructureLine[];
  readonly inputs: readonly { readonly name: string; readonly raster: Raster }[];
}

/** Longest sides of the pictures inside a report, pixels; with many stages less, so that a page stays below ~10 MB. */
const FINAL_SIDE = 768;
/** A small result is shown in larger dots, up to this width. */
const FINAL_WIDE = 640;
const STAGE_SIDE = 256;
const MANY_STAGES = 16;
const INPUT_SIDE = 240;

/**
 * Finds out before any work whether a report can be written there.
 * @throws EngineError `ReportError` for a name that no browser would open, `PictureError` for a place that takes none.
 */
export function ensureReportWritable(path: string): void {
  if (!/\.html?$/i.test(path)) {
    throw new EngineError(
      'ReportError',
      `${path || '""'}: a report is an HTML page`,
      'Give it a name as out/stone.html.',
    );
  }
  probeFile(path);
}

/** Writes `htmlReport`, whole or not at all. */
export async function writeReport(path: string, record: RunRecord): Promise<void> {
  ensureReportWritable(path);
  await writeWhole(path, async () => Buffer.from(await htmlReport(record), 'utf8'));
}

/**
 * One page that shows a run, for any browser, without a script and without a request: pictures are inside it, and its
 * own policy forbids everything else.
 */
export async function htmlReport(record: RunRecord): Promise<string> {
  const { final, stages, inputs, structure = [], tile = 'both' } = record;
  const side = stages.length > MANY_STAGES ? STAGE_SIDE / 2 : STAGE_SIDE;
  const pictures = new Pictures(tile);
  const zoom = Math.max(1, Math.min(4, Math.floor(FINAL_WIDE / (Math.max(final.width, final.height) * 2))));
  const result = await pictures.tiled(final, FINAL_SIDE, `the result, ${timesText(tile)}`, zoom);
  const shown: Html[] = [];
  for (const s of stages) shown.push(await pictures.tiled(s.raster, side, `stage ${s.stage + 1}, ${s.name}`));
  const thumbs: Html[] = [];
  for (const { name, raster } of inputs) thumbs.push(await pictures.plain(raster, INPUT_SIDE, name));
  const styles = css + pictures.rules;
  return page({
    title: title(record),
    version: record.version,
    styles,
    header: html`<p class="quiet">toroid ${record.version} on ${record.adapter.name}${record.adapter.software && ' (software)'}</p>`,
    main: html`${section('Result', [html`<figure>${result}<figcaption>${final.width} x ${final.height} pixels, shown ${timesText(tile)}${zoom > 1 && `, each pixel as ${zoom} x ${zoom}`}</figcaption></figure>`, facts(record)])}
${record.warnings.length > 0 && section('Notes', html`<ul>${record.warnings.map((n) => html`<li>${n}</li>`)}</ul>`)}
${record.scores.length > 0 && section('Scores', scoreList(record.scores))}
${structure.length > 0 && section('Structure', structureTable(structure))}
${thumbs.length > 0 && section('Inputs', html`<div class="grid-list">${inputs.map((i, k) => html`<figure>${thumbs[k]}<figcaption>${i.name}, ${i.raster.width} x ${i.raster.height}</figcaption></figure>`)}</div>`)}
${stages.length > 0 && section('Stages', [stageTable(stages), html`<div class="grid-list">${stages.map((s, k) => html`<figure>${shown[k]}<figcaption>${s.stage + 1}. ${s.name}, ${s.width} x ${s.height}</figcaption></figure>`)}</div>`])}
${stages.length > 0 && section('Loss', curves(stages))}
${section('Recipe', [recipeTree(record.recipe), html`<details><summary>As JSON, to copy</summary><pre>${JSON.stringify(record.recipe, null, 2)}</pre></details>`])}`,
  });
}

const section = (heading: string, content: HtmlPart): Html =>
  html`<section><h2>${heading}</h2>
${content}</section>`;

function title({ recipe, file }: RunRecord): string {
  const name = typeof recipe === 'object' && recipe !== null && 'name' in recipe ? recipe.name : undefined;
  if (typeof name === 'string' && name !== '') return name;
  return file ?? 'A run of toroid';
}

const timesText = (tile: string): string =>
  ({ both: 'repeated 2 x 2', x: 'repeated 2 x 1', y: 'repeated 1 x 2' })[tile] ?? 'once: it does not tile';

function facts({ file, seconds, stopped, stages, command }: RunRecord): Html {
  const steps = stages.reduce((n, s) => n + s.steps, 0);
  const rows: [string, HtmlPart][] = [
    ['Time', `${duration(seconds)}${stopped ? ', stopped early' : ''}`],
    ['Steps', `${steps} in ${stages.length} stage${stages.length === 1 ? '' : 's'}`],
  ];
  if (file !== undefined) rows.unshift(['File', html`<code>${file}</code>`]);
  if (command !== '') rows.push(['Command', html`<code>${command}</code>`]);
  return html`<dl>${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

function scoreList(scores: readonly ReportScore[]): Html {
  const card = ({ label, value, meaning }: ReportScore): Html =>
    html`<div><dt>${label}</dt><dd class="value">${typeof value === 'number' ? shortNumber(value) : value}</dd><dd class="quiet">${meaning}</dd></div>`;
  return html`<dl class="scores">${scores.map(card)}</dl>`;
}

/** As `toroid score` prints it. */
function structureTable(lines: readonly StructureLine[]): Html {
  const row = ({ name, value, good, verdict, about }: StructureLine): Html =>
    html`<tr><td class="${verdict}">${verdict}</td><td>${name}</td><td class="number">${value}</td><td>${good}</td><td class="quiet">${about}</td></tr>`;
  const heads = ['', 'Measure', 'Value', 'A good tile has', 'What it asks'];
  const head = heads.map((h) => html`<th scope="col"${h === 'Value' && new Html(' class="number"')}>${h}</th>`);
  return html`<p class="quiet">Against the exemplar, measure by measure; there is no sum of them. Fair is what may be the material, poor what is seen.</p><div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${lines.map(row)}</tbody></table></div>`;
}

function stageTable(stages: readonly StageResult[]): Html {
  const row = (s: StageResult): Html => {
    const last = s.curves.total?.at(-1)?.[1];
    return html`<tr><td class="number">${s.stage + 1}</td><td>${s.name}</td><td class="number">${s.width} x ${s.height}</td><td class="number">${s.steps}</td><td class="number">${Number(s.msPerStep.toPrecision(3))}</td><td class="number">${duration((s.steps * s.msPerStep) / 1000)}</td><td class="number">${last === undefined ? '' : shortNumber(last)}</td></tr>`;
  };
  const heads = ['Stage', 'Name', 'Pixels', 'Steps', 'ms a step', 'Time', 'Last loss'];
  const head = heads.map((h) => html`<th scope="col"${h !== 'Name' && new Html(' class="number"')}>${h}</th>`);
  return html`<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${stages.map(row)}</tbody></table></div>`;
}

/** A chart for each term, `total` first, the others as they come up. */
function curves(stages: readonly StageResult[]): Html {
  const terms = new Set(['total', ...stages.flatMap((s) => Object.keys(s.curves))]);
  const ends = stages.map((_, k) => stages.slice(0, k + 1).reduce((n, s) => n + s.steps, 0));
  const charts = [...terms].flatMap((name) => {
    const points = stages.flatMap((s, k) =>
      (s.curves[name] ?? []).map(([step, v]) => [(ends[k - 1] ?? 0) + step, v] as const),
    );
    if (points.length === 0) return [];
    const chart = lossChart(svgText, [{ name, points }], { borders: ends.slice(0, -1), steps: ends.at(-1) ?? 1 });
    return [html`<figure><h3>${name}</h3>${chart}</figure>`];
  });
  return html`<p class="quiet">By step, weighted as in the recipe; dashed lines are where the next stage begins.</p><div class="charts">${charts}</div>`;
}

/** Pictures inside the page: as rules of its style sheet when they repeat. */
class Pictures {
  rules = '';
  #count = 0;
  readonly #times: readonly [number, number];

  constructor(tile: string) {
    this.#times = [tile === 'both' || tile === 'x' ? 2 : 1, tile === 'both' || tile === 'y' ? 2 : 1];
  }

  async tiled(raster: Raster, most: number, about: string, zoom = 1): Promise<Html> {
    const small = downscale(raster, most);
    const [nx, ny] = this.#times;
    const [w, h] = [small.width * nx * zoom, small.height * ny * zoom];
    const id = `p${this.#count++}`;
    const dots = zoom > 1 ? 'image-rendering:pixelated;' : '';
    this.rules += `#${id}{${dots}width:${w}px;aspect-ratio:${w}/${h};background-size:${100 / nx}% ${100 / ny}%;background-image:url(${await dataUri(small)})}\n`;
    return html`<div class="tiled" id="${id}" role="img" aria-label="${about}"></div>`;
  }

  async plain(raster: Raster, most: number, about: string): Promise<Html> {
    const { width, height } = downscale(raster, most);
    const uri = await dataUri(downscale(raster, most));
    return html`<img class="thumb" src="${uri}" width="${width}" height="${height}" alt="${about}">`;
  }
}

/** How deep a recipe is open when the page is: its steps and their blocks, not what is inside those. */
const OPEN = 2;
/** Lists of plain values longer than this are folded. */
const SHORT = 8;

/** JSON as nested lines that fold: plain values beside their names, objects and lists below. */
export function recipeTree(value: unknown): Html {
  const entries = entriesOf(value);
  if (!entries) return html`<p class="mono">${plain(value)}</p>`;
  return html`<div class="mono">${entries.map(([key, v]) => node(key, v, 1))}</div>`;
}

function node(key: string, value: unknown, depth: number): Html {
  const entries = entriesOf(value);
  if (!entries || entries.length === 0 || shortList(value)) {
    return html`<div class="leaf"><span class="key">${key}:</span> ${plain(value)}</div>`;
  }
  const inside = entries.map(([k, v]) => node(k, v, depth + 1));
  const about = hint(value);
  const label = html`<summary><span class="key">${key}</span>${about && html` ${about}`}</summary>`;
  return depth <= OPEN ? html`<details open>${label}${inside}</details>` : html`<details>${label}${inside}</details>`;
}

function entriesOf(value: unknown): [string, unknown][] | null {
  if (Array.isArray(value)) return value.map((v, k) => [String(k + 1), v]);
  return typeof value === 'object' && value !== null ? Object.entries(value) : null;
}

const shortList = (value: unknown): boolean =>
  Array.isArray(value) && value.length <= SHORT && value.every((v) => typeof v !== 'object' || v === null);

/** What a folded object is, so that it need not be opened to know: its kind or name, or how much there is. */
function hint(value: unknown): string {
  if (Array.isArray(value)) return `(${value.length})`;
  const known = value as Record<string, unknown>;
  const told = ['name', 'kind', 'type', 'loss', 'net'].map((k) => known[k]).find((v) => typeof v === 'string');
  return typeof told === 'string' ? told : '';
}

function plain(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(plain).join(', ');
  if (typeof value === 'string') return value === '' ? '""' : value;
  if (typeof value === 'object' && value !== null) return '{}';
  return value === undefined ? '' : String(value);
}
