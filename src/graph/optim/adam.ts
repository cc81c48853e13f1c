import { graphError } from '../../base/errors';
import { checkOptions, checkValues, flag, number, type OptionNames } from '../../base/known_options';
import { size } from '../../base/shape';
import { adamInplace, adamMomentsOp, adamOp } from '../../shaders/adam';
import { allFinite } from '../../shaders/all_finite';
import type { Ref } from '../../shaders/op';
import { affine } from '../../shaders/pointwise';
import { aGraph, type Graph, type Node } from '../graph';
import { type Bound, bound, bounds } from './bounds';
import { evaluation, type Optimiser, type Problem } from './optimiser';

export type { Bound } from './bounds';

export interface AdamOptions {
  /** Step length, in units of the parameter; about what an element moves in a step. The plan's scalar `rate`. */
  readonly rate: number;
  /** How long the mean of the gradient remembers. Default 0.9. */
  readonly beta1?: number;
  /** How long the mean of its square remembers. Default 0.999. */
  readonly beta2?: number;
  /** Added to the divisor. Default 1e-8. */
  readonly eps?: number;
  /** Lowest value of the parameter. */
  readonly lo?: Bound;
  /** Highest value of the parameter. */
  readonly hi?: Bound;
  /** A state [1] to count the steps in, for graphs that use the count themselves (random numbers). Default: a new one. */
  readonly counter?: Node;
  /** Write over the states as the step goes, at half the memory: nothing may look at the old ones afterwards. */
  readonly inplace?: boolean | undefined;
}

const ADAM_OPTIONS: OptionNames<AdamOptions> = {
  ...{ rate: number, beta1: number, beta2: number, eps: number, lo: bound, hi: bound, counter: true, inplace: flag },
};

export interface Adam {
  /** The number of steps done: a state [1]. Write 0 to it, and zeros to `moments`, to start afresh. */
  readonly step: Node;
  /** The parameter after the step. */
  readonly next: Ref;
  /** Running means of the gradient and of its square: a state [2, ...param]. */
  readonly moments: Node;
}

/** Adam for many parameters: what `Adam` says of one, in their order. */
export interface AdamOfMany {
  readonly step: Node;
  readonly next: readonly Ref[];
  readonly moments: readonly Node[];
}

/**
 * Appends one step of Adam to the graph: the states it needs, and what they and the parameter, or parameters, are at the end
 * of the run. Three launches for each; the host does nothing per step. Kingma and Ba, "Adam: A Method for Stochastic Optimization",
 * ICLR 2015, with the parameter projected onto the box [lo, hi] afterwards.
 * @param param A state, [C, ...], or several of them.
 * @param gradient What to go against, of the shape of param; of several, in their order, as `g.grad(loss, params)` gives them.
 * @throws EngineError `ShapeError` when shapes differ, a beta is not between 0 and 1, or there are neither one nor C bounds;
 *   `GraphError` when a parameter is no state, or there are not as many gradients.
 */
export function adam(g: Graph, param: Node, gradient: Ref, options: AdamOptions): Adam;
export function adam(g: Graph, params: readonly Node[], gradients: readonly Ref[], options: AdamOptions): AdamOfMany;
export function adam(
  g: Graph,
  param: Node | readonly Node[],
  gradient: Ref | readonly Ref[],
  options: AdamOptions,
): Adam | AdamOfMany {
  checkValues('adam', { g }, { g: aGraph });
  checkOptions('adam', options, ADAM_OPTIONS, ['rate']);
  if (!isList(param) && !isList(gradient)) return adamOfOne(g, param, gradient, options);
  const params = [param].flat() as readonly Node[];
  const gradients = [gradient].flat() as readonly Ref[];
  if (params.length !== gradients.length || params.length === 0) {
    throw graphError(
      `adam has ${params.length} parameters and ${gradients.length} gradients`,
      'Take them from g.grad(loss, params).',
    );
  }
  const counter = options.counter ?? g.state([1], new Float32Array(1), 'adam step');
  const each = params.map((p, k) => adamOfOne(g, p, gradients[k] as Ref, { ...options, counter }));
  return { step: counter, next: each.map((a) => a.next), moments: each.map((a) => a.moments) };
}

const isList = (x: unknown): x is readonly unknown[] => Array.isArray(x);

function adamOfOne(g: Graph, param: Node, gradient: Ref, options: AdamOptions): Adam {
  if (g.node(param).source.from !== 'state') {
    throw graphError(
      `adam changes a state, and ${param.label}#${param.id} is none`,
      'Make the parameter with g.state(shape, data).',
    );
  }
  const { rate, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, lo, hi, inplace = false } = options;
  const step = options.counter ?? g.state([1], new Float32Array(1), 'adam step');
  const shape = [2, ...param.shape];
  const moments = g.state(shape, new Float32Array(size(shape)), 'adam moments');
  const nextMoments = g.apply(inplace ? adamInplace.moments : adamMomentsOp, [moments, gradient], { beta1, beta2 });
  const next = g.apply(inplace ? adamInplace.step : adamOp, [param, nextMoments, step, bounds(g, 'adam', lo, hi)], {
    beta1,
    beta2,
    eps,
    rate: { scalar: 'rate', value: rate },
    box: lo !== undefined || hi !== undefined,
  });
  // Two optimisers may share a counter; it goes on by one.
  if (!g.assigned.has(step.id)) g.assign(step, affine(g, step, 1, 1));
  g.assign(moments, nextMoments);
  g.assign(param, next);
  return { step, next, moments };
}

/**
 * Adam as an optimiser: draws anew in every run. It counts its steps itself, so that moments which were kept are not
 * corrected again for having begun at zero when the problem's counter restarts; and as the gradient is that of the
 * mean (see `evaluation`), moments of a smaller canvas are of the right size for a larger one.
 */
export function adamOptimiser(
  problem: Problem,
  options: Omit<AdamOptions, 'lo' | 'hi' | 'counter' | 'inplace'>,
): Optimiser & { readonly next: Ref } {
  const { g, param, counter, lo, hi } = problem;
  const { loss, gradient } = evaluation(problem, param);
  const box = { ...(lo !== undefined && { lo }), ...(hi !== undefined && { hi }) };
  const { step, next, moments } = adam(g, param, gradient, {
    ...options,
    ...box,
    inplace: problem.evaluate !== undefined,
  });
  g.assign(counter, affine(g, counter, 1, 1));
  return {
    loss,
    next,
    states: [
      { name: 'moments', node: moments, enlarged: 'resize' },
      { name: 'count', node: step, enlarged: 'keep' },
    ],
    health: allFinite(g, next, g.assigned.get(moments.id) ?? moments),
  };
}
