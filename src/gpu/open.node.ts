import { EngineError } from '../base/errors';
import { checkOptions, flag } from '../base/known_options';
import { deviceDescriptor, facts } from './adapter';
import { loadDawn } from './dawn.node';
import { Device, gpuDevice } from './device';

export { facts, named } from './adapter';

export interface OpenOptions {
  /** Refuse an adapter that is only software. */
  readonly requireGpu?: boolean;
  /** Which GPU, where there are several: a part of its name, or its number, as `toroid doctor` prints them. Default: what TOROID_GPU says. */
  readonly gpu?: string | number;
  /** Compute on a device of yours. `close()` frees what was made on it and leaves the device itself alone. */
  readonly device?: GPUDevice;
}

/** Those of pages too, so that one program may do for both. */
const OPEN_OPTIONS = { requireGpu: flag, gpu: true, device: gpuDevice, powerPreference: true } as const;

/**
 * Dawn's switches. Timestamps are otherwise rounded to 65 us; f16 is otherwise hidden on NVIDIA. Zeroing of workgroup
 * memory costs SwiftShader 2 ms of compilation a word (8 s for a tile of 16 KiB; 2026-11, SwiftShader of Chromium 147):
 * no kernel of ours may count on it.
 */
const TOGGLES = [
  'enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia,disable_workgroup_init',
  'disable-dawn-features=timestamp_quantization',
];

/**
 * Dawn, once for all devices of a thread, by what TOROID_GPU names. Each instance left five threads, a descriptor and 2 MB
 * behind until the process ended (webgpu 0.6.2, lavapipe, 2026-11), so a service that opens a device for each job grew.
 */
const instances = new Map<string, GPU>();
/** Those of devices in use. Dawn crashes if the instance is collected before its devices. */
const held = new Set<{ readonly instance: GPU }>();

/** No adapter has this in its name: one that is not there is told together with all that are. */
const NO_NAME = 'none, to be told of all';

/**
 * Whether Dawn can load what it asks for on Linux, which is Vulkan alone. Where it cannot it finds no adapter, and says so on stderr, past
 * everybody here.
 */
function vulkanLoads(): boolean {
  if (process.platform !== 'linux' || process.env.DAWNNODE_BACKEND) return true;
  try {
    process.dlopen({ exports: {} }, 'libvulkan.so.1');
    return true;
  } catch (cause) {
    return (cause as Error).message.includes('did not self-register'); // loaded, and no addon, as it should be
  }
}

/** The names of all GPUs and software adapters, as Dawn has them, the best first. */
export async function gpuNames(): Promise<readonly string[]> {
  const dawn = await loadDawn();
  if (!vulkanLoads()) return [];
  try {
    await dawn.create([`adapter=${NO_NAME}`]).requestAdapter({ powerPreference: 'high-performance' });
    return []; // of none Dawn says nothing
  } catch (cause) {
    if (!(cause as Error).message.includes('Available adapters')) throw cause;
    const lines = [...(cause as Error).message.matchAll(/^ \* backend: '(.*)', name: '(.*)'$/gm)];
    const [, backend] = lines[0] ?? [];
    // Where there are several ways to the same GPUs (Direct3D, Vulkan), the first has them all.
    return lines.flatMap(([, by, name]) => (by === backend && name !== undefined ? [name] : []));
  }
}

/**
 * The whole name of the GPU that is meant.
 * @param wanted a part of a name, or a number
 * @throws EngineError `AdapterError` that lists those there are
 */
export function chooseGpu(wanted: string | number, names: readonly string[]): string {
  const numbered = /^\d+$/.test(String(wanted)) && Number(wanted) < names.length;
  const text = String(wanted).toLowerCase();
  const at = numbered ? Number(wanted) : names.findIndex((n) => n.toLowerCase().includes(text));
  const name = names[at];
  if (name === undefined) {
    throw new EngineError(
      'AdapterError',
      `there is no GPU ${wanted}: ${names.length === 0 ? 'there is none at all' : 'none has that in its name, or as its number'}`,
      names.length === 0
        ? 'Run `toroid doctor`: it tells what is missing and the command that installs it.'
        : `There ${names.length === 1 ? 'is' : 'are'}: ${names.map((n, k) => `${k} ${n}`).join('; ')}.`,
    );
  }
  // Dawn opens the first whose name has the wanted one in it, and knows no numbers.
  const first = names.findIndex((n) => n.includes(name));
  if (first === at) return name;
  throw new EngineError(
    'AdapterError',
    `GPU ${at} cannot be told from GPU ${first} by its name, ${name}, and Dawn opens the first of a name`,
    'Show the process that GPU alone: a container with `--gpus device=1`, or DRI_PRIME=pci-0000_41_00_0 with Mesa.',
  );
}

