// Profiling a stage: the figures add up, the files can be opened, and a change shows. One profile is made for all of these,
// hence one file.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ensureProfileWritable, profilePage, writeProfile } from '../../src/cli/page/profile_page';
import { diffText, profileText } from '../../src/cli/profile_table';
import { Device } from '../../src/gpu/device';
import { facts, findAdapter, open, waitGpu } from '../../src/gpu/open.node';
import { measureRoofline, type Roofline } from '../../src/gpu/roofline';
import { Graph } from '../../src/graph/graph';
import { Plan } from '../../src/graph/plan';
import { diffOf } from '../../src/graph/profile_diff';
import {
  headline,
  type LaunchReport,
  type ProfileReport,
  parseReport,
  sourcesOf,
} from '../../src/graph/profile_report';
import { emitMeasures, type Trace, traceOf } from '../../src/graph/profile_trace';
import { writePicture } from '../../src/node/picture';
import { plasma } from '../../src/recipes/init/plasma';
import { profileStage, type StageProfile } from '../../src/recipes/profile_stage';
import { fillRecipe } from '../../src/recipes/recipe';
import { conv2d } from '../../src/shaders/conv2d';
import { long } from '../support/all';
import { closeBrowser, openBrowser } from '../support/browser';
import { type Ended, runner } from '../support/cli_run';
import { device } from '../support/device';
import { needs } from '../support/needs';

const folder = mkdtempSync(join(tmpdir(), 'toroid-profile-'));
const at = (name: string): string => join(folder, name);
const test = suite('profile');
const browser = await openBrowser();
test.after(async () => {
  await closeBrowser();
  rmSync(folder, { recursive: true });
});

const ROOF: Roofline = { gflops: 100, gbPerSecond: 10, passMs: 0.001, clock: 'timestamps' };
const recipe = fillRecipe({
  name: 'small <b>"one"</b>',
  size: 24,
  scales: { coarsest: 16 },
  styles: [{ input: 'style' }],
  stages: [{ steps: 4, losses: [{ kind: 'patches', projections: 4 }] }],
});
/** The same with next to nothing to compile. */
const small = fillRecipe({ ...recipe, stages: [{ steps: 2, losses: [{ kind: 'mean', layers: ['input'] }] }] });
const inputs = new Map([['style', plasma({ size: [32, 32], seed: 3 })]]);

let made: Promise<StageProfile> | undefined;
/** One profile for all tests, with a roof that is not measured. */
const profiled = (): Promise<StageProfile> => {
  made ??= device().then((d) =>
    profileStage(d, recipe, inputs, { runs: 3, roof: ROOF, versions: { toroid: '9.8.7', node: '20' } }),
  );
  return made;
};

const near = (a: number, b: number, about: string): void =>
  assert.ok(Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b)), `${about}: ${a}, not ${b}`);
const sum = <T>(list: readonly T[], value: (t: T) => number): number => list.reduce((n, t) => n + value(t), 0);

/** The rules of a timeline: fields, positive lengths, in order, no launch inside another on a track. */
function checkTrace(trace: Trace, launches: number): void {
  let before = 0;
  const ends = new Map<number, number>();
  let spans = 0;
  for (const e of trace.traceEvents) {
    assert.type(e.name, 'string');
    assert.type(e.pid, 'number');
    assert.type(e.tid, 'number');
    assert.ok(e.ts >= before, `${e.name} at ${e.ts} after ${before}`);
    before = e.ts;
    if (e.ph === 'M') continue;
    assert.is(e.ph, 'X');
    assert.ok(e.dur! > 0, `${e.name} lasts ${e.dur}`);
    assert.ok(e.ts >= (ends.get(e.tid) ?? 0) - 1, `${e.name} begins at ${e.ts}, before ${ends.get(e.tid)}`);
    ends.set(e.tid, e.ts + e.dur!);
    if (e.tid === 1) spans++;
  }
  assert.is(spans, launches);
  assert.is(trace.traceEvents.filter((e) => e.name === 'thread_name').length, 2);
}

