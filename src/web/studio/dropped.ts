// What a file is that came onto the page, and what is inside.
import { EngineError } from '../../base/errors';
import { isNumbers, isPng } from '../../base/first_bytes';
import { readText } from '../../base/png_read';
import { isZip } from '../../base/zip';
import { findRecord } from '../../recipes/picture_record';
import { fillRecipe, type RecipeText, type StageRecipe } from '../../recipes/recipe';
import { methodsOf } from './settings';

export type FileKind = 'picture' | 'net' | 'recipe' | 'session' | 'other';

/** By the first bytes: names and types that come along are not to be trusted, but for text and networks. */
export async function kindOf(file: Blob & { readonly name?: string }): Promise<FileKind> {
  const head = new Uint8Array(await file.slice(0, 64).arrayBuffer());
  const text = new TextDecoder('latin1').decode(head);
  const picture =
    isPng(head) ||
    isNumbers(head) ||
    text.startsWith('\xff\xd8\xff') ||
    text.startsWith('GIF8') ||
    text.startsWith('BM') ||
    (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') ||
    /^ftyp(avif|avis|mif1|heic)/.test(text.slice(4, 12)) ||
    /^\s*(<\?xml[^>]*>\s*)?<svg/.test(text);
  if (picture) return 'picture';
  if (isZip(head)) return 'session';
  const [, ending = ''] = /\.(\w+)$/.exec(file.name?.toLowerCase() ?? '') ?? [];
  if (ending === 'onnx') return 'net';
  return ['json', 'yaml', 'yml'].includes(ending) ? 'recipe' : 'other';
}

/**
 * Whether the browser can show it: a file may begin like a picture and be damaged further on.
 * @throws EngineError `PictureError`
 */
export async function checkPicture(file: Blob, name: string): Promise<void> {
  if (isNumbers(new Uint8Array(await file.slice(0, 16).arrayBuffer()))) return; // read by toroid itself
  try {
    if (file.type === 'image/svg+xml') return;
    (await createImageBitmap(file)).close();
  } catch {
    const { fileKind } = await import('../../base/file_kinds');
    const kind = fileKind(new Uint8Array(await file.slice(0, 4096).arrayBuffer()));
    const what = kind
      ? `${kind.what}, which is not read`
      : 'not a picture that this browser can read, or it is damaged';
    throw new EngineError('PictureError', `${name} is ${what}`, kind?.remedy ?? 'Try another file.');
  }
}

/** A recipe that came in a file. */
export interface Loaded {
  readonly recipe: RecipeText;
  /** Files that it was run with, by the names of inputs. */
  readonly files: Readonly<Record<string, string>>;
}

/** Of a picture made by toroid. */
export interface Inside extends Loaded {
  /** The recipe from where the picture is, which is its input `canvas`; null for one that copies: it begins anew. */
  readonly goesOn: RecipeText | null;
  /** It was saved half-way, stopped, or changed on the way: the recipe alone makes another one. */
  readonly played: boolean;
}

/** Half-way, in octaves, to the rate that a run ends with: at its first one a finished picture becomes worse before it becomes better. */
const settled = (optimiser: StageRecipe['optimizer']): StageRecipe['optimizer'] =>
  'rate' in optimiser && 'final' in optimiser
    ? { ...optimiser, rate: optimiser.rate * Math.sqrt(optimiser.final) }
    : optimiser;

/** Text chunks come before the pixels; more than this is no recipe. */
const HEAD = 1 << 20;

/**
 * The recipe inside a picture. Null for pictures without one, or with one that this toroid cannot read: those are pictures
 * like any other.
 */
export async function recipeInside(file: Blob): Promise<Inside | null> {
  const bytes = new Uint8Array(await file.slice(0, HEAD).arrayBuffer());
  if (!isPng(bytes)) return null;
  const found = findRecord(readText(bytes));
  if (!found) return null;
  try {
    const { recipe, files } = loaded(found.recipe);
    const { inputs, scales, stages } = fillRecipe(recipe);
    const start = {
      canvas: 'picture(canvas)',
      inputs: { ...inputs, canvas: 'canvas' },
      scales: { ...scales, count: 1 },
      stages: stages.map((stage) => ({ ...stage, optimizer: settled(stage.optimizer) })),
    };
    const { stopped, halfway, changed } = found.run ?? {};
    return {
      recipe,
      files,
      goesOn: methodsOf(recipe).copies ? null : { ...recipe, ...start },
      played: Boolean(stopped ?? halfway ?? changed),
    };
  } catch {
    return null;
  }
}

/**
 * A recipe in a file of its own.
 * @throws EngineError `RecipeError` for what is none.
 */
export async function recipeIn(file: File): Promise<Loaded> {
  const text = await file.text();
  const data: unknown = /\.json$/i.test(file.name) ? parseJson(file.name, text) : await parseYaml(file.name, text);
  return loaded(data);
}

function loaded(data: unknown): Loaded {
  const { zoom: _, ...recipe } = fillRecipe(data as RecipeText);
  const paths = Object.entries(recipe.inputs).map(
    ([name, of]) => [name, typeof of === 'string' ? of : of.path] as const,
  );
  return { recipe, files: Object.fromEntries(paths.map(([name, path]) => [name, path.split(/[\\/]/).at(-1) ?? path])) };
}

function parseJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new EngineError('RecipeError', `${name} is not JSON: ${(cause as Error).message}`, 'Mend it there.');
  }
}

async function parseYaml(name: string, text: string): Promise<unknown> {
  const { parse } = await import('yaml');
  try {
    return parse(text, { maxAliasCount: 100 });
  } catch (cause) {
    throw new EngineError('RecipeError', `${name} is not YAML: ${(cause as Error).message}`, 'Mend it there.');
  }
}
