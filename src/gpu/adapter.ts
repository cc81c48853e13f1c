// What all platforms ask of an adapter, and tell of it.

/** What a computation ran on, for reports and for the keys of measurements. */
export interface AdapterFacts {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  /** A CPU that pretends to be a GPU. */
  readonly software: boolean;
  /** Cooperative matrices it multiplies, f16 x f16 + f32: their sides, and the threads of a subgroup that share them. */
  readonly matrices?: { readonly side: 8 | 16; readonly lanes: number };
}

/** Features the engine uses where the adapter has them. */
const WANTED: readonly GPUFeatureName[] = [
  'timestamp-query',
  'shader-f16',
  'subgroups',
  'chromium-experimental-subgroup-matrix' as GPUFeatureName, // behind a switch of Dawn's: browsers do not show it
];

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

/** What to ask of an adapter for a device: everything that the engine can use and the adapter has. */
export function deviceDescriptor(adapter: GPUAdapter): GPUDeviceDescriptor {
  return {
    label: 'toroid',
    requiredFeatures: WANTED.filter((f) => adapter.features.has(f)),
    requiredLimits: Object.fromEntries(RAISED.map((name) => [name, adapter.limits[name]])),
  };
}

/** What an adapter, or a device, says of itself. */
export function facts({ info }: { readonly info: GPUAdapterInfo }): AdapterFacts {
  const { vendor, architecture, description, device, isFallbackAdapter } = info;
  const software = isFallbackAdapter || architecture === 'swiftshader';
  return {
    vendor,
    architecture,
    // Browsers keep the rest to themselves.
    description: named(device, description, software) || [vendor, architecture].filter(Boolean).join(' '),
    software,
    ...matricesOf(info),
  };
}

/** What Dawn adds to an adapter's info where it has cooperative matrices. */
interface MatrixInfo {
  readonly subgroupMatrixConfigs?: Iterable<{
    readonly M: number;
    readonly N: number;
    readonly K: number;
    readonly componentType: string;
    readonly resultComponentType: string;
  }>;
}

/** The largest of the square matrices that there are kernels for, where subgroups have one size. */
function matricesOf(info: GPUAdapterInfo & MatrixInfo): Pick<AdapterFacts, 'matrices'> {
  const { subgroupMinSize: lanes, subgroupMaxSize: most, subgroupMatrixConfigs = [] } = info;
  const sides = [...subgroupMatrixConfigs]
    .filter((c) => c.componentType === 'f16' && c.resultComponentType === 'f32' && c.M === c.N && c.M === c.K)
    .map((c) => c.M);
  const side = ([16, 8] as const).find((s) => sides.includes(s));
  return side !== undefined && lanes === most && lanes > 0 ? { matrices: { side, lanes } } : {};
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
