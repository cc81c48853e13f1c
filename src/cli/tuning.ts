// What the commands know of tuning: which choices of kernels a run makes, and what they were when it is repeated.
import { InvalidArgumentError, Option } from 'commander';
import { EngineError } from '../base/errors';
import type { Device } from '../gpu/device';
import { type Choices, choicesText, type TuneMode, Tuning } from '../gpu/tune';
import { TuneFile } from '../gpu/tune_cache.node';
import { type TuneRecipeOptions, tuneRecipe } from '../recipes/tune_recipe';

/** What tuning may take, seconds, unless told otherwise. */
export const BUDGET = 30;

const MODES: readonly TuneMode[] = ['off', 'cached', 'now'];

export const tuneOption = (): Option =>
  new Option(
    '--tune <mode>',
    'variants of kernels: off, those shipped; cached, what `toroid tune` found; now, measure first (default: $TOROID_TUNE, else cached on a GPU, off on the processor)',
  ).choices(MODES);

/** @throws EngineError `TuneError` for what is no mode. */
function modeOf(text: string | undefined): TuneMode | undefined {
  if (!text) return undefined;
  const mode = MODES.find((m) => m === text);
  if (mode) return mode;
  throw new EngineError('TuneError', `TOROID_TUNE=${text}: no such choice`, `Known: ${MODES.join(', ')}.`);
}

/** `30s`, `5min`, `20`: seconds. */
export function parseBudget(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*(s|min)?$/.exec(text.trim()) ?? [];
  if (number === undefined) throw new InvalidArgumentError('It is a time, such as 30s or 2min.');
  return Number(number) * (unit === 'min' ? 60 : 1);
}

export interface TuningWishes {
  readonly mode?: TuneMode | undefined;
  /** Choices of the run that is to be repeated, on the same adapter. */
  readonly pinned?: Choices | undefined;
}

/**
 * Gives a device what plans are to choose by. A run that is repeated makes the choices it made, unless told otherwise.
 * @returns what to measure first, with `--tune now`.
 */
export async function startTuning(
  device: Device,
  { mode, pinned }: TuningWishes,
  warn: (text: string) => void,
  store: TuneFile = new TuneFile(),
): Promise<((...about: TuneArguments) => Promise<void>) | null> {
  const { description, software } = device.adapter;
  if (mode === undefined && pinned !== undefined) {
    device.tuning = new Tuning(description, [], pinned);
    return null;
  }
  const chosen = mode ?? modeOf(process.env.TOROID_TUNE) ?? (software ? 'off' : 'cached');
  if (chosen === 'off') return null;
  const tuning = new Tuning(description, await store.read(warn));
  device.tuning = tuning;
  if (chosen === 'cached') return null;
  return async (recipe, inputs, options) => {
    // Everything is measured before the run: a plan is compiled with what is known by then.
    const found = await tuneRecipe(device, recipe, inputs, {
      ...options,
      tuning,
      until: performance.now() + 1000 * BUDGET,
    });
    if (found.records.length > 0) {
      // Hours of work are not given up for a cache that cannot be written.
      await store.add(found.records).catch((cause: Error) => warn(cause.message.split('\n')[0] ?? ''));
    }
    const left = found.left.length + found.stagesLeft.length;
    if (left > 0) {
      warn(`tuning took its ${BUDGET} s, and some kernels are untuned: \`toroid tune\` with this recipe goes on`);
    }
  };
}

type TuneArguments = [
  recipe: Parameters<typeof tuneRecipe>[1],
  inputs: Parameters<typeof tuneRecipe>[2],
  options: Omit<TuneRecipeOptions, 'tuning' | 'until'>,
];

/**
 * The choices that a picture's record holds; none where all is as shipped.
 * @param before those of the part of the run that was done before it was resumed
 */
export function tunedRecord({ tuning }: Device, before: Choices = {}): { readonly tuned?: Choices } {
  const used = { ...before, ...tuning?.used() };
  return Object.keys(used).length > 0 ? { tuned: used } : {};
}

/** What to say of a run that was to be repeated and made other choices; null when it made the same. */
export function otherChoices({ tuning }: Device, recorded: Choices): string | null {
  const [was, is] = [choicesText(recorded), choicesText(tuning?.used() ?? {})];
  // What is pinned and never asked for is of a longer run.
  if (was === is || (tuning?.pinned === recorded && tuning.missed.size === 0)) return null;
  return `it was made with other variants of kernels (${was}; here ${is}): it may differ in the last bits`;
}
