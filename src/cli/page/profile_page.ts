import { roofline } from '../../app/charts/roofline';
import { percent, rate, shortMs } from '../../app/charts/svg';
import { bytesText, EngineError } from '../../base/errors';
import { variantText } from '../../gpu/tune';
import { headline, type LaunchReport, type ProfileReport } from '../../graph/profile_report';
import { traceOf } from '../../graph/profile_trace';
import { probeFile, writeWhole } from '../../node/files';
import type { StageProfile } from '../../recipes/profile_stage';
import { PACE_HEAD, paceCells } from '../profile_table';
import { Html, html, page, svgText } from './html';
import css from './profile.css';
import sort from './profile_sort.client.js';
import base from './report.css';

/** Kernels with a colour of their own; the others share one. */
const COLOURS = 8;
/** Rows of the table at most, the slowest; and what is narrower in the strip is not drawn. */
const MOST_ROWS = 500;
const THINNEST = 0.02;
const STRIP = { width: 1000, height: 60 };

/**
 * One page that shows a profile, for any browser, without a request: its policy forbids everything but its own styles
 * and the script that sorts its table.
 */
export function profilePage({ report, sources }: StageProfile): string {
  const { subject, adapter, versions } = report;
  const rank = new Map(report.kernels.map((k, i) => [k.kernel, i]));
  const colour = (kernel: string): string => {
    const k = rank.get(kernel) ?? COLOURS;
    return k < COLOURS ? `k${k}` : 'kx';
  };
  return page({
    title: `Profile of ${subject.name}`,
    version: versions.toroid ?? '',
    styles: base + css,
    script: sort,
    header: html`<p class="quiet">Stage ${subject.stage} (${subject.stageName}) of 0 to ${subject.stages - 1}, ${subject.width} x ${subject.height} pixels, ${subject.scalar}, on ${adapter.name}${adapter.software && ' (software)'}</p>
<p class="headline">${headline(report)}</p>`,
    main: html`${facts(report)}
<section><h2>One run</h2>
<p class="quiet">Launches in order, as wide as they take long, coloured by kernel. Hover for details.</p>
${strip(report.rows, colour)}</section>
<section><h2>Kernels</h2>
${report.kernels.map(
  (k) =>
    html`<details class="kernel" id="${anchor(k.kernel)}"><summary><span class="name"><span class="swatch ${colour(k.kernel)}"></span>${k.kernel}</span><span class="bar">${bar(k.share / (report.kernels[0]?.share || 1), colour(k.kernel))}</span><span class="figures">${shortMs(k.ms)} ms, ${percent(k.share)}; ${percent(k.ofRoof)} of the roof (${k.bound}); ${k.launches} launch${k.launches === 1 ? '' : 'es'}</span></summary>
<pre>${k.variants.map((v) => `// compiled with ${variantText(v) || 'its defaults'}\n`).join('')}${sources.get(k.kernel) ?? ''}</pre></details>`,
)}</section>
<section><h2>Roofline</h2>
<p class="quiet">A dot is a launch, its area its share of the time. Under the slope memory is the limit, under the flat arithmetic; above the slope data stayed in caches. What computes nothing is not shown.</p>
<div class="scroll"><div class="plot">${roofline(svgText, report, [720, 400], colour)}</div></div></section>
<section><h2>Launches</h2>
${table(report.rows, colour)}</section>`,
  });
}

const anchor = (kernel: string): string => `kernel-${kernel.replaceAll(/[^\w-]+/g, '-')}`;

function facts({ totals, roof, clock, runs, date, versions }: ProfileReport): Html {
  const { launches, ms, wallMs, gpuMs, hostMs, outside, memory } = totals;
  const rows: [string, string][] = [
    ['All launches', `${shortMs(ms)} ms, ${launches} of them, each in a pass of its own`],
    ['On the clock', `${shortMs(wallMs)} ms a run, queued as a recipe does`],
    ['In GPU passes', gpuMs === null ? 'not known: no timestamps' : `${shortMs(gpuMs)} ms of that`],
    ['Outside them', outside === null ? 'not known' : percent(Math.max(0, outside))],
    ['Host', `${shortMs(hostMs)} ms to encode and submit a run`],
    ['Memory', bytesText(memory)],
    ['Roof', `${rate(roof.gflops)} GFLOP/s, ${rate(roof.gbPerSecond)} GB/s; an empty pass ${shortMs(roof.passMs)} ms`],
    ['Timed by', `${clock === 'wall' ? 'the clock, one by one: rough' : 'timestamps'}, medians of ${runs} runs`],
    [
      'Made',
      `${date.slice(0, 16).replace('T', ' ')} UTC with ${Object.entries(versions)
        .map(([k, v]) => `${k} ${v}`)
        .join(', ')}`,
    ],
  ];
  return html`<dl>${rows.map(([k, v]) => html`<dt>${k}</dt><dd>${v}</dd>`)}</dl>`;
}

