import { didYouMean } from '../../base/did_you_mean';
import type { EngineError } from '../../base/errors';
import { type InitName, initName, initNames } from './names';
import { initError, type Token, tokensOf } from './tokens';
import { type InitExpression, type InitNode, numberOf, visit } from './tree';

export { type InitExpression, initInputs, initMatches } from './tree';

/** Brackets and minus signs inside one another. */
const DEEPEST = 32;
/** Generators, pictures and filters: each costs time and memory for a whole canvas. */
const MOST_NAMES = 32;

/**
 * Reads an expression of the init image, such as `50 + plasma * 0.5`, `match(plasma)` or `content * 0.8 + noise(bands=1) * 0.2`.
 *
 *     sum     = product (("+" | "-") product)*
 *     product = factor (("*" | "/") factor)*         what is divided by is a number
 *     factor  = "-" factor | "(" sum ")" | number | "#" hex | name ["(" arguments ")"]
 *
 * @param inputs names of the recipe's inputs, when they are known: any other name is then refused. Without them,
 *   `checkSeed` or `paintSeed` says later what is missing.
 * @throws EngineError `RecipeError` with the column and a caret below the text.
 */
export function parseInit(text: string, inputs?: readonly string[]): InitExpression {
  const e = { text, root: new Parser(text).whole() };
  if (inputs) checkInit(e, inputs);
  return e;
}

/** @throws EngineError `RecipeError` at the first name that is neither known nor an input of the recipe. */
export function checkInit({ text, root }: InitExpression, inputs: readonly string[]): void {
  visit(root, (node) => {
    if (node.kind === 'input' && !inputs.includes(node.input)) throw unknown(text, node.at, node.input, inputs);
  });
}

