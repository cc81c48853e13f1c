import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/base/rng';
import { type Shape, size } from '../../src/base/shape';
import { bindingTypes, type KernelSource, lackedBy, specialise } from '../../src/gpu/kernel';
import { usableVariants } from '../../src/gpu/tune';
import { Graph, type Node } from '../../src/graph/graph';
import { Plan } from '../../src/graph/plan';
import type { Case, Dtype, Launch, OpSpec, Ref, Roll, Value } from '../../src/shaders/op';
import { affine } from '../../src/shaders/pointwise';
import { device } from './device';
import { skip } from './needs';

type AnyCase = Case<number, unknown>;

/** Input values of a case: f32 numbers, the same every time. */
export function inputsOf(c: AnyCase): Value[] {
  return (c.shapes as readonly Shape[]).map((shape, k) => {
    const rng = new Rng(hash(c.name), k);
    const data = Float64Array.from({ length: size(shape) }, (_, i) => {
      const u = 2 * rng.uniform() - 1;
      const v = c.values ? c.values(k, i, u) : u;
      return Number.isInteger(v) ? v : Math.fround(v); // words of u32 keep all their bits
    });
    return { shape, data };
  });
}

const hash = (s: string): number => [...s].reduce((h, ch) => (Math.imul(h, 31) + ch.charCodeAt(0)) >>> 0, 7);

/** Asserts that two arrays agree to `rtol` of the largest wanted element; names the first element that does not. */
export function close(got: ArrayLike<number>, want: ArrayLike<number>, rtol: number, what: string, atol = 1e-7): void {
  assert.is(got.length, want.length, `${what}: length`);
  let peak = 0;
  for (let i = 0; i < want.length; i++) peak = Math.max(peak, Math.abs(want[i] as number));
  const allowed = rtol * peak + atol;
  for (let i = 0; i < want.length; i++) {
    const error = Math.abs((got[i] as number) - (want[i] as number));
    if (!(error <= allowed)) {
      assert.unreachable(
        `${what}: element ${i} is ${got[i]}, want ${want[i]} (error ${error.toExponential(1)}, allowed ${allowed.toExponential(1)})`,
      );
    }
  }
}

/** Rolls the last two axes: out[.., y, x] = in[.., y - dy, x - dx], indices modulo the shape. */
export function rolled(v: Value, [dy, dx]: Roll): Value {
  const [H = 1, W = 1] = v.shape.slice(-2);
  const data = new Float64Array(v.data.length);
  for (let i = 0; i < data.length; i++) {
    const x = i % W;
    const y = Math.floor(i / W) % H;
    const plane = i - (i % (H * W));
    data[plane + ((((y + dy) % H) + H) % H) * W + ((((x + dx) % W) + W) % W)] = v.data[i] as number;
  }
  return { shape: v.shape, data };
}

interface Applied {
  readonly plan: Plan;
  readonly inputs: Node[];
  readonly seed: Node;
  readonly y: Node;
  readonly dx: (Node | null)[];
}

const toHost = (v: Value, dtype: Dtype): Float32Array | Uint32Array =>
  dtype === 'u32' ? Uint32Array.from(v.data) : Float32Array.from(v.data);

function differentiable(spec: OpSpec, c: AnyCase): readonly number[] {
  return (
    spec.differentiable ?? (c.shapes as readonly Shape[]).map((_, k) => k).filter((k) => !spec.indices?.includes(k))
  );
}

/** How input `k` is stored. */
const dtypeOf = (spec: OpSpec, k: number): Dtype =>
  spec.indices?.includes(k) ? 'u32' : spec.f16?.inputs?.includes(k) ? 'f16' : 'f32';

