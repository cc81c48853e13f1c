// Which network a job uses.
import type { Net } from '../nets/weights';
import type { Recipe } from '../recipes/recipe';
import type { Nets } from './platform';

/** What a recipe says that suits any net. */
const ANY = 'auto';

export const netName = ({ net }: Pick<Recipe, 'net'>): string | null =>
  net === undefined ? null : typeof net === 'string' ? net : net.name;

/** The recipe with another net, of which a pooling it names is kept. */
export function withNet<R extends { readonly net?: unknown }>(recipe: R, name: string): R {
  const { net } = recipe;
  return { ...recipe, net: typeof net === 'object' && net !== null ? { ...net, name } : name };
}

/**
 * The recipe with its net named: `auto` becomes one that is here.
 * @throws EngineError `WeightsError` when there are none at all.
 */
export async function nameNet(nets: Nets, recipe: Recipe, warn: (text: string) => void): Promise<Recipe> {
  if (netName(recipe) !== ANY) return recipe;
  const first = await nets.first();
  if (first === undefined) throw nets.none(recipe.name);
  warn(`network: ${first}`);
  return withNet(recipe, first);
}

/** The recipe's net, loaded; null where it names none. `given`: one that the caller has, or its name. */
export async function loadNet(
  nets: Nets,
  recipe: Recipe,
  given: Net | string | undefined,
  { unchecked, warn }: { readonly unchecked: boolean; warn(text: string): void },
): Promise<Net | null> {
  const name = netName(recipe);
  if (name === null) return null;
  const net = typeof given === 'object' ? given : await nets.load(given ?? name, { unchecked });
  if (net.assumptions) warn(net.assumptions);
  return net;
}
