import { EngineError } from '../../base/errors';
import { checkOptions, number, type OptionNames } from '../../base/known_options';
import { size } from '../../base/shape';
import { allFinite } from '../../shaders/all_finite';
import { slice } from '../../shaders/concat';
import {
  CONTROL,
  controlSize,
  lbfgsControlOp,
  lbfgsHistoryOp,
  lbfgsPickOp,
  lbfgsProductsOp,
  lbfgsTrialOp,
} from '../../shaders/lbfgs';
import { add } from '../../shaders/pointwise';
import type { Node } from '../graph';
import { bounds } from './bounds';
import { checkProblem, evaluation, type Optimiser, type Problem } from './optimiser';

export interface LbfgsOptions {
  /** Root mean square of what the first step moves elements by. The plan's scalar `rate`. Default 0.02. */
  readonly rate?: number;
  /** Pairs of steps and gradient changes to remember. Default 10. */
  readonly history?: number;
  /** The most a trial moves elements by, root mean square. Default 10 times `rate`. */
  readonly longest?: number;
  /**
   * Evaluations under the same random draws. Each new draw costs one evaluation more, of the base. `Infinity` for
   * objectives without. Default 8.
   */
  readonly hold?: number;
  /** Trials on one line before history is dropped. Default 6. */
  readonly patience?: number;
}

const LBFGS_OPTIONS: OptionNames<LbfgsOptions> = {
  rate: number,
  history: number,
  longest: number,
  hold: number,
  patience: number,
};

/**
 * L-BFGS as graph: a run evaluates a trial on the line from the base, `param`, along the direction; what it finds
 * decides, on the GPU, whether the base moves there, and where the next trial lies. History is kept through everything
 * but a line without any better point; `param` is the base, the best point found (under the current draws).
 *
 * Pairs live in a ring [2, history, ...param]. The two-loop recursion works on their inner products alone (Chen, Wang
 * and Zhou 2014). The box is kept by projecting trials; elements on a bound that the gradient presses against it take
 * no part in the recursion (Bertsekas 1982). Losses that are no numbers count as trials that failed.
 *
 * `health` is finite as long as the base could be evaluated. Sums are f32 in all plans, states of the plan's type.
 * @throws EngineError `ShapeError` when history or hold is not at least 1.
 */
export function lbfgs(problem: Problem, options: LbfgsOptions = {}): Optimiser & { readonly next: Node } {
  checkProblem('lbfgs', problem);
  checkOptions('lbfgs', options, LBFGS_OPTIONS);
  return search(problem, options, false);
}

/**
 * Quadratic quasi-Newton: as `lbfgs`, but trials lie on d(t) = t (1 - t) (-gamma g) + t^2 d, which leaves the base
 * along the gradient (gamma = y.s / y.y) and ends in the direction d of L-BFGS: where that fails, shorter trials turn towards the gradient.
 */
export function qqn(problem: Problem, options: LbfgsOptions = {}): Optimiser & { readonly next: Node } {
  checkProblem('qqn', problem);
  checkOptions('qqn', options, LBFGS_OPTIONS);
  return search(problem, options, true);
}

function search(problem: Problem, options: LbfgsOptions, quadratic: boolean): Optimiser & { readonly next: Node } {
  const { g, param, counter, lo, hi } = problem;
  const { rate = 0.02, history = 10, longest = 10 * rate, hold = 8, patience = 6 } = options;
  if (!(Number.isInteger(history) && history >= 1 && hold >= 1)) {
    throw new EngineError('ShapeError', `lbfgs wants history and hold of at least 1, got ${history} and ${hold}`);
  }
  const state = (name: string, shape: readonly number[]): Node =>
    g.state(shape, new Float32Array(size(shape)), `lbfgs ${name}`);
  const pairs = state('history', [2, history, ...param.shape]);
  const slope = state('gradient', param.shape);
  const control = state('control', [controlSize(history)]);
  const phase = state('phase', [1]);
  const box = { box: lo !== undefined || hi !== undefined };
  const limits = bounds(g, 'lbfgs', lo, hi);

  const x = g.apply(lbfgsTrialOp, [param, slope, pairs, control, phase, limits], box);
  const { loss, gradient } = evaluation(problem, x);
  const products = g.apply(lbfgsProductsOp, [pairs, param, slope, x, gradient, limits], box);
  const decided = g.apply(lbfgsControlOp, [control, phase, loss, products], {
    pairs: history,
    rate: { scalar: 'rate', value: rate },
    longest,
    armijo: 1e-4,
    noise: 1e-6,
    patience,
    hold: Number.isFinite(hold) ? hold : 0,
    quadratic,
  });
  const next = g.apply(lbfgsPickOp, [decided, x, param], {});
  g.assign(pairs, g.apply(lbfgsHistoryOp, [pairs, decided, param, slope, x, gradient], {}));
  g.assign(slope, g.apply(lbfgsPickOp, [decided, gradient, slope], {}));
  g.assign(param, next);
  g.assign(control, decided);
  g.assign(phase, slice(g, decided, CONTROL.phase, 1));
  g.assign(counter, add(g, counter, slice(g, decided, CONTROL.draw, 1)));
  return {
    loss,
    next,
    states: [
      { name: 'history', node: pairs, enlarged: 'resize' },
      { name: 'gradient', node: slope, enlarged: 'reset' },
      { name: 'control', node: control, enlarged: 'keep' },
      // At 0 the next run looks at the base, wherever it is by then, with what is left of the history.
      { name: 'phase', node: phase, enlarged: 'reset' },
    ],
    // What enters history and gradient has been found finite by their products.
    health: allFinite(g, decided, next),
  };
}
