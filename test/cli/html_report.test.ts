import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { lossChart } from '../../src/app/charts/loss_chart';
import { shortNumber } from '../../src/app/charts/svg';
import { htmlReport, type RunRecord, writeReport } from '../../src/cli/html_report';
import { svgText } from '../../src/cli/page/html';
import { plasma } from '../../src/recipes/init/plasma';
import { long } from '../support/all';
import { closeBrowser, openBrowser } from '../support/browser';
import { needs } from '../support/needs';

const folder = mkdtempSync(join(tmpdir(), 'toroid-report-'));
const at = (name: string): string => join(folder, name);
const test = suite('html report');
const browser = await openBrowser();
test.after(async () => {
  await closeBrowser();
  rmSync(folder, { recursive: true });
});

const NASTY = `<script>alert('x')</script>"&`;
const raster = plasma({ size: [48, 32], seed: 4 });
const record: RunRecord = {
  version: '9.8.7',
  command: `toroid run ${NASTY}`,
  adapter: { name: `card ${NASTY}`, software: true },
  recipe: { name: `Moss ${NASTY}`, seed: 7, steps: [{ name: NASTY, losses: [{ kind: 'style', weight: 0.5 }] }] },
  seconds: 75,
  stopped: true,
  warnings: [NASTY],
  stages: [0, 1].map((stage) => ({
    stage,
    name: `grow ${NASTY}`,
    width: 48,
    height: 32,
    steps: 10,
    msPerStep: 12.5,
    curves: {
      total: Array.from({ length: 10 }, (_, k) => [k, 10 / (k + 1)] as const),
      [NASTY]: Array.from({ length: 10 }, (_, k) => [k, k - 4] as const),
      broken: [[0, Number.NaN]] as const,
    },
    raster,
  })),
  final: raster,
  file: NASTY,
  scores: [{ label: NASTY, value: 1.23456, meaning: NASTY }],
  inputs: [{ name: NASTY, raster }],
};

