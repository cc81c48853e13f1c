// Choosing variants of kernels: by measuring, by what is kept, by what is shipped; and repeating the choice. All of it by one
// kernel made for that, hence one file.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { otherChoices } from '../../src/app/tuning';
import type { Device } from '../../src/gpu/device';
import { defineKernel, type KernelSource } from '../../src/gpu/kernel';
import {
  choicesText,
  defaultVariant,
  gainOf,
  kernelHash,
  shapeClass,
  shipped,
  type TuneRecord,
  Tuning,
} from '../../src/gpu/tune';
import { TuneFile } from '../../src/gpu/tune_cache.node';
import { algorithmsOn } from '../../src/graph/conv_algorithms';
import { Graph, type Node } from '../../src/graph/graph';
import { Plan } from '../../src/graph/plan';
import { tuneConvolutions } from '../../src/graph/tune_conv';
import { type TuneOptions, type TuneOutcome, tunePlan } from '../../src/graph/tune_plan';
import { conv2d } from '../../src/shaders/conv2d';
import { defineOp, launch } from '../../src/shaders/op';
import { sparseRemap } from '../../src/shaders/sparse_remap';
import { long } from '../support/all';
import { type Ended, runner } from '../support/cli_run';
import { device } from '../support/device';

const folder = mkdtempSync(join(tmpdir(), 'toroid-tune-'));
const at = (name: string): string => join(folder, name);
const { together, toroid } = runner(folder);
const test = suite('tune');
test.after(() => rmSync(folder, { recursive: true }));

const HERE = 'an adapter';
const N = 100;

/** y = 2 x, in two launches that hand each other 2 x and -2 x by the variant: a pair has to be of the same one. */
const double = (more: Partial<KernelSource> = {}) =>
  defineKernel<'n', 'WG' | 'MODE'>({
    name: 'double',
    wgsl: `// double: y = 2 x
alias T = f32;
override WG: u32 = 64;
override MODE: u32 = 0;
override LAST: u32 = 0;
struct Uniforms { n: u32 }
@group(0) @binding(0) var<storage, read>       X: array<T>;
@group(0) @binding(1) var<storage, read_write> S: array<T>;
@group(0) @binding(2) var<storage, read_write> Y: array<T>;
@group(0) @binding(3) var<uniform>             u: Uniforms;
@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i >= u.n) { return; }
  let sign = select(1.0, -1.0, WG == 128u);
  if (LAST == 0u) { S[i] = T(sign * 2.0 * f32(X[i])); return; }
  Y[i] = T(sign * f32(S[i]) + select(0.0, 0.5, MODE == 1u && i == 70u));
}
`,
    binds: ['read', 'write', 'write'],
    uniforms: { n: 'u32' },
    variants: [
      { WG: 64, MODE: 0 },
      { WG: 64, MODE: 1 }, // wrong in one element
      { WG: 1 << 20, MODE: 0 }, // no adapter compiles it
      { WG: 32, MODE: 0 },
      { WG: 128, MODE: 0 },
      { WG: 16, MODE: 0 },
    ],
    ...(more as object),
  });

const opOf = (kernel: ReturnType<typeof double>) =>
  defineOp<1, null>({
    name: 'double',
    infer: ([x]) => x,
    forward([x], y, _, scratch) {
      const s = scratch(x.shape);
      return [0, 1].map((LAST) =>
        launch({
          kernel,
          bind: [x, s, y],
          overrides: { LAST },
          uniforms: { n: N },
          grid: ({ WG }) => [Math.ceil(N / WG)],
        }),
      );
    },
    backward: () => [null],
  });

function graphOf(): { g: Graph; y: Node } {
  const g = new Graph();
  const x = g.state(
    [N],
    Float32Array.from({ length: N }, (_, i) => i - 50),
  );
  const y = g.apply(opOf(double()), [x], null) as Node;
  return { g, y };
}

/** Time as these tests want it, whatever the machine is up to. */
const took: Readonly<Record<string, number>> = {
  'WG=64 MODE=0': 3,
  'WG=32 MODE=0': 20,
  'WG=128 MODE=0': 1,
  'WG=16 MODE=0': 2,
};
const stopwatch = (variant: string): number => took[variant] ?? Number.NaN;

async function tuned(more: Partial<TuneOptions> = {}): Promise<TuneOutcome & { tuning: Tuning }> {
  const d = await device();
  const { g, y } = graphOf();
  const plan = await Plan.compile(d, g, [y], { variant: () => 0 });
  const tuning = more.tuning ?? new Tuning(HERE);
  try {
    return { ...(await tunePlan(plan, { stopwatch, ...more, tuning })), tuning };
  } finally {
    plan.close();
  }
}

