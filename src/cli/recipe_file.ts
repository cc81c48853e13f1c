import { readFileSync } from 'node:fs';
import { basename, dirname, extname } from 'node:path';
import { didYouMean } from '../base/did_you_mean';
import { EngineError } from '../base/errors';
import type { Choices } from '../gpu/tune';
import { lookUp, notThere, reason } from '../node/files';
import { readMetadata } from '../node/picture';
import { builtinRecipe, builtinRecipes } from '../recipes/builtin';
import { findRecord, type RunFacts } from '../recipes/picture_record';
import { commandRecord } from './made_by';

/** A recipe as it was found, not checked yet. */
export interface FoundRecipe {
  readonly value: unknown;
  /** Folder that paths of its inputs are relative to; null for a recipe that comes with toroid. */
  readonly folder: string | null;
  /** What to name a result after. */
  readonly name: string;
  /** The adapter it ran on, for a picture's recipe. */
  readonly adapter?: string;
  /** And the choices of kernels it made there. */
  readonly tuned?: Choices;
  readonly version?: string;
  readonly run?: RunFacts;
}

/** A recipe is text for people: one beyond this is something else. */
const MOST_BYTES = 1 << 20;
const PICTURES = ['.png', '.webp', '.jpg', '.jpeg', '.tif', '.tiff', '.gif'];

/**
 * Finds a recipe: the name of one that comes with toroid, a .json or .yaml file, or a picture that toroid wrote.
 * @throws EngineError `RecipeError` for what is none, with line and column where it cannot be read.
 */
export async function findRecipe(name: string): Promise<FoundRecipe> {
  const suffix = extname(name).toLowerCase();
  const stat = lookUp(name);
  const builtin = builtinRecipes.some((r) => r.name === name);
  if (stat?.isDirectory() && !builtin) {
    throw new EngineError('RecipeError', `${name} is a folder, not a recipe`, 'Name a file in it.');
  }
  if (suffix === '' && !stat?.isFile()) return { value: builtinRecipe(name), folder: null, name };
  if (!stat) {
    const near = didYouMean(
      basename(name, suffix),
      builtinRecipes.map((r) => r.name ?? ''),
    );
    if (near === undefined) throw notThere(name);
    throw new EngineError('RecipeError', `there is no file ${name}`, `Did you mean the recipe ${near} (no suffix)?`);
  }
  const place = { folder: dirname(name), name: basename(name, extname(name)) };
  if (PICTURES.includes(suffix)) return { ...(await fromPicture(name)), ...place };
  if (stat.size > MOST_BYTES) {
    throw new EngineError(
      'RecipeError',
      `${name} has ${stat.size} bytes: that is no recipe`,
      'A recipe is a small JSON or YAML file.',
    );
  }
  let text: string;
  try {
    text = readFileSync(name, 'utf8').replace(/^\uFEFF/, '');
  } catch (cause) {
    throw new EngineError('RecipeError', `cannot read ${name}: ${reason(cause)}`, 'Check the path.');
  }
  const value = suffix === '.yaml' || suffix === '.yml' ? await parseYaml(name, text) : parseJson(name, text);
  return { value, ...place };
}

async function fromPicture(path: string): Promise<Omit<FoundRecipe, 'folder' | 'name'>> {
  const text = (await readMetadata(path)).toroid;
  const foreign = new EngineError(
    'RecipeError',
    `${path} holds no recipe: it was not made by toroid, or another program has saved it since`,
    'Give a picture as toroid wrote it, or a recipe file.',
  );
  if (text === undefined) throw foreign;
  const made = commandRecord(text);
  if (made)
    throw new EngineError(
      'RecipeError',
      `${path} was made by toroid ${made.command}, without a recipe`,
      `Make it again with: toroid run ${path}`,
    );
  const found = findRecord({ toroid: text });
  if (!found) throw foreign;
  const { recipe: value, adapter, tuned, ...more } = found;
  return { value, ...more, ...(adapter !== undefined && { adapter, tuned: tuned ?? {} }) };
}

function parseJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new EngineError('RecipeError', `${name} is not JSON: ${jsonFault(text, cause as Error)}`, 'Mend it there.');
  }
}

/**
 * What is wrong, with line and column. V8 tells the place of some faults only: it is where the longest part that could
 * still be the beginning of JSON ends.
 */