/** Builds forward and gradient of one case as a plan. */
async function compile(spec: OpSpec, c: AnyCase, variant: number): Promise<Applied> {
  const g = new Graph();
  const inputs = (c.shapes as readonly Shape[]).map((s, k) => g.input(s, `x${k}`, dtypeOf(spec, k)));
  const y = g.apply(spec.op, inputs as never, c.attrs);
  const seed = g.input(y.shape, 'dy', y.dtype === 'f16' ? 'f16' : 'f32');
  const wanted = y.dtype === 'u32' ? [] : differentiable(spec, c);
  const grads = g.grad(
    y,
    wanted.map((k) => inputs[k] as Node),
    seed,
  );
  const dx = inputs.map((_, k) => grads[wanted.indexOf(k)] ?? null);
  const plan = await Plan.compile(await device(), g, [y, ...grads], { variant: () => variant });
  return { plan, inputs, seed, y, dx };
}

function launchesOf(spec: OpSpec, c: AnyCase): readonly Launch[] {
  const g = new Graph();
  const inputs = (c.shapes as readonly Shape[]).map((s, k) => g.input(s, 'x', dtypeOf(spec, k)));
  const { dtype } = g.apply(spec.op, inputs as never, c.attrs);
  const y: Ref = { id: -1, shape: spec.op.infer(c.shapes as never, c.attrs), dtype };
  let scratch = -2;
  return spec.op.forward(inputs as never, y, c.attrs, (shape, dtype = 'f32') => ({ id: scratch--, shape, dtype }));
}

interface Over {
  readonly k: number;
  /** Null: the output does not fit into the memory of input k. */
  readonly kernel: KernelSource | null;
}

/** The inputs whose memory a case's output may take, with the kernel that does it. */
function overOf(spec: OpSpec, c: AnyCase): readonly Over[] {
  const [only, second] = launchesOf(spec, c);
  if (!only?.inplace || second) return [];
  const n = size(spec.op.infer(c.shapes as never, c.attrs));
  return (c.shapes as readonly Shape[]).flatMap((shape, k) => {
    const found = only.bind[k] && only.inplace?.(only.bind[k] as Ref);
    return found ? [{ k, kernel: size(shape) === n ? found.kernel : null }] : [];
  });
}

/** Asserts that the op computes the same over the memory of its input `k`, to the bit, run after run. */
async function checkOver(
  spec: OpSpec,
  c: AnyCase,
  x: readonly Value[],
  { k, kernel }: Over,
  variant: number,
): Promise<void> {
  const found: Float32Array[] = [];
  for (const inplace of [false, true]) {
    const g = new Graph();
    const inputs = (c.shapes as readonly Shape[]).map((s, i) => g.input(s, `x${i}`, dtypeOf(spec, i)));
    // A copy of the input and one of the output: neither is what the host may read.
    const copies = inputs.map((v, i) => (i === k ? affine(g, v, 1, 0) : v));
    const y = g.apply(spec.op, copies as never, c.attrs);
    const shown = affine(g, y, 1, 0);
    const plan = await Plan.compile(await device(), g, [shown], { variant: () => variant, inplace });
    try {
      const over = plan.steps.filter((s) => s.kernel.includes('_inplace'));
      assert.is(over.length, inplace && kernel ? 1 : 0, `launches over an input: ${over.map((s) => s.label)}`);
      x.forEach((v, i) => plan.write(inputs[i] as Node, toHost(v, (inputs[i] as Node).dtype)));
      for (let run = 0; run < 2; run++) {
        plan.run();
        found.push(await plan.read(shown));
      }
    } finally {
      plan.close();
    }
  }
  for (const other of found) assert.equal(other, found[0]);
  close(found[0] ?? [], spec.reference(x as never, c.attrs), spec.rtol ?? 1e-5, 'over an input');
}

export interface Share {
  /** The first so many variants of each kernel. Default: all. */
  readonly variants?: number;
  /** Of the cases only the one with fewest elements and the last, which is ragged. Default: all. */
  readonly fewCases?: boolean;
  /**
   * Variants but the first meet only the last case, which is ragged, and the first of their kernel. Default: all.
   */
  readonly fewVariants?: boolean;
}

/**
 * Every promise an op makes, checked for every case and every kernel variant, or a share of them. What the adapter cannot
 * run is skipped, by name and with the reason.
 */
