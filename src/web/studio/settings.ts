// What a person has chosen, how it becomes a recipe, and how it is kept in the page's address.
import { MATERIALS, type MaterialPreset } from '../../material/choices';
import { builtinRecipe, builtinRecipes } from '../../recipes/builtin';
import type { RecipeText } from '../../recipes/recipe';
import type { Given } from './given';

export type Tile = 'both' | 'x' | 'y' | 'none';

export interface Settings {
  /** Name of a built-in recipe. */
  readonly preset: string;
  /** The longer side, pixels; null: what the recipe says. */
  readonly size: number | null;
  readonly seed: number;
  /** Null: what the recipe says. */
  readonly tile: Tile | null;
  /** At each scale; null: what the recipe says. */
  readonly steps: number | null;
  /** Of copying, 0..1; null: what the recipe says. */
  readonly variety: number | null;
  /** Name of a network kept in the browser; null: what the recipe says. */
  readonly net: string | null;
  /** A material is wanted, of a surface of that kind; null: a picture. */
  readonly material: MaterialPreset | null;
  /** `stage.loss` to a factor on its weight. */
  readonly factors: Readonly<Record<string, number>>;
}

export const usual: Settings = {
  preset: 'texture-copy',
  size: null,
  seed: 1,
  tile: null,
  steps: null,
  variety: null,
  net: null,
  material: null,
  factors: {},
};

export const SURFACES: readonly MaterialPreset[] = ['any', ...MATERIALS];
export const TILES: readonly Tile[] = ['both', 'x', 'y', 'none'];
export const SIZES: { readonly least: number; readonly most: number } = { least: 32, most: 4096 };

/** Whether a stage of the recipe copies, and whether one optimises. */
export function methodsOf({ stages }: RecipeText): { readonly copies: boolean; readonly optimises: boolean } {
  const copies = stages.some((s) => s.method === 'copy');
  return { copies, optimises: stages.some((s) => s.method !== 'copy') };
}

/** A loss of a recipe as the page shows it: a slider for its weight. */
export interface Term {
  /** `0.1`: the second loss of the first stage. */
  readonly key: string;
  readonly kind: string;
  /** Of which there are several. */
  readonly stage: string | null;
  readonly weight: number;
}

/** The losses of a recipe that are weighed against others of their stage. */
export function termsOf(recipe: RecipeText): Term[] {
  return recipe.stages.flatMap((stage, s) =>
    (stage.losses?.length === 1 ? [] : (stage.losses ?? [])).map((loss, l) => ({
      key: `${s}.${l}`,
      kind: loss.kind,
      stage: recipe.stages.length > 1 ? (stage.name ?? `part ${s + 1}`) : null,
      weight: 'weight' in loss && typeof loss.weight === 'number' ? loss.weight : 1,
    })),
  );
}

/** The longer side of a recipe, as it is unless chosen otherwise. */
export const longerOf = ({ size = 256 }: RecipeText): number => (typeof size === 'number' ? size : Math.max(...size));

/** The size of a recipe with another longer side: a pair keeps its proportions. */
function scaledSize(size: RecipeText['size'], longer: number | null): RecipeText['size'] {
  if (longer === null) return size;
  if (size === undefined || typeof size === 'number') return longer;
  const factor = longer / Math.max(...size);
  return [Math.round(size[0] * factor), Math.round(size[1] * factor)];
}

/** The section `material` of a recipe for a surface of that kind. */
export function materialOf(base: RecipeText, kind: MaterialPreset): NonNullable<RecipeText['material']> {
  const { preset: _, ...rest } = base.material ?? {};
  return kind === 'any' ? rest : { ...rest, preset: kind };
}

/** The input that has the colours for another. */
const coloursFor = (name: string): string => `${name}-colours`;

/** With what is done to pictures as they are read. */
export function changing(recipe: RecipeText, inputs: Readonly<Record<string, Given>>): RecipeText {
  const changed = Object.entries(inputs).flatMap(([name, { as }]) => (as ? [[name, as] as const] : []));
  const corners = changed.flatMap(([name, { corners: its }]) => (its ? [[name, its] as const] : []));
  const retouch = changed.flatMap(([name, { flatten = 0, colours, strength }]) => {
    const match = { to: coloursFor(name), ...(strength !== undefined && { strength }) };
    return flatten > 0 || colours ? [[name, { flatten, ...(colours && { match }) }] as const] : [];
  });
  return {
    ...recipe,
    ...(corners.length > 0 && { rectify: { ...recipe.rectify, ...Object.fromEntries(corners) } }),
    ...(retouch.length > 0 && { retouch: { ...recipe.retouch, ...Object.fromEntries(retouch) } }),
  };
}

/** Pictures, and those whose colours they take on. */
export const withColours = (inputs: Readonly<Record<string, Given>>): Readonly<Record<string, Given>> => ({
  ...inputs,
  ...Object.fromEntries(
    Object.entries(inputs).flatMap(([name, { as }]) => (as?.colours ? [[coloursFor(name), as.colours]] : [])),
  ),
});

