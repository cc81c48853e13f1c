import * as z from '../../../base/zod';
import type { Optimiser, Problem } from '../../../graph/optim/optimiser';

/** Settings that every optimiser has. */
export const commonOptimiser = {
  average: z
    .number()
    .min(0, 'must be at least 0')
    .max(0.9999, 'must be below 1')
    .default(0)
    .describe('result of a stage: a running mean of its steps that remembers so much, as 0.99; 0: the last step'),
} as const;

/** A way to make the objective small: one file. The graph of one step is in src/graph/optim. */
// biome-ignore lint/suspicious/noExplicitAny: components of all settings are kept in one list
export interface OptimiserComponent<S extends z.ZodObject<any> = z.ZodObject<any>> {
  readonly kind: string;
  readonly about: string;
  readonly schema: S;
  build(problem: Problem, settings: z.output<S>): Optimiser;
  /** Its scalar `rate` at the first step, when it has one; it falls to `final` of it along half a cosine. */
  rate?(settings: z.output<S>): { readonly first: number; readonly final: number };
}

// biome-ignore lint/suspicious/noExplicitAny: the settings' type is inferred at each call
export const defineOptimiser = <S extends z.ZodObject<any>>(component: OptimiserComponent<S>): OptimiserComponent<S> =>
  component;

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