const record = (more: Partial<TuneRecord> = {}): TuneRecord => ({
  adapter: HERE,
  kernel: 'double',
  scalar: 'f32',
  shape: 'n=128',
  hash: kernelHash(double()),
  date: '2026-01-01T00:00:00.000Z',
  clock: 'timestamps',
  untuned: 'WG=64 MODE=0',
  best: 'WG=128 MODE=0',
  candidates: [
    { variant: 'WG=64 MODE=0', ms: 3 },
    { variant: 'WG=128 MODE=0', ms: 1 },
  ],
  ...more,
});

test('drops what is wrong, fails or is slow, says why, and takes the fastest of the rest', async () => {
  const { records, left } = await tuned();
  assert.is(records.length, 1);
  assert.equal(left, []);
  const [r] = records as [TuneRecord];
  assert.is(r.shape, 'n=128 groups=2 LAST=0');
  const why = new Map(r.candidates.map((c) => [c.variant, c.dropped]));
  assert.is(why.get('WG=64 MODE=0'), undefined);
  assert.match(why.get('WG=64 MODE=1') ?? '', /differs from variant 0: by 0.500 where the largest element is 100/);
  assert.match(why.get('WG=1048576 MODE=0') ?? '', /did not compile/);
  assert.is(why.get('WG=32 MODE=0'), '6.7 times slower');
  assert.is(why.get('WG=16 MODE=0'), undefined);
  assert.is(r.best, 'WG=128 MODE=0');
  assert.is(r.untuned, 'WG=64 MODE=0');
  assert.is(gainOf(r), 3);
});

test('measures time by itself', async () => {
  const { records } = await tuned({ stopwatch: undefined });
  for (const { dropped, ms } of records[0]!.candidates) {
    if (dropped === undefined) assert.ok(ms !== undefined && ms >= 0 && ms < 1e4);
  }
});

test('a lead that may be noise is none', async () => {
  const close = (variant: string): number => (variant === 'WG=64 MODE=0' ? 1.04 : 1);
  const { records } = await tuned({ stopwatch: close });
  assert.is(records[0]?.best, 'WG=64 MODE=0');
});

test('what was measured is not measured again, unless asked for; no race begins when the time is over', async () => {
  const first = await tuned();
  const { tuning } = first;
  assert.equal((await tuned({ tuning })).records, []);
  assert.is((await tuned({ tuning, again: true })).records.length, 1);
  const late = await tuned({ until: performance.now() });
  assert.equal(late.records, []);
  assert.equal(late.left, ['double n=128 groups=2 LAST=0']);
  const stopped = await tuned({ signal: AbortSignal.abort() });
  assert.equal(stopped.left, late.left);
});

test('plans take what was found, all launches of an op the same, and none without tuning', async () => {
  const d = await device();
  const plan = async (tuning?: Tuning): Promise<{ variants: unknown[]; y: number[] }> => {
    const { g, y } = graphOf();
    const old = d.tuning;
    d.tuning = tuning;
    try {
      const p = await Plan.compile(d, g, [y]);
      p.run();
      const values = Array.from(await p.read(y));
      const variants = p.steps.map((s) => s.overrides.WG);
      p.close();
      return { variants, y: values };
    } finally {
      d.tuning = old;
    }
  };
  const right = Array.from({ length: N }, (_, i) => 2 * (i - 50));
  const { tuning } = await tuned();
  const best = await plan(tuning);
  assert.equal(best.variants, [128, 128]); // one of each would give -2 x
  assert.equal(best.y, right);
  const name = 'double f32 n=128 groups=2 LAST=0';
  assert.equal(tuning.used(), { [name]: 'WG=128 MODE=0' });
  for (let k = 0; k < 2; k++) assert.equal((await plan()).variants, [64, 64]);

  const pinned = new Tuning(HERE, [], tuning.used());
  assert.equal((await plan(pinned)).variants, [128, 128]);
  assert.equal(pinned.used(), tuning.used());
  const gone = new Tuning(HERE, [], { [name]: 'WG=7' });
  assert.equal((await plan(gone)).variants, [64, 64]);
  assert.equal([...gone.missed], [name]);
  // What is pinned stands alone: records have no say then.
  assert.equal((await plan(new Tuning(HERE, [...(await tuned()).records], {}))).variants, [64, 64]);
});