function strip(rows: readonly LaunchReport[], colour: (kernel: string) => string): Html {
  const total = rows.reduce((n, r) => n + r.lastedMs, 0) || 1;
  let x = 0;
  const bars = rows.map((r) => {
    const width = (r.lastedMs / total) * STRIP.width;
    const from = x;
    x += width;
    if (width < THINNEST) return null;
    return html`<a href="#${anchor(r.kernel)}"><rect class="${colour(r.kernel)}" x="${from.toFixed(2)}" width="${width.toFixed(2)}" height="${STRIP.height}"><title>${r.label} (${r.kernel}): ${shortMs(r.lastedMs)} ms</title></rect></a>`;
  });
  return html`<svg class="strip" viewBox="0 0 ${STRIP.width} ${STRIP.height}" preserveAspectRatio="none" role="img" aria-label="The launches of one run, in order">${bars}</svg>`;
}

const bar = (share: number, colour: string): Html =>
  html`<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="${colour}" width="${(100 * share).toFixed(1)}" height="10"/></svg>`;

/** Sorted by time. Each number cell holds its exact value for the script to sort by. */
function table(rows: readonly LaunchReport[], colour: (kernel: string) => string): Html {
  const heads = ['Order', 'Op', 'Kernel', 'Variant', 'Grid', ...PACE_HEAD];
  const texts = ['Op', 'Kernel', 'Variant', 'Grid', 'bound'];
  const number = (h: string | undefined): boolean => h !== undefined && !texts.includes(h);
  const sorted = [...rows.keys()].sort((a, b) => (rows[b]?.ms ?? 0) - (rows[a]?.ms ?? 0));
  const line = (k: number): Html => {
    const r = rows[k];
    if (!r) return html``;
    const cells: (string | Html)[] = [
      `${k + 1}`,
      r.label,
      html`<span class="swatch ${colour(r.kernel)}"></span>${r.kernel}`,
      variantText(r.variant),
      r.grid.join(' x '),
      ...paceCells(r),
    ];
    const values = [k + 1, null, null, null, null, r.ms, r.share, r.flops > 0 ? r.gflops : 0, r.gbPerSecond, r.ofRoof];
    return html`<tr>${cells.map((c, i) =>
      number(heads[i]) ? html`<td class="number" data-value="${values[i]}">${c}</td>` : html`<td>${c}</td>`,
    )}</tr>`;
  };
  const head = heads.map(
    (h) =>
      html`<th scope="col"${number(h) && new Html(' class="number"')}${h === 'ms' && new Html(' aria-sort="descending"')}><button type="button">${h}</button></th>`,
  );
  return html`<div class="scroll tall"><table id="launches"><thead><tr>${head}</tr></thead><tbody>${sorted.slice(0, MOST_ROWS).map(line)}</tbody></table></div>${sorted.length > MOST_ROWS && html`<p class="quiet">The ${MOST_ROWS} slowest of ${sorted.length}; profile.json has them all.</p>`}`;
}

/**
 * Finds out before any work whether a profile can be written there.
 * @throws EngineError `ProfileError` for a name that tells of no form it has, `PictureError` for a place that takes none.
 */
export function ensureProfileWritable(path: string): void {
  if (!/\.(html?|json)$/i.test(path)) {
    throw new EngineError(
      'ProfileError',
      `${path || '""'}: a profile is a page or a trace`,
      'Give it a name as out/profile.html, or out/trace.json.',
    );
  }
  probeFile(path);
}

/** Writes a profile, whole or not at all: .html the page, .json the trace. */
export async function writeProfile(path: string, profile: StageProfile): Promise<void> {
  await save(path, /\.json$/i.test(path) ? json(traceOf(profile.report)) : profilePage(profile));
}

/** One entry a line at the outer levels, so that it can be looked at and compared. */
export const json = (value: object): string => `${JSON.stringify(value, null, 1)}\n`;

export const save = (path: string, text: string): Promise<void> =>
  writeWhole(path, async () => Buffer.from(text, 'utf8'));
