import { z } from 'zod';
import { adam as append } from '../../../graph/optim/adam';
import { add } from '../../../shaders/pointwise';
import { sum } from '../../../shaders/reduce';
import { defineOptimiser } from './optimiser';

export const adam = defineOptimiser({
  kind: 'adam',
  about: 'Steps of about the same length for every pixel, by running means of the gradient: works for everything.',
  schema: z.strictObject({
    kind: z.literal('adam'),
    rate: z.number().positive().max(10).default(0.02).describe('about what a pixel moves in a step; white is 1'),
    final: z.number().positive().max(1).default(0.1).describe('share of the rate at the end of a stage'),
  }),
  build(problem, { rate }) {
    const { g, param, counter, lo, hi } = problem;
    const loss = problem.objective(param);
    const [gradient = param] = g.grad(loss, [param]);
    const { moments, next } = append(g, param, gradient, {
      rate,
      counter,
      ...(lo !== undefined && { lo }),
      ...(hi !== undefined && { hi }),
    });
    return {
      loss,
      states: [{ name: 'moments', node: moments, enlarged: 'reset' }],
      health: add(g, sum(g, moments), sum(g, next)),
    };
  },
  rate: ({ rate, final }) => ({ first: rate, final }),
});
