import * as z from '../../../base/zod';

/**
 * Settings of both searches along a line. A history of 20, not the 10 of graph/optim/lbfgs.ts: a knit texture then takes 59
 * and 60 evaluations to where Adam is after 200, instead of 62 and 64 (two seeds, 64 px, lavapipe; bench/optim.bench.ts).
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
    .describe('evaluations between new random draws, where a loss has any'),
} as const;
