import { EngineError } from '../../base/errors';

export interface Token {
  readonly kind: 'number' | 'name' | 'text' | 'colour' | 'sign' | 'end';
  /** As written; of quoted text what is between the quotes. */
  readonly text: string;
  /** Index of its first character. */
  readonly at: number;
}

/** Longer than any expression that a person writes. */
export const MOST_CHARACTERS = 2000;
/** How much of a long expression an error shows around the place. */
const SHOWN = 72;

/** A RecipeError that says where: the column, and a line with a caret below it. */
export function initError(text: string, at: number, what: string, remedy = ''): EngineError {
  const before = [...text.slice(0, at)];
  const flat = [...text].map((c) => (/\s|\p{C}/u.test(c) ? ' ' : c));
  const from = Math.max(0, Math.min(before.length - SHOWN / 2, flat.length - SHOWN));
  const line = flat.slice(from, from + SHOWN).join('');
  const caret = `${' '.repeat(before.length - from)}^`;
  const where = `canvas: ${what} at column ${before.length + 1}.${remedy && ` ${remedy}`}`;
  return new EngineError('RecipeError', where, `${line}\n  ${caret}`);
}

const SPACE = /\s+/uy;
const PATTERNS: readonly [Token['kind'], RegExp][] = [
  ['number', /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y],
  ['name', /[\p{L}_][\p{L}\p{N}_]*/uy],
  ['text', /"[^"]*"|'[^']*'/y],
  ['colour', /#[0-9a-z]*/iy],
  ['sign', /[-+*/(),=]/y],
];

/** Cuts an expression into words, numbers and signs; the last token is the end. */
export function tokensOf(text: string): Token[] {
  if (text.length > MOST_CHARACTERS) {
    throw new EngineError(
      'RecipeError',
      `canvas: the expression has ${text.length} characters, but may have ${MOST_CHARACTERS}`,
      'Write a shorter one, or paint it in another program and use the picture.',
    );
  }
  const tokens: Token[] = [];
  const match = (pattern: RegExp, at: number): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  for (let at = 0; at < text.length; ) {
    const space = match(SPACE, at);
    if (space) {
      at += space.length;
      continue;
    }
    let found: Token | undefined;
    for (const [kind, pattern] of PATTERNS) {
      const word = match(pattern, at);
      if (!word) continue;
      found = { kind, text: kind === 'text' ? word.slice(1, -1) : word, at };
      at += word.length;
      break;
    }
    if (!found) throw strange(text, at);
    tokens.push(found);
  }
  tokens.push({ kind: 'end', text: '', at: text.length });
  return tokens;
}

function strange(text: string, at: number): EngineError {
  const char = String.fromCodePoint(text.codePointAt(at) ?? 0);
  if (char === '"' || char === "'") return initError(text, at, 'a quote is not closed');
  const meant: Record<string, string> = { '×': '*', '·': '*', '−': '-', '–': '-', '÷': '/', '^': '*', '%': '* 0.01' };
  const remedy = meant[char] ? `Write ${meant[char]} instead.` : 'Known are + - * / ( ) , = numbers and names.';
  return initError(text, at, `"${char}" means nothing`, remedy);
}
