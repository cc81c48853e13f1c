import * as z from '../../base/zod';
import { ascent as append } from '../../graph/optim/ascent';
import { commonOptimiser, defineOptimiser } from './lib/optimiser';

export const ascent = defineOptimiser({
  kind: 'ascent',
  about:
    'Plain gradient steps of one length, as in the first deep dreams: keeps the strong parts of a gradient strong.',
  schema: z.strictObject({
    kind: z.literal('ascent'),
    ...commonOptimiser,
    rate: z.number().positive().max(10).default(0.01).describe('what pixels move in a step on average; white is 1'),
    final: z.number().positive().max(1).default(1).describe('share of the rate that is left at the end of a stage'),
  }),
  build: (problem, { rate }) => append(problem, { rate }),
  rate: ({ rate, final }) => ({ first: rate, final }),
});
