// What each engine offers to the bench, and what an engine needs in Node.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { facts, findAdapter, waitGpu } from '../../src/gpu/open.node';
import type { Target, Work } from './work';

/** Work that is ready to be done again and again. */
export interface Step {
  /** Does it once, waits for the end, and gives the loss. The gradient stays on the device. */
  run(): Promise<number>;
  /** The gradient of the last run, [3, side, side]; null of `forward`. */
  gradient(): Promise<Float32Array<ArrayBuffer> | null>;
}

export interface Engine {
  readonly version: string;
  readonly adapter: string;
  prepare(work: Work, targets: readonly Target[]): Promise<Step>;
}

/** The packages of bench/peers/package.json. */
export const PACKAGES: string = join('bench', 'peers', 'node_modules');

/** Loads a file of a package of bench/peers, which is not where this bundle's own packages are. */
export async function load<T>(...path: string[]): Promise<T> {
  return (await import(pathToFileURL(join(PACKAGES, ...path)).href)) as T;
}

/** Puts Dawn where a browser has its WebGPU. @returns the adapter's name, and whether it is software. */
export async function browserLike(): Promise<{ name: string; software: boolean }> {
  const dawn = await import('webgpu');
  Object.assign(globalThis, dawn.globals);
  const found = await findAdapter();
  if (!found) throw new Error('no adapter');
  const { description, software } = facts(found.adapter);
  // Dawn as it comes, without the switches that this engine sets for itself: its peers may rely on zeroed memory.
  const wanted = process.env.TOROID_GPU;
  const gpu = dawn.create(wanted ? [`adapter=${wanted}`] : []);
  const navigator = { gpu, userAgent: 'Node', platform: 'Node', hardwareConcurrency: 1 };
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true, writable: true });
  return { name: description, software };
}

/**
 * While something is pending, Dawn in Node polls in a loop that takes a core, from which a software adapter suffers.
 * Our own engine naps meanwhile, so its peers may as well: without it they are slower.
 */
export const cured = <T>(pending: Promise<T>, software: boolean): Promise<T> => waitGpu(pending, software);