test('the largest stage is timed, and its figures add up', async () => {
  const { report, sources } = await profiled();
  const { rows, kernels, totals, subject } = report;
  assert.equal([subject.width, subject.height], [24, 24]);
  assert.is(subject.stage, subject.stages - 1);
  assert.ok(rows.length > 10 && totals.launches === rows.length);
  near(
    sum(rows, (r) => r.ms),
    totals.ms,
    'ms of launches',
  );
  near(
    sum(kernels, (k) => k.ms),
    totals.ms,
    'ms of kernels',
  );
  near(
    sum(rows, (r) => r.share),
    1,
    'shares',
  );
  assert.is(
    sum(kernels, (k) => k.launches),
    rows.length,
  );
  assert.is(
    sum(rows, (r) => r.flops),
    totals.flops,
  );
  assert.is(
    sum(rows, (r) => r.bytes),
    totals.bytes,
  );
  assert.ok(totals.memory > 0 && totals.wallMs > 0 && totals.hostMs > 0);
  for (const r of rows) {
    assert.ok(r.ms > 0 && r.lastedMs >= 0, r.label);
    // The roof by hand: 100 GFLOP/s is 1e8 a millisecond, 10 GB/s is 1e7.
    near(r.ofRoof * r.ms, Math.max(r.flops / 1e8, r.bytes / 1e7), r.label);
    near(r.gbPerSecond * r.ms * 1e6, r.bytes, r.label);
    if (r.ms > 0.002) assert.is(r.bound, r.flops / 1e8 >= r.bytes / 1e7 ? 'compute' : 'memory', r.label);
    assert.match(sources.get(r.kernel) ?? '', '@compute');
  }
  const text = profileText(report, false);
  assert.match(text, `and ${rows.length - 20} more launches`);
  assert.is(profileText(report, true).split('\n').length, text.split('\n').length + rows.length - 21);
  assert.equal(parseReport(JSON.stringify(report), 'x'), JSON.parse(JSON.stringify(report)));
});

test('a stage is chosen by its number, and one that is not there is refused', async () => {
  const d = await device();
  const { report } = await profileStage(d, recipe, inputs, { stage: 0, runs: 1, roof: ROOF });
  assert.ok(report.subject.width < 24, `${report.subject.width}`);
  try {
    await profileStage(d, recipe, inputs, { stage: 9, runs: 1, roof: ROOF });
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /no stage 9.*\n.*0 to 1/);
  }
});

test('what to look at first is where most time is lost', () => {
  const pace = { flops: 1, bytes: 1, gflops: 1, gbPerSecond: 1, launches: 1, variants: [] };
  const kernel = (name: string, ms: number, ofRoof: number, bound: 'compute' | 'launch' = 'compute') => ({
    ...pace,
    kernel: name,
    ms,
    share: ms / 10,
    ofRoof,
    bound,
  });
  const of = (kernels: ReturnType<typeof kernel>[], outside: number | null): string =>
    headline({ kernels, roof: ROOF, totals: { ms: 10, wallMs: 10, outside, launches: 9 } } as never);
  assert.is(
    of([kernel('conv2d', 6, 0.95), kernel('argsort', 3, 0.1)], 0),
    'Look first at argsort: it takes 30 % of the time, at 10 % of the compute roof.',
  );
  assert.match(
    of([kernel('conv2d', 7.1, 0.48)], null),
    'conv2d: it takes 71 % of the time, at 48 % of the compute roof',
  );
  assert.match(of([kernel('conv2d', 9, 0.9)], 0.5), /host: 50 % of the time/);
  assert.match(
    of([kernel('a', 4, 0.9), kernel('b', 3, 0.5, 'launch'), kernel('c', 3, 0.5, 'launch')], 0),
    /60 %.*empty/,
  );
  assert.is(of([], 0), 'Nothing is launched.');
});

test('the trace is one that a timeline takes', async () => {
  const { report } = await profiled();
  checkTrace(traceOf(report), report.rows.length);
  const still = { ...report, rows: report.rows.map((r) => ({ ...r, startMs: 0, lastedMs: 0 })) };
  checkTrace(traceOf(still), report.rows.length);
  const measures: { name: string; start: number; end: number }[] = [];
  emitMeasures(report, 100, { measure: (name, { start, end }) => measures.push({ name, start, end }) });
  assert.equal(
    measures.map((m) => m.name),
    report.rows.map((r) => r.label),
  );
  assert.ok(measures.every((m) => m.start >= 100 && m.end >= m.start));
});