test('what 0.1.0 pinned under older names of kernels and overrides is still pinned', async () => {
  const d = await device();
  const g = new Graph();
  const x = g.input([4, 8, 8]);
  const every = Uint32Array.from({ length: 65 }, (_, k) => k);
  const moved = sparseRemap(g, x, { start: every, index: every.slice(0, 64), weight: new Float32Array(64).fill(1) });
  const w = g.constant([4, 4, 3, 3], new Float32Array(144));
  const y = g.node(conv2d(g, moved, w, { pad: [1, 1, 1, 1], algorithm: 'winograd4' }));
  // As it wrote them into pictures: `warp` is sparse_remap today, and SHARE is BROADCAST.
  const remap = 'f32 n=256 N=64 M=64 groups=4 LANES=1';
  const multiply = 'winograd_multiply f32 quads=1 o=4 blocks=1 row=2 span=2 spots=32 groups=2';
  const pinned = { [`warp ${remap}`]: 'WG=256', [multiply]: 'WG=64 BLOCKS=1 RUNS=1 SHARE=0' };
  const tuning = new Tuning(d.adapter.description, [], pinned);
  const before = d.tuning;
  d.tuning = tuning;
  try {
    (await Plan.compile(d, g, [y])).close();
  } finally {
    d.tuning = before;
  }
  assert.equal(tuning.used(), {
    [`sparse_remap ${remap}`]: 'WG=256',
    [multiply]: 'WG=64 BLOCKS=1 RUNS=1 BROADCAST=0',
  });
  assert.is(otherChoices({ tuning } as Device, pinned), null);
});

test('a plan asks once for each kernel of an op; a function of the kernel alone still does', async () => {
  const d = await device();
  const { g, y } = graphOf();
  const asked: string[] = [];
  const p = await Plan.compile(d, g, [y], {
    variant: (k, { shape, scalar, usable }) => {
      asked.push(`${k.name} ${scalar} ${shape} of ${usable.length}`);
      return 3;
    },
  });
  assert.equal(asked, ['double f32 n=128 groups=2 LAST=0 of 6']);
  assert.equal(
    p.steps.map((s) => s.overrides.WG),
    [32, 32],
  );
  p.close();
});

test('algorithms of convolutions: raced, held to direct sums, taken by graphs', async () => {
  const d = await device();
  const size = { C: 8, O: 8, H: 12, W: 12 };
  const tuning = new Tuning(HERE);
  const times: Readonly<Record<string, number>> = { direct: 2, winograd2: 1, winograd4: 9 };
  const watch = { tuning, stopwatch: (variant: string): number => times[variant]! };
  const { records, left } = await tuneConvolutions(d, [size, { ...size, H: 13 }], watch);
  assert.equal(left, []);
  assert.equal(
    records.map((r) => [r.kernel, r.shape, r.untuned, r.best]),
    [['conv2d.algorithm', 'C=8 O=8 H=16 W=16', 'direct', 'winograd2']],
    JSON.stringify(records[0]?.candidates),
  );
  assert.is(records[0]?.candidates.find((c) => c.variant === 'winograd4')?.dropped, '4.5 times slower');
  assert.equal((await tuneConvolutions(d, [size], watch)).records, []);
  assert.is((await tuneConvolutions(d, [{ ...size, C: 32 }], { ...watch, until: 0 })).left.length, 1);

  const on = (t?: Tuning): string => algorithmsOn({ adapter: d.adapter, tuning: t } as unknown as Device)(size);
  assert.is(on(), 'direct');
  assert.is(on(tuning), 'winograd2');
  assert.equal(tuning.used(), { 'conv2d.algorithm f32 C=8 O=8 H=16 W=16': 'winograd2' });
  assert.is(on(new Tuning(HERE, [{ ...records[0]!, hash: 'of another text' }])), 'direct');
  assert.is(on(new Tuning(HERE, [], tuning.used())), 'winograd2');
});

test('records of another text, another adapter or another class are not taken', () => {
  const source = double();
  const usable = source.variants;
  const shape = 'n=128';
  const choice = (r: TuneRecord): number => new Tuning(HERE, [r]).choose(source, usable, 'f32', shape, 0);
  assert.is(choice(record()), 4);
  assert.is(choice(record({ hash: '0123456789abcdef' })), 0);
  assert.is(choice(record({ adapter: 'another' })), 0);
  assert.is(choice(record({ shape: 'n=256' })), 0);
  assert.is(choice(record({ scalar: 'f16' })), 0);
  assert.is.not(kernelHash(double({ wgsl: `${source.wgsl} ` })), kernelHash(source));
  assert.is.not(kernelHash(double({ variants: [{ WG: 64 }] })), kernelHash(source));
});

