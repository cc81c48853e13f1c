import * as z from 'zod';
import { more } from '../later';
import { searchSettings } from './lbfgs';
import { commonOptimiser, defineOptimiser } from './optimiser';

export const qqn = defineOptimiser({
  kind: 'qqn',
  about: 'L-BFGS along a curve that begins in the direction of the gradient: steadier where the curvature misleads.',
  schema: z.strictObject({ kind: z.literal('qqn'), ...commonOptimiser, ...searchSettings }),
  part: more,
  build: (problem, { rate, history, hold }) => more().qqn(problem, { rate, history, hold }),
});
