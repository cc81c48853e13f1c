import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/base/rng';
import { type Shape, size } from '../../src/base/shape';
import type { KernelSource } from '../../src/gpu/kernel';
import { Graph, type Node } from '../../src/graph/graph';
import { Plan } from '../../src/graph/plan';
import type { Case, Dtype, Launch, OpSpec, Ref, Roll, Value } from '../../src/shaders/op';
import { affine } from '../../src/shaders/pointwise';
import { device } from './device';
import { needs } from './needs';

type AnyCase = Case<number, unknown>;

/** Input values of a case: f32 numbers, the same every time. */
export function inputsOf(c: AnyCase): Value[] {
  return (c.shapes as readonly Shape[]).map((shape, k) => {
    const rng = new Rng(hash(c.name), k);
    const data = Float64Array.from({ length: size(shape) }, (_, i) => {
      const u = 2 * rng.uniform() - 1;
      return Math.fround(c.values ? c.values(k, i, u) : u);
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

const toHost = (v: Value, kind: Dtype): Float32Array | Uint32Array =>
  kind === 'u32' ? Uint32Array.from(v.data) : Float32Array.from(v.data);

function differentiable(spec: OpSpec, c: AnyCase): readonly number[] {
  return (
    spec.differentiable ?? (c.shapes as readonly Shape[]).map((_, k) => k).filter((k) => !spec.indices?.includes(k))
  );
}

/** How input `k` is stored. */
const kindOf = (spec: OpSpec, k: number): Dtype =>
  spec.indices?.includes(k) ? 'u32' : spec.f16?.inputs?.includes(k) ? 'f16' : 'f32';

/** Builds forward and gradient of one case as a plan. */
async function compile(spec: OpSpec, c: AnyCase, variant: number, gradient = true): Promise<Applied> {
  const g = new Graph();
  const inputs = (c.shapes as readonly Shape[]).map((s, k) => g.input(s, `x${k}`, kindOf(spec, k)));
  const y = g.apply(spec.op, inputs as never, c.attrs);
  const seed = g.input(y.shape, 'dy', y.dtype === 'f16' ? 'f16' : 'f32');
  const wanted = gradient && y.dtype !== 'u32' ? differentiable(spec, c) : [];
  const grads = g.grad(
    y,
    wanted.map((k) => inputs[k] as Node),
    seed,
  );
  const dx = inputs.map((_, k) => grads[wanted.indexOf(k)] ?? null);
  const plan = await Plan.compile(await device(), g, [y, ...grads], { variant: () => variant });
  return { plan, inputs, seed, y, dx };
}

/** How many variants the kernels behind a case have, at most. */
function variantsOf(spec: OpSpec, c: AnyCase): number {
  return Math.max(1, ...launchesOf(spec, c).map((l) => l.kernel.variants.length));
}

function launchesOf(spec: OpSpec, c: AnyCase): readonly Launch[] {
  const g = new Graph();
  const inputs = (c.shapes as readonly Shape[]).map((s, k) => g.input(s, 'x', kindOf(spec, k)));
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
    const inputs = (c.shapes as readonly Shape[]).map((s, i) => g.input(s, `x${i}`, kindOf(spec, i)));
    // A copy of the input and one of the output: neither is what the host may read.
    const copies = inputs.map((v, i) => (i === k ? affine(g, v, 1, 0) : v));
    const y = g.apply(spec.op, copies as never, c.attrs);
    const shown = affine(g, y, 1, 0);
    const plan = await Plan.compile(await device(), g, [shown], { variant: () => variant, inplace });
    try {
      const over = plan.steps.filter((s) => s.kernel.includes('_over'));
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

/** Every promise an op makes, checked for every case and every kernel variant, or the first `variants` of them. */
export async function testOp(spec: OpSpec, variants = Number.POSITIVE_INFINITY): Promise<void> {
  const all = suite(spec.op.name);
  const lacking = await missing(spec);
  const test = needs(all, lacking.length === 0, `no ${lacking.join(', no ')}`);
  const rtol = spec.rtol ?? 1e-5;
  const kernels = new Set<KernelSource>();

  for (const c of spec.cases as readonly AnyCase[]) {
    const x = inputsOf(c);
    const outShape = spec.op.infer(c.shapes as never, c.attrs);
    const want = spec.reference(x as never, c.attrs);
    const rng = new Rng(hash(c.name), 99);
    const dy: Value = { shape: outShape, data: Float64Array.from(want, () => Math.fround(2 * rng.uniform() - 1)) };
    for (const l of launchesOf(spec, c)) kernels.add(l.kernel);

    test(`${c.name}: shape`, () => assert.is(size(outShape), want.length));

    for (let variant = 0; variant < Math.min(variants, variantsOf(spec, c)); variant++) {
      test(`${c.name}: forward, replay and gradient, variant ${variant}`, async () => {
        const { plan, inputs, seed, y, dx } = await compile(spec, c, variant);
        try {
          x.forEach((v, k) => plan.write(inputs[k] as Node, toHost(v, (inputs[k] as Node).dtype)));
          if (dx.some(Boolean)) plan.write(seed, toHost(dy, 'f32'));
          plan.run();
          const first = await plan.read(y);
          close(first, want, rtol, 'forward');
          plan.run();
          assert.equal(await plan.read(y), first, 'replay changes the result');
          for (const k of differentiable(spec, c)) {
            const d = dx[k];
            if (!d) continue;
            await checkGradient(spec, c, x, dy, k, await plan.read(d), rtol);
          }
        } finally {
          plan.close();
        }
      });
    }

    for (const over of overOf(spec, c)) {
      if (over.kernel) kernels.add(over.kernel);
      for (let variant = 0; variant < Math.min(variants, over.kernel?.variants.length ?? 1); variant++) {
        test(`${c.name}: over input ${over.k}, variant ${variant}`, () => checkOver(spec, c, x, over, variant));
      }
    }

    const torus = spec.torus?.(c.attrs, c.shapes as never);
    if (torus) {
      test(`${c.name}: moves with a rolled input, bit for bit`, async () => {
        const { plan, inputs, y } = await compile(spec, c, 0, false);
        try {
          x.forEach((v, k) => plan.write(inputs[k] as Node, toHost(v, 'f32')));
          plan.run();
          const still = await plan.read(y);
          plan.write(inputs[0] as Node, toHost(rolled(x[0] as Value, torus.rollIn), 'f32'));
          plan.run();
          const moved = await plan.read(y);
          const expected = rolled({ shape: y.shape, data: Float64Array.from(still) }, torus.rollOut);
          assert.equal(moved, Float32Array.from(expected.data));
        } finally {
          plan.close();
        }
      });
    }

    const linear = spec.linearIn;
    if (linear !== undefined) {
      test(`${c.name}: gradient is the adjoint, <A x, y> == <x, A' y>`, async () => {
        const { plan, inputs, seed, y, dx } = await compile(spec, c, 0);
        try {
          x.forEach((v, k) => plan.write(inputs[k] as Node, toHost(v, (inputs[k] as Node).dtype)));
          plan.write(seed, toHost(dy, 'f32'));
          plan.run();
          const forward = dot(await plan.read(y), dy.data);
          // A may be affine: subtract what it makes of zero.
          plan.write(inputs[linear] as Node, new Float32Array(size((inputs[linear] as Node).shape)));
          plan.run();
          const offset = dot(await plan.read(y), dy.data);
          const back = dot(await plan.read(dx[linear] as Node), (x[linear] as Value).data);
          const scale = norm((x[linear] as Value).data) * norm(dy.data);
          close([forward - offset], [back], 0, '<A x, y>', 1e-5 * scale + 1e-6);
        } finally {
          plan.close();
        }
      });
    }
  }

  test('the .wgsl files and their declarations agree', () => {
    for (const k of kernels) checkDeclaration(k);
  });

  for (const c of (spec.rejects ?? []) as readonly (AnyCase & { message: RegExp })[]) {
    test(`rejects ${c.name}`, () => assert.throws(() => spec.op.infer(c.shapes as never, c.attrs), c.message));
  }
  all.run();
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

/** Compares <dx, direction> with a central difference of <dy, f(x)>, both in f64 and from the reference. */
async function checkGradient(
  spec: OpSpec,
  c: AnyCase,
  x: readonly Value[],
  dy: Value,
  k: number,
  got: Float32Array,
  rtol: number,
): Promise<void> {
  const base = x[k] as Value;
  for (const stream of [1, 2]) {
    const rng = new Rng(hash(c.name), 1000 * stream + k);
    const direction = base.data.map(() => 2 * rng.uniform() - 1);
    const at = (h: number): number => {
      const moved = x.map((v, i) =>
        i === k ? { ...v, data: v.data.map((e, j) => e + h * (direction[j] as number)) } : v,
      );
      return dot(spec.reference(moved as never, c.attrs), dy.data);
    };
    const h = 1e-5;
    const numeric = (at(h) - at(-h)) / (2 * h);
    const analytic = dot(got, direction);
    // The sum cancels: judge it against the size of what was summed.
    close(
      [analytic],
      [numeric],
      1e-4,
      `gradient of input ${k} along a random direction`,
      10 * rtol * norm(got) * norm(direction) + 1e-6,
    );
  }
}

/** The uniforms, bindings and overrides of a .wgsl file are exactly those declared in TypeScript. */
export function checkDeclaration(k: KernelSource): void {
  const fields = (/struct Uniforms \{([^}]*)\}/.exec(k.wgsl)?.[1] ?? '')
    .replace(/\/\/.*$/gm, '')
    .split(',')
    .map((f) => f.trim())
    .filter(Boolean);
  assert.equal(
    Object.entries(k.uniforms).map(([n, t]) => `${n}: ${t}`),
    fields,
    `${k.name}: uniforms, in order`,
  );
  const bindings = [
    ...k.wgsl.matchAll(/@binding\((\d+)\)\s+var<(storage, read_write|storage, read|uniform)>\s*(\w+)/g),
  ];
  const binds = bindings
    .filter((m) => m[3] !== 'u')
    .map((m) => ({ 'storage, read': 'read', 'storage, read_write': 'write', uniform: 'uniform' })[m[2] as string]);
  assert.equal([...k.binds], binds, `${k.name}: bindings, in order`);
  bindings.forEach((m, i) => assert.is(Number(m[1]), i, `${k.name}: binding numbers in order`));
  assert.is(
    bindings.some((m) => m[3] === 'u'),
    fields.length > 0,
    `${k.name}: a uniform block if and only if there are uniforms`,
  );
  const overrides = [...k.wgsl.matchAll(/^override (\w+)/gm)].map((m) => m[1]);
  for (const v of k.variants) {
    for (const name of Object.keys(v)) assert.ok(overrides.includes(name), `${k.name}: no override ${name}`);
  }
  assert.match(k.wgsl, /\nalias T = f32;/, `${k.name}: the scalar line`);
  assert.match(k.wgsl, /^\/\/ /, `${k.name}: opens with the formula`);
}