/** `inputs` undefined: the name stands before brackets, where no input would. */
function unknown(text: string, at: number, name: string, known: readonly string[] | undefined): EngineError {
  const inputs = known ?? [];
  const dashed = inputs.find((i) => i.includes('-') && text.startsWith(i, at));
  if (dashed) return initError(text, at, `unknown name "${name}"`, `Write picture(${dashed}) for that input.`);
  const near = didYouMean(name, [...initNames.map((n) => n.name), ...inputs]);
  const others = inputs.length > 0 ? ` or an input (${inputs.join(', ')})` : '; this recipe has no inputs';
  const list = known ? others : '';
  const remedy = near ? `Did you mean ${near}?` : `Known: ${initNames.map((n) => n.name).join(', ')}${list}.`;
  return initError(text, at, `unknown name "${name}"`, remedy);
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;
  #names = 0;
  readonly #occurrences = new Map<string, number>();

  constructor(readonly text: string) {
    this.#tokens = tokensOf(text);
  }

  whole(): InitNode {
    if (this.#peek().kind === 'end') throw this.#error(this.#peek(), 'an empty expression', 'Write plasma, for one.');
    const node = this.#sum();
    const rest = this.#peek();
    if (rest.kind === 'end') return node;
    if (rest.text === ')') throw this.#error(rest, 'a closing bracket too many');
    if (rest.text === ',' || rest.text === '=') throw this.#error(rest, `"${rest.text}" outside of brackets`);
    throw this.#error(rest, 'a + - * or / is missing');
  }

  #sum(): InitNode {
    let left = this.#product();
    for (;;) {
      const sign = this.#sign('+', '-');
      if (!sign) return left;
      left = { kind: 'binary', sign: sign.text as '+' | '-', left, right: this.#product(), at: sign.at };
    }
  }

  #product(): InitNode {
    let left = this.#factor();
    for (;;) {
      const sign = this.#sign('*', '/');
      if (!sign) return left;
      const right = this.#factor();
      if (sign.text === '/') {
        const by = numberOf(right);
        if (by === undefined) throw this.#error(sign, 'only a number can be divided by');
        if (by === 0) throw this.#error(sign, 'a division by 0');
      }
      left = { kind: 'binary', sign: sign.text as '*' | '/', left, right, at: sign.at };
    }
  }

  #factor(): InitNode {
    const token = this.#take();
    if (++this.#depth > DEEPEST) {
      throw this.#error(token, `more than ${DEEPEST} brackets or signs inside one another`);
    }
    const node = this.#factorAt(token);
    this.#depth--;
    return node;
  }

  #factorAt(token: Token): InitNode {
    const { at } = token;
    if (token.kind === 'number') {
      const v = this.#number(token);
      return { kind: 'colour', rgb: [v, v, v], number: true, at };
    }
    if (token.kind === 'colour') return { kind: 'colour', rgb: this.#hex(token), number: false, at };
    if (token.text === '-' && token.kind === 'sign') return { kind: 'negate', of: this.#factor(), at };
    if (token.text === '(' && token.kind === 'sign') {
      const inner = this.#sum();
      this.#close(token);
      return inner;
    }
    if (token.kind === 'name') return this.#name(token);
    if (token.kind === 'text') throw this.#error(token, 'a quoted name', `Write picture("${token.text}").`);
    throw this.#error(token, token.kind === 'end' ? 'something is missing' : `"${token.text}" in place of a value`);
  }

  #name(token: Token): InitNode {
    const { text: name, at } = token;
    if (++this.#names > MOST_NAMES) throw this.#error(token, `more than ${MOST_NAMES} names`);
    const known = initName(name);
    const open = this.#sign('(');
    if (!known) {
      if (open) throw unknown(this.text, at, name, undefined);
      return { kind: 'input', name: 'picture', input: name, occurrence: 0, at };
    }
    const lacks = (): EngineError => this.#error(token, `${name} needs brackets`, `Write ${known.usage}.`);
    if (known.of === 'input') {
      if (!open) throw lacks();
      const input = this.#inputName(open);
      return { kind: 'input', name: name as 'picture', input: input.text, occurrence: this.#count(name), at: input.at };
    }
    if (known.of === 'expression') {
      if (!open) throw lacks();
      const of = this.#sum();
      const more = this.#sign(',') !== undefined;
      const options = this.#options(known, more ? open : undefined);
      if (!more) this.#close(open);
      return { kind: 'filter', name: name as 'match', of, options, at };
    }
    if (name === 'rgb') {
      if (!open) throw lacks();
      const given = this.#options(known, open);
      if (given.size < 3) throw this.#error(token, 'rgb needs three numbers', `Write ${known.usage}.`);
      const [r = 0, g = 0, b = 0] = known.options.map((o) => given.get(o.name) ?? 0);
      return { kind: 'colour', rgb: [r, g, b], number: false, at };
    }
    const options = this.#options(known, open);
    return { kind: 'generator', name: name as 'noise', options, occurrence: this.#count(name), at };
  }

  /** All up to the closing bracket: names of inputs may have - in them. */
  #inputName(open: Token): { readonly text: string; readonly at: number } {
    const first = this.#take();
    if (first.kind !== 'name' && first.kind !== 'text') throw this.#error(first, 'the name of an input is missing');
    let end = this.#peek();
    while (first.kind === 'name' && (end.kind === 'name' || end.kind === 'number' || end.text === '-')) {
      this.#next++;
      end = this.#peek();
    }
    this.#close(open);
    const text = first.kind === 'text' ? first.text : this.text.slice(first.at, end.at).trim();
    return { text, at: first.at };
  }

  /** Numbers by place, then by name, up to the closing bracket; with no bracket, none. Only what was given. */
  #options(known: InitName, open: Token | undefined): Map<string, number> {
    const given = new Map<string, number>();
    if (!open || this.#sign(')')) return given;
    let named = false;
    do {
      const first = this.#peek();
      let option = known.options[given.size];
      if (first.kind === 'name' && this.#tokens[this.#next + 1]?.text === '=') {
        this.#next += 2;
        named = true;
        const names = known.options.map((o) => o.name);
        option = known.options.find((o) => o.name === first.text);
        const near = didYouMean(first.text, names);
        const remedy = near ? `Did you mean ${near}?` : `Write ${known.usage}.`;
        if (!option) throw this.#error(first, `${known.name} has no option "${first.text}"`, remedy);
        if (given.has(option.name)) throw this.#error(first, `${option.name} is given twice`);
      } else if (named) {
        throw this.#error(first, 'a number without a name after one with', `Write ${known.usage}.`);
      }
      if (!option) throw this.#error(first, `${known.name} has too many numbers`, `Write ${known.usage}.`);
      const start = this.#peek();
      const value = this.#plainNumber();
      const { lo, hi, name } = option;
      if (!(value >= lo && value <= hi)) throw this.#error(start, `${name} is ${value}, but goes from ${lo} to ${hi}`);
      if (option.whole && !Number.isInteger(value)) throw this.#error(start, `${name} is ${value}, not a whole number`);
      if (name === 'bands' && value === 2) throw this.#error(start, 'bands is 2', 'It is 1 (grey) or 3.');
      given.set(name, value);
    } while (this.#sign(','));
    this.#close(open);
    return given;
  }

  /** A number, with a minus sign or without. Options are not computed. */
  #plainNumber(): number {
    const minus = this.#sign('-');
    const token = this.#take();
    if (token.kind !== 'number') throw this.#error(token, 'a number is missing');
    return (minus ? -1 : 1) * this.#number(token);
  }

  #number(token: Token): number {
    const value = Number(token.text);
    if (Math.abs(value) > 1e9) throw this.#error(token, `${token.text} is too large`, 'White is 255.');
    return value;
  }

  #hex(token: Token): [number, number, number] {
    const digits = token.text.slice(1);
    if (!/^([0-9a-f]{3}|[0-9a-f]{6})$/i.test(digits)) {
      throw this.#error(token, `${token.text} is no colour`, 'Write # and 6 digits or letters a to f: #7f5a30.');
    }
    const full = digits.length === 3 ? digits.replace(/./g, '$&$&') : digits;
    const part = (k: number): number => Number.parseInt(full.slice(2 * k, 2 * k + 2), 16);
    return [part(0), part(1), part(2)];
  }

  #count(name: string): number {
    const n = this.#occurrences.get(name) ?? 0;
    this.#occurrences.set(name, n + 1);
    return n;
  }

  #close(open: Token): void {
    if (this.#sign(')')) return;
    const token = this.#peek();
    if (token.kind === 'end') throw this.#error(open, 'no closing bracket for the one');
    throw this.#error(token, `"${token.text}" in place of a closing bracket`);
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', text: '', at: this.text.length };
  }

  #take(): Token {
    const token = this.#peek();
    this.#next++;
    return token;
  }

  /** Takes the next token if it is one of these signs. */
  #sign(...signs: string[]): Token | undefined {
    const token = this.#peek();
    if (token.kind !== 'sign' || !signs.includes(token.text)) return undefined;
    this.#next++;
    return token;
  }

  #error(token: Token, what: string, remedy?: string): EngineError {
    return initError(this.text, token.at, what, remedy);
  }
}
