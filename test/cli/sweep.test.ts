import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseOver, sweepJobs, withLayer } from '../../src/cli/sweep_plan';
import { parseShard, shardOf } from '../../src/fleet/shard';
import { long } from '../support/all';
import { runner } from '../support/cli_run';

const folder = mkdtempSync(join(tmpdir(), 'toroid-sweep-'));
const at = (name: string): string => join(folder, name);
const test = suite('sweep');
const { together, toroid } = runner(folder);
test.after(() => rmSync(folder, { recursive: true }));

const none = (): string[] => [];

test('values: lists, ranges both ways, JSON with commas, all layers', () => {
  assert.equal(parseOver('seed=1..3', none).values, ['1', '2', '3']);
  assert.equal(parseOver('a.b=2..-1', none).values, ['2', '1', '0', '-1']);
  assert.equal(parseOver('size=[64,32],128', none).values, ['[64,32]', '128']);
  assert.equal(parseOver('canvas="a,b", c', none).values, ['"a,b"', 'c']);
  assert.equal(parseOver('layer=all', () => ['x', 'y']).values, ['x', 'y']);
  for (const wrong of ['seed', '=1', 'seed=', 'seed=1,,2', '__proto__.x=1', 'seed=0..99999999']) {
    assert.throws(
      () => parseOver(wrong, none),
      (e: Error) => /Error$/.test(e.name) && e.message.length > 10,
      wrong,
    );
  }
});

test('jobs are all combinations, the last setting fastest, with names that sort', () => {
  const jobs = sweepJobs([
    { path: 'stages[0].steps', values: ['1', '2'] },
    { path: 'seed', values: ['7', '8', '9', '10', '11'] },
  ]);
  assert.is(jobs.length, 10);
  assert.is(jobs[0]?.label, 'steps=1 seed=7');
  assert.is(jobs[5]?.label, 'steps=2 seed=7');
  assert.equal(
    jobs.map((j) => j.name),
    jobs.map((j) => j.name).sort(),
  );
});

test('names of files are short, and without brackets', () => {
  const names = (path: string, ...values: string[]): string[] => sweepJobs([{ path, values }]).map((j) => j.name);
  assert.equal(names('stages[0].losses[1].weight', '0.5', '2'), ['1-losses1.weight=0.5', '2-losses1.weight=2']);
  assert.equal(names('input.style', 'photos/old wall.jpg', 'b.png'), ['1-style=old-wall', '2-style=b']);
  assert.equal(names('size', '[64,32]'), ['1-size=64x32']);
});

test('layer: every loss that has layers gets the one, others stay', () => {
  const recipe = {
    stages: [{ losses: [{ kind: 'gram', layers: ['a'] }, { kind: 'tv' }, { kind: 'channel', layer: 'a' }] }],
  };
  assert.equal(withLayer(recipe, 'b'), {
    stages: [{ losses: [{ kind: 'gram', layers: ['b'] }, { kind: 'tv' }, { kind: 'channel', layer: 'b' }] }],
  });
});