test('the class of a launch: sizes to the nearest power of two, what the op fixes as it is', () => {
  const kernel = {
    ...double(),
    uniforms: { n: 'u32', at: 'i32', scale: 'f32', knob: 'u32', seed: 'u32' },
  } as unknown as KernelSource;
  const one = { kernel, uniforms: { n: 90, at: -3, scale: 0.3, knob: { value: 7 }, seed: 5 }, overrides: { K: 3 } };
  assert.is(shapeClass({ ...one, grid: () => [3, 5] }), 'n=64 at=-4 groups=16 K=3');
  assert.is(shapeClass({ ...one, uniforms: { ...one.uniforms, n: 91 }, grid: () => [1] }), 'n=128 at=-4 groups=1 K=3');
  assert.is(shapeClass({ kernel, uniforms: { n: 0, at: 0 }, grid: ({ WG = 0 }) => [WG] }), 'n=0 at=0 groups=64');
});

test('untuned: what is shipped for the adapter, else the first, on a GPU the one the kernel names', () => {
  const source = double({ gpu: 3 });
  const { variants } = source;
  const table = {
    about: '',
    adapters: [{ adapter: 'Quick', measured: '', kernels: { double: { MODE: 0, WG: 16 }, other: { WG: 1 } } }],
  };
  const on = (description: string, software: boolean): number =>
    defaultVariant({ description, software }, source, variants, table);
  assert.is(on('Slow', true), 0);
  assert.is(on('Slow', false), 3);
  assert.is(on('A Quick one', false), 5);
  assert.is(defaultVariant({ description: 'Slow', software: false }, source, variants.slice(0, 2), table), 1);
  // A variant that was renamed would be passed over without a word.
  const named = shipped.adapters.flatMap(({ kernels }) => Object.entries(kernels));
  assert.ok(named.length > 0);
  for (const [kernel, variant] of named) {
    const text = `{ ${Object.entries(variant)
      .map(([k, v]) => `${k}: ${v}`)
      .join(', ')} }`;
    const files = readdirSync('src/shaders', { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.ts'));
    const sources = files
      .map((f) => readFileSync(join('src/shaders', f), 'utf8'))
      .filter((t) => t.includes(`'${kernel}'`));
    assert.ok(
      sources.some((t) => t.includes(text)),
      `${kernel} has no variant ${text}`,
    );
  }
});

test('the cache: written, read, merged; damaged or of another version it is ignored with a notice', async () => {
  const file = new TuneFile(at('some/folder/tuned.json'));
  const said: string[] = [];
  const read = (): Promise<readonly TuneRecord[]> => file.read((text) => said.push(text));
  assert.equal(await read(), []);
  await file.add([record()]);
  await file.add([record({ shape: 'n=64' }), record({ best: 'WG=16 MODE=0' })]);
  const found = await read();
  assert.equal(
    found.map((r) => [r.shape, r.best]),
    [
      ['n=128', 'WG=16 MODE=0'],
      ['n=64', 'WG=128 MODE=0'],
    ],
  );
  assert.equal(said, []);
  assert.equal(readdirSync(at('some/folder')), ['tuned.json']); // nothing temporary is left
  const text = readFileSync(file.path, 'utf8');
  assert.match(text, /\n {6}"kernel": "double",\n/); // for people

  for (const [bad, what] of [
    [text.slice(0, -30), /is damaged/],
    ['', /is damaged/],
    ['null', /is damaged/],
    [text.replace('"ms": 3', '"ms": "3"'), /is damaged/],
    [text.replace('"version": 1', '"version": 2'), /is of version 2, not 1/],
  ] as const) {
    writeFileSync(file.path, bad);
    said.length = 0;
    assert.equal(await read(), []);
    assert.is(said.length, 1);
    assert.match(said[0]!, what);
  }
  await file.add([record()]);
  assert.is((await read()).length, 1);
  await file.reset();
  await file.reset();
  assert.not(existsSync(file.path));
  writeFileSync(at('no-folder'), '');
  try {
    await new TuneFile(join(at('no-folder'), 'tuned.json')).add([record()]);
    assert.unreachable('written into a file');
  } catch (error) {
    assert.match((error as Error).message, /cannot write .*no-folder/);
  }
});

test('a run that is repeated says when its choices are others', () => {
  const on = (tuning?: Tuning): Device => ({ tuning }) as unknown as Device;
  const choices = { 'double f32 n=128': 'WG=128 MODE=0' };
  const source = double();
  const using = (tuning: Tuning): Device => {
    tuning.choose(source, source.variants, 'f32', 'n=128', 0);
    return on(tuning);
  };
  assert.is(otherChoices(on(), {}), null);
  assert.match(otherChoices(on(), choices) ?? '', /other variants of kernels \(1 choice, [0-9a-f]{8}; here untuned\)/);
  assert.is(otherChoices(using(new Tuning(HERE, [], choices)), choices), null);
  assert.is(otherChoices(using(new Tuning(HERE, [record()])), choices), null);
  assert.match(otherChoices(using(new Tuning(HERE, [record()])), {}) ?? '', /\(untuned; here 1 choice, /);
  const gone = { 'double f32 n=128': 'WG=7' };
  assert.match(otherChoices(using(new Tuning(HERE, [], gone)), gone) ?? '', /here untuned/);
  assert.is.not(choicesText({ a: 'x' }), choicesText({ a: 'y' }));
});

test('toroid tune --show: an empty cache, a damaged one, wrong usage', async () => {
  const env = { XDG_CACHE_HOME: at('empty') };
  const [empty, unwanted, soon] = await together(
    [
      ['tune', '--show', '--json'],
      ['tune', 'texture', '--show'],
      ['tune', '--budget', 'soon'],
    ],
    env,
  );
  assert.equal([empty?.code, unwanted?.code, soon?.code], [0, 2, 2]);
  assert.equal(JSON.parse(empty?.out ?? ''), { file: join(at('empty'), 'toroid', 'tuned.json'), records: [] });
  await new TuneFile(join(at('damaged'), 'toroid', 'tuned.json')).add([record()]);
  const shown = await toroid(['tune', '--show'], { XDG_CACHE_HOME: at('damaged') });
  assert.match(
    shown.out,
    /an adapter\ndouble n=128\n {2}WG=128 MODE=0 +1\.000 ms {2}3\.00x\n {2}WG=64 MODE=0 +3\.000 ms {2}untuned\n/,
  );
  writeFileSync(join(at('damaged'), 'toroid', 'tuned.json'), '{');
  const damaged = await toroid(['tune', '--show'], { XDG_CACHE_HOME: at('damaged') });
  assert.is(damaged.code, 0);
  assert.match(damaged.err, /tuned\.json is damaged: it is ignored/);
});

long(test)('a picture holds the choices it was made with, and is made again by them', async () => {
  const env = { XDG_CACHE_HOME: at('cache') };
  const losses = [{ kind: 'tv' }];
  writeFileSync(at('r.json'), JSON.stringify({ size: 16, scales: { count: 1 }, stages: [{ steps: 2, losses }] }));
  const [late, done] = (await together(
    [
      ['tune', 'r.json', '--budget', '0s', '--json'],
      ['tune', 'r.json', '--json'],
    ],
    env,
  )) as [Ended, Ended];
  assert.is(late.code, 0, late.err);
  const nothing = JSON.parse(late.out) as { records: TuneRecord[]; left: string[] };
  assert.equal(nothing.records, []);
  assert.match(nothing.left.join(), /all of .*16x16/);
  assert.is(done.code, 0, done.err);
  const { file, records } = JSON.parse(done.out) as { file: string; records: TuneRecord[] };
  assert.ok(records.length > 3);
  // Whatever was measured: another sound variant of one kernel is now said to be the best, and of all others none.
  const odd = records.find((r) => r.candidates.some((c) => c.dropped === undefined && c.variant !== r.untuned))!;
  const best = odd.candidates.find((c) => c.dropped === undefined && c.variant !== odd.untuned)!.variant;
  await new TuneFile(file).add(records.map((r) => ({ ...r, best: r === odd ? best : r.untuned })));
  const [made, off] = (await together(
    [
      ['run', 'r.json', '-o', 'a.png', '--tune', 'cached', '--json', '-q'],
      ['run', 'a.png', '-o', 'c.png', '--tune', 'off'],
    ],
    env,
  )) as [Ended, Ended];
  assert.is(made.code, 0, made.err);
  const { adapter } = JSON.parse(made.out.trim().split('\n').at(-1)!) as { adapter: { tuned: object } };
  assert.equal(adapter.tuned, { [`${odd.kernel} f32 ${odd.shape}`]: best });

  const again = await toroid(['run', 'a.png', '-o', 'b.png'], { XDG_CACHE_HOME: at('elsewhere') });
  assert.is(again.code, 0, again.err);
  assert.not.match(again.err, /other variants/);
  assert.ok(readFileSync(at('a.png')).equals(readFileSync(at('b.png'))));
  const wrong = await toroid(['run', 'r.json', '-o', 'c.png'], { ...env, TOROID_TUNE: 'on' });
  assert.is(wrong.code, 1);
  assert.match(wrong.err, /TOROID_TUNE=on: no such choice/);
  assert.match(off.err, /it was made with other variants of kernels \(1 choice, [0-9a-f]{8}; here untuned\)/);
});

test.run();