test('a diff finds a planted change, whatever the numbers of nodes', async () => {
  const { report } = await profiled();
  const planted = report.rows.reduce((a, b) => (a.ms > b.ms ? a : b));
  // On a busy machine any launch may be the slowest, the first too.
  const dropped = report.rows.find((r) => r !== planted)!;
  const rows = report.rows.flatMap((r): LaunchReport[] => {
    const [op, node] = r.label.split('#');
    const moved = { ...r, label: `${op}#${Number(node) + 7}` };
    if (r === planted) return [{ ...moved, ms: 3 * r.ms }];
    return r === dropped ? [] : [moved];
  });
  rows.push({ ...planted, op: 'fresh', label: 'fresh#999', kernel: 'fresh' });
  const after: ProfileReport = { ...report, rows, subject: { ...report.subject, width: 48 } };
  const diff = diffOf(report, after);
  const [first] = diff.rows;
  assert.is(first!.kernel, planted.kernel);
  assert.is(first!.oldLabel, planted.label);
  near(first!.ratio!, 3, 'ratio');
  assert.equal(
    diff.rows.filter((r) => r.after === null).map((r) => r.label),
    [dropped.label],
  );
  assert.equal(
    diff.rows.filter((r) => r.before === null).map((r) => r.label),
    ['fresh#999'],
  );
  assert.is(diff.rows.filter((r) => r.ratio === 1).length, report.rows.length - 2);
  assert.equal(diff.notes, ['size: 24x24 before, 48x24 after']);
  const text = diffText(diff, true);
  for (const part of ['3.00x', 'gone', 'new', 'note: size']) assert.match(text, part);
  const same = diffOf(report, report);
  assert.ok(same.rows.length === report.rows.length && same.rows.every((r) => r.ratio === 1 && !r.oldLabel));
});

test('a diff tells ops of one kind apart by their work', async () => {
  const { report } = await profiled();
  const row = (label: string, flops: number, ms: number, kernel = 'conv2d'): LaunchReport => ({
    ...report.rows[0]!,
    label,
    op: 'conv2d',
    kernel,
    flops,
    ms,
  });
  const of = (...rows: LaunchReport[]): ProfileReport => ({ ...report, rows });
  const before = of(row('conv2d#1', 10, 1), row('conv2d#2', 20, 2), row('conv2d#3', 30, 3));
  const after = of(row('conv2d#1', 20, 4), row('conv2d#2', 30, 5, 'conv2d_few_channels'));
  const found = diffOf(before, after).rows.map((r) => [r.oldLabel, r.oldKernel, r.before, r.after]);
  assert.equal(found, [
    ['conv2d#2', undefined, 2, 4],
    ['conv2d#3', 'conv2d', 3, 5],
    [undefined, undefined, 1, null],
  ]);
});

test('passes at once, and thousands of them', async () => {
  const { report } = await profiled();
  const [row] = report.rows;
  const rows = Array.from({ length: 3000 }, (_, k) => ({ ...row!, startMs: k / 2, lastedMs: k === 7 ? 3 : 0.6 }));
  checkTrace(traceOf({ ...report, rows }), 3000);
  const page = profilePage({ report: { ...report, rows }, sources: new Map() });
  assert.match(page, 'The 500 slowest of 3000');
  assert.ok(page.length < 2e6, `${page.length} characters`);
});

