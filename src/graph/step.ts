// From scheduled launches to dispatches: which variant of each kernel runs, and what it is bound to.
import { graphError, invariant } from '../base/errors';
import type { Device } from '../gpu/device';
import { bindingTypes, type Kernel, type KernelSource, type Overrides, type Scalar } from '../gpu/kernel';
import { defaultVariant, shapeClass, usableVariants } from '../gpu/tune';
import type { Launch } from '../shaders/op';
import { gridOf } from './limits';
import type { Schedule, ScheduledLaunch } from './place';
import type { UniformBlocks } from './uniforms';

/** Where a variant is chosen for. */
export interface VariantPlace {
  /** Of the op's first launch of the kernel: see `shapeClass`. */
  readonly shape: string;
  readonly scalar: Scalar;
  /** What the adapter can run. */
  readonly usable: readonly Overrides[];
}

/** One dispatch, ready to be replayed. */
export interface Step {
  /** `conv2d#12`: the op and the node it computes. */
  readonly label: string;
  readonly kernel: string;
  readonly overrides: Overrides;
  readonly grid: readonly [number, number, number];
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly flops: number;
  /** Bytes of all values bound, each counted once: what must move if caches were perfect. */
  readonly bytes: number;
  /** What was compiled, for those who show it. */
  readonly source: KernelSource;
  /** How it stores maps. */
  readonly scalar: Scalar;
  /** What was asked for, and the memory of each of its bindings, for those who try other variants. */
  readonly launch: Launch;
  readonly buffers: readonly { readonly buffer: GPUBuffer; readonly bytes: number }[];
}

/** A launch whose kernel is being compiled. */
export interface PendingStep extends ScheduledLaunch {
  readonly scalar: Scalar;
  readonly overrides: Overrides;
  readonly grid: readonly [number, number, number];
  readonly kernel: Promise<Kernel>;
  /** Its uniforms, in the buffer of all. */
  readonly block: { readonly offset: number; readonly size: number } | null;
}

/**
 * Chooses a variant for every launch and starts all pipelines: nothing waits for any of them yet.
 * @param sums how f32 values are stored.
 */
export function startSteps(
  device: Device,
  launches: readonly ScheduledLaunch[],
  uniforms: UniformBlocks,
  sums: Scalar,
  variant: (kernel: KernelSource, at: VariantPlace) => number,
): PendingStep[] {
  const chosen = new Map<string, number>();
  return launches.map((scheduled) => {
    const { launch, label } = scheduled;
    const usable = usableVariants(device.gpu, launch.kernel);
    const scalar: Scalar = sums === 'f16' || launch.bind.some((r) => r.dtype === 'f16') ? 'f16' : 'f32';
    if (sums === 'f32' && scalar === 'f16') checkDtypes(launch, label);
    const asked = `${label} ${launch.kernel.name}`;
    const index = chosen.get(asked) ?? variant(launch.kernel, { shape: shapeClass(launch), scalar, usable });
    chosen.set(asked, index);
    const values = usable[Math.min(index, usable.length - 1)];
    if (!values) {
      throw graphError(
        `${launch.kernel.name} has no variant that runs on ${device.name}`,
        'The first variant of a kernel has to run everywhere.',
      );
    }
    const overrides = { ...launch.overrides, ...values };
    const grid = gridOf(device, launch, values, label);
    const kernel = device.kernels.get(launch.kernel, overrides, scalar, sums);
    return { ...scheduled, scalar, overrides, grid, kernel, block: uniforms.add(launch) };
  });
}

/** Binds a launch to memory. */
export function bindStep(
  device: Device,
  { launch, label, scalar, overrides, grid, block, inplace }: PendingStep,
  kernel: Kernel,
  s: Schedule,
  uniforms: UniformBlocks,
  bufferOf: (id: number) => GPUBuffer,
): Step {
  const { firstBinding = 0 } = launch.kernel;
  const entries = launch.bind.map(
    (r, k): GPUBindGroupEntry => ({
      binding: firstBinding + k,
      // WebGPU binds whole words; an odd number of f16 ends in half of one.
      resource: { buffer: bufferOf(r.id), size: Math.ceil(s.bytesOf(r.id) / 4) * 4 },
    }),
  );
  if (block) entries.push({ binding: firstBinding + entries.length, resource: { buffer: uniforms.buffer, ...block } });
  const group = device.gpu.createBindGroup({ label, layout: kernel.layout, entries });
  // What is written over is read before.
  const moved = new Set([...launch.bind, ...(inplace ? [inplace] : [])].map((r) => r.id));
  return {
    label,
    kernel: launch.kernel.name,
    overrides,
    grid,
    pipeline: kernel.pipeline,
    group,
    flops: launch.flops ?? 0,
    bytes: [...moved].reduce((n, id) => n + s.bytesOf(id), 0),
    source: launch.kernel,
    scalar,
    launch,
    buffers: launch.bind.map((r) => ({ buffer: bufferOf(r.id), bytes: s.bytesOf(r.id) })),
  };
}

/** What the device's tuning found, else what is shipped for the adapter, else what the kernel says. */
export function chosenVariant(device: Device, kernel: KernelSource, { usable, scalar, shape }: VariantPlace): number {
  const untuned = defaultVariant(device.adapter, kernel, usable);
  return device.tuning?.choose(kernel, usable, scalar, shape, untuned) ?? untuned;
}

/** Whether all that a launch has in the kernel's type T is f16: f32 taken for it would go unnoticed. */
function checkDtypes({ kernel, bind }: Launch, label: string): void {
  for (const [k, type] of bindingTypes(kernel).slice(0, bind.length).entries()) {
    const dtype = bind[k]?.dtype;
    const half = /\bT\b/.test(type);
    if (half && dtype !== 'f16') throw invariant(`${label} has ${dtype} in place ${k} of ${kernel.name}, which is f16`);
  }
}
