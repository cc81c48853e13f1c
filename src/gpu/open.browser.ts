import { EngineError } from '../base/errors';
import { checkOptions, flag } from '../base/known_options';
import { type AdapterFacts, deviceDescriptor, facts } from './adapter';
import { Device, gpuDevice, type Platform } from './device';

export interface OpenOptions {
  /** Refuse an adapter that is only software. */
  readonly requireGpu?: boolean;
  /** Compute on a device of yours. `close()` frees what was made on it and leaves the device itself alone. */
  readonly device?: GPUDevice;
  /** Which GPU, where there are two. Default `high-performance`. */
  readonly powerPreference?: GPUPowerPreference;
}

const platform: Platform = { waitFor: (pending) => pending, release: () => {} };

/**
 * Opens a GPU for computing, in a page or a worker.
 * @throws EngineError `AdapterError` where there is no WebGPU, no adapter, or only a software one and `requireGpu` is
 *   set; `DeviceError` for a device that is lost already.
 */
/** Those of Node too, so that one program may do for both. */
const OPEN_OPTIONS = { requireGpu: flag, gpu: true, device: gpuDevice, powerPreference: true } as const;

export async function open(options: OpenOptions = {}): Promise<Device> {
  checkOptions<OpenOptions & { gpu?: unknown }>('open', options, OPEN_OPTIONS);
  if (options.device) return borrow(options.device);
  const { powerPreference = 'high-performance' } = options;
  const gpu: GPU | undefined = globalThis.navigator?.gpu;
  if (!gpu) throw withoutWebGpu();
  const adapter = await gpu.requestAdapter({ powerPreference });
  if (!adapter) {
    throw new EngineError(
      'AdapterError',
      'this browser has WebGPU, but found no GPU to use',
      'Switch hardware acceleration on in its settings, update the graphics driver, or see chrome://gpu.',
    );
  }
  const about = await factsOf(adapter);
  if (options.requireGpu && about.software) {
    throw new EngineError(
      'AdapterError',
      `a GPU is required, but the only adapter is software: ${about.description}`,
      'Switch hardware acceleration on in the settings of the browser, or leave out requireGpu.',
    );
  }
  return new Device(await adapter.requestDevice(deviceDescriptor(adapter)), about, platform);
}

async function borrow(device: GPUDevice): Promise<Device> {
  const lost = await Promise.race([device.lost, Promise.resolve(null)]);
  if (lost) {
    throw new EngineError('DeviceError', `the GPUDevice is lost (${lost.reason}): ${lost.message}`, 'Request another.');
  }
  // Older browsers do not tell which adapter a device is of.
  const info: GPUAdapterInfo | undefined = device.adapterInfo;
  return new Device(device, info ? facts({ info }) : UNKNOWN, { ...platform, borrowed: true });
}

const UNKNOWN: AdapterFacts = { vendor: '', architecture: '', description: 'unknown', software: false };

/** What Chrome had before 127 in place of `info`. */
interface OlderAdapter {
  readonly info?: GPUAdapterInfo;
  readonly isFallbackAdapter?: boolean;
  requestAdapterInfo?(): Promise<GPUAdapterInfo>;
}

async function factsOf(adapter: OlderAdapter): Promise<AdapterFacts> {
  const info = adapter.info ?? (await adapter.requestAdapterInfo?.());
  if (!info) return UNKNOWN;
  const about = facts({ info });
  return {
    ...about,
    description: about.description || 'unknown',
    software: about.software || adapter.isFallbackAdapter === true,
  };
}

/** Of a page that came over plain http, and not from this machine. */
export const notSecure = (): EngineError =>
  new EngineError(
    'AdapterError',
    'this page came over plain http, and browsers have WebGPU only in secure pages',
    'Serve it over https, or from localhost.',
  );

function withoutWebGpu(): EngineError {
  if (globalThis.isSecureContext === false) return notSecure();
  return new EngineError(
    'AdapterError',
    'this browser has no WebGPU',
    'Use Chrome or Edge 113, Safari 26, Firefox 141 on Windows, or later ones.',
  );
}
