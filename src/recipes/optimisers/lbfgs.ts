import * as z from '../../base/zod';
import { lbfgs as append } from '../../graph/optim/lbfgs';
import { commonOptimiser, defineOptimiser, searchSettings } from './lib/optimiser';

export const lbfgs = defineOptimiser({
  kind: 'lbfgs',
  about: 'Learns the curvature from past steps: needs far fewer evaluations than Adam where nothing is random.',
  schema: z.strictObject({ kind: z.literal('lbfgs'), ...commonOptimiser, ...searchSettings }),
  build: (problem, { rate, history, hold }) => append(problem, { rate, history, hold }),
});
