// onnxruntime-web with its WebGPU provider, its WebAssembly in one thread: all that costs time is on the adapter.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { browserLike, cured, type Engine, load, PACKAGES } from './engine';
import { modelOf } from './ort_model';

interface OrtTensor {
  getData(release?: boolean): Promise<Float32Array<ArrayBuffer>>;
  dispose(): void;
}
/** The part of onnxruntime-web that is used here; its own types are not installed with this project. */
interface Ort {
  readonly env: {
    logLevel: string;
    readonly versions: { readonly common: string };
    readonly wasm: { numThreads: number; wasmBinary: ArrayBufferLike };
  };
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => OrtTensor;
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: object,
    ): Promise<{
      run(feeds: Record<string, OrtTensor>): Promise<Record<string, OrtTensor>>;
    }>;
  };
}

export async function ort(): Promise<Engine> {
  const adapter = await browserLike();
  copySharedMemory();
  const folder = ['onnxruntime-web', 'dist'];
  const { env, Tensor, InferenceSession } = await load<Ort>(...folder, 'ort.webgpu.bundle.min.mjs');
  env.logLevel = 'error';
  env.wasm.numThreads = 1;
  const wasm = readFileSync(join(PACKAGES, ...folder, 'ort-wasm-simd-threaded.asyncify.wasm'));
  env.wasm.wasmBinary = wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength);
  return {
    version: env.versions.common,
    adapter: adapter.name,
    async prepare(work, targets) {
      const { side } = work.job;
      const session = await InferenceSession.create(modelOf(work, targets), {
        executionProviders: ['webgpu'],
        preferredOutputLocation: { loss: 'cpu', gradient: 'gpu-buffer' },
      });
      // Uploaded in each run, 48 KiB at 64 px: nothing beside the work.
      const image = new Tensor('float32', work.image, [1, 3, side, side]);
      let last: OrtTensor | null = null;
      return {
        async run() {
          last?.dispose();
          const found = await cured(session.run({ image }), adapter.software);
          last = found.gradient ?? null;
          const [loss = Number.NaN] = (await found.loss?.getData()) ?? [];
          return loss;
        },
        gradient: async () => (last ? cured(last.getData(), adapter.software) : null),
      };
    },
  };
}

/** Its WebAssembly lives in shared memory, which browsers upload from and Dawn in Node refuses: hand it a copy. */
function copySharedMemory(): void {
  const plain = GPUQueue.prototype.writeBuffer;
  GPUQueue.prototype.writeBuffer = function (buffer, offset, data, from = 0, size) {
    const view = ArrayBuffer.isView(data) ? data : new Uint8Array(data);
    if (!(view.buffer instanceof SharedArrayBuffer)) {
      return plain.call(this, buffer, offset, data as BufferSource, from, size);
    }
    // For a typed array `from` and `size` count elements, else bytes.
    const unit = ArrayBuffer.isView(data) && 'BYTES_PER_ELEMENT' in data ? Number(data.BYTES_PER_ELEMENT) : 1;
    const bytes = size === undefined ? view.byteLength - from * unit : size * unit;
    plain.call(this, buffer, offset, new Uint8Array(view.buffer, view.byteOffset + from * unit, bytes).slice());
  };
}