/**
 * Loads Dawn and finds an adapter: a real GPU if there is one, else whatever Vulkan driver is installed.
 * @param wanted a part of its name, or its number; empty: the best
 * @returns null where there is none
 * @throws EngineError `AdapterError` where the one that is wanted is not there
 */
export async function findAdapter(
  wanted: string | number = process.env.TOROID_GPU ?? '',
): Promise<{ instance: GPU; adapter: GPUAdapter } | null> {
  const dawn = await loadDawn();
  Object.assign(globalThis, dawn.globals);
  if (!vulkanLoads()) {
    if (wanted !== '') chooseGpu(wanted, []);
    return null;
  }
  const known = instances.get(String(wanted));
  const toggles = async (): Promise<readonly string[]> =>
    wanted === '' ? TOGGLES : [...TOGGLES, `adapter=${chooseGpu(wanted, await gpuNames())}`];
  const instance = known ?? dawn.create([...(await toggles())]);
  instances.set(String(wanted), instance);
  const adapter = await instance.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter) return { instance, adapter };
  instances.delete(String(wanted)); // a later one looks anew
  return null;
}

/** A device that went away may have taken its driver along: the next one is opened on drivers loaded anew. */
function forget(instance: GPU): void {
  for (const [wanted, known] of instances) if (known === instance) instances.delete(wanted);
}

/**
 * Opens the best adapter for computing.
 * @throws EngineError `AdapterError` when there is none, or only a software one and `requireGpu` is set.
 */
export async function open(options: OpenOptions = {}): Promise<Device> {
  checkOptions<OpenOptions & { powerPreference?: unknown }>('open', options, OPEN_OPTIONS);
  if (options.device) return borrow(options.device);
  const found = await findAdapter(options.gpu);
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
      'Install the GPU driver (see `toroid doctor`), or do not require one.',
    );
  }
  const gpu = await adapter.requestDevice(deviceDescriptor(adapter));
  const hold = { instance };
  held.add(hold);
  void gpu.lost.then(({ reason }) => {
    if (reason !== 'destroyed') forget(instance);
  });
  return new Device(gpu, about, { waitFor: waitGpu, release: () => held.delete(hold) });
}

async function borrow(device: GPUDevice): Promise<Device> {
  // Its owner may have loaded Dawn without its constants.
  if (!('GPUBufferUsage' in globalThis)) Object.assign(globalThis, (await loadDawn()).globals);
  return new Device(device, facts({ info: device.adapterInfo }), {
    waitFor: waitGpu,
    release: () => {},
    borrowed: true,
  });
}

const cell = new Int32Array(new SharedArrayBuffer(4));
/** Of the first nap after a wait has begun, and of the longest, in milliseconds; each is a quarter longer than the last. */
const [SHORTEST, LONGEST] = [0.1, 2];
/** What is waited for now, by all callers of the thread together: two of them must not sleep one after the other. */
let pendings = 0;
let length = SHORTEST;
let napping = false;

/**
 * Waits for the GPU, or for its compiler, without starving it. While anything is pending dawn.node polls in a loop that
 * takes a whole core; a software adapter needs that core for the work itself. Sleeping up to 2 ms on each turn of the
 * event loop gave it back: 18 of 18 paired runs were faster, median 0.70x the time (lavapipe, 2 cores,
 * webgpu 0.6.2, 2026-11). A real GPU needs no core, and would only see the added latency.
 */
export async function waitGpu<T>(pending: Promise<T>, software: boolean): Promise<T> {
  if (!software) return pending;
  pendings++;
  length = SHORTEST;
  const done = (): void => {
    pendings--;
  };
  pending.then(done, done);
  if (!napping) setImmediate(nap);
  napping = true;
  return pending;
}

function nap(): void {
  napping = pendings > 0;
  if (!napping) return;
  Atomics.wait(cell, 0, 0, length);
  length = Math.min(LONGEST, 1.25 * length);
  setImmediate(nap);
}