export async function testOp(spec: OpSpec, share: Share = {}): Promise<void> {
  const { variants = Number.POSITIVE_INFINITY, fewCases = false, fewVariants = false } = share;
  const test = suite(spec.op.name);
  const lacking = await missing(spec);
  const { gpu } = await device();
  const kernels = new Set<KernelSource>();
  const smallest = Math.min(...spec.cases.map(elements));
  if (lacking.length > 0) skip(test, `${spec.op.name}, all that runs`, `no ${lacking.join(', no ')}`);

  const all = spec.cases as readonly AnyCase[];
  const few = new Set([all.find((c) => elements(c) === smallest), all.at(-1)]);
  for (const c of fewCases ? all.filter((c) => few.has(c)) : all) {
    const t = trialOf(spec, c, elements(c) === smallest);
    const launches = launchesOf(spec, c);
    const overs = overOf(spec, c);
    const found = [...launches.map((l) => l.kernel), ...overs.flatMap(({ kernel }) => kernel ?? [])];
    // A kernel that no case before has launched has all its variants with this one.
    const whole = !fewVariants || c === all.at(-1) || found.some((k) => !kernels.has(k));
    const usable = (of: readonly KernelSource[]): number =>
      Math.min(whole ? variants : 1, Math.max(1, ...of.map((k) => usableVariants(gpu, k).length)));
    for (const k of found) {
      if (kernels.has(k)) continue;
      kernels.add(k);
      for (const v of k.variants) {
        const lacks = lackedBy(gpu, k, v);
        if (lacks.length > 0) skip(test, `${k.name} with ${JSON.stringify(v)}`, `no ${lacks.join(', no ')}`);
      }
    }

    test(`${c.name}: shape`, () => assert.is(size(t.dy.shape), t.want.length));
    if (lacking.length > 0) continue;
    const laws = ['forward', 'replay', 'gradient', ...(t.torus ? ['torus law'] : []), ...(t.linear ? ['adjoint'] : [])];
    for (let variant = 0; variant < usable(launches.map((l) => l.kernel)); variant++) {
      test(`${c.name}, variant ${variant}: ${laws.join(', ')}`, () => checkLaws(t, variant));
    }
    for (const over of overs) {
      for (let variant = 0; variant < usable(over.kernel ? [over.kernel] : []); variant++) {
        test(`${c.name}: over input ${over.k}, variant ${variant}`, () => checkOver(spec, c, t.x, over, variant));
      }
    }
  }

  test('the .wgsl files and their declarations agree', () => {
    for (const k of kernels) checkDeclaration(k);
  });

  for (const c of (spec.rejects ?? []) as readonly (AnyCase & { message: RegExp })[]) {
    test(`rejects ${c.name}`, () => assert.throws(() => spec.op.infer(c.shapes as never, c.attrs), c.message));
  }
  test.run();
}

/** How many pipelines an op's tests compile, about: what they cost. */
export function pipelinesOf(spec: OpSpec): number {
  const found = (spec.cases as readonly AnyCase[]).flatMap((c) => launchesOf(spec, c));
  const variants = new Map(found.map((l) => [l.kernel.name + JSON.stringify(l.overrides), l.kernel.variants.length]));
  return [...variants.values()].reduce((sum, n) => sum + n, 0);
}

const elements = (c: AnyCase): number => (c.shapes as readonly Shape[]).reduce((n, s) => n + size(s), 0);

/** A case with its values and what is to come of them, worked out once for all variants. */
interface Trial {
  readonly spec: OpSpec;
  readonly c: AnyCase;
  readonly x: readonly Value[];
  readonly want: Float64Array;
  readonly dy: Value;
  readonly rtol: number;
  readonly torus: { readonly rollIn: Roll; readonly rollOut: Roll; readonly inputs?: readonly number[] } | null;
  readonly linear: boolean;
  /** What the gradient of input `k` has to be. */
  slopes(k: number): Slopes;
}

