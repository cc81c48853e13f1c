import { EngineError } from '../base/errors';

/** How a kernel binds a value: storage it only reads, storage it writes, or a uniform buffer of constants. */
export type Bind = 'read' | 'write' | 'uniform';
export type Scalar = 'f32' | 'f16';
/** Override values, by name. Booleans are 0 and 1. */
export type Overrides = Readonly<Record<string, number>>;

/** A .wgsl file plus the facts the file itself cannot tell TypeScript. */
export interface KernelSource<U extends string = string, V extends string = string> {
  readonly name: string;
  readonly wgsl: string;
  /** Shared snippets (`shaders/lib/*.wgsl`), appended behind the kernel so that its line numbers stay true. */
  readonly lib?: readonly string[];
  /** Snippets behind those of `lib`: the second in variants that need the feature `subgroups`, the first in all others. */
  readonly subgroupLib?: readonly [plain: string, subgroup: string];
  /** One entry per @binding, in order. The uniform block, if there is one, comes last and is not listed. */
  readonly binds: readonly Bind[];
  /** Number of the first binding, default 0. Kernels that write over operands leave out those, which come first. */
  readonly firstBinding?: number;
  /** Field name -> WGSL type, in struct order. Only 4-byte scalars, so there are no padding rules to get wrong. */
  readonly uniforms: Readonly<Record<U, 'u32' | 'i32' | 'f32'>>;
  /** Candidate override values, best guess first. Index 0 must run on every adapter. */
  readonly variants: readonly Readonly<Record<V, number>>[];
  /**
   * The variant to take on a real GPU for as long as nobody has tuned: where the best one for a processor (few fat
   * threads) would starve it. An index into `variants`; default 0.
   */
  readonly gpu?: number;
  /** What a variant needs beyond the WebGPU defaults; a variant the adapter cannot run is passed over. */
  readonly needs?: (v: Readonly<Record<V, number>>) => Needs;
}

export interface Needs {
  /** Threads in a workgroup (default limit 256). */
  readonly invocations?: number;
  /** Bytes of workgroup memory (default limit 16384). */
  readonly workgroupBytes?: number;
  readonly features?: readonly GPUFeatureName[];
}

/** Keeps the names of uniforms and overrides as types, so that a misspelt one does not compile. */
export function defineKernel<U extends string, V extends string>(k: KernelSource<U, V>): KernelSource<U, V> {
  return k;
}

export interface Kernel {
  readonly label: string;
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/**
 * Every kernel stores its tensors as T, or, where it takes maps of f16 and makes f32 of them, maps as T and the others as
 * Sum. These two aliases are the only text the engine ever changes.
 */
const retyped = (source: KernelSource, text: string, alias: 'T' | 'Sum'): string => {
  const found = text.replace(new RegExp(`\\balias\\s+${alias}\\s*=\\s*f32\\s*;`), `alias ${alias} = f16;`);
  if (found === text)
    throw new EngineError(
      'KernelError',
      `${source.name}.wgsl has no 'alias ${alias} = f32;' to make f16`,
      'Store values as that type.',
    );
  return found;
};

const hasSums = (source: KernelSource): boolean => /\balias\s+Sum\b/.test(source.wgsl);

/** The WGSL type behind each binding, in order; that of the uniform block comes last. */
export function bindingTypes(source: KernelSource): readonly string[] {
  const binding = /@binding\s*\(\s*(\d+)\s*\)\s*var\s*<[^>]*>\s*\w+\s*:\s*([^;]+);/g;
  const found = [source.wgsl, ...(source.lib ?? [])].flatMap((text) => [...text.matchAll(binding)]);
  const types = found.sort(([, a], [, b]) => Number(a) - Number(b)).map(([, , type = '']) => type);
  const declared = source.binds.length + (Object.keys(source.uniforms).length > 0 ? 1 : 0);
  if (types.length === declared) return types;
  throw new EngineError(
    'KernelError',
    `${source.name}.wgsl has ${types.length} bindings, declared are ${declared}`,
    'List each but the uniforms in `binds`.',
  );
}

/**
 * The shader text for a storage type. Line numbers are those of the file.
 * @param sums of what is no map, in kernels that tell the two apart.
 * @param subgroups whether the variant needs them.
 */
export function specialise(
  source: KernelSource,
  scalar: Scalar,
  sums: Scalar = scalar,
  subgroups: boolean = false,
): string {
  const enable = subgroups ? 'enable subgroups; ' : '';
  const text = [
    source.wgsl,
    ...(source.lib ?? []),
    ...(source.subgroupLib ? [source.subgroupLib[subgroups ? 1 : 0]] : []),
  ].join('\n');
  if (scalar === 'f32') return enable + text;
  const half = retyped(source, text, 'T');
  return `${enable}enable f16; ${sums === 'f16' && hasSums(source) ? retyped(source, half, 'Sum') : half}`;
}

/** `f16`, or `f16 with f32 sums` where a kernel tells the two apart. */
const storageOf = (source: KernelSource, scalar: Scalar, sums: Scalar): string =>
  scalar !== sums && hasSums(source) ? `${scalar} with ${sums} sums` : scalar;

/** What a device lacks of what a variant needs, in words; empty where it can run it. */
export function lackedBy(device: GPUDevice, source: KernelSource, variant: Overrides): readonly string[] {
  const { invocations = 256, workgroupBytes = 16384, features = [] } = source.needs?.(variant) ?? {};
  const { maxComputeInvocationsPerWorkgroup: threads, maxComputeWorkgroupStorageSize: bytes } = device.limits;
  return [
    ...features.filter((f) => !device.features.has(f)),
    ...(invocations > threads ? [`workgroups of ${invocations} threads`] : []),
    ...(workgroupBytes > bytes ? [`${workgroupBytes} bytes of workgroup memory`] : []),
  ];
}

/** Whether an adapter with these limits and features can run a variant. */
export const supportsVariant = (device: GPUDevice, source: KernelSource, variant: Overrides): boolean =>
  lackedBy(device, source, variant).length === 0;

/** Whether the second of the kernel's `subgroupLib` snippets goes with these override values. */
export const takesSubgroups = (source: KernelSource, values: Overrides): boolean =>
  source.subgroupLib !== undefined && source.needs?.(values).features?.includes('subgroups') === true;

/** Compiled kernels of one device, each built once per storage type and set of override values. */
export class KernelCache {
  readonly #modules = new Map<string, GPUShaderModule>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  readonly #kernels = new Map<string, Promise<Kernel>>();

