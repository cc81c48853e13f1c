import { didYouMean } from './did_you_mean';
import { EngineError } from './errors';

/** All names of a type of options, for `checkOptions`: the compiler holds them to it. With a list: the values that there are. */
export type OptionNames<T> = { readonly [K in keyof Required<T> & string]: true | readonly T[K][] };

/**
 * Refuses options that a call does not have, and values that one does not: a misspelt one would be ignored without a word.
 * @throws EngineError `SettingsError`: `texture has no option sizee. Did you mean size?`, `tile: "z" is none of both, x, y.`
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
  if (wrong === undefined) {
    for (const [name, values] of Object.entries<true | readonly unknown[]>(names)) {
      const value = (options as Record<string, unknown>)[name];
      if (values === true || value === undefined || values.includes(value)) continue;
      const near = didYouMean(String(value), values.map(String));
      throw new EngineError(
        'SettingsError',
        `${name}: ${JSON.stringify(value)} is none of ${values.join(', ')}.${near ? ` Did you mean ${near}?` : ''}`,
      );
    }
    return;
  }
  const near = didYouMean(wrong, known);
  throw new EngineError(
    'SettingsError',
    `${call} has no option ${wrong}.${near ? ` Did you mean ${near}?` : ''}`,
    `It has ${known.join(', ')}.`,
  );
}
