import { invariant } from '../base/errors';
import { size as elements } from '../base/shape';
import { Graph, type Node } from '../graph/graph';
import { averaged, type Evaluation, type Optimiser } from '../graph/optim/optimiser';
import { analyse, type TilingAnalysis } from '../graph/tiling/analysis';
import type { Layout } from '../graph/tiling/layout';
import { split } from '../graph/tiling/split';
import type { Ref } from '../shaders/op';
import type { CarryOver } from './checkpoint';
import { type StageObjective, stageObjective } from './objective';
import { optimiserComponents } from './optimisers';
import type { StageSetup } from './stage_setup';

/** What a stage computes at each step, before it has any memory: to compile, or to find out whether it would fit. */
export interface StageGraph {
  readonly graph: Graph;
  readonly canvas: Node;
  readonly counter: Node;
  readonly optimiser: Optimiser;
  readonly objective: StageObjective;
  /** What has to be computed besides the states: what is read back. */
  readonly outputs: readonly Ref[];
}

/**
 * The graph of one step of a stage.
 * @param from the canvas and the count of steps that it starts with.
 * @param blocks how to cut the canvas; null and nothing: not at all.
 */
export function stageGraph(
  setup: StageSetup,
  from: Pick<CarryOver, 'canvas' | 'counter'>,
  blocks?: Layout | ((analysis: TilingAnalysis) => Layout) | null,
): StageGraph {
  const { stage, resolved } = setup;
  const settings = stage.recipe.optimizer;
  const component = optimiserComponents.find((c) => c.kind === settings.kind);
  if (!component) throw invariant(`an optimiser of kind ${settings.kind}`);
  const graph = new Graph({ convolutions: setup.convolutions, matrices: setup.matrices });
  const [W, H] = stage.size;
  const canvas = graph.state([resolved.space.rank, H, W], from.canvas, 'canvas');
  const counter = graph.state([1], Float32Array.of(from.counter), 'counter');
  let built: StageObjective | undefined;
  const objective = (x: Ref): Ref => {
    built = stageObjective(graph, x, counter, setup);
    return built.loss;
  };
  let finish: (() => void) | undefined;
  const inBlocks = (x: Ref, how: NonNullable<typeof blocks>): Evaluation => {
    const outlined = analyse(graph, x, stageObjective(graph, x, counter, setup), resolved.torus);
    const parts = split(outlined, typeof how === 'function' ? how(outlined) : how, elements(canvas.shape));
    built = parts;
    finish = parts.finish;
    return parts;
  };
  const evaluate = blocks ? (x: Ref): Evaluation => inBlocks(x, blocks) : undefined;
  const { lo, hi } = resolved.space;
  const problem = { g: graph, param: canvas, counter, objective, evaluate, lo, hi };
  const plain = component.build(problem, settings);
  const optimiser = settings.average > 0 ? averaged(problem, plain, settings.average) : plain;
  if (!built) throw invariant(`${settings.kind} never evaluated its objective`);
  finish?.();
  const { loss, terms } = built;
  const outputs = [...new Set([optimiser.loss, optimiser.health, loss, ...terms.values()])];
  return { graph, canvas, counter, optimiser, objective: built, outputs };
}
