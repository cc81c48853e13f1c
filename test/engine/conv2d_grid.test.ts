// Every kernel size, stride and pair of borders that conv2d is for, against plain loops in f64: the op kit tries each
// kernel variant on some of these (of 5 x 5 and 7 x 7 among others), here is the whole grid, with the gradients of map, filters and bias.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/base/rng';
import { size } from '../../src/base/shape';
import { Graph, type Node } from '../../src/graph/graph';
import { Plan } from '../../src/graph/plan';
import { type Border, conv2d } from '../../src/shaders/conv2d';
import { ALL } from '../support/all';
import { device } from '../support/device';
import { close, rolled } from '../support/kit';

const test = suite('conv2d grid');

const C = 2;
const [H, W] = [12, 14];
const BORDERS: readonly Border[] = ['zeros', 'replicate', 'reflect', 'wrap'];

const random = (shape: readonly number[], seed: number): Float32Array => {
  const rng = new Rng(seed);
  return Float32Array.from({ length: size(shape) }, () => 2 * rng.uniform() - 1);
};

/** The pixel that position p of a padded axis of n shows; -1 for none. */
function shown(p: number, n: number, border: Border): number {
  if (p >= 0 && p < n) return p;
  if (border === 'wrap') return (p + n) % n;
  if (border === 'replicate') return p < 0 ? 0 : n - 1;
  if (border === 'reflect') return p < 0 ? -p : 2 * n - 2 - p;
  return -1;
}

interface Trial {
  readonly name: string;
  readonly border: readonly [Border, Border];
  readonly x: Node;
  readonly w: Node;
  readonly bias: Node;
  readonly dy: Node;
  /** y and the gradients of x, w and bias. */
  readonly outputs: readonly Node[];
}

function trial(g: Graph, k: number, stride: number, border: readonly [Border, Border], O: number, x: Node): Trial {
  const p = (k - 1) / 2;
  const w = g.input([O, C, k, k], 'w');
  const bias = g.input([O], 'bias');
  const y = g.node(conv2d(g, x, w, { bias, stride: [stride, stride], pad: [p, p, p, p], border }));
  const dy = g.input(y.shape, 'dy');
  return { name: border.join(' and '), border, x, w, bias, dy, outputs: [y, ...g.grad(y, [x, w, bias], dy)] };
}

/** What the outputs of a trial should be. */
function reference(t: Trial, k: number, stride: number, values: (n: Node) => Float32Array): Float64Array[] {
  const [y, dx, dw, db] = t.outputs.map((n) => new Float64Array(size(n.shape))) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const [x, w, bias, dy] = [t.x, t.w, t.bias, t.dy].map(values) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const [O = 0, h = 0, wide = 0] = t.dy.shape;
  for (let o = 0; o < O; o++)
    for (let i = 0; i < h; i++)
      for (let j = 0; j < wide; j++) {
        const at = (o * h + i) * wide + j;
        y[at]! += bias[o]!;
        db[o]! += dy[at]!;
        for (let ky = 0; ky < k; ky++)
          for (let kx = 0; kx < k; kx++) {
            const r = shown(i * stride + ky - (k - 1) / 2, H, t.border[0]);
            const s = shown(j * stride + kx - (k - 1) / 2, W, t.border[1]);
            if (r < 0 || s < 0) continue;
            for (let c = 0; c < C; c++) {
              const from = (c * H + r) * W + s;
              const tap = ((o * C + c) * k + ky) * k + kx;
              y[at]! += w[tap]! * x[from]!;
              dx[from]! += w[tap]! * dy[at]!;
              dw[tap]! += x[from]! * dy[at]!;
            }
          }
      }
  return [y, dx, dw, db];
}

for (const k of ALL ? [1, 3, 5, 7, 11] : [1, 3, 11]) {
  for (const stride of [1, 2]) {
    test(`${k} x ${k}, stride ${stride}: every pair of borders, and the torus bit for bit`, async () => {
      const g = new Graph();
      const x = g.input([C, H, W], 'x');
      // Few channels and many take different kernels.
      const trials = BORDERS.flatMap((v, a) =>
        BORDERS.map((hz, b) => trial(g, k, stride, [v, hz], (a + b) % 2 ? 3 : 9, x)),
      );
      const plan = await Plan.compile(
        await device(),
        g,
        trials.flatMap((t) => t.outputs),
      );
      const values = (n: Node): Float32Array => random(n.shape, 100 * k + n.id);
      try {
        for (const n of g.nodes) if (n.source.from === 'input') plan.write(n, values(n));
        plan.run();
        for (const t of trials) {
          const want = reference(t, k, stride, values);
          for (const [i, what] of ['y', 'gradient of x', 'gradient of w', 'gradient of bias'].entries()) {
            close(await plan.read(t.outputs[i]!), want[i]!, 1e-5, `${t.name}: ${what}`);
          }
        }
        const torus = trials.at(-1)!.outputs[0]!;
        const still = await plan.read(torus);
        const value = { shape: x.shape, data: Float64Array.from(values(x)) };
        plan.write(x, Float32Array.from(rolled(value, [stride * 2, stride * 5]).data));
        plan.run();
        const expected = rolled({ shape: torus.shape, data: Float64Array.from(still) }, [2, 5]);
        assert.equal(await plan.read(torus), Float32Array.from(expected.data));
      } finally {
        plan.close();
      }
    });
  }
}

test.run();
