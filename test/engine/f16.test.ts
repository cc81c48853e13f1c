// Every kernel of every op, with its scalar line turned into f16: that it compiles, and that each op computes nearly
// what its reference does. Found as test/ops.test.ts finds them. Skipped where the adapter has no f16.
import { existsSync, readdirSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fromHalf, toHalf } from '../../src/base/half';
import type { Shape } from '../../src/base/shape';
import { type KernelSource, type Overrides, supportsVariant } from '../../src/gpu/kernel';
import { Graph } from '../../src/graph/graph';
import { Plan } from '../../src/graph/plan';
import { schedule } from '../../src/graph/schedule';
import type { OpSpec } from '../../src/shaders/op';
import { device } from '../support/device';
import { close, inputsOf } from '../support/kit';
import { needs } from '../support/needs';

const only = process.env.TOROID_OP;
const test = suite('f16');
const has = (await device()).has('shader-f16');

for (const name of readdirSync('src/shaders').sort()) {
  if (!existsSync(`src/shaders/${name}/spec.ts`) || (only && only !== name)) continue;
  const module = (await import(`../../src/shaders/${name}/spec.ts`)) as { spec?: OpSpec; specs?: OpSpec[] };
  // Ops that say which of their values are f16 are tested so by test/ops.test.ts.
  const specs = (module.specs ?? (module.spec ? [module.spec] : [])).filter((s) => !s.f16);
  if (specs.length === 0) continue;
  const kernels = kernelsOf(specs);
  for (const spec of specs) needs(test, has, 'no shader-f16')(`${spec.op.name} computes`, () => compute(spec));
  needs(
    test,
    has,
    'no shader-f16',
  )(`${name}: ${[...kernels.keys()].map((k) => k.name).join(', ')}`, async () => {
    const { gpu, kernels: cache } = await device();
    for (const [kernel, overrides] of kernels) {
      const variant = kernel.variants.find((v) => supportsVariant(gpu, kernel, v));
      assert.ok(variant, `${kernel.name} has a variant that runs`);
      await cache.get(kernel, { ...overrides, ...variant }, 'f16');
    }
  });
}
test.run();

/** One case of an op with all values stored as f16: the last, which is ragged. */
async function compute(spec: OpSpec): Promise<void> {
  const c = spec.cases.at(-1);
  if (!c) return;
  const x = inputsOf(c).map((v) => ({ ...v, data: Float64Array.from(fromHalf(toHalf(Float32Array.from(v.data)))) }));
  const g = new Graph();
  const inputs = x.map((v, k) => g.input(v.shape, `x${k}`, spec.indices?.includes(k) ? 'u32' : 'f32'));
  const y = g.apply(spec.op, inputs as never, c.attrs);
  const plan = await Plan.compile(await device(), g, [y], { scalar: 'f16' });
  try {
    inputs.forEach((n, k) => {
      const data = x[k]?.data ?? [];
      plan.write(n, n.dtype === 'u32' ? Uint32Array.from(data) : Float32Array.from(data));
    });
    plan.run();
    close(await plan.read(y), spec.reference(x as never, c.attrs), 4e-3, `${spec.op.name}, ${c.name}`);
  } finally {
    plan.close();
  }
}

/** The kernels behind all cases of some specs, each with the overrides it is first launched with. */
function kernelsOf(specs: readonly OpSpec[]): Map<KernelSource, Overrides> {
  const found = new Map<KernelSource, Overrides>();
  for (const spec of specs) {
    for (const c of spec.cases) {
      const g = new Graph();
      const shapes = c.shapes as unknown as readonly Shape[];
      const x = shapes.map((s, k) => g.input(s, `x${k}`, spec.indices?.includes(k) ? 'u32' : 'f32'));
      const y = g.apply(spec.op, x as never, c.attrs);
      const real = x.filter((n, k) => n.dtype === 'f32' && (spec.differentiable?.includes(k) ?? true));
      const dx = (spec.op.dtype ?? 'f32') === 'f32' ? g.grad(y, real) : [];
      for (const { launch } of schedule(g, [y, ...dx], { fuse: true, realBytes: 2 }).launches) {
        const over = launch.bind.slice(0, -1).map((v) => launch.inplace?.(v));
        for (const l of [launch, ...over]) if (l && !found.has(l.kernel)) found.set(l.kernel, l.overrides ?? {});
      }
    }
  }
  return found;
}
