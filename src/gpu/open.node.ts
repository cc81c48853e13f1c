import { EngineError } from '../base/errors';
import { deviceWishes, facts } from './adapter';
import { Device } from './device';
import { settle } from './wait.node';

export { facts, named } from './adapter';

export interface OpenOptions {
  /** Refuse an adapter that is only software. */
  readonly requireGpu?: boolean;
  /** Compute on a device of yours. `close()` frees what was made on it and leaves the device itself alone. */
  readonly device?: GPUDevice;
}

/**
 * Dawn's switches. Timestamps are otherwise rounded to 65 us; f16 is otherwise hidden on NVIDIA. Zeroing of workgroup
 * memory costs SwiftShader 2 ms of compilation a word (8 s for a tile of 16 KiB; 2026-11, SwiftShader of Chromium 147):
 * no kernel of ours may count on it.
 */
const TOGGLES = [
  'enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia,disable_workgroup_init',
  'disable-dawn-features=timestamp_quantization',
];

/** Dawn objects in use. Dawn crashes if the instance is collected before its devices. */
const held = new Set<GPU>();

/** Loads Dawn and finds an adapter: a real GPU if there is one, else whatever Vulkan driver is installed. */
export async function findAdapter(): Promise<{ instance: GPU; adapter: GPUAdapter } | null> {
  const dawn = await import('webgpu');
  Object.assign(globalThis, dawn.globals);
  const wanted = process.env.TOROID_GPU;
  const instance = dawn.create(wanted ? [...TOGGLES, `adapter=${wanted}`] : TOGGLES);
  const adapter = await instance.requestAdapter({ powerPreference: 'high-performance' });
  return adapter ? { instance, adapter } : null;
}

/**
 * Opens the best adapter for computing.
 * @throws EngineError `AdapterError` when there is none, or only a software one and `requireGpu` is set.
 */
export async function open(options: OpenOptions = {}): Promise<Device> {
  if (options.device) return borrow(options.device);
  const found = await findAdapter();
  if (!found) {
    throw new EngineError(
      'AdapterError',
      'no GPU and no software Vulkan driver was found',
      'Run `toroid doctor`: it tells what is missing and the command that installs it.',
    );
  }
  const { instance, adapter } = found;
  const about = facts(adapter);
  if (options.requireGpu && about.software) {
    throw new EngineError(
      'AdapterError',
      `a GPU is required, but the only adapter is software: ${about.description}`,
      'Install the GPU driver (see `toroid doctor`), or leave out --require-gpu.',
    );
  }
  const gpu = await adapter.requestDevice(deviceWishes(adapter));
  held.add(instance);
  return new Device(gpu, about, { settle, release: () => held.delete(instance) });
}

async function borrow(device: GPUDevice): Promise<Device> {
  // Its owner may have loaded Dawn without its constants.
  if (!('GPUBufferUsage' in globalThis)) Object.assign(globalThis, (await import('webgpu')).globals);
  return new Device(device, facts({ info: device.adapterInfo }), { settle, release: () => {}, borrowed: true });
}
