// Which variant of a kernel to take: what was measured on this adapter, else the shipped table, else the kernel's own
// word. Knows nothing of graphs; graph/tune_plan.ts does the measuring.
import { checkValues, list, text } from '../base/known_options';
import * as z from '../base/zod';
import type { AdapterFacts } from './adapter';
import { type KernelSource, type Overrides, type Scalar, supportsVariant } from './kernel';
import { renamedChoices } from './renamed';
import table from './tuned.json';

/** off: what is shipped; cached: what was measured here before; now: measure first what is missing. */
export type TuneMode = 'off' | 'cached' | 'now';

/** Of a launch, what decides its size. */
export interface Sized {
  readonly kernel: KernelSource;
  readonly uniforms: Readonly<Record<string, number | { readonly value: number }>>;
  readonly overrides?: Overrides | undefined;
  grid(v: Overrides): readonly [x: number, y?: number, z?: number];
}

/**
 * Launches that are alike enough to share a variant: `c=64 h=256 w=256 groups=2048 K=3`. Sizes among the uniforms and
 * the workgroups of variant 0 go to the nearest power of two; what the op fixes stays as it is.
 */
export function shapeClass({ kernel, uniforms, overrides = {}, grid }: Sized): string {
  const parts: string[] = [];
  for (const [name, type] of Object.entries(kernel.uniforms)) {
    const value = uniforms[name];
    if (type !== 'f32' && typeof value === 'number' && !SIZELESS.has(name)) parts.push(`${name}=${roundedSize(value)}`);
  }
  const groups = grid({ ...overrides, ...kernel.variants[0] }).reduce((n: number, side = 1) => n * side, 1);
  parts.push(`groups=${roundedSize(groups)}`);
  const fixed = variantText(overrides);
  return fixed ? `${parts.join(' ')} ${fixed}` : parts.join(' ');
}

/** Whole numbers among uniforms that say nothing of how much there is to do. */
const SIZELESS: ReadonlySet<string> = new Set(['seed', 'stream', 'dy', 'dx']);

/** To the nearest power of two. */
export const roundedSize = (n: number): number =>
  n === 0 ? 0 : Math.sign(n) * 2 ** Math.round(Math.log2(Math.abs(n)));

/** `WG=64 RELU=1` */
export const variantText = (variant: Overrides): string =>
  Object.entries(variant)
    .map(([k, v]) => `${k}=${v}`)
    .join(' ');

/** The variants that an adapter can run, in their order. */
export const usableVariants = (device: GPUDevice, source: KernelSource): readonly Overrides[] =>
  source.variants.filter((v) => supportsVariant(device, source, v));

const tableSchema = z.strictObject({
  about: z.string(),
  adapters: z.array(
    z.strictObject({
      /** Part of the adapter's name. */
      adapter: z.string(),
      /** By what, where, with which versions. */
      measured: z.string(),
      kernels: z.record(z.string(), z.record(z.string(), z.number())),
    }),
  ),
});
export type ShippedTable = z.output<typeof tableSchema>;

/** src/gpu/tuned.json */
export const shipped: ShippedTable = tableSchema.parse(table);

/** The variant that is taken where nothing was measured: an index into `usable`. The same at every call. */
export function defaultVariant(
  adapter: Pick<AdapterFacts, 'description' | 'software'>,
  source: KernelSource,
  usable: readonly Overrides[],
  from: ShippedTable = shipped,
): number {
  const entry = from.adapters.find((a) => adapter.description.includes(a.adapter))?.kernels[source.name];
  const known = entry ? usable.findIndex((v) => sameVariant(v, entry)) : -1;
  if (known >= 0) return known;
  const wanted = adapter.software ? 0 : (source.gpu ?? 0);
  return Math.max(0, Math.min(wanted, usable.length - 1));
}

const sameVariant = (a: Overrides, b: Overrides): boolean =>
  Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([k, v]) => b[k] === v);

const candidateSchema = z.strictObject({
  /** `WG=64` */
  variant: z.string(),
  /** The least of several runs; none for one that was dropped before it was timed. */
  ms: z.number().nonnegative().optional(),
  /** Why it is out of the benchmark. */
  dropped: z.string().optional(),
});
export type TuneCandidate = z.output<typeof candidateSchema>;

export const tuneRecordSchema = z.strictObject({
  adapter: z.string(),
  kernel: z.string(),
  scalar: z.enum(['f32', 'f16']),
  shape: z.string(),
  /** Of the kernel's text and variants: another text, another benchmark. */
  hash: z.string(),
  date: z.string(),
  clock: z.enum(['timestamps', 'wall']),
  /** The variant taken untuned, and the one to take. */
  untuned: z.string(),
  best: z.string(),
  candidates: z.array(candidateSchema),
});
/** What one benchmark between the variants of a kernel found. */
export type TuneRecord = z.output<typeof tuneRecordSchema>;

/** How many times faster the best variant is than the one taken untuned; 1 where that one was dropped. */
export function gainOf({ candidates, untuned, best }: Pick<TuneRecord, 'candidates' | 'untuned' | 'best'>): number {
  const ms = (variant: string): number => candidates.find((c) => c.variant === variant)?.ms ?? 0;
  return ms(untuned) > 0 && ms(best) > 0 ? ms(untuned) / ms(best) : 1;
}

/** Where records outlive a process: a file in Node (tune_cache.node.ts), a table of IndexedDB in a browser. */
export interface TuneStore {
  /** All that is kept, of all adapters. What cannot be read is told to `warning`, and is as good as nothing. */
  read(warn: (text: string) => void): Promise<readonly TuneRecord[]>;
  /** Adds records; one of the same benchmark replaces the older. */
  add(records: readonly TuneRecord[]): Promise<void>;
  reset(): Promise<void>;
}

