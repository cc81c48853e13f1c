import type { Command } from 'commander';
import { rate, shortMs } from '../app/charts/svg';
import { bytesText } from '../base/errors';
import { VERSION } from '../base/version';
import type { AdapterFacts } from '../gpu/adapter';
import { loadDawn } from '../gpu/dawn.node';
import { chooseGpu, facts, findAdapter, gpuNames, open } from '../gpu/open.node';
import { measureRoofline, type Roofline } from '../gpu/roofline';
import { ensureAdapter, swiftShaderArchive } from '../gpu/swiftshader.node';
import { type DriverHint, driverHint, inspectSystem } from './driver_hint';

/** Limits that decide what fits and which kernels run. */
const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxStorageBuffersPerShaderStage',
] as const;
/** Features the engine uses where they exist. */
const FEATURES = ['timestamp-query', 'shader-f16', 'subgroups'];

interface Found extends AdapterFacts {
  /** Number and whole name, by either of which TOROID_GPU chooses it. */
  readonly gpu: number;
  readonly name: string;
  /** The driver's own line about itself. */
  readonly driver: string;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<(typeof LIMITS)[number], number>>;
}

export interface Diagnosis {
  readonly version: string;
  readonly node: string;
  readonly system: string;
  /** Best first: the first is what toroid runs on, unless TOROID_GPU says another. */
  readonly adapters: readonly Found[];
  /** Why WebGPU could not be loaded at all. */
  readonly loadError?: string;
  /** Version of the package that brings SwiftShader, the software adapter of last resort. */
  readonly swiftShader: string | null;
  readonly runsOn: 'gpu' | 'software' | 'nothing';
  readonly remedy: DriverHint | null;
  /** With --roof: what the adapter it runs on can do at best. */
  readonly roof?: Roofline & { readonly adapter: string };
}

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .summary('tell what toroid runs on here, and what is missing')
    .description(
      'Tells what toroid runs on here, what is missing, and the command that installs it.\nExit code 0: it can run; 1: it cannot.',
    )
    .option('--roof', 'also measure what the adapter can do at best (about a second)')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  toroid doctor\n  toroid doctor --roof                 multiply-adds and copies a second\n  toroid doctor --json\n  TOROID_ADAPTER=swiftshader toroid doctor',
    )
    .action(async (options: { json?: boolean; roof?: boolean }) => {
      // Only when SwiftShader is asked for by name, or to measure it: otherwise look at the system as it is.
      const elsewhere = await ensureAdapter(async () => !options.roof || (await findAdapter()) !== null);
      if (elsewhere !== null) {
        process.exitCode = elsewhere;
        return;
      }
      const found = await diagnose();
      const roof = options.roof && found.adapters.length > 0 ? await measured() : undefined;
      const diagnosis = { ...found, ...(roof && { roof }) };
      process.stdout.write(options.json ? `${JSON.stringify(diagnosis, null, 2)}\n` : `${text(diagnosis)}\n`);
      process.exitCode = diagnosis.runsOn === 'nothing' ? 1 : 0;
    });
}

async function measured(): Promise<Diagnosis['roof']> {
  const device = await open();
  try {
    return { adapter: device.adapter.description, ...(await measureRoofline(device)) };
  } finally {
    device.close();
  }
}

async function diagnose(): Promise<Diagnosis> {
  const { adapters, loadError } = await adaptersFound();
  const { TOROID_GPU: wanted } = process.env;
  const names = adapters.map((a) => a.name);
  const usable = wanted ? adapters.filter((a) => a.name === chooseGpu(wanted, names)) : adapters;
  const around = inspectSystem();
  const swiftShader = swiftShaderArchive()?.version ?? null;
  const found = usable.some((a) => !a.software) ? 'gpu' : usable.length > 0 ? 'software' : 'none';
  const fallback = swiftShader === null ? 'nothing' : 'software';
  return {
    version: VERSION,
    node: process.version,
    system: [around.release.PRETTY_NAME ?? around.platform, around.arch].join(', '),
    adapters,
    ...(loadError !== undefined && { loadError }),
    swiftShader,
    runsOn: found === 'none' ? fallback : found,
    remedy: loadError === undefined ? driverHint(found, around) : null,
  };
}

