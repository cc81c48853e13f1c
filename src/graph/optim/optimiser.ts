import { EngineError, graphError } from '../../base/errors';
import {
  call,
  checkOptions,
  checkValues,
  type Is,
  number,
  type OptionNames,
  returnedBy,
} from '../../base/known_options';
import { size } from '../../base/shape';
import { allFinite } from '../../shaders/all_finite';
import { fill } from '../../shaders/fill';
import type { Ref } from '../../shaders/op';
import { add, affine, div, sub } from '../../shaders/pointwise';
import { mulScalar } from '../../shaders/sum';
import { aGraph, type Graph, type Node } from '../graph';
import { type Bound, bound } from './bounds';

/** What is to be made small. */
export interface Problem {
  readonly g: Graph;
  /** The parameter, a state [C, H, W]. What it holds after a run is what the optimiser stands by. */
  readonly param: Node;
  /** Appends the objective at `x`, of the parameter's shape; gives a scalar [1]. Called once. */
  readonly objective: (x: Ref) => Ref;
  /** Appends objective and gradient at `x` in a way of its own, to save memory; then `objective` is not used. */
  readonly evaluate?: ((x: Ref) => Evaluation) | undefined;
  /**
   * A state [1] that random draws of the objective depend on. The optimiser says what it is after the run: one more
   * for those that take a new draw at each step; one that searches along a line holds it still meanwhile.
   */
  readonly counter: Node;
  /** The box the parameter is kept in, one bound or one for each channel. */
  readonly lo?: Bound | undefined;
  readonly hi?: Bound | undefined;
}

const PROBLEM: OptionNames<Problem> & { readonly objective: Is<never> } = {
  ...{ g: aGraph, param: true, objective: call, evaluate: call, counter: true, lo: bound, hi: bound },
};

/** @throws EngineError `SettingsError`, `GraphError` */
export function checkProblem(who: string, problem: Problem): void {
  checkOptions(who, problem, PROBLEM, ['g', 'param', 'counter']);
  if (!problem.evaluate) checkValues(who, { objective: problem.objective }, { objective: PROBLEM.objective });
  for (const state of [problem.param, problem.counter]) {
    if (problem.g.node(state).source.from === 'state') continue;
    throw graphError(
      `${who} changes states, and ${state.label}#${state.id} is none`,
      'Make it with g.state(shape, data).',
    );
  }
}

export interface Evaluation {
  readonly loss: Ref;
  readonly gradient: Node;
}

/** A state of an optimiser, beside the parameter and the counter. */
export interface OptimiserState {
  readonly name: string;
  readonly node: Node;
  /**
   * What becomes of it when the canvas is enlarged: `resize`: its last two axes are the parameter's, and it is enlarged
   * like it; `keep`: it stays as it is; `reset`: it starts anew.
   */
  readonly enlarged: 'resize' | 'keep' | 'reset';
}

/** One run of an optimiser: one evaluation of objective and gradient. The host does nothing in it. */
export interface Optimiser {
  /** The objective where it was evaluated in this run, [1]. */
  readonly loss: Ref;
  readonly states: readonly OptimiserState[];
  /** A state of the parameter's shape to take as the outcome in its place: an average of the iterates. */
  readonly result?: Node;
  /** A number [1] that is finite for as long as parameter and states are. */
  readonly health: Ref;
}

/**
 * The objective at x, and its gradient times the number of elements. A loss that is a mean over pixels then has
 * gradients of one size at every size of the canvas, and what optimisers remember of them stays true when it is enlarged.
 */
export function evaluation({ g, param, objective, evaluate }: Problem, x: Ref): Evaluation {
  if (evaluate) return evaluate(x);
  const loss = objective(x);
  const count = size(param.shape);
  const [gradient = fill(g, param.shape, 0)] = g.grad(loss, [x], fill(g, loss.shape, count));
  return { loss, gradient: g.node(gradient) };
}

/**
 * The optimiser with a running mean of its iterates as `result`, to take at the end of a stage in place of the last one: the
 * mean of what the parameter is after each run, k runs ago with weight decay^k. Weights are divided by their sum W, so
 * that the start has no part in it: W <- decay W + 1, mean <- mean + (x - mean) / W. Polyak and Juditsky 1992; the
 * correction is that of Kingma and Ba 2015, section 3. Before the first run it is what the parameter begins with.
 * @param decay from 0 (the last iterate) to 1 (all alike). Default 0.99.
 * @throws EngineError `ShapeError` when decay is not in [0, 1].
 */
export function averaged(problem: Problem, optimiser: Optimiser, decay = 0.99): Optimiser {
  checkProblem('averaged', problem);
  checkValues('averaged', { optimiser, decay }, { optimiser: returnedBy('adam or lbfgs', 'states'), decay: number });
  const { g, param } = problem;
  if (!(decay >= 0 && decay <= 1))
    throw new EngineError('ShapeError', `averaged wants a decay in [0, 1], got ${decay}`);
  const next = g.assigned.get(param.id) ?? param;
  const start = param.source.from === 'state' ? param.source.data : new Float32Array(size(param.shape));
  const mean = g.state(param.shape, start, 'mean of iterates');
  const weight = g.state([1], new Float32Array(1), 'weight of iterates');
  const total = affine(g, weight, decay, 1);
  const one = g.constant([1], Float32Array.of(1), 'one');
  const moved = add(g, mean, mulScalar(g, sub(g, next, mean), div(g, one, total)));
  g.assign(mean, moved);
  g.assign(weight, total);
  return {
    ...optimiser,
    result: mean,
    states: [
      ...optimiser.states,
      { name: 'mean', node: mean, enlarged: 'resize' },
      { name: 'weight of mean', node: weight, enlarged: 'reset' },
    ],
    health: add(g, optimiser.health, allFinite(g, moved)),
  };
}
