import { EngineError } from '../base/errors';
import { type AdapterFacts, Device } from './device';
import { settle } from './wait.node';

export interface OpenOptions {
  /** Refuse an adapter that is only software. */
  readonly requireGpu?: boolean;
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

/** Features the engine uses where the adapter has them. */
const WANTED: readonly GPUFeatureName[] = ['timestamp-query', 'shader-f16', 'subgroups'];

/** Limits raised to what the adapter offers; the others stay at WebGPU's defaults. */
const RAISED = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxUniformBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
] as const;

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

export function facts(adapter: GPUAdapter): AdapterFacts {
  const { vendor, architecture, description, device, isFallbackAdapter } = adapter.info;
  return {
    vendor,
    architecture,
    description: named(device, description, isFallbackAdapter),
    software: isFallbackAdapter,
  };
}

/**
 * The nicer of two texts. `device` is the name of the hardware, made an identifier by Dawn (`nvidia-h200`);
 * `description` is the driver's line about itself. A software adapter has no hardware to name, so its driver says more:
 * `llvmpipe: Mesa 25.0.7 (LLVM 15.0.6)`, `SwiftShader driver 5.0.0`.
 */
export function named(device: string, description: string, software: boolean): string {
  const driver = description.replace(/(\d+\.\d+\.\d+)-[\w.~+-]+/g, '$1').replace(/\) 0\.0\.1$/, ')');
  const words = device.split('-').filter(Boolean);
  const nice = words.map((w) => (ACRONYMS.has(w) || /\d/.test(w) ? w.toUpperCase() : w[0]?.toUpperCase() + w.slice(1)));
  const hardware = /^[a-z0-9-]+$/.test(device) ? nice.join(' ') : device;
  return software ? driver || hardware : hardware || driver;
}

const ACRONYMS = new Set(['nvidia', 'amd', 'rtx', 'gtx', 'rx', 'xt', 'xtx', 'hd', 'uhd', 'gt', 'radv', 'llvm']);

/**
 * Opens the best adapter for computing.
 * @throws EngineError `AdapterError` when there is none, or only a software one and `requireGpu` is set.
 */
export async function open(options: OpenOptions = {}): Promise<Device> {
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
  const gpu = await adapter.requestDevice({
    label: 'toroid',
    requiredFeatures: WANTED.filter((f) => adapter.features.has(f)),
    requiredLimits: Object.fromEntries(RAISED.map((name) => [name, adapter.limits[name]])),
  });
  held.add(instance);
  return new Device(gpu, about, { settle, release: () => held.delete(instance) });
}
