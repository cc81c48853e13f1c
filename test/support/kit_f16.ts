// Every kernel of an op with its scalar line turned into f16: that it compiles, and that the op computes nearly what its
// reference does.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fromHalf, toHalf } from '../../src/base/half';
import type { Shape } from '../../src/base/shape';
import { type KernelSource, type Overrides, supportsVariant } from '../../src/gpu/kernel';
import { Graph } from '../../src/graph/graph';
import { Plan } from '../../src/graph/plan';
import { schedule } from '../../src/graph/schedule';
import type { OpSpec } from '../../src/shaders/op';
import { device } from './device';
import { close, inputsOf } from './kit';
import { skip } from './needs';

/** Ops that say themselves which of their values are f16 are tested so by `testOp`, and not here. */
export async function testOpInF16(spec: OpSpec): Promise<void> {
  if (spec.f16 || wordsOnly(spec)) return;
  const test = suite(`${spec.op.name} in f16`);
  if ((await device()).has('shader-f16')) {
    test('computes', () => compute(spec));
    test('its kernels compile', () => compileAll(spec));
  } else skip(test, `${spec.op.name} in f16`, 'no shader-f16');
  test.run();
}

/** Whether all that an op reads and writes are words of u32. */
const wordsOnly = ({ op, indices, cases }: OpSpec): boolean =>
  op.dtype === 'u32' && cases.every(({ shapes }) => indices?.length === (shapes as readonly Shape[]).length);

async function compileAll(spec: OpSpec): Promise<void> {
  const { gpu, kernels } = await device();
  const compiling = [...kernelsOf(spec)].map(([kernel, overrides]) => {
    const variant = kernel.variants.find((v) => supportsVariant(gpu, kernel, v));
    assert.ok(variant, `${kernel.name} has a variant that runs`);
    return kernels.get(kernel, { ...overrides, ...variant }, 'f16');
  });
  await Promise.all(compiling);
}

/** One case of an op with all values stored as f16: the last, which is ragged. */
async function compute(spec: OpSpec): Promise<void> {
  const c = spec.cases.at(-1);
  assert.ok(c, 'there is a case');
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

/** The kernels behind all cases of an op, each with the overrides it is first launched with. */
function kernelsOf(spec: OpSpec): Map<KernelSource, Overrides> {
  const found = new Map<KernelSource, Overrides>();
  for (const c of spec.cases) {
    const g = new Graph();
    const shapes = c.shapes as unknown as readonly Shape[];
    const x = shapes.map((s, k) => g.input(s, `x${k}`, spec.indices?.includes(k) ? 'u32' : 'f32'));
    const y = g.apply(spec.op, x as never, c.attrs);
    const floats = x.filter((n, k) => n.dtype === 'f32' && (spec.differentiable?.includes(k) ?? true));
    const dx = (spec.op.dtype ?? 'f32') === 'f32' ? g.grad(y, floats) : [];
    for (const { launch } of schedule(g, [y, ...dx], { fuse: true, realBytes: 2 }).launches) {
      const over = launch.bind.slice(0, -1).map((v) => launch.inplace?.(v));
      for (const l of [launch, ...over]) if (l && !found.has(l.kernel)) found.set(l.kernel, l.overrides ?? {});
    }
  }
  return found;
}