function trialOf(spec: OpSpec, c: AnyCase, smallest: boolean): Trial {
  const x = inputsOf(c);
  const want = spec.reference(x as never, c.attrs);
  const rng = new Rng(hash(c.name), 99);
  const shape = spec.op.infer(c.shapes as never, c.attrs);
  const dy = { shape, data: Float64Array.from(want, () => Math.fround(2 * rng.uniform() - 1)) };
  const torus = spec.torus?.(c.attrs, c.shapes as never) ?? null;
  const known = new Map<number, Slopes>();
  const slopes = (k: number): Slopes => {
    const found = known.get(k) ?? slopesOf(spec, c, x, dy, k, smallest);
    known.set(k, found);
    return found;
  };
  return { spec, c, x, want, dy, rtol: spec.rtol ?? 1e-5, torus, linear: spec.linearIn !== undefined, slopes };
}

/** All that one variant promises of one case, on one plan. */
async function checkLaws(t: Trial, variant: number): Promise<void> {
  const { spec, c, x, dy, rtol } = t;
  const { plan, inputs, seed, y, dx } = await compile(spec, c, variant);
  const write = (k: number, v: Value): void => {
    const node = inputs[k] as Node;
    plan.write(node, toHost(v, node.dtype));
  };
  try {
    x.forEach((v, k) => write(k, v));
    if (dx.some(Boolean)) plan.write(seed, toHost(dy, 'f32'));
    plan.run();
    const exact = y.dtype === 'u32';
    const read = (): Promise<Float32Array | Uint32Array> => (exact ? plan.readWords(y) : plan.read(y));
    const first = await read();
    const gradients = await Promise.all(dx.map((d) => d && plan.read(d)));
    close(first, t.want, exact ? 0 : rtol, 'forward', exact ? 0 : undefined);
    gradients.forEach((got, k) => got && checkGradient(got, t.slopes(k), rtol, `gradient of input ${k}`));
    plan.run();
    assert.equal(await read(), first, 'replay changes the result');

    const k = spec.linearIn;
    if (k !== undefined) {
      // <A x, y> == <x, A' y>. A may be affine: subtract what it makes of zero.
      const from = x[k] as Value;
      write(k, { ...from, data: new Float64Array(from.data.length) });
      plan.run();
      const forward = dot(first, dy.data) - dot(await plan.read(y), dy.data);
      const back = dot(gradients[k] as Float32Array, from.data);
      close([forward], [back], 0, "<A x, y> == <x, A' y>", 1e-5 * norm(from.data) * norm(dy.data) + 1e-6);
      write(k, from);
    }
    if (t.torus) {
      for (const k of t.torus.inputs ?? [0]) write(k, rolled(x[k] as Value, t.torus.rollIn));
      plan.run();
      const expected = rolled({ shape: y.shape, data: Float64Array.from(first) }, t.torus.rollOut);
      assert.equal(Float64Array.from(await read()), expected.data, 'torus law: not the same bits when rolled');
    }
  } finally {
    plan.close();
  }
}

/** What the adapter lacks of what an op needs. */
async function missing({ f16, matrices }: OpSpec): Promise<readonly string[]> {
  const found = await device();
  const { side, lanes } = found.adapter.matrices ?? {};
  const lacking = f16 && !found.has('shader-f16') ? ['shader-f16'] : [];
  if (!matrices || (matrices.side === side && matrices.lanes === lanes)) return lacking;
  return [...lacking, `matrices of ${matrices.side} x ${matrices.side} by ${matrices.lanes} threads`];
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
};
const norm = (a: ArrayLike<number>): number => Math.sqrt(dot(a, a));

/** How fast <dy, f(x)> grows with one input: central differences of the reference, in f64. */
interface Slopes {
  /** Null: along each axis, which is element by element. */
  readonly directions: readonly Float64Array[] | null;
  readonly values: ArrayLike<number>;
}

/** Inputs of so many elements have their gradients compared element by element. */
const FEW = 64;