/** Every adapter, in the order of their numbers. */
async function adaptersFound(): Promise<{ adapters: Found[]; loadError?: string }> {
  try {
    const { create } = await loadDawn();
    const adapters: Found[] = [];
    for (const [gpu, name] of (await gpuNames()).entries()) {
      const instance = create([
        'enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia',
        `adapter=${name}`,
      ]);
      const adapter = await instance.requestAdapter().catch(() => null);
      if (!adapter) continue;
      const { limits, features } = adapter;
      adapters.push({
        gpu,
        name,
        ...facts(adapter),
        driver: adapter.info.description,
        features: FEATURES.filter((f) => features.has(f as GPUFeatureName)),
        limits: Object.fromEntries(LIMITS.map((limit) => [limit, limits[limit]])) as Found['limits'],
      });
    }
    return { adapters };
  } catch (error) {
    return { adapters: [], loadError: (error as Error).message };
  }
}

/** What chooses an adapter; Dawn opens the first whose name has the wanted one in it. */
export function gpuText(
  { gpu, name }: Pick<Found, 'gpu' | 'name'>,
  all: readonly Pick<Found, 'gpu' | 'name'>[],
): string {
  const first = all.find((a) => a.name.includes(name))?.gpu ?? gpu;
  if (first === gpu) return `${gpu}, or a part of ${name}`;
  return `${gpu}, which Dawn cannot tell from ${first} by its name: for a process that sees it alone (docs/servers.md)`;
}

function text({ version, node, system, adapters, loadError, swiftShader, runsOn, remedy, roof }: Diagnosis): string {
  const lines = [`toroid ${version}, Node ${node}, ${system}`, ''];
  if (loadError !== undefined) lines.push(`WebGPU could not be loaded: ${loadError}`);
  for (const found of adapters) {
    const { description, vendor, software, driver, features, limits } = found;
    lines.push(
      `${description || vendor}${software ? ' (software: no GPU)' : ''}`,
      `  gpu       ${gpuText(found, adapters)}`,
      `  driver    ${driver || 'says nothing about itself'}`,
      `  features  ${features.join(', ') || 'none of those toroid uses'}`,
      `  limits    buffer ${bytesText(limits.maxBufferSize)}, binding ${bytesText(limits.maxStorageBufferBindingSize)}, ` +
        `workgroup memory ${bytesText(limits.maxComputeWorkgroupStorageSize)}, ` +
        `${limits.maxComputeInvocationsPerWorkgroup} invocations, ${limits.maxStorageBuffersPerShaderStage} buffers a stage`,
    );
  }
  if (adapters.length === 0 && loadError === undefined) lines.push('No GPU and no software Vulkan driver was found.');
  lines.push(
    `SwiftShader (software, the last resort): ${swiftShader === null ? 'not installed' : `available, from @sparticuz/chromium ${swiftShader}`}`,
    '',
  );
  if (roof) {
    const how = roof.clock === 'wall' ? ' (by the clock: it has no timestamps)' : '';
    lines.push(
      `At best${how}, on ${roof.adapter}`,
      `  multiply-adds  ${rate(roof.gflops)} GFLOP/s`,
      `  copying        ${rate(roof.gbPerSecond)} GB/s, reads and writes together`,
      `  an empty pass  ${shortMs(roof.passMs)} ms`,
      '',
    );
  }
  lines.push(
    {
      gpu: 'Ready: toroid runs on the GPU.',
      software: 'Ready, but on software: expect minutes, not seconds.',
      nothing: 'Not ready: there is nothing to run on.',
    }[runsOn],
  );
  if (remedy) lines.push(remedy.why);
  if (remedy?.command) lines.push('This mends it:', `  ${remedy.command}`);
  return lines.join('\n');
}