function jsonFault(text: string, { message }: Error): string {
  const faultOf = (part: string): Error | null => {
    try {
      JSON.parse(part);
      return null;
    } catch (error) {
      return error as Error;
    }
  };
  // Faults at the very end of a part are for lack of the rest.
  const hopeless = (length: number): boolean => {
    const fault = faultOf(text.slice(0, length))?.message;
    if (fault === undefined || fault.startsWith('Unexpected end')) return false;
    return Number(/position (\d+)/.exec(fault)?.[1] ?? -1) < length;
  };
  let [sound, length] = [0, text.length + 1];
  while (sound + 1 < length) {
    const middle = (sound + length) >> 1;
    if (hopeless(middle)) length = middle;
    else sound = middle;
  }
  const before = text.slice(0, sound).split('\n');
  const what = message
    .replace(/ in JSON at position.*$/s, '')
    .replace(/, (\.\.\.)?".*is not valid JSON$/s, '')
    .replace(/ of JSON input$/, '');
  return `${what}, line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
}

async function parseYaml(name: string, text: string): Promise<unknown> {
  const { parseDocument } = await import('yaml'); // only who writes YAML pays for it
  try {
    const document = parseDocument(text, { prettyErrors: true });
    const [fault] = document.errors;
    if (!fault) return document.toJS({ maxAliasCount: 100 });
    if (/call stack/.test(fault.message)) throw new RangeError(fault.message);
    throw new EngineError('RecipeError', `${name} is not YAML: ${fault.message.split(/:?\n/)[0]}`, 'Mend it there.');
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    if (cause instanceof RangeError) {
      throw new EngineError('RecipeError', `${name}: too many brackets inside one another`, 'A recipe needs few.');
    }
    throw new EngineError('RecipeError', `${name}: ${(cause as Error).message}`, 'Write it without so many aliases.');
  }
}

/**
 * Changes values in a recipe: `stages[0].losses[1].weight=2`, `seed=7`, `net=vgg19`. A value is JSON where it can be
 * read as that, and else a text. What the recipe then means is checked as a whole.
 * @throws EngineError `RecipeError` for a path that leads nowhere.
 */
export function setValues(value: unknown, sets: readonly string[]): unknown {
  return sets.reduce((root, set) => {
    const cut = set.indexOf('=');
    if (cut < 1)
      throw new EngineError('RecipeError', `--set ${set}: wants path=value`, 'Such as --set stages[0].steps=50.');
    return assigned(root, pathOf(set.slice(0, cut)), literal(set.slice(cut + 1)), set);
  }, value);
}

export function literal(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** `stages[0].losses[1].weight` or `stages.0.losses.1.weight` as keys. */
export function pathOf(text: string): string[] {
  const keys = text
    .replaceAll(/\[(\d+)\]/g, '.$1')
    .split('.')
    .filter((k) => k !== '');
  if (keys.length === 0 || keys.some((k) => ['__proto__', 'constructor', 'prototype'].includes(k))) {
    throw new EngineError('RecipeError', `"${text}" is no path in a recipe`, 'Such as stages[0].losses[1].weight.');
  }
  return keys;
}

/** A copy of `root` with the value at `keys`; missing groups are made on the way, a list grows by one at most. */
function assigned(root: unknown, keys: readonly string[], value: unknown, set: string): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) return value;
  if (Array.isArray(root)) {
    const k = Number(key);
    if (!Number.isInteger(k) || k < 0 || k > root.length) {
      throw new EngineError(
        'RecipeError',
        `--set ${set}: ${key} is no place in a list of ${root.length}`,
        root.length > 0 ? `Use 0 to ${root.length - 1}, or ${root.length} for one more.` : 'Use 0.',
      );
    }
    const copy: unknown[] = [...root];
    copy[k] = assigned(copy[k], rest, value, set);
    return copy;
  }
  if (root !== undefined && (typeof root !== 'object' || root === null)) {
    // A text or number is replaced by a group when something inside it is set: net=vgg19 and net.pooling=l2.
    return { [key]: assigned(undefined, rest, value, set) };
  }
  const group = (root ?? {}) as Record<string, unknown>;
  return { ...group, [key]: assigned(Object.hasOwn(group, key) ? group[key] : undefined, rest, value, set) };
}
