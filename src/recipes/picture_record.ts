// What a picture carries inside: enough to make it again, here or elsewhere, from the command line or in a page.
import type { Measures } from '../base/measures';
import { VERSION } from '../base/version';
import type { Choices } from '../gpu/tune';
import type { Recipe } from './recipe';

export interface PictureRecord {
  /** Of the toroid that made it. */
  readonly version: string;
  /** As run, every default filled in; its inputs say which files they were. */
  readonly recipe: Recipe;
  readonly adapter: {
    readonly name: string;
    readonly software: boolean;
    /** Choices of kernels other than the untuned ones. */
    readonly tuned?: Choices;
  };
  /** What the numbers of inputs were, by name: heights in metres, say, of which pictures have 0..1. */
  readonly measures?: Readonly<Record<string, Measures>>;
}

/** A record as it was found in a picture: its recipe is not checked yet. */
export interface FoundRecord {
  readonly recipe: unknown;
  readonly version?: string;
  readonly adapter?: string;
  readonly tuned?: Choices;
}

/** The entries to put into a picture: `Software` for everybody, `toroid` for us. */
export function recordText({ recipe, adapter, measures }: Omit<PictureRecord, 'version'>): Record<string, string> {
  const record = { version: VERSION, recipe, adapter, ...(measures && { measures }) };
  return { Software: `toroid ${VERSION}`, toroid: JSON.stringify(record) };
}

/** The record among a picture's entries; null where there is none, or one that cannot be read. */
export function findRecord(entries: Readonly<Record<string, string>>): FoundRecord | null {
  let record: unknown;
  try {
    record = JSON.parse(entries.toroid ?? 'null');
  } catch {
    return null;
  }
  const { recipe, version, adapter } = (record ?? {}) as {
    recipe?: unknown;
    version?: unknown;
    adapter?: { name?: unknown; tuned?: unknown };
  };
  if (recipe === undefined) return null;
  return {
    recipe,
    ...(typeof version === 'string' && { version }),
    ...(typeof adapter?.name === 'string' && { adapter: adapter.name, tuned: choicesOf(adapter.tuned) }),
  };
}

/** Choices as a record holds them; of a damaged one those that can be read. */
function choicesOf(value: unknown): Choices {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).filter((e): e is [string, string] => typeof e[1] === 'string'));
}
