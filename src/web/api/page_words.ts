import { EngineError } from '../../base/errors';

/**
 * What is said of options, as the command line writes them, in the words of a page, which has settings: `--precision f16` is `precision:
 * 'f16'`, `--no-flatten` is `flatten: false`, `--input style=look.png` a picture given as `{ style: picture }`.
 */
export const pageWords = (text: string): string =>
  text
    .replace(/--input (\w+)=[^\s,]+/g, '{ $1: picture }')
    .replace(/ toroid seal needs none\./, ' seal() needs none.')
    .replace(
      /; or give the path of a \.json or \.yaml file, or of a picture made by toroid/,
      '; or give a recipe itself',
    )
    .replace(/--no-(\w+)/g, '$1: false')
    .replace(/--(precision|method) ([\w-]+?)(?=[\s,.)]|$)(?! out)/g, "$1: '$2'")
    .replace(/--(\w+) (\d+)\b/g, '$1: $2')
    .replace(/--(\w[\w-]*)/g, (_, name: string) => name.replace(/-(\w)/g, (__, c: string) => c.toUpperCase()));

/** The same error in the words of a page; whatever else was thrown as it is. */
export function pageError(error: unknown): unknown {
  if (!(error instanceof EngineError)) return error;
  const { code, hint, message } = error;
  const head = hint ? message.slice(0, -`\n  ${hint}`.length) : message;
  const said = new EngineError(code, pageWords(head), hint && pageWords(hint));
  return Object.assign(said, { cause: error });
}

/** What a call comes to, its errors in the words of a page. */
export const inPageWords = <T>(call: Promise<T>): Promise<T> =>
  call.catch((error: unknown) => {
    throw pageError(error);
  });

/** Options whose warnings come in the words of a page. */
export function warningsInPageWords<T extends { onWarning?(text: string): void }>(options: T): T {
  return options.onWarning
    ? { ...options, onWarning: (text: string) => options.onWarning?.(pageWords(text)) }
    : options;
}
