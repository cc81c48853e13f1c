// What an op takes it can launch and be differentiated through: for shapes near those of its spec, it refuses, or both are built.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EngineError } from '../../src/base/errors';
import type { Shape } from '../../src/base/shape';
import { Graph, type Node } from '../../src/graph/graph';
import type { Case, Dtype, OpSpec } from '../../src/shaders/op';
import { ALL } from '../support/all';
import { opFolders } from '../support/ops';

const test = suite('any shape gradients');

const product = (s: Shape): number => s.reduce((a, b) => a * b, 1);

/** Shapes like one that somebody may try instead of it. */
function near(s: Shape): Shape[] {
  return [
    s,
    [1, ...s],
    [...s, 1],
    [2, ...s],
    s.slice(0, -1),
    s.slice(1),
    [...s.slice(0, 1), product(s.slice(1))],
    [...s.slice(0, -2), product(s.slice(-2))],
    s.map(() => 1),
    [1, 1],
    [1],
    [product(s)],
    [...s].reverse(),
  ].filter((t) => t.length > 0);
}

/** Attributes with a shape among them, and near ones. */
function nearAttrs(attrs: unknown): unknown[] {
  const { shape } = (attrs ?? {}) as { shape?: Shape };
  return Array.isArray(shape) ? near(shape).map((s) => ({ ...(attrs as object), shape: s })) : [attrs];
}

/** What is wrong with the gradient of an op that takes these shapes; empty where it refuses them, or all is well. */
function fault(spec: OpSpec, shapes: readonly Shape[], attrs: unknown): string {
  const g = new Graph();
  const dtype = (k: number): Dtype =>
    spec.indices?.includes(k) ? 'u32' : spec.f16?.inputs?.includes(k) ? 'f16' : 'f32';
  const x = shapes.map((s, k) => g.input(s, `x${k}`, dtype(k)));
  let y: Node;
  try {
    y = g.apply(spec.op, x as never, attrs);
  } catch (error) {
    return error instanceof EngineError && error.code === 'ShapeError' ? '' : `forward: ${(error as Error).message}`;
  }
  try {
    let scratch = -1;
    spec.op.forward(x as never, y, attrs, (s, k = 'f32') => ({ id: scratch--, shape: s, dtype: k }));
  } catch (error) {
    return `launch: ${(error as Error).message}`;
  }
  if (y.dtype === 'u32') return '';
  const wanted = x.filter((_, k) => (spec.differentiable ?? [0, 1, 2, 3, 4, 5]).includes(k) && dtype(k) !== 'u32');
  try {
    const dy = g.input(y.shape, 'dy', y.dtype === 'f16' ? 'f16' : 'f32');
    g.grad(y, wanted, dy);
    return '';
  } catch (error) {
    return error instanceof EngineError && error.code === 'GradError' ? '' : `${y.shape}: ${(error as Error).message}`;
  }
}

test('forward refuses what has no gradient for its shape', async () => {
  const faults = new Set<string>();
  for (const folder of opFolders()) {
    const module = (await import(`../../src/shaders/${folder}/spec.ts`)) as { spec?: OpSpec; specs?: OpSpec[] };
    for (const spec of module.specs ?? (module.spec ? [module.spec] : [])) {
      for (const { shapes, attrs } of (spec.cases as readonly Case<number, unknown>[]).slice(0, ALL ? 12 : 4)) {
        const given = shapes as readonly Shape[];
        const tried = [given, ...given.flatMap((s, k) => near(s).map((t) => given.map((u, j) => (j === k ? t : u))))];
        for (const t of [...tried, ...near(given[0] ?? [1]).map((s) => given.map(() => s))]) {
          for (const a of nearAttrs(attrs)) {
            const found = fault(spec, t, a);
            if (found !== '') faults.add(`${spec.op.name} ${JSON.stringify(t)} ${found.split('\n')[0]}`);
          }
        }
      }
    }
  }
  assert.equal([...faults], []);
});

test.run();
