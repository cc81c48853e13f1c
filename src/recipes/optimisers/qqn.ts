import * as z from '../../base/zod';
import { qqn as append } from '../../graph/optim/lbfgs';
import { commonOptimiser, defineOptimiser, searchSettings } from './lib/optimiser';

export const qqn = defineOptimiser({
  kind: 'qqn',
  about: 'L-BFGS along a curve that begins in the direction of the gradient: steadier where the curvature misleads.',
  schema: z.strictObject({ kind: z.literal('qqn'), ...commonOptimiser, ...searchSettings }),
  build: (problem, { rate, history, hold }) => append(problem, { rate, history, hold }),
});
