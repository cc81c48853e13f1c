// The calls `texture` and `run`, the same in Node and in browsers but for the platform.
import { EngineError } from '../base/errors';
import type { Raster } from '../base/raster';
import { VERSION } from '../base/version';
import { Device } from '../gpu/device';
import { type Choices, Tuning } from '../gpu/tune';
import type { Net } from '../nets/weights';
import { builtinRecipe } from '../recipes/builtin';
import { fillRecipe, type Recipe, type RecipeText } from '../recipes/recipe';
import { checkRecipe } from '../recipes/resolve';
import { run } from '../recipes/run';
import { fillTexture } from '../recipes/texture';
import { fillSettings, type TextureSettingsText } from '../recipes/texture_settings';
import type { CallOptions, Inputs, RecipeLike, RecipeOptions, TextureOptions } from './options';
import type { Making } from './picture';
import type { ApiPlatform, ReadPicture } from './platform';

/** More pixels say nothing more of a style, and cost time and memory at every step. */
const STYLE_PIXELS = 2 ** 20;
const CONTENT_PIXELS = 2 ** 24;
/** A style with a side below this shows no texture. */
const STYLE_SIDE = 16;
/** Seconds that `tune: 'now'` may take. */
const TUNE_SECONDS = 30;

export interface Worked extends Making {
  readonly raster: Raster;
}

/** `texture()` of a platform. */
export function textureOn<Source>(
  platform: ApiPlatform<Source>,
  image: Source,
  options: TextureOptions,
): Promise<Worked> {
  const { recipe, size, seed, tile, steps, scales, canvas, layers, pooling, net, ...call } = options;
  const named = typeof net === 'object' ? net.name : net;
  const given = {
    size: typeof size === 'number' ? ([size, size] as const) : size,
    ...{ seed, tile, steps, scales, canvas, layers, pooling, net: named },
  };
  const wishes = Object.fromEntries(Object.entries(given).filter(([, v]) => v !== undefined)) as TextureSettingsText;
  fillSettings(wishes); // what is wrong is said in the words of the options
  const patches = named === undefined || named === 'patches';
  const base = typeof recipe === 'object' ? recipe : builtinRecipe(recipe ?? (patches ? 'texture' : 'texture-net'));
  return runOn(platform, fillTexture(base, wishes), { style: image }, { ...call, net: patches ? undefined : net });
}

/** `run()` of a platform. */
export async function runOn<Source>(
  platform: ApiPlatform<Source>,
  wanted: RecipeLike,
  inputs: Inputs<Source>,
  options: RecipeOptions,
): Promise<Worked> {
  const { signal, stop } = options;
  signal?.throwIfAborted();
  const warn = (text: string): void => (options.onWarning ?? options.onNotice)?.(text);
  const found = typeof wanted === 'object' && 'recipe' in wanted ? wanted : undefined;
  const filled = fillRecipe(changed(recipeText(wanted), options));
  const named = typeof options.net === 'object' ? withNet(filled, options.net) : filled;
  const recipe = options.net === undefined ? platform.nameNet(named, warn) : named;
  const sources = inputs instanceof Map ? inputs : new Map(Object.entries(inputs));
  checkRecipe(recipe, [...sources.keys()]);
  const pictures = await readAll(platform, recipe, sources, { signal, warn });
  const net = await netFor(platform, recipe, options.net);
  if (net?.guessed) warn(net.guessed);
  signal?.throwIfAborted();

  const given = options.device;
  const device =
    given instanceof Device ? given : await platform.open({ ...(given !== undefined && { device: given }) });
  try {
    signal?.throwIfAborted();
    const rasters = new Map([...pictures].map(([name, p]) => [name, p.raster]));
    const pinned = found?.adapter === device.adapter.description ? found.tuned : undefined;
    await tune(platform, device, { recipe, rasters, net, pinned, options });
    signal?.throwIfAborted();
    const result = await run(device, recipe, rasters, { ...options, net, signal: stop, abort: signal });
    signal?.throwIfAborted();
    const { description: name, software } = device.adapter;
    const used = device.tuning?.used() ?? {};
    const tuned = Object.keys(used).length > 0 && { tuned: used };
    const record = {
      version: VERSION,
      recipe: { ...result.recipe, inputs: recordedInputs(pictures) },
      adapter: { name, software, ...tuned },
    };
    const { raster, stages, stopped, moved } = result;
    return { raster, stages, stopped, moved, record };
  } finally {
    if (device !== given) device.close();
  }
}