test('the texts that are shown are those that were compiled, with subgroups and without', async () => {
  const own = await open();
  const compiled = new Set<string>();
  const gpu = own.gpu as unknown as { createShaderModule?: GPUDevice['createShaderModule'] };
  const usual = own.gpu.createShaderModule.bind(own.gpu);
  gpu.createShaderModule = (described) => {
    compiled.add(described.code);
    return usual(described);
  };
  try {
    const g = new Graph();
    const w = g.constant([16, 16, 3, 3], new Float32Array(16 * 16 * 9));
    const y = g.node(
      conv2d(g, g.input([16, 16, 16]), w, { pad: [1, 1, 1, 1], border: ['wrap', 'wrap'], algorithm: 'winograd4' }),
    );
    for (const shares of [false, true]) {
      if (shares && !own.has('subgroups')) continue;
      const variant = (_: unknown, { usable }: { readonly usable: readonly Readonly<Record<string, number>>[] }) =>
        Math.max(
          0,
          usable.findIndex((v) => (v.BROADCAST ?? 1) > 1 === shares),
        );
      const plan = await Plan.compile(own, g, [y], { variant });
      const texts = sourcesOf(plan);
      for (const [kernel, text] of texts) assert.ok(compiled.has(text), `${kernel} was compiled as it is shown`);
      assert.is(texts.get('winograd_multiply')?.startsWith('enable subgroups'), shares);
      plan.close();
    }
  } finally {
    delete gpu.createShaderModule;
    own.close();
  }
});

test('what is no profile is refused', () => {
  for (const text of ['', '{}', '[1]', 'null', '{"format":"toroid profile","version":2,"rows":[]}']) {
    assert.throws(
      () => parseReport(text, 'x.json'),
      (e: Error) => e.name === 'ProfileError',
      text,
    );
  }
  assert.throws(
    () => ensureProfileWritable(at('profile.png')),
    (e: Error) => e.name === 'ProfileError',
  );
});

function plausible(roof: Roofline): void {
  assert.ok(roof.gflops > 0.1 && roof.gflops < 1e6, `${roof.gflops} GFLOP/s`);
  assert.ok(roof.gbPerSecond > 0.05 && roof.gbPerSecond < 1e5, `${roof.gbPerSecond} GB/s`);
  assert.ok(roof.passMs > 0 && roof.passMs < 1000, `${roof.passMs} ms`);
}

test('the roof is measured by the clock', async () => {
  const d = await device();
  const roof = await measureRoofline(d, { ms: 10, clock: 'wall' });
  assert.is(roof.clock, 'wall');
  plausible(roof);
});

test('without timestamps the clock has to do, and it is said', async () => {
  const found = await findAdapter();
  const gpu = await found!.adapter.requestDevice({ label: 'without timestamps' });
  const blind = new Device(gpu, facts(found!.adapter), { waitFor: waitGpu, release: () => {} });
  const warnings: string[] = [];
  try {
    assert.not(blind.has('timestamp-query'));
    const { report } = await profileStage(blind, small, inputs, {
      stage: 0,
      runs: 1,
      roof: { ...ROOF, clock: 'wall' },
      onWarning: (text) => warnings.push(text),
    });
    assert.is(report.clock, 'wall');
    assert.ok(report.rows.every((r) => r.ms > 0));
    assert.ok(report.totals.wallMs > 0 && report.totals.gpuMs === null && report.totals.outside === null);
    assert.match(warnings.join(), 'no timestamps');
    assert.match(profileText(report, true), 'by the clock (rough)');
    assert.match(profilePage({ report, sources: new Map() }), 'not known: no timestamps');
    checkTrace(traceOf(report), report.rows.length);
  } finally {
    blind.close();
  }
});

test('files are written by their names', async () => {
  const profile = await profiled();
  await writeProfile(at('trace.json'), profile);
  checkTrace(JSON.parse(readFileSync(at('trace.json'), 'utf8')), profile.report.rows.length);
  await writeProfile(at('page.html'), profile);
  assert.match(readFileSync(at('page.html'), 'utf8'), /^<!doctype html>/);
});

long(test)('doctor --roof measures the roof', async () => {
  const { out } = await runner(folder).toroid(['doctor', '--roof', '--json']);
  const { gflops, gbPerSecond } = (JSON.parse(out) as { roof: Roofline }).roof;
  assert.ok(gflops > 0.1 && gflops < 1e6 && gbPerSecond > 0.05 && gbPerSecond < 1e5, out);
});

