import { EngineError } from '../base/errors';
import type { Recipe } from '../recipes/recipe';
import { resolveWeights, weightFolders, weightNames } from './weights/find';

/** What a recipe says that suits any net. */
const ANY = 'auto';

/**
 * The recipe with its net named: `auto` becomes the first net of the manifest whose weights are on this machine.
 * @throws EngineError `WeightsError` when there are none at all.
 */
export function availableNet(recipe: Recipe, warn: (text: string) => void): Recipe {
  const { net } = recipe;
  const name = typeof net === 'object' ? net.name : net;
  if (name !== ANY) return recipe;
  const first = weightNames().find((w) => {
    try {
      resolveWeights(w);
      return true;
    } catch {
      return false;
    }
  });
  if (!first) {
    throw new EngineError(
      'WeightsError',
      `the recipe ${recipe.name} needs the weights of a network, and there are none in ${weightFolders().join(' or ')}`,
      'Run `toroid weights pull vgg19`, or `toroid weights make vgg19-random` to try it without; or give --net file.onnx.',
    );
  }
  warn(`network: ${first}`);
  return { ...recipe, net: typeof net === 'object' ? { ...net, name: first } : first };
}
