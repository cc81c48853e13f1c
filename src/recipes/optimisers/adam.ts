import * as z from '../../base/zod';
import { adamOptimiser } from '../../graph/optim/adam';
import { commonOptimiser, defineOptimiser } from './lib/optimiser';

export const adam = defineOptimiser({
  kind: 'adam',
  about: 'Steps of about the same length for every pixel, by running means of the gradient. Works for everything.',
  schema: z.strictObject({
    kind: z.literal('adam'),
    ...commonOptimiser,
    rate: z.number().positive().max(10).default(0.02).describe('about what a pixel moves in a step; white is 1'),
    // The fall lets the noise of the steps settle.
    final: z.number().positive().max(1).default(0.1).describe('share of the rate that is left at the end of a stage'),
    warm: z
      .boolean()
      .default(true)
      .describe('keep the running means from stage to stage, enlarged like the canvas; false: begin anew'),
  }),
  build(problem, { rate, warm }) {
    const built = adamOptimiser(problem, { rate });
    return warm ? built : { ...built, states: built.states.map((s) => ({ ...s, enlarged: 'reset' as const })) };
  },
  rate: ({ rate, final }) => ({ first: rate, final }),
});