test('the commands: profile and its diff, --profile; the roof is measured by timestamps', async () => {
  await writePicture(at('look.png'), plasma({ size: [32, 32], seed: 3 }));
  writeFileSync(at('small.json'), JSON.stringify(small));
  const given = ['small.json', '-i', 'style=look.png', '-q'];
  const before = at('deep/found/profile.json');
  const [made, run, same, alone, wrong] = (await runner(folder).together([
    ['profile', ...given, '--runs', '2', '--json', '-o', 'deep/found'],
    ['run', ...given, '-o', 'out.png', '--profile', 'run.json'],
    ['profile', '--diff', before, before],
    ['profile', '--diff', before],
    ['run', ...given, '--profile', 'run.txt'],
  ])) as [Ended, Ended, Ended, Ended, Ended];
  assert.is(made.code, 0, made.err);
  const report = parseReport(made.out, 'stdout');
  assert.is(readFileSync(at('deep/found/profile.json'), 'utf8'), made.out);
  assert.is(report.versions.node, process.versions.node);
  assert.is(report.roof.clock, (await device()).has('timestamp-query') ? 'timestamps' : 'wall');
  plausible(report.roof);
  checkTrace(JSON.parse(readFileSync(at('deep/found/trace.json'), 'utf8')), report.rows.length);
  assert.match(readFileSync(at('deep/found/profile.html'), 'utf8'), '<svg');
  assert.is(run.code, 0, run.err);
  checkTrace(JSON.parse(readFileSync(at('run.json'), 'utf8')), report.rows.length);
  assert.match(same.out, /all launches .* 1\.00x/);
  assert.equal([alone.code, wrong.code], [2, 1]);
  assert.match(wrong.err, 'error: run.txt');
});

needs(
  test,
  browser,
  'no browser starts here',
)('a browser shows the page without a complaint, without a request; it sorts, and fits a narrow screen', async () => {
  const profile = await profiled();
  writeFileSync(at('shown.html'), profilePage(profile));
  const url = pathToFileURL(at('shown.html')).href;
  const page = await browser!.newPage({ viewport: { width: 1100, height: 900 } });
  const said: string[] = [];
  const asked: string[] = [];
  page.on('console', (m) => said.push(m.text()));
  page.on('pageerror', (e) => said.push(e.message));
  page.on('request', (r) => asked.push(r.url()));
  await page.goto(url);
  const column = (k: number): Promise<string[]> =>
    page.$$eval(`#launches tbody td:nth-child(${k + 1})`, (cells) =>
      cells.map((c) => (c as HTMLElement).dataset.value ?? c.textContent ?? ''),
    );
  const ms = (await column(5)).map(Number);
  const falling = (values: number[]): boolean => values.every((v, k) => k === 0 || v <= values[k - 1]!);
  assert.is(ms.length, profile.report.rows.length);
  assert.ok(falling(ms), 'slowest first');
  await page.click('#launches th:nth-child(1) button');
  assert.equal(
    (await column(0)).map(Number),
    [...ms.keys()].map((k) => k + 1),
  );
  await page.click('#launches th:nth-child(9) button');
  assert.ok(falling((await column(8)).map(Number)), 'GB/s, largest first');
  await page.click('#launches th:nth-child(9) button');
  assert.ok(falling((await column(8)).map(Number).reverse()), 'and the other way');
  assert.is(await page.textContent('h1'), `Profile of ${recipe.name}`);
  assert.is((await page.$$('.strip rect')).length, ms.length);
  assert.ok((await page.$$('circle')).length > 3);
  assert.is(
    await page.$$eval('svg *', (all) => all.filter((e) => /NaN|Infinity|undefined/.test(e.outerHTML)).length),
    0,
  );
  const fill = await page.$eval('.strip rect', (e) => getComputedStyle(e).fill);
  assert.match(fill, /^rgb\(|^color/);
  await page.setViewportSize({ width: 360, height: 700 });
  assert.is(await page.evaluate(() => document.documentElement.scrollWidth), 360);
  const shots = process.env.TOROID_SHOTS;
  if (shots !== undefined) {
    mkdirSync(shots, { recursive: true });
    await page.screenshot({ path: join(shots, 'narrow.png'), fullPage: true });
    await page.setViewportSize({ width: 1100, height: 900 });
    await page.click('.kernel summary');
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: join(shots, `${colorScheme}.png`), fullPage: true });
    }
    assert.ok(existsSync(join(shots, 'dark.png')));
  }
  assert.equal(said, []);
  assert.equal(asked, [url]);
  await page.close();
});

test.run();