function recipeText(wanted: RecipeLike): unknown {
  if (typeof wanted === 'string') return builtinRecipe(wanted);
  return 'recipe' in wanted ? wanted.recipe : wanted;
}

function changed(recipe: unknown, { seed, size }: RecipeOptions): unknown {
  if (typeof recipe !== 'object' || recipe === null) return recipe;
  return { ...(recipe as RecipeText), ...(seed !== undefined && { seed }), ...(size !== undefined && { size }) };
}

function withNet(recipe: Recipe, net: Net): Recipe {
  if (recipe.net === undefined) return recipe;
  return { ...recipe, net: typeof recipe.net === 'object' ? { ...recipe.net, name: net.name } : net.name };
}

async function netFor<Source>(
  platform: ApiPlatform<Source>,
  recipe: Recipe,
  given: Net | string | undefined,
): Promise<Net | null> {
  if (recipe.net === undefined) return null;
  if (typeof given === 'object') return given;
  return platform.loadNet(given ?? (typeof recipe.net === 'object' ? recipe.net.name : recipe.net));
}

async function readAll<Source>(
  platform: ApiPlatform<Source>,
  recipe: Recipe,
  sources: ReadonlyMap<string, Source>,
  { signal, warn }: { readonly signal: AbortSignal | undefined; warn(text: string): void },
): Promise<Map<string, ReadPicture>> {
  const pictures = new Map<string, ReadPicture>();
  for (const [name, source] of sources) {
    const kept = name === recipe.content || name === recipe.pin?.picture;
    const picture = await platform.read(source, {
      name,
      most: kept ? CONTENT_PIXELS : STYLE_PIXELS,
      least: recipe.styles.some((s) => s.input === name) ? STYLE_SIDE : 1,
      alpha: name === recipe.content,
      signal,
      onWarning: warn,
    });
    const before = recipe.inputs[name];
    const was = typeof before === 'object' ? before.sha256 : undefined;
    if (was !== undefined && picture.sha256 !== undefined && picture.sha256 !== was) {
      warn(`input ${name} is not the file that the recipe was run with: the picture will be another`);
    }
    pictures.set(name, picture);
    signal?.throwIfAborted();
  }
  return pictures;
}

/** A picture that was no file is recorded by its name alone; whoever runs it again has to say where it is. */
function recordedInputs(pictures: ReadonlyMap<string, ReadPicture>): Recipe['inputs'] {
  return Object.fromEntries(
    [...pictures].map(([name, { path = name, sha256 }]) => [name, { path, ...(sha256 !== undefined && { sha256 }) }]),
  );
}

interface TuneJob {
  readonly recipe: Recipe;
  readonly rasters: ReadonlyMap<string, Raster>;
  readonly net: Net | null;
  readonly pinned: Choices | undefined;
  readonly options: CallOptions;
}

/** Gives the device what its plans are to choose by. */
async function tune<Source>(platform: ApiPlatform<Source>, device: Device, job: TuneJob): Promise<void> {
  const { options, pinned } = job;
  const { description, software } = device.adapter;
  const warn = (text: string): void => (options.onWarning ?? options.onNotice)?.(text);
  if (options.tune === undefined && pinned) device.tuning = new Tuning(description, [], pinned);
  const mode = options.tune ?? (software || device.tuning ? 'off' : 'cached');
  if (mode === 'off') return;
  const store = platform.tuneStore();
  const tuning = new Tuning(description, await store.read(warn));
  device.tuning = tuning;
  if (mode === 'cached') return;
  const { tuneRecipe } = await import('../recipes/tune_recipe');
  const found = await tuneRecipe(device, job.recipe, job.rasters, {
    tuning,
    net: job.net,
    signal: options.signal,
    until: performance.now() + 1000 * TUNE_SECONDS,
    onWarning: warn,
  });
  if (found.records.length === 0) return;
  // Nothing is given up for a cache that cannot be written.
  await store.add(found.records).catch((cause: unknown) => {
    if (!(cause instanceof EngineError)) throw cause;
    warn(cause.message.split('\n')[0] ?? '');
  });
}
