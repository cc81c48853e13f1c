// The pictures of a recipe: how large, with or without opacity, and whether they are the files that they were.
import { EngineError } from '../base/errors';
import type { Raster } from '../base/raster';
import { input } from '../base/wording';
import type { Corners } from '../copy/rectify';
import type { Recipe } from '../recipes/recipe';
import { inputPlaces } from '../recipes/resolve';
import type { Platform, ReadOptions, ReadPicture } from './platform';

/** A picture that a recipe names. */
export interface Input extends ReadPicture {
  readonly name: string;
}

/** More pixels say nothing more of a style, and cost time and memory at every step. */
const STYLE_PIXELS = 2 ** 20;
const CONTENT_PIXELS = 2 ** 24;
/** A style with a side below this shows no texture. */
const STYLE_SIDE = 16;

/** How an input of a recipe is read. Pictures that the result is laid over or made of keep their pixels. */
export function inputPolicy(recipe: Recipe, name: string): Pick<ReadOptions, 'most' | 'least' | 'alpha'> {
  const shown = name === recipe.content || name === recipe.pin?.picture;
  const copied = recipe.stages.some((stage) => stage.method === 'copy');
  return {
    most: shown || copied ? CONTENT_PIXELS : STYLE_PIXELS,
    least: recipe.styles.some((s) => s.input === name) ? STYLE_SIDE : 1,
    alpha: name === recipe.content || (copied && recipe.styles.some((s) => s.input === name)),
  };
}

/** The size of a picture of at most `most` pixels, its proportions kept. */
export function shrunkSize(
  width: number,
  height: number,
  { most, least }: Pick<ReadOptions, 'most' | 'least'>,
): readonly [width: number, height: number] {
  const factor = Math.min(1, Math.sqrt(most / (width * height)));
  if (factor === 1) return [width, height];
  return [Math.max(least, Math.round(width * factor)), Math.max(least, Math.round(height * factor))];
}

/** What to say of a picture that is shrunk. */
export const shrunkText = (name: string, [w, h]: readonly number[], [sw, sh]: readonly number[]): string =>
  `${name} is ${w}x${h}: shrunk to ${sw}x${sh} before it is looked at; crop it to keep its finest detail`;

/** A picture as it is read; where there are corners the part between them, straightened. */
export const readStraight = async <Source>(
  platform: Pick<Platform<Source>, 'readPicture'>,
  source: Source,
  options: ReadOptions,
  corners: Corners | undefined,
): Promise<ReadPicture> =>
  corners
    ? (await import('./straightened')).readStraightened(platform, source, options, corners)
    : platform.readPicture(source, options);

export interface ReadInputsOptions {
  readonly signal?: AbortSignal | undefined;
  /** Names of the pictures that the caller chose; others are where the recipe says. Default: all. */
  readonly given?: ReadonlySet<string>;
  /** The run goes on from a checkpoint. */
  readonly resuming?: boolean;
  warn(text: string): void;
}

/**
 * Reads pictures, in the order given. For a picture that is not the file recorded in the recipe there is one rule
 * everywhere: a run that goes on from a checkpoint refuses it, because its beginning was of another picture; a replay
 * takes it with a warning where the caller chose it, and refuses it where it was found by its recorded path alone.
 * @throws EngineError `CheckpointError` or `RecipeError` by that rule; what `Platform.readPicture` throws.
 */
export async function readInputs<Source>(
  platform: Pick<Platform<Source>, 'readPicture'>,
  recipe: Recipe,
  sources: ReadonlyMap<string, Source>,
  options: ReadInputsOptions,
): Promise<Input[]> {
  const { signal, warn } = options;
  const inputs: Input[] = [];
  for (const [name, source] of sources) {
    const reading = { name, ...inputPolicy(recipe, name), signal, onWarning: warn };
    const picture = await readStraight(platform, source, reading, recipe.rectify?.[name]);
    signal?.throwIfAborted();
    checkSame(name, recipe.inputs[name], typeof source === 'string' ? source : picture.path, picture.sha256, options);
    inputs.push({ name, ...picture });
  }
  const { retouch } = recipe;
  if (!retouch) return inputs;
  const { retouched } = await import('../recipes/retouch');
  return inputs.map((input) => {
    const how = retouch[input.name];
    if (!how) return input;
    const colours = inputs.find(({ name }) => name === how.match?.to)?.raster;
    return { ...input, raster: retouched(input.raster, how, colours) };
  });
}

function checkSame(
  name: string,
  recorded: Recipe['inputs'][string] | undefined,
  path: string | undefined,
  is: string | undefined,
  { given, resuming = false, warn }: ReadInputsOptions,
): void {
  const was = typeof recorded === 'object' ? recorded.sha256 : undefined;
  if (was === undefined || is === undefined || is === was) return;
  const hashes = `its sha256 is ${is.slice(0, 12)}..., not ${was.slice(0, 12)}...`;
  const file = path ?? name;
  if (resuming) {
    throw new EngineError(
      'CheckpointError',
      `input ${name}: ${file} is not the file that the run began with (${hashes})`,
      'Give that file, or start the run afresh.',
    );
  }
  if (given === undefined || given.has(name)) {
    warn(`input ${name} is not the file that the recipe was run with: the picture will be another`);
    return;
  }
  throw new EngineError(
    'RecipeError',
    `input ${name}: ${file} is not the file it was (${hashes})`,
    `To use it all the same, give ${input(name, file)}`,
  );
}

/** Names of the inputs that a recipe's settings mention. */
export function wantedInputs(recipe: Recipe): string[] {
  return [...new Set([...Object.keys(recipe.inputs), ...inputPlaces(recipe).map(([, name]) => name)])];
}

/** Those of them that are masks: a person can paint these. */
export function maskInputs(recipe: Recipe): string[] {
  const masks = inputPlaces(recipe).filter(([path]) => /(mask|from|pin)\.input$/.test(path));
  return [...new Set(masks.map(([, name]) => name))];
}

export const rastersOf = (inputs: readonly Input[]): ReadonlyMap<string, Raster> =>
  new Map(inputs.map((i) => [i.name, i.raster]));
