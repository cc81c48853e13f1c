import { EngineError } from '../base/errors';

/**
 * What is said of options, as the command line writes them, in the words of the library, which has settings: `--method copy` is
 * `method: 'copy'`, `--no-flatten` is `flatten: false`, `--input style=look.png` a picture given as `{ style: picture }`. Options of
 * other programs stay.
 */
export const libraryWords = (text: string): string =>
  text
    .replace(/--input (\w+)=[^\s,]+/g, '{ $1: picture }')
    .replace(/ toroid seal needs none\./, ' seal() needs none.')
    .replace(
      /; or give the path of a \.json or \.yaml file, or of a picture made by toroid/,
      '; or give a recipe itself',
    )
    .replace(/ with --(?:out|checkpoint)\b/g, '')
    .replace(/--weights-unchecked/g, 'unchecked: true')
    .replace(/--no-(\w+)/g, '$1: false')
    .replace(/Leave --(\w+(?: \w+)?) out\b/g, 'Leave $1 out')
    .replace(/--(method|net) (\S+?)(?=[\s,)]|\.?$)/g, "$1: '$2'")
    .replace(/--keep-range/g, 'keepRange')
    .replace(
      /--(bits|channels|flatten|method|net|rectify|size|strength)\b( \d)?/g,
      (_, name: string, value?: string) => (value ? `${name}:${value}` : name),
    );

/** The same error in the words of the library; whatever else was thrown as it is. */
export function libraryError(error: unknown): unknown {
  if (!(error instanceof EngineError)) return error;
  const { code, hint, message } = error;
  const head = hint ? message.slice(0, -`\n  ${hint}`.length) : message;
  const said = new EngineError(code, libraryWords(head), hint && libraryWords(hint));
  return Object.assign(said, { cause: error });
}

/** What a call comes to, its errors in the words of the library. */
export const inLibraryWords = <T>(call: Promise<T>): Promise<T> =>
  call.catch((error: unknown) => {
    throw libraryError(error);
  });

/** Options whose warnings come in the words of the library. */
export function withLibraryWords<T extends { onWarning?(text: string): void }>(options: T): T {
  return options?.onWarning
    ? { ...options, onWarning: (text: string) => options.onWarning?.(libraryWords(text)) }
    : options;
}
