// How the command line asks for tuning.
import { InvalidArgumentError, Option } from 'commander';
import { EngineError } from '../base/errors';
import type { TuneMode } from '../gpu/tune';

const MODES: readonly TuneMode[] = ['off', 'cached', 'now'];

export const tuneOption = (): Option =>
  new Option(
    '--tune <mode>',
    'variants of kernels: off, those shipped; cached, what `toroid tune` found; now, measure first (default: $TOROID_TUNE, else cached on a GPU, off on the processor)',
  ).choices(MODES);

/**
 * What TOROID_TUNE says.
 * @throws EngineError `TuneError` for what is no mode.
 */
export function usualTune(text: string | undefined = process.env.TOROID_TUNE): TuneMode | undefined {
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
