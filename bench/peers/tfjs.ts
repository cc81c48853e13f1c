// TensorFlow.js with its WebGPU backend.
import { rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type * as TensorFlow from '@tensorflow/tfjs-core';
import { browserLike, cured, type Engine, load, PACKAGES } from './engine';
import { isCompared } from './work';

export async function tfjs(): Promise<Engine> {
  const adapter = await browserLike();
  const tf = await bundled();
  if (!(await tf.setBackend('webgpu'))) throw new Error('tfjs has no WebGPU backend here');
  await tf.ready();
  return {
    version: tf.version_core,
    adapter: adapter.name,
    async prepare({ job, image, convs }, targets) {
      const { side } = job;
      // Channels last, its only native order.
      const x = tf.tidy(
        () => tf.transpose(tf.tensor4d(image, [1, 3, side, side]), [0, 2, 3, 1]) as TensorFlow.Tensor4D,
      );
      const layers = convs.map((c) => ({
        conv: c,
        w: tf.tidy(() => tf.transpose(tf.tensor4d(c.w, [c.O, c.C, 3, 3]), [2, 3, 1, 0]) as TensorFlow.Tensor4D),
        b: tf.tensor1d(c.b),
      }));
      const wanted = convs.filter(isCompared).map((c, k) => {
        const { gram, factor } = targets[k] ?? { gram: new Float32Array(), factor: 0 };
        return { gram: tf.tensor2d(gram, [c.O, c.O]), factor };
      });
      const loss = (start: TensorFlow.Tensor): TensorFlow.Scalar => {
        let y = start as TensorFlow.Tensor4D;
        let total: TensorFlow.Tensor | null = null;
        let k = 0;
        for (const { conv, w, b } of layers) {
          if (conv.pooled) y = tf.maxPool(y, 2, 2, 'valid');
          // Fused, its gradient would compute that of the filters too, which nobody asks for.
          y =
            job.mode === 'forward'
              ? tf.fused.conv2d({ x: y, filter: w, strides: 1, pad: 'same', bias: b, activation: 'relu' })
              : tf.relu(tf.add(tf.conv2d(y, w, 1, 'same'), b));
          if (!isCompared(conv)) continue;
          const f = tf.reshape(y, [conv.side ** 2, conv.O]) as TensorFlow.Tensor2D;
          const { gram, factor } = wanted[k++] ?? { gram: f, factor: 0 };
          const gap = tf.sub(tf.mul(tf.matMul(f, f, true, false), 1 / conv.side ** 2), gram);
          const term = tf.mul(tf.sum(tf.mul(gap, gap)), factor);
          total = total ? tf.add(total, term) : term;
        }
        return total as TensorFlow.Scalar;
      };
      const both = tf.valueAndGrad(loss);
      let last: TensorFlow.Tensor | null = null;
      return {
        async run() {
          last?.dispose();
          const { value, grad } = job.mode === 'gradient' ? both(x) : { value: tf.tidy(() => loss(x)), grad: null };
          last = grad;
          const [v = Number.NaN] = await cured(value.data(), adapter.software);
          value.dispose();
          return v;
        },
        async gradient() {
          const grad = last;
          if (!grad) return null;
          const planar = tf.tidy(() => tf.transpose(grad, [0, 3, 1, 2]));
          const data = await cured(planar.data(), adapter.software);
          planar.dispose();
          return Float32Array.from(data);
        },
      };
    },
  };
}

/**
 * The core, its gradients and the backend in one file. Its build for Node leaves the gradients out, and the backend's
 * build for Node brings that core with it; bundled from the modules, as for a browser, all share one core.
 */
async function bundled(): Promise<typeof TensorFlow> {
  const { build } = await import('esbuild');
  const outfile = join(PACKAGES, '.cache', `tfjs-${process.pid}.cjs`);
  const contents = `
    export * from '@tensorflow/tfjs-core';
    import '@tensorflow/tfjs-core/dist/register_all_gradients';
    import '@tensorflow/tfjs-backend-webgpu';`;
  await build({
    stdin: { contents, resolveDir: dirname(PACKAGES) },
    outfile,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    mainFields: ['module', 'main'],
    logLevel: 'error',
  });
  try {
    return (await load<{ default: typeof TensorFlow }>('.cache', basename(outfile))).default;
  } finally {
    rmSync(outfile);
  }
}
