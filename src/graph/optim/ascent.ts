import { checkOptions, number } from '../../base/known_options';
import { allFinite } from '../../shaders/all_finite';
import { normalizedSgdOp } from '../../shaders/normalized_sgd';
import type { Ref } from '../../shaders/op';
import { abs, affine } from '../../shaders/pointwise';
import { mean } from '../../shaders/sum';
import { bounds } from './bounds';
import { checkProblem, evaluation, type Optimiser, type Problem } from './optimiser';

export interface AscentOptions {
  /** What elements move by in a run, on average. The plan's scalar `rate`. */
  readonly rate: number;
  /** Added to the mean of |gradient times the number of elements|. Default 1e-8. */
  readonly eps?: number;
}

/**
 * Gradient steps of one length: x - rate g / mean|g|, over the whole picture, then into the box. Mordvintsev, Olah and
 * Tyka, "Inceptionism", 2015, who climb; here the objective is to be made small, as everywhere. It has no states, and
 * draws anew in every run.
 */
export function ascent(problem: Problem, options: AscentOptions): Optimiser & { readonly next: Ref } {
  checkProblem('ascent', problem);
  checkOptions('ascent', options, { rate: number, eps: number }, ['rate']);
  const { rate, eps = 1e-8 } = options;
  const { g, param, counter, lo, hi } = problem;
  const { loss, gradient } = evaluation(problem, param);
  const next = g.apply(normalizedSgdOp, [param, gradient, mean(g, abs(g, gradient)), bounds(g, 'ascent', lo, hi)], {
    rate: { scalar: 'rate', value: rate },
    eps,
    box: lo !== undefined || hi !== undefined,
  });
  g.assign(param, next);
  g.assign(counter, affine(g, counter, 1, 1));
  return { loss, next, states: [], health: allFinite(g, next) };
}
