import * as z from '../../base/zod';
import { lbfgs as append } from '../../graph/optim/lbfgs';
import { commonOptimiser, defineOptimiser } from './optimiser';

/**
 * Settings of both searches along a line. A history of 20, not the 10 of graph/optim/lbfgs.ts: a knit texture then takes 59
 * and 60 looks to where Adam is after 200, instead of 62 and 64 (two seeds, 64 px, lavapipe; bench/optim.bench.ts).
 */
export const searchSettings = {
  rate: z.number().positive().max(10).default(0.02).describe('length of the first step, per pixel; white is 1'),
  history: z
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(100, 'must be at most 100')
    .default(20)
    .describe('steps remembered; each costs the memory of four canvases'),
  hold: z
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .default(8)
    .describe('looks between new random draws, where a loss has any'),
} as const;

export const lbfgs = defineOptimiser({
  kind: 'lbfgs',
  about: 'Learns the curvature from past steps: needs far fewer looks than Adam where nothing is random.',
  schema: z.strictObject({ kind: z.literal('lbfgs'), ...commonOptimiser, ...searchSettings }),
  build: (problem, { rate, history, hold }) => append(problem, { rate, history, hold }),
});