test('shards: parts counted from 1, said or as schedulers number them, together the whole', () => {
  const all = Array.from({ length: 10 }, (_, k) => k);
  const parts = [1, 2, 3].flatMap((part) => shardOf(all, parseShard(`${part}/3`)));
  assert.equal(
    parts.sort((a, b) => a - b),
    all,
  );
  const slurm = { SLURM_ARRAY_TASK_ID: '12', SLURM_ARRAY_TASK_MIN: '10', SLURM_ARRAY_TASK_COUNT: '4' };
  assert.equal(parseShard('auto', slurm), { part: 3, parts: 4 });
  const array = (ids: number[], step: number, k: number): Record<string, string> =>
    Object.fromEntries(
      Object.entries({ ID: ids[k], COUNT: ids.length, MIN: ids[0], MAX: ids.at(-1), STEP: step }).map(
        ([name, value]) => [`SLURM_ARRAY_TASK_${name}`, `${value}`],
      ),
    );
  assert.equal(parseShard('auto', array([10, 20, 30], 10, 1)), { part: 2, parts: 3 });
  assert.equal(parseShard('auto/3', array([0, 1, 2], 1, 2)), { part: 3, parts: 3 });
  const batch = { AWS_BATCH_JOB_ARRAY_INDEX: '0', AWS_BATCH_JOB_ARRAY_SIZE: '5' };
  assert.equal(parseShard('auto', batch), { part: 1, parts: 5 });
  assert.equal(parseShard('auto/8', { JOB_COMPLETION_INDEX: '7' }), { part: 8, parts: 8 });
  const wrong: [string, Record<string, string>, RegExp][] = [
    ['0/3', {}, /counted from 1/],
    ['4/3', {}, /counted from 1/],
    ['3', {}, /counted from 1/],
    ['auto', {}, /none of SLURM_ARRAY_TASK_ID, .* is set/],
    ['auto', { JOB_COMPLETION_INDEX: '1' }, /Add the count/],
    ['auto/2', { JOB_COMPLETION_INDEX: '2' }, /part 3 of 2/],
    ['auto', array([3, 5], 1, 0), /one of 2 with gaps, from 3 to 5.*"\$SLURM_ARRAY_TASK_ID\/8"/s],
    ['auto/8', array([3, 5], 1, 0), /SLURM_ARRAY_TASK_ID is one of 2/],
    ['auto/4', { ...batch }, /AWS_BATCH_JOB_ARRAY_INDEX is one of 5/],
  ];
  for (const [text, env, message] of wrong) assert.throws(() => parseShard(text, env), message);
});

const style = at('sand.png');
test.before(async () => void (await sharp('examples/sand.png').resize(48, 48).png().toFile(style)));
const recipe = (loss: object = { kind: 'mean', layers: ['input'] }): string => {
  const losses = [loss];
  writeFileSync(
    at('r.json'),
    JSON.stringify({ size: 32, styles: [{}], scales: { count: 1 }, stages: [{ steps: 3, losses }], inputs: { style } }),
  );
  return 'r.json';
};

test('runs what is missing, lays it on a sheet, and goes on where it was stopped', async () => {
  const args = ['sweep', recipe(), '--over', 'seed=1..2', '--over', 'stages[0].steps=2', '-o', 'out', '--json'];
  const first = await toroid([...args, '--film', 'out.gif']);
  assert.is(first.code, 0, first.err);
  const { sheet, jobs, failures } = JSON.parse(first.out) as { sheet: string; jobs: { file: string }[]; failures: [] };
  assert.equal([jobs.length, failures.length], [2, 0]);
  assert.ok(((await sharp(at(sheet)).metadata()).width ?? 0) > 64);
  assert.is((await sharp(at('out.gif'), { animated: true }).metadata()).pages, 2);
  const times = jobs.map((j) => statSync(at(j.file)).mtimeMs);
  rmSync(at(jobs[1]?.file ?? ''));
  const again = await toroid(args);
  assert.match(again.err, /1 of 2 are done already/);
  assert.equal(
    jobs.map((j, k) => statSync(at(j.file)).mtimeMs === times[k]),
    [true, false],
  );
});

long(test)('two shards in one folder: each does its own, and the sheet of the last has both', async () => {
  const args = ['sweep', recipe(), '--over', 'seed=1..3', '-o', 'shards', '--json'];
  const filesOf = (out: string): boolean[] =>
    (JSON.parse(out) as { jobs: { file: string | null }[] }).jobs.map((j) => j.file !== null);
  const first = await toroid([...args, '--shard', '2/2']);
  assert.equal(filesOf(first.out), [false, true, false], first.err);
  const second = await toroid([...args, '--shard', 'auto/2'], { JOB_COMPLETION_INDEX: '0' });
  assert.equal(filesOf(second.out), [true, true, true], second.err);
  const whole = await toroid(args);
  assert.match(whole.err, /3 of 3 are done already/);
});

