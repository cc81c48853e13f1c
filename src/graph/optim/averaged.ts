import { EngineError } from '../../base/errors';
import { size } from '../../base/shape';
import { allFinite } from '../../shaders/all_finite';
import { add, affine, div, sub } from '../../shaders/pointwise';
import { mulScalar } from '../../shaders/sum';
import type { Optimiser, Problem } from './optimiser';

/**
 * The optimiser with a running mean of its iterates as `result`, to take at the end of a stage in place of the last one: the
 * mean of what the parameter is after each run, k runs ago with weight decay^k. Weights are divided by their sum W, so
 * that the start has no part in it: W <- decay W + 1, mean <- mean + (x - mean) / W. Polyak and Juditsky 1992; the
 * correction is that of Kingma and Ba 2015, section 3. Before the first run it is what the parameter begins with.
 * @param decay from 0 (the last iterate) to 1 (all alike). Default 0.99.
 * @throws EngineError `ShapeError` when decay is not in [0, 1].
 */
export function averaged({ g, param }: Problem, optimiser: Optimiser, decay = 0.99): Optimiser {
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
