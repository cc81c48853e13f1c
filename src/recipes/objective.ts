import { EngineError, invariant } from '../base/errors';
import type { Graph, Node } from '../graph/graph';
import type { Ref } from '../shaders/op';
import { add, scale } from '../shaders/pointwise';
import { lossContexts } from './loss_contexts';
import { lossComponents } from './losses';
import type { StageSetup } from './stage_setup';

export interface StageObjective {
  readonly loss: Ref;
  /** Weighted terms by name; they add up to the loss. */
  readonly terms: ReadonlyMap<string, Ref>;
}

/**
 * Builds the signed sum of a stage's losses at a point x of its canvas, coordinates [rank, H, W].
 * @throws EngineError `RecipeError` and `ShapeError` with the path of the loss.
 */
export function stageObjective(g: Graph, x: Ref, counter: Node, setup: StageSetup): StageObjective {
  const { stage } = setup;
  const contextOf = lossContexts(g, x, counter, setup);
  const terms = new Map<string, Ref>();
  stage.recipe.losses.forEach((settings, k) => {
    const path = `${stage.path}.losses[${k}]`;
    const component = lossComponents.find((c) => c.kind === settings.kind);
    if (!component) throw invariant(`a loss of kind ${settings.kind}`);
    for (const { name, value } of within(path, () => component.build(contextOf(path), settings))) {
      const base = name === settings.kind || name === '' ? settings.kind : `${settings.kind} ${name}`;
      let unique = base;
      for (let n = 2; terms.has(unique); n++) unique = `${base} (${n})`;
      terms.set(unique, scale(g, value, settings.weight));
    }
  });
  const [first, ...rest] = terms.values();
  if (!first)
    throw new EngineError('RecipeError', `${stage.path}.losses: no loss has a term left`, 'Give a layer a weight.');
  return { loss: rest.reduce((sum, term) => add(g, sum, term), first), terms };
}

/** Puts the path of a loss in front of what it complains about. */
function within<T>(path: string, build: () => T): T {
  try {
    return build();
  } catch (error) {
    if (!(error instanceof EngineError) || error.message.startsWith(path)) throw error;
    const what = error.hint ? error.message.slice(0, -error.hint.length - 3) : error.message;
    throw new EngineError(error.code, `${path}: ${what}`, error.hint);
  }
}
