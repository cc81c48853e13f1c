import { bug } from '../base/errors';
import type { Device } from '../gpu/device';
import type { Knob, Launch } from '../shaders/op';

/** Where a knob lives in the uniform buffer. */
export interface KnobPlace {
  readonly offsets: number[];
  readonly data: ArrayBuffer;
  set(value: number): void;
}

/** The uniform blocks of all launches, one after another in one buffer. */
export class UniformBlocks {
  readonly knobs = new Map<string, KnobPlace>();
  readonly #fields: { offset: number; type: 'u32' | 'i32' | 'f32'; value: number }[] = [];
  #size = 0;
  #buffer: GPUBuffer | undefined;

  constructor(readonly alignment: number) {}

  add(l: Launch): { offset: number; size: number } | null {
    const fields = Object.entries(l.kernel.uniforms);
    if (fields.length === 0) return null;
    const start = this.#size;
    for (const [k, [name, type]] of fields.entries()) {
      const given: number | Knob | undefined = l.uniforms[name];
      if (given === undefined) throw bug(`${l.kernel.name}: no value for the uniform ${name}`);
      const offset = start + 4 * k;
      if (typeof given === 'number') this.#fields.push({ offset, type, value: given });
      else {
        this.#fields.push({ offset, type, value: given.value });
        const place = this.knobs.get(given.knob) ?? knobPlace(type);
        place.offsets.push(offset);
        this.knobs.set(given.knob, place);
      }
    }
    const bytes = Math.ceil(fields.length / 4) * 16;
    this.#size = Math.ceil((start + bytes) / this.alignment) * this.alignment;
    return { offset: start, size: bytes };
  }

  get buffer(): GPUBuffer {
    if (!this.#buffer) throw bug('uniforms used before upload');
    return this.#buffer;
  }

  upload(device: Device): void {
    const view = new DataView(new ArrayBuffer(Math.max(this.#size, 16)));
    for (const { offset, type, value } of this.#fields) setField(view, offset, type, value);
    this.#buffer = device.gpu.createBuffer({
      label: 'uniforms',
      size: view.byteLength,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    device.gpu.queue.writeBuffer(this.#buffer, 0, view.buffer);
  }
}

function knobPlace(type: 'u32' | 'i32' | 'f32'): KnobPlace {
  const view = new DataView(new ArrayBuffer(4));
  return { offsets: [], data: view.buffer, set: (value) => setField(view, 0, type, value) };
}

function setField(view: DataView, offset: number, type: 'u32' | 'i32' | 'f32', value: number): void {
  if (type === 'f32') view.setFloat32(offset, value, true);
  else if (type === 'i32') view.setInt32(offset, value, true);
  else view.setUint32(offset, value, true);
}