  /** @param waitFor waits for the compiler, as `Platform.waitFor` does */
  constructor(
    readonly device: GPUDevice,
    private readonly waitFor: <T>(pending: Promise<T>) => Promise<T>,
  ) {}

  /** Pipelines built so far. */
  get count(): number {
    return this.#kernels.size;
  }

  /**
   * The kernel for these override values, compiled at the first call.
   * @throws EngineError `KernelError`, with the line, when it does not compile.
   */
  get(source: KernelSource, overrides: Overrides, scalar: Scalar = 'f32', sums: Scalar = scalar): Promise<Kernel> {
    const settings = Object.entries(overrides).sort(([a], [b]) => (a < b ? -1 : 1));
    const label = [source.name, storageOf(source, scalar, sums), ...settings.map(([k, v]) => `${k}=${v}`)].join(' ');
    let kernel = this.#kernels.get(label);
    if (!kernel) {
      kernel = this.#build(label, source, overrides, scalar, sums);
      // Whoever awaits it gets the error; nobody may, when a plan is given up before its kernels are done.
      kernel.catch(() => {});
      this.#kernels.set(label, kernel);
    }
    return kernel;
  }

  /** One explicit layout per pattern of bindings: pipelines of the same pattern can share bind groups. */
  #layout({ binds, firstBinding = 0, ...source }: KernelSource): GPUBindGroupLayout {
    const uniforms = Object.keys(source.uniforms).length > 0;
    const key = `${firstBinding} ${binds.join(' ')}${uniforms ? ' block' : ''}`;
    let layout = this.#layouts.get(key);
    if (!layout) {
      const type = { read: 'read-only-storage', write: 'storage', uniform: 'uniform' } as const;
      const entries = binds.map(
        (b, k): GPUBindGroupLayoutEntry => ({
          binding: firstBinding + k,
          visibility: GPUShaderStage.COMPUTE,
          buffer: { type: type[b] },
        }),
      );
      if (uniforms) {
        entries.push({
          binding: firstBinding + binds.length,
          visibility: GPUShaderStage.COMPUTE,
          buffer: { type: 'uniform' },
        });
      }
      layout = this.device.createBindGroupLayout({ label: key, entries });
      this.#layouts.set(key, layout);
    }
    return layout;
  }

  async #build(
    label: string,
    source: KernelSource,
    constants: Overrides,
    scalar: Scalar,
    sums: Scalar,
  ): Promise<Kernel> {
    const subgroups = takesSubgroups(source, constants);
    const code = specialise(source, scalar, sums, subgroups);
    const moduleKey = `${source.name}/${storageOf(source, scalar, sums)}${subgroups ? '/subgroups' : ''}`;
    let module = this.#modules.get(moduleKey);
    // A faulty module also raises an uncaptured error; the scope keeps the report to one, the one with the line.
    this.device.pushErrorScope('validation');
    if (!module) {
      module = this.device.createShaderModule({ label: `${source.name}.wgsl`, code });
      this.#modules.set(moduleKey, module);
    }
    const layout = this.#layout(source);
    const building = this.device.createComputePipelineAsync({
      label,
      layout: this.device.createPipelineLayout({ label, bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: 'main', constants: { ...constants } },
    });
    const scope = this.device.popErrorScope();
    try {
      const pipeline = await this.waitFor(building);
      await scope;
      return { label, pipeline, layout };
    } catch (cause) {
      await scope;
      throw await compileError(label, source, constants, module, code, cause);
    }
  }
}

async function compileError(
  label: string,
  source: KernelSource,
  constants: Overrides,
  module: GPUShaderModule,
  code: string,
  cause: unknown,
): Promise<EngineError> {
  const { messages } = await module.getCompilationInfo();
  const lines = code.split('\n');
  const detail = messages.map(
    (m) => `  ${source.name}.wgsl:${m.lineNum}:${m.linePos} ${m.message}\n    ${(lines[m.lineNum - 1] ?? '').trim()}`,
  );
  const reason = detail.length > 0 ? detail.join('\n') : `  ${cause instanceof Error ? cause.message : cause}`;
  return new EngineError('KernelError', `${label} did not compile with ${JSON.stringify(constants)}\n${reason}`);
}
