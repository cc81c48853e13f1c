/** Colours of terminals, by their codes. */
const CODES = { red: 31, green: 32, yellow: 33 } as const;

/** Whether a stream is a terminal that shows colours, where nobody said otherwise: https://no-color.org. */
export const showsColour = (
  { isTTY }: { readonly isTTY?: boolean },
  env: { readonly [name: string]: string | undefined } = process.env,
): boolean => isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';

/** The text in a colour where the stream shows it, else as it is. */
export const coloured = (
  text: string,
  colour: keyof typeof CODES,
  stream: { readonly isTTY?: boolean } = process.stderr,
  env?: { readonly [name: string]: string | undefined },
): string => (showsColour(stream, env) ? `\x1b[${CODES[colour]}m${text}\x1b[39m` : text);
