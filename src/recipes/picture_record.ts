// What a picture carries inside: enough to make it again, here or elsewhere, from the command line or in a page.
import { checkValues, group } from '../base/known_options';
import type { Measures } from '../base/measures';
import { VERSION } from '../base/version';
import type { Choices } from '../gpu/tune';
import type { Recipe } from './recipe';

/** A place in a run: so many steps of a stage were done. Stages count over all resolutions; -1, no step: none has begun. */
export interface RunPlace {
  readonly frame: number;
  readonly stage: number;
  readonly step: number;
}

/** What of the run that made a picture its recipe does not say. */
export interface RunFacts {
  /** It was stopped there, and enlarged to its size; `hasty`: in the midst of what has no steps, so not to be found again. */
  readonly stopped?: RunPlace & { readonly hasty?: boolean };
  /** The picture was saved there, as it was by then. */
  readonly halfway?: RunPlace;
  /** Settings were changed there: the recipe is the last. */
  readonly changed?: readonly RunPlace[];
  /** SHA-256 of the network's file. */
  readonly net?: string;
  /** The budget of device memory, bytes: what is cut into tiles for it is the same to rounding alone. */
  readonly memory?: number;
  /** Adapters of parts before, where a run went on on another. */
  readonly before?: readonly string[];
  /** How the file keeps its numbers, where that is not as usual. */
  readonly form?: { readonly bits?: 16 | 32; readonly channels?: 1 | 3; readonly keepRange?: boolean };
}

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
  readonly run?: RunFacts;
}

/** A record as it was found in a picture: its recipe is not checked yet. */
export interface FoundRecord {
  readonly recipe: unknown;
  readonly version?: string;
  readonly adapter?: string;
  readonly tuned?: Choices;
  readonly run?: RunFacts;
}

/** The entries to put into a picture: `Software` for everybody, `toroid` for us. */
export function recordText(record: Omit<PictureRecord, 'version'>): Record<string, string> {
  const { recipe, adapter, measures, run } = checkValues('recordText', { record }, { record: group }).record;
  return {
    Software: `toroid ${VERSION}`,
    toroid: JSON.stringify({ version: VERSION, recipe, adapter, measures, run }),
  };
}

/** The record for a file that keeps its numbers in that form. */
export function withForm(
  record: PictureRecord,
  { bits, channels, keepRange }: { readonly bits?: number; readonly channels?: unknown; readonly keepRange?: boolean },
): PictureRecord {
  const form = formOf({ bits, channels, keepRange });
  return Object.keys(form).length === 0 ? record : { ...record, run: { ...record.run, form } };
}

function formOf({ bits, channels, keepRange }: Record<string, unknown>): NonNullable<RunFacts['form']> {
  return {
    ...((bits === 16 || bits === 32) && { bits }),
    ...((channels === 1 || channels === 3) && { channels }),
    ...(keepRange === true && { keepRange }),
  };
}

/** The record among a picture's entries; null where there is none, or one that cannot be read. */
export function findRecord(entries: Readonly<Record<string, string>>): FoundRecord | null {
  let record: unknown;
  try {
    record = JSON.parse(entries.toroid ?? 'null');
  } catch {
    return null;
  }
  const { recipe, version, adapter, run } = (record ?? {}) as {
    recipe?: unknown;
    version?: unknown;
    adapter?: { name?: unknown; tuned?: unknown };
    run?: unknown;
  };
  if (recipe === undefined) return null;
  return {
    recipe,
    ...(typeof version === 'string' && { version }),
    ...(isGroup(run) && { run: factsOf(run) }),
    ...(typeof adapter?.name === 'string' && { adapter: adapter.name, tuned: choicesOf(adapter.tuned) }),
  };
}

const isGroup = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Facts as a record holds them; of a damaged one those that can be read. */
function factsOf({ stopped, halfway, changed, net, memory, before, form }: Record<string, unknown>): RunFacts {
  const stop = placeOf(stopped);
  const half = placeOf(halfway);
  const hasty = isGroup(stopped) && stopped.hasty === true;
  return {
    ...(stop && { stopped: { ...stop, ...(hasty && { hasty }) } }),
    ...(half && { halfway: half }),
    ...(Array.isArray(changed) && { changed: changed.flatMap((c) => placeOf(c) ?? []) }),
    ...(typeof net === 'string' && { net }),
    ...(typeof memory === 'number' && memory > 0 && { memory }),
    ...(Array.isArray(before) && { before: before.filter((name) => typeof name === 'string') }),
    ...(isGroup(form) && { form: formOf(form) }),
  };
}

function placeOf(value: unknown): RunPlace | undefined {
  if (!isGroup(value)) return undefined;
  const { frame = 0, stage, step } = value;
  const whole = (v: unknown, least: number): v is number => Number.isSafeInteger(v) && (v as number) >= least;
  return whole(frame, 0) && whole(stage, -1) && whole(step, 0) ? { frame, stage, step } : undefined;
}

/** Choices as a record holds them; of a damaged one those that can be read. */
function choicesOf(value: unknown): Choices {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).filter((e): e is [string, string] => typeof e[1] === 'string'));
}
