// Which variants of kernels a job takes, and what is said of them when it is repeated.
import { EngineError } from '../base/errors';
import type { Device } from '../gpu/device';
import { type Choices, choicesText, type TuneMode, type TuneStore, Tuning } from '../gpu/tune';
import type { tuneRecipe as Tune, TuneRecipeOptions } from '../recipes/tune_recipe';

/** What `tune: 'now'` may take, seconds. */
export const BUDGET = 30;

export interface TuningOptions {
  /** What was asked for. */
  readonly mode?: TuneMode | undefined;
  /** What to do where nothing was asked for. Default: `cached` on a GPU, `off` on the processor, or as the device is. */
  readonly usual?: TuneMode | undefined;
  /** Choices of the run that is to be repeated, on the same adapter: they are made again, unless a mode is asked for. */
  readonly pinned?: Choices | undefined;
}

/**
 * Gives a device what plans are to choose by.
 * @returns what to measure first, with `now`.
 */
export async function startTuning(
  device: Device,
  store: () => TuneStore,
  { mode, usual, pinned }: TuningOptions,
  warn: (text: string) => void,
): Promise<((...about: TuneArguments) => Promise<void>) | null> {
  const { description, software } = device.adapter;
  if (mode === undefined && pinned !== undefined) {
    device.tuning = new Tuning(description, [], pinned);
    return null;
  }
  const chosen = mode ?? usual ?? (software || device.tuning ? 'off' : 'cached');
  if (chosen === 'off') return null;
  const kept = store();
  const tuning = new Tuning(description, await kept.read(warn));
  device.tuning = tuning;
  if (chosen === 'cached') return null;
  return async (recipe, inputs, options) => {
    const { tuneRecipe } = await import('../recipes/tune_recipe'); // few pages tune
    // Everything is measured before the run: a plan is compiled with what is known by then.
    const until = performance.now() + 1000 * BUDGET;
    const found = await tuneRecipe(device, recipe, inputs, { ...options, tuning, until });
    if (found.records.length > 0) {
      // Hours of work are not given up for a cache that cannot be written.
      await kept.add(found.records).catch((cause: unknown) => {
        if (!(cause instanceof EngineError)) throw cause;
        warn(cause.message.split('\n')[0] ?? '');
      });
    }
    if (found.left.length + found.stagesLeft.length > 0) {
      warn(`tuning took its ${BUDGET} s, and some kernels are untuned: \`toroid tune\` with this recipe goes on`);
    }
  };
}

type TuneArguments = [
  recipe: Parameters<typeof Tune>[1],
  inputs: Parameters<typeof Tune>[2],
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