/** Which benchmark a record is of; `hash` apart, for an older text's record is replaced by a newer's. */
export const benchmarkOf = (r: Pick<TuneRecord, 'adapter' | 'kernel' | 'scalar' | 'shape'>): string =>
  [r.adapter, r.kernel, r.scalar, r.shape].join(' | ');

const hashes = new WeakMap<KernelSource, string>();

/** Of a kernel's text and variants. */
export function kernelHash(source: KernelSource): string {
  let hash = hashes.get(source);
  if (hash === undefined) {
    hash = hashText(JSON.stringify([source.wgsl, source.lib ?? [], source.variants, ...(source.subgroupLib ?? [])]));
    hashes.set(source, hash);
  }
  return hash;
}

/** 64 bits to tell texts apart, nothing secret: FNV-1a (Fowler, Noll, Vo) of 32 bits, from two ends. */
export function hashText(text: string): string {
  let [a, b] = [0x811c9dc5, 0x9747b28c];
  for (let i = 0; i < text.length; i++) {
    a = Math.imul(a ^ text.charCodeAt(i), 0x01000193);
    b = Math.imul(b ^ text.charCodeAt(text.length - 1 - i), 0x01000193);
  }
  return [a, b].map((n) => (n >>> 0).toString(16).padStart(8, '0')).join('');
}

/** Choices other than the untuned ones, by launch: `conv2d f32 c=64 ...` -> `WG=64`. */
export type Choices = Readonly<Record<string, string>>;

/** Which benchmark, and what its candidates are: only asked where there is a record to hold against it. */
export interface BenchmarkPlace {
  /** A kernel's, or of what else has candidates. */
  readonly name: string;
  readonly scalar: Scalar;
  readonly shape: string;
  hash(): string;
}

/** The choices of one adapter, for `Device.tuning`. */
export class Tuning {
  readonly #records = new Map<string, TuneRecord>();
  readonly #pinned: Choices | undefined;
  readonly #used = new Map<string, string>();
  readonly #missed = new Set<string>();

  /**
   * @param adapter its name, `AdapterFacts.description`
   * @param pinned choices of a run to be repeated: then no record has a say
   */
  constructor(
    readonly adapter: string,
    records: readonly TuneRecord[] = [],
    readonly pinned?: Choices | undefined,
  ) {
    checkValues('Tuning', { adapter, records }, { adapter: text, records: list });
    this.#pinned = pinned && renamedChoices(pinned);
    this.add(records);
  }

  add(records: readonly TuneRecord[]): void {
    for (const r of records) if (r.adapter === this.adapter) this.#records.set(benchmarkOf(r), r);
  }

  /** What was measured of a kernel as it is now. */
  find(kernel: KernelSource, scalar: Scalar, shape: string): TuneRecord | undefined {
    return this.lookUp({ name: kernel.name, scalar, shape, hash: () => kernelHash(kernel) });
  }

  /** What was measured in a benchmark whose candidates are what they are now. */
  lookUp({ name, scalar, shape, hash }: BenchmarkPlace): TuneRecord | undefined {
    const record = this.#records.get(benchmarkOf({ adapter: this.adapter, kernel: name, scalar, shape }));
    return record?.hash === hash() ? record : undefined;
  }

  /** The variant to take, an index into `usable`; `untuned` where nothing is known. */
  choose(kernel: KernelSource, usable: readonly Overrides[], scalar: Scalar, shape: string, untuned: number): number {
    const names = usable.map(variantText);
    const at = { name: kernel.name, scalar, shape, hash: () => kernelHash(kernel) };
    const wanted = this.pick(at, names, names[untuned] ?? '');
    return wanted === undefined ? untuned : names.indexOf(wanted);
  }

  /** The one of `candidates` to take; undefined where that is the untuned one, or nothing is known. */
  pick<Name extends string>(at: BenchmarkPlace, candidates: readonly Name[], untuned: Name): Name | undefined {
    const name = `${at.name} ${at.scalar} ${at.shape}`;
    const wanted = this.#pinned ? this.#pinned[name] : this.lookUp(at)?.best;
    const found = candidates.find((c) => c === wanted);
    if (wanted !== undefined && found === undefined) this.#missed.add(name);
    if (found === undefined || found === untuned) return undefined;
    this.#used.set(name, found);
    return found;
  }

  /** Launches for which there is no such variant as was wanted. */
  get missed(): ReadonlySet<string> {
    return this.#missed;
  }

  /** All choices that records or pins ask for, whether a plan has such a launch or not: what a run to come may use. */
  known(): Choices {
    if (this.pinned) return this.pinned;
    const better = [...this.#records.values()].filter((r) => r.best !== r.untuned);
    return Object.fromEntries(better.map((r) => [`${r.kernel} ${r.scalar} ${r.shape}`, r.best]));
  }

  /** The choices so far that are not the untuned ones, for the record of what was made with them. */
  used(): Choices {
    return Object.fromEntries([...this.#used].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** `3 choices, 1a2b3c4d`, to be compared by eye; `untuned` for none. */
export function choicesText(choices: Choices): string {
  const names = Object.keys(choices).sort();
  if (names.length === 0) return 'untuned';
  const hash = hashText(names.map((n) => `${n}: ${choices[n]}`).join('\n')).slice(0, 8);
  return `${names.length} ${names.length === 1 ? 'choice' : 'choices'}, ${hash}`;
}
