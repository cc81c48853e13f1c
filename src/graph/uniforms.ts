import { graphError, invariant } from '../base/errors';
import type { Device } from '../gpu/device';
import type { Launch, RuntimeScalar } from '../shaders/op';

type FieldType = 'u32' | 'i32' | 'f32';

/** Where a runtime scalar lives in the uniform buffer. */
export interface ScalarPlace {
  readonly type: FieldType;
  readonly offsets: number[];
  readonly data: ArrayBuffer;
  set(value: number): void;
}

/** The uniform blocks of all launches, one after another in one buffer. */
export class UniformBlocks {
  readonly scalars = new Map<string, ScalarPlace>();
  readonly #fields: { offset: number; type: FieldType; value: number }[] = [];
  #size = 0;
  #buffer: GPUBuffer | undefined;

  constructor(readonly alignment: number) {}

  add(l: Launch): { offset: number; size: number } | null {
    const fields = Object.entries(l.kernel.uniforms);
    if (fields.length === 0) return null;
    const start = this.#size;
    for (const [k, [name, type]] of fields.entries()) {
      const given: number | RuntimeScalar | undefined = l.uniforms[name];
      if (given === undefined) throw graphError(`${l.kernel.name} is launched without its uniform ${name}`);
      const offset = start + 4 * k;
      if (typeof given === 'number') this.#fields.push({ offset, type, value: given });
      else {
        this.#fields.push({ offset, type, value: given.value });
        const place = this.scalars.get(given.scalar) ?? scalarPlace(type);
        if (place.type !== type)
          throw graphError(`the runtime scalar ${given.scalar} is ${place.type} in one kernel and ${type} in another`);
        place.offsets.push(offset);
        this.scalars.set(given.scalar, place);
      }
    }
    const bytes = Math.ceil(fields.length / 4) * 16;
    this.#size = Math.ceil((start + bytes) / this.alignment) * this.alignment;
    return { offset: start, size: bytes };
  }

  get buffer(): GPUBuffer {
    if (!this.#buffer) throw invariant('uniforms used before upload');
    return this.#buffer;
  }

  upload(device: Device): void {
    const view = new DataView(new ArrayBuffer(Math.max(this.#size, 16)));
    for (const { offset, type, value } of this.#fields) setField(view, offset, type, value);
    this.#buffer = device.createBuffer({
      label: 'uniforms',
      size: view.byteLength,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    device.gpu.queue.writeBuffer(this.#buffer, 0, view.buffer);
  }
}

function scalarPlace(type: FieldType): ScalarPlace {
  const view = new DataView(new ArrayBuffer(4));
  return { type, offsets: [], data: view.buffer, set: (value) => setField(view, 0, type, value) };
}

function setField(view: DataView, offset: number, type: FieldType, value: number): void {
  if (type === 'f32') {
    view.setFloat32(offset, value, true);
    return;
  }
  // What does not fit would wrap around without a word, and a kernel would go on with another number.
  if ((type === 'i32' ? value | 0 : value >>> 0) !== value)
    throw graphError(`${value} does not fit a uniform of type ${type}`);
  view.setUint32(offset, value, true);
}
