import { meant, noneOf } from './did_you_mean';
import { EngineError, shown } from './errors';

/** What a value has to be, which JavaScript does not see to. */
export interface Is<V> {
  /** `a number` */
  readonly wanted: string;
  is(v: unknown): v is V;
}

const is = <V>(wanted: string, test: (v: unknown) => boolean): Is<V> => ({ wanted, is: test as Is<V>['is'] });

/** Not NaN. */
export const number: Is<number> = is('a number', (v) => typeof v === 'number' && !Number.isNaN(v));
export const flag: Is<boolean> = is('true or false', (v) => typeof v === 'boolean');
export const text: Is<string> = is('a text', (v) => typeof v === 'string' && v !== '');
export const whole = (least: number): Is<number> =>
  is(`a whole number from ${least}`, (v) => Number.isInteger(v) && (v as number) >= least);
/** Names and values. */
export const group: Is<never> = is('a group { }', (v) => typeof v === 'object' && v !== null && !Array.isArray(v));
/** What a call of the library returns, known by one of its names. */
export const returnedBy = (by: string, name: string): Is<never> =>
  is(`what ${by} returns`, (v) => Object(v)[name] !== undefined);
/** Something to call. */
export const call: Is<never> = is('a function', (v) => typeof v === 'function');
export const abortSignal: Is<never> = is('an AbortSignal', (v) => typeof Object(v).aborted === 'boolean');
export const list: Is<never> = is('a list', Array.isArray);
/** So many numbers; any number of them for 0. */
export const numbers = <V extends readonly number[]>(n: number): Is<V> =>
  is(`a list of ${n || ''} numbers`, (v) => Array.isArray(v) && v.every(number.is) && v.length === (n || v.length));
/** One for the rows, one for the columns. */
export const pairOf = <E, V extends readonly E[] = readonly [E, E]>(of: readonly E[]): Is<V> =>
  is(`a list of two of ${of.join(', ')}`, (v) => Array.isArray(v) && v.length === 2 && v.every((e) => of.includes(e)));

/** All names of a type of options, with what their values have to be: `true`, but null; one of a list. */
export type OptionNames<T> = { readonly [K in keyof Required<T> & string]: true | Is<T[K]> | readonly T[K][] };

type Kinds = Readonly<Record<string, true | Is<unknown> | readonly unknown[]>>;
const settingsError = (message: string, hint?: string): EngineError => new EngineError('SettingsError', message, hint);

/**
 * The arguments of a call, each of which is given.
 * @throws EngineError `SettingsError`: `by: is 3, but a list of 2 numbers is wanted by roll.`, `tile: "z" is none of both, x, y.`
 */
export function checkValues<T>(call: string, values: T, kinds: OptionNames<NoInfer<T>>): T {
  for (const [name, kind] of Object.entries(kinds as Kinds)) {
    const v = values[name as keyof T];
    if (kind === true ? v !== null : 'is' in kind ? kind.is(v) : kind.includes(v)) continue;
    throw settingsError(
      kind !== true && !('is' in kind)
        ? `${name}: ${noneOf(v, kind)}`
        : `${name}: is ${shown(v)}, but ${kind === true ? 'a value' : kind.wanted} is wanted by ${call}.`,
    );
  }
  return values;
}

/**
 * Refuses options that a call does not have, and values that one does not: a misspelt one would be ignored without a word.
 * @param needed Options without a default.
 * @throws EngineError `SettingsError`: `texture has no option sizee. Did you mean size?`, and as `checkValues`.
 */
export function checkOptions<T>(
  call: string,
  options: T,
  names: OptionNames<NoInfer<T>>,
  needed: readonly (keyof T & string)[] = [],
): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw settingsError(`the options of ${call} are an object, got ${shown(options)}`, 'Pass { name: value }.');
  const known = Object.keys(names);
  const wrong = Object.keys(options).find((k) => !known.includes(k));
  if (wrong !== undefined)
    throw settingsError(`${call} has no option ${wrong}.${meant(wrong, known)}`, `It has ${known.join(', ')}.`);
  const given = Object.entries(names).filter(
    ([name]) => needed.includes(name as never) || options[name as keyof T] !== undefined,
  );
  checkValues(call, options, Object.fromEntries(given) as never);
}
