// jax-js: gradients by tracing, kernels made by its compiler.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { browserLike, cured, type Engine, load, PACKAGES } from './engine';
import { isCompared } from './work';

/** Arrays are counted: a function takes its arguments over, `ref` keeps one for later. */
interface JaxArray {
  readonly ref: JaxArray;
  reshape(shape: readonly number[]): JaxArray;
  add(other: JaxArray): JaxArray;
  sub(other: JaxArray): JaxArray;
  mul(other: JaxArray | number): JaxArray;
  sum(): JaxArray;
  transpose(): JaxArray;
  data(): Promise<Float32Array<ArrayBuffer>>;
  dispose(): void;
}
type Params = { w: JaxArray[]; b: JaxArray[]; t: JaxArray[] };
type Loss = (x: JaxArray, params: Params) => JaxArray;
/** The part of jax-js that is used here; its own types are not installed with this project. */
interface Jax {
  init(device: string): Promise<string[]>;
  defaultDevice(device: string): string;
  blockUntilReady(x: JaxArray): Promise<unknown>;
  jit<F>(f: F): F;
  valueAndGrad(f: Loss): (x: JaxArray, params: Params) => [JaxArray, JaxArray];
  readonly numpy: {
    array(data: Float32Array): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
    max(x: JaxArray, axis?: number | number[]): JaxArray;
  };
  readonly lax: { conv(x: JaxArray, w: JaxArray, strides: number[], padding: string): JaxArray };
  readonly nn: { relu(x: JaxArray): JaxArray };
  readonly tree: { ref(p: Params): Params };
}

export async function jax(): Promise<Engine> {
  const adapter = await browserLike();
  const {
    init,
    defaultDevice,
    jit,
    valueAndGrad,
    numpy: np,
    lax,
    nn,
    tree,
  } = await load<Jax>('@jax-js', 'jax', 'dist', 'index.js');
  if (!(await init('webgpu')).includes('webgpu')) throw new Error('jax-js has no WebGPU here');
  defaultDevice('webgpu');
  const { version } = JSON.parse(readFileSync(join(PACKAGES, '@jax-js', 'jax', 'package.json'), 'utf8')) as {
    version: string;
  };
  return {
    version,
    adapter: adapter.name,
    async prepare({ job, image, convs }, targets) {
      const compared = convs.filter(isCompared);
      const params: Params = {
        w: convs.map((c) => np.array(c.w).reshape([c.O, c.C, 3, 3])),
        b: convs.map((c) => np.array(c.b).reshape([1, c.O, 1, 1])),
        t: compared.map((c, k) => np.array(targets[k]?.gram ?? new Float32Array()).reshape([c.O, c.O])),
      };
      const x = np.array(image).reshape([1, 3, job.side, job.side]);
      const loss: Loss = (start, { w, b, t }) => {
        let y = start;
        let total: JaxArray | null = null;
        let k = 0;
        for (const [n, c] of convs.entries()) {
          const [filters, bias] = [w[n], b[n]];
          if (!filters || !bias) throw new Error('a layer without filters');
          if (c.pooled) y = np.max(y.reshape([c.C, c.side, 2, c.side, 2]), [2, 4]).reshape([1, c.C, c.side, c.side]);
          y = nn.relu(lax.conv(y, filters, [1, 1], 'SAME').add(bias));
          if (!isCompared(c)) continue;
          const f = (n === convs.length - 1 ? y : y.ref).reshape([c.O, c.side ** 2]);
          const [target, factor] = [t[k], targets[k]?.factor ?? 0];
          if (!target) throw new Error('a layer without a target');
          k++;
          const gap = np
            .matmul(f.ref, f.transpose())
            .mul(1 / c.side ** 2)
            .sub(target);
          const term = gap.ref.mul(gap).sum().mul(factor);
          total = total ? total.add(term) : term;
        }
        if (!total) throw new Error('nothing to compare');
        return total;
      };
      const both = jit(valueAndGrad(loss));
      const forward = jit(loss);
      let last: JaxArray | null = null;
      return {
        async run() {
          last?.dispose();
          last = null;
          let value: JaxArray;
          if (job.mode === 'gradient') [value, last] = both(x.ref, tree.ref(params));
          else value = forward(x.ref, tree.ref(params));
          const [v = Number.NaN] = await cured(value.data(), adapter.software);
          return v;
        },
        gradient: async () => (last ? cured(last.ref.data(), adapter.software) : null),
      };
    },
  };
}