function slopesOf(spec: OpSpec, c: AnyCase, x: readonly Value[], dy: Value, k: number, smallest: boolean): Slopes {
  const base = x[k] as Value;
  const n = base.data.length;
  const h = 1e-5;
  const at = (move: (j: number) => number): number => {
    const moved = { ...base, data: base.data.map((e, j) => e + move(j)) };
    return dot(spec.reference(x.map((v, i) => (i === k ? moved : v)) as never, c.attrs), dy.data);
  };
  const slope = (d: (j: number) => number): number => (at((j) => h * d(j)) - at((j) => -h * d(j))) / (2 * h);
  if (n <= FEW || smallest) {
    return { directions: null, values: Float64Array.from({ length: n }, (_, i) => slope((j) => (i === j ? 1 : 0))) };
  }
  const directions = [1, 2].map((stream) => {
    const rng = new Rng(hash(c.name), 1000 * stream + k);
    return base.data.map(() => 2 * rng.uniform() - 1);
  });
  return { directions, values: directions.map((d) => slope((j) => d[j] as number)) };
}

function checkGradient(got: Float32Array, { directions, values }: Slopes, rtol: number, what: string): void {
  if (!directions) close(got, values, 10 * rtol, what, 1e-6);
  for (const [i, d] of directions?.entries() ?? []) {
    // The sum cancels: judge it against the size of what was summed.
    const allowed = 10 * rtol * norm(got) * norm(d) + 1e-6;
    close([dot(got, d)], [values[i] as number], 1e-4, `${what} along a random direction`, allowed);
  }
}

/**
 * The uniforms, bindings and overrides of a .wgsl file are exactly those declared in TypeScript, and its text, as it ships
 * too, can be made f16.
 */
function checkDeclaration(k: KernelSource): void {
  const wgsl = k.wgsl.replace(/\/\/.*$/gm, '');
  const fields = (/struct Uniforms\s*\{([^}]*)\}/.exec(wgsl)?.[1] ?? '')
    .split(',')
    .map((f) => f.replace(/\s/g, ''))
    .filter(Boolean);
  assert.equal(
    Object.entries(k.uniforms).map(([n, t]) => `${n}:${t}`),
    fields,
    `${k.name}: uniforms, in order`,
  );
  const all = [wgsl, ...(k.lib ?? [])].join('\n');
  const bindings = [
    ...all.matchAll(/@binding\((\d+)\)\s*var<(storage,\s*read_write|storage,\s*read|uniform)>\s*(\w+)/g),
  ].sort((a, b) => Number(a[1]) - Number(b[1]));
  const binds = bindings
    .filter((m) => m[3] !== 'u')
    .map(
      (m) =>
        ({ 'storage,read': 'read', 'storage,read_write': 'write', uniform: 'uniform' })[m[2]?.replace(/\s/g, '') ?? ''],
    );
  assert.equal([...k.binds], binds, `${k.name}: bindings, in order`);
  bindings.forEach((m, i) => assert.is(Number(m[1]), i + (k.firstBinding ?? 0), `${k.name}: binding numbers in order`));
  assert.is(
    bindings.some((m) => m[3] === 'u'),
    fields.length > 0,
    `${k.name}: a uniform block if and only if there are uniforms`,
  );
  assert.is(bindingTypes(k).length, bindings.length, `${k.name}: types of bindings`);
  const overrides = [...wgsl.matchAll(/^override (\w+)/gm)].map((m) => m[1]);
  for (const v of k.variants) {
    for (const name of Object.keys(v)) assert.ok(overrides.includes(name), `${k.name}: no override ${name}`);
  }
  if (bindingTypes(k).every((type) => /u32|Uniforms/.test(type))) return; // nothing to store as f16
  const plain = /\balias\s*(T|Sum)\s*=\s*f32/;
  assert.match(wgsl, plain, `${k.name}: the scalar line`);
  assert.not.match(specialise({ ...k, wgsl }, 'f16'), plain, `${k.name}: stays f32 where all is f16`);
}