/** The recipe that these settings ask for. `own`: a recipe that came in a picture, in place of the preset's. */
export function recipeOf(settings: Settings, own: RecipeText | null = null): RecipeText {
  const base = own ?? builtinRecipe(settings.preset);
  return {
    ...base,
    size: scaledSize(base.size, settings.size),
    seed: settings.seed,
    ...(settings.tile !== null && { tile: settings.tile }),
    ...(settings.material !== null && { material: materialOf(base, settings.material) }),
    ...(settings.net !== null && base.net !== undefined && { net: settings.net }),
    stages: base.stages.map((stage, s) => ({
      ...stage,
      ...(stage.method === 'copy'
        ? settings.variety !== null && { copy: { ...stage.copy, variety: settings.variety } }
        : settings.steps !== null && { steps: settings.steps }),
      losses: (stage.losses ?? []).map((loss, l) => {
        const factor = settings.factors[`${s}.${l}`] ?? 1;
        const weight = 'weight' in loss && typeof loss.weight === 'number' ? loss.weight : 1;
        return factor === 1 ? loss : { ...loss, weight: weight * factor };
      }),
    })),
  };
}

/** Settings as the part of an address behind #. What is usual is left out: a fresh page has a plain address. */
export function toAddress(s: Settings): string {
  const out = new URLSearchParams();
  if (s.preset !== usual.preset) out.set('preset', s.preset);
  if (s.size !== null) out.set('size', `${s.size}`);
  if (s.seed !== usual.seed) out.set('seed', `${s.seed}`);
  if (s.tile !== null) out.set('tile', s.tile);
  if (s.steps !== null) out.set('steps', `${s.steps}`);
  if (s.variety !== null) out.set('variety', `${s.variety}`);
  if (s.net !== null) out.set('net', s.net);
  if (s.material !== null) out.set('material', s.material);
  const factors = Object.entries(s.factors).filter(([, f]) => f !== 1);
  if (factors.length > 0) out.set('weights', factors.map(([k, f]) => `${k}:${Number(f.toPrecision(4))}`).join(','));
  return out.toString();
}

/** Settings from an address that anybody may have written: what makes no sense is left as usual. */
export function fromAddress(hash: string): Settings {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const whole = (name: string, low: number, high: number): number | null => {
    const text = given.get(name);
    const n = Number(text);
    return text !== null && text !== '' && Number.isInteger(n) && n >= low && n <= high ? n : null;
  };
  const variety = Number.parseFloat(given.get('variety') ?? '');
  const preset = given.get('preset');
  const tile = given.get('tile');
  const factors: Record<string, number> = {};
  for (const part of (given.get('weights') ?? '').split(',').slice(0, 64)) {
    const [, key, text] = /^(\d{1,2}\.\d{1,2}):(-?[\d.e+-]{1,12})$/.exec(part) ?? [];
    const factor = Number(text);
    if (key !== undefined && Number.isFinite(factor) && Math.abs(factor) <= 1000) factors[key] = factor;
  }
  return {
    preset: builtinRecipes.some((r) => r.name === preset) && preset ? preset : usual.preset,
    size: whole('size', SIZES.least, SIZES.most) ?? null,
    seed: whole('seed', 0, 2 ** 32 - 1) ?? usual.seed,
    tile: TILES.find((t) => t === tile) ?? null,
    steps: whole('steps', 1, 10_000),
    variety: variety >= 0 && variety <= 1 ? variety : null,
    net: given.get('net')?.slice(0, 80) || null,
    material: SURFACES.find((name) => name === given.get('material')) ?? null,
    factors,
  };
}

/** All that a run is made from. */
export interface Made {
  readonly settings: Settings;
  /** A recipe that came in a file, in place of the preset's. */
  readonly own: RecipeText | null;
  readonly inputs: Readonly<Record<string, Given>>;
}

const WORDS: readonly (readonly [keyof Settings, string])[] = [
  ['preset', 'method'],
  ['size', 'size'],
  ['seed', 'seed'],
  ['tile', 'tiling'],
  ['variety', 'variety'],
  ['net', 'network'],
  ['steps', 'steps'],
  ['factors', 'weights'],
];

/** What a run was not made from, in words: it is for the next one. */
export function changedSince(then: Made, now: Made): string[] {
  const other = then.own !== now.own || then.settings.preset !== now.settings.preset;
  // Another method comes with its own steps and weights.
  const told = other ? WORDS.filter(([key]) => !['variety', 'steps', 'factors'].includes(key)) : WORDS;
  const settings = told.filter(([key]) =>
    key === 'preset' ? other : JSON.stringify(then.settings[key]) !== JSON.stringify(now.settings[key]),
  );
  const pictures = Object.keys(now.inputs).some((name) => then.inputs[name] && then.inputs[name] !== now.inputs[name]);
  return [...settings.map(([, word]) => word), ...(pictures ? ['picture'] : [])];
}
