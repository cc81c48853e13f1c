import { EngineError } from '../base/errors';
import { knownWeights } from '../nets/weights';
import { resolveWeights, weightFolders } from '../nets/weights.node';
import type { Recipe } from '../recipes/recipe';

/** What a recipe says that suits any net. */
const ANY = 'auto';

/**
 * The recipe with its net named: `auto` becomes the first net of the manifest whose weights are on this machine.
 * @throws EngineError `WeightsError` when there are none at all.
 */
export function availableNet(recipe: Recipe, notice: (text: string) => void): Recipe {
  const { net } = recipe;
  const name = typeof net === 'object' ? net.name : net;
  if (name !== ANY) return recipe;
  const first = knownWeights.find((w) => {
    try {
      resolveWeights(w.name);
      return true;
    } catch {
      return false;
    }
  });
  if (!first) {
    throw new EngineError(
      'WeightsError',
      `the recipe ${recipe.name} needs the weights of a network, and there are none in ${weightFolders().join(' or ')}`,
      'Run `toroid weights list` to see what can be downloaded, and where to put it; or give --net file.onnx.',
    );
  }
  notice(`network: ${first.name}`);
  return { ...recipe, net: typeof net === 'object' ? { ...net, name: first.name } : first.name };
}