test('everything is escaped, and nothing in the page asks for anything', async () => {
  const page = await htmlReport(record);
  assert.is(page.split('<script').length, 1, 'a script got in');
  assert.ok(page.split('&lt;script&gt;').length > 12, 'names are shown as they are');
  for (const [, address] of page.matchAll(/(?:src|href|url)\s*[=(]\s*["']?([^"')\s>]*)/g)) {
    assert.match(address!, /^data:image\/webp;base64,/);
  }
  assert.match(page, /default-src 'none'|default-src &#39;none&#39;/);
});

test('it says what was run, on what, how long, and how good the result is', async () => {
  const page = await htmlReport({ ...record, command: 'toroid run moss.json', file: 'out/moss.png' });
  for (const part of ['toroid 9.8.7', '(software)', 'toroid run moss.json', 'out/moss.png', '1 min 15 s', 'stopped']) {
    assert.match(page, part);
  }
  assert.match(page, '20 in 2 stages');
  assert.match(page, /<td class="number">12\.5<\/td><td class="number">0\.1 s<\/td><td class="number">1<\/td>/);
  assert.match(page, '1.23<');
});

test('what the judge of structure found is told in words', async () => {
  const line = { name: 'sharpness', value: '0.8', good: '0.95 to 1.1', verdict: 'poor', about: `${NASTY}?` } as const;
  const page = await htmlReport({ ...record, structure: [line] });
  assert.match(page, '<td class="poor">poor</td><td>sharpness</td><td class="number">0.8</td><td>0.95 to 1.1</td>');
  assert.is(page.split('<script').length, 1, 'a script got in');
  assert.not.match(await htmlReport(record), 'Structure');
});

test('the result is inside, exactly, and every stage', async () => {
  const page = await htmlReport(record);
  const pictures = [...page.matchAll(/background-image:url\(data:image\/webp;base64,([^)]+)\)/g)];
  assert.is(pictures.length, 3);
  for (const [, base64] of pictures) {
    const { data, info } = await sharp(Buffer.from(base64!, 'base64')).raw().toBuffer({ resolveWithObject: true });
    assert.equal([info.width, info.height], [48, 32]);
    for (let i = 0; i < 48 * 32; i++) assert.is(data[3 * i], Math.round(raster.data[i]! * 255), `red at ${i}`);
  }
  assert.match(page, /image-rendering:pixelated;width:384px;aspect-ratio:384\/256;background-size:50% 50%/);
  const flat = await htmlReport({ ...record, tile: 'x' });
  assert.match(flat, /width:384px;aspect-ratio:384\/128;background-size:50% 100%/);
  assert.match(flat, 'repeated 2 x 1');
});

long(test)('large pictures and many stages are bounded', async () => {
  const large = plasma({ size: [800, 400], seed: 1 });
  const many = Array.from({ length: 20 }, (_, stage) => ({ ...record.stages[0]!, stage, raster: large }));
  const page = await htmlReport({ ...record, final: large, stages: many });
  assert.match(page, /width:1536px;aspect-ratio:1536\/768/);
  assert.match(page, /width:256px;aspect-ratio:256\/128/);
  assert.ok(page.length < 3e6, `${page.length} bytes`);
});

/** The heights at which a chart draws values. */
const heights = (svg: string): number[][] =>
  [...svg.matchAll(/class="curve" d="([^"]+)"/g)].map(([, d]) =>
    [...d!.matchAll(/[ML][^,]+,([\d.]+)/g)].map((m) => Number(m[1])),
  );

test('positive values are on a logarithmic scale, others on one with a sign, and a gap stays a gap', () => {
  const chart = (...values: number[]): string =>
    lossChart(svgText, [{ name: 'x', points: values.map((v, k) => [k, v] as const) }], { steps: values.length }).text;
  const [log] = heights(chart(100, 10, 1, 0.1));
  const drops = [1, 2, 3].map((k) => log![k]! - log![k - 1]!);
  assert.ok(Math.max(...drops) - Math.min(...drops) < 0.3, `equal ratios are equal drops: ${drops}`);
  assert.match(chart(100, 10, 1, 0.1), 'logarithmic');
  const ticks = (svg: string): string[] => [...svg.matchAll(/text-anchor="end">([^<]*)/g)].map((m) => m[1]!);
  assert.equal(ticks(chart(100, 10, 1, 0.1)), ['0.1', '1', '10', '100']);
  assert.equal(ticks(chart(0.045, 0.02, 0.004)), ['0.005', '0.01', '0.02']);
  const [linear] = heights(chart(-2, -1, 0, 1, 2));
  assert.ok(Math.abs(linear![2]! - (linear![0]! + linear![4]!) / 2) < 0.2);
  const [wide] = heights(chart(-1, 1, -1, 1, 1, 1, 1000));
  assert.ok(wide![0]! - wide![1]! > 10, 'what is small beside one spike can still be seen');
  assert.is(chart(1, Number.NaN, 2, 3).match(/class="curve" d="[^"]*M[^"]*M/g)?.length, 1);
  for (const values of [[], [0], [5, 5, 5], [Number.NaN], [Number.POSITIVE_INFINITY, 1]]) {
    assert.not.match(chart(...values), /d="[^"]*(NaN|Infinity|undefined)/);
  }
  const spike = chart(...Array.from({ length: 5000 }, (_, k) => (k === 1234 ? 1e4 : 1 + (k % 7))));
  assert.ok(Math.min(...heights(spike)[0]!) < 9, 'a spike among thousands of points is still drawn');
  assert.ok(spike.length < 12000, `${spike.length} characters`);
});

test('numbers are as short as three digits allow', () => {
  assert.equal([0, 1, 0.012345, 1.5e-5, -3e-7, 123456, 99999, 1e6, Number.NaN].map(shortNumber), [
    '0',
    '1',
    '0.0123',
    '1.5e-5',
    '-3e-7',
    '1.23e5',
    '100000',
    '1e6',
    'NaN',
  ]);
});

test('it is written whole, and refused beforehand where it cannot be', async () => {
  await writeReport(at('deep/report.html'), record);
  assert.equal(readdirSync(at('deep')), ['report.html']);
  assert.is(readFileSync(at('deep/report.html'), 'utf8'), await htmlReport(record));
  try {
    await writeReport(at('report.png'), record);
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).name, 'ReportError');
  }
});

needs(
  test,
  browser,
  'no browser starts here',
)('a browser shows it without a complaint, without a request, and it fits a narrow screen', async () => {
  await writeReport(at('shown.html'), record);
  const url = pathToFileURL(at('shown.html')).href;
  const page = await browser!.newPage({ viewport: { width: 360, height: 700 } });
  const said: string[] = [];
  const asked: string[] = [];
  page.on('console', (m) => said.push(m.text()));
  page.on('pageerror', (e) => said.push(e.message));
  page.on('request', (r) => !r.url().startsWith('data:') && asked.push(r.url()));
  await page.goto(url);
  const seen = await page.evaluate(() => {
    const picture = document.querySelector('#p0') as HTMLElement;
    return {
      wide: document.documentElement.scrollWidth,
      picture: picture.getBoundingClientRect().width,
      image: getComputedStyle(picture).backgroundImage.slice(0, 20),
      heading: document.querySelector('h1')?.textContent,
      charts: document.querySelectorAll('svg').length,
    };
  });
  assert.equal(said, []);
  assert.equal(asked, [url]);
  assert.is(seen.wide, 360);
  assert.is(seen.picture, 328, 'as wide as the page, less its margins');
  assert.is(seen.image, 'url("data:image/webp');
  assert.is(seen.heading, `Moss ${NASTY}`);
  assert.is(seen.charts, 3);
  await page.close();
});

test.run();