test('another sweep in the folder gets a sheet of its own; the exemplar and repeats are on it', async () => {
  recipe();
  const before = readFileSync(at('out/sheet.png'));
  const args = ['sweep', 'r.json', '--over', 'seed=3', '--tiles', '4x4', '-o', 'out'];
  const [other, same] = await together([args, args]);
  assert.equal([other!.code, other!.out], [0, 'out/sheet.2.png\n'], other!.err);
  assert.equal(readFileSync(at('out/sheet.png')), before);
  const { width = 0 } = await sharp(at('out/sheet.2.png')).metadata();
  assert.ok(width > 2 * 128, `as wide as 4x4 of 32 px and as much again for the exemplar: ${width}`);
  assert.is(same!.out, 'out/sheet.2.png\n', 'the same again keeps its sheet');
});

long(test)('a changed input is done anew; a job that fails is named and the others are kept', async () => {
  recipe({ kind: 'patches', projections: 2, patch: 17 });
  const pictures = at('many');
  mkdirSync(pictures);
  for (const name of ['a.png', 'b.png']) await sharp(style).resize(48, 48).png().toFile(join(pictures, name));
  await sharp(style).resize(16, 16).png().toFile(join(pictures, 'tiny.png'));
  const { code, out, err } = await toroid(['sweep', 'r.json', '--over', 'input.style=many', '-o', 'styles', '--json']);
  const { jobs, failures } = JSON.parse(out) as {
    jobs: { file: string | null }[];
    failures: { label: string; error: string }[];
  };
  assert.is(code, 1);
  assert.equal(
    jobs.map((j) => j.file !== null),
    [true, true, false],
  );
  assert.is(failures.length, 1);
  assert.match(`${failures[0]?.label} ${failures[0]?.error}`, /tiny\.png.*smaller than a 17x17 patch/s);
  assert.match(err, /FAILED/);
  await sharp(style).resize(40, 40).png().toFile(join(pictures, 'a.png'));
  rmSync(join(pictures, 'tiny.png'));
  const second = await toroid(['sweep', 'r.json', '--over', 'input.style=many', '-o', 'styles']);
  assert.equal([second.code, second.out], [0, 'styles/sheet.png\n'], second.err);
  assert.match(second.err, /1 of 2 are done already/);
});

test('bad input: refused before anything runs', async () => {
  recipe();
  const rows: [string[], number, RegExp][] = [
    [['r.json'], 2, /nothing to vary/],
    [['r.json', '--over', 'sed=1,2'], 1, /sed=1: sed: there is no such setting\. Did you mean seed\?/],
    [['r.json', '--over', 'seed=1,x'], 1, /seed=x: seed: is "x"/],
    [['r.json', '--over', 'layer=all'], 1, /no net/],
    [['r.json', '--over', 'input.style=nowhere.png'], 1, /there is no file nowhere\.png/],
    [['nothing.json', '--over', 'seed=1'], 1, /there is no file nothing\.json/],
  ];
  mkdirSync(at('foreign'));
  writeFileSync(at('foreign/sweep.json'), '{"some":"thing"}');
  const ended = await together([
    ...rows.map(([args]) => ['sweep', ...args, '-o', 'bad']),
    ['sweep', 'r.json', '--over', 'seed=1', '-o', 'foreign'],
  ]);
  for (const [k, [, wanted, message]] of rows.entries()) {
    const { code, err } = ended[k]!;
    assert.is(code, wanted, err);
    assert.match(err, message);
    assert.not.match(err, /\n {4}at /);
  }
  assert.not.ok(existsSync(at('bad')) && existsSync(at('bad/sheet.png')));
  assert.match(ended.at(-1)!.err, /is not what a sweep left there/);
  assert.is(readFileSync(at('foreign/sweep.json'), 'utf8'), '{"some":"thing"}');
});

test.run();
