import { didYouMean } from './did_you_mean';
import { EngineError } from './errors';

/** All names of a type of options, for `checkOptions`: the compiler holds them to it. */
export type OptionNames<T> = Readonly<Record<keyof Required<T> & string, true>>;

/**
 * Refuses options that a call does not have: a misspelt one would be ignored without a word.
 * @throws EngineError `SettingsError`: `texture has no option sizee. Did you mean size?`
 */
export function checkOptions<T>(call: string, options: T, names: OptionNames<NoInfer<T>>): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new EngineError(
      'SettingsError',
      `the options of ${call} are an object, got ${options}`,
      `Pass { name: value }.`,
    );
  }
  const known = Object.keys(names);
  const wrong = Object.keys(options).find((k) => !Object.hasOwn(names, k));
  if (wrong === undefined) return;
  const near = didYouMean(wrong, known);
  throw new EngineError(
    'SettingsError',
    `${call} has no option ${wrong}.${near ? ` Did you mean ${near}?` : ''}`,
    `It has ${known.join(', ')}.`,
  );
}
