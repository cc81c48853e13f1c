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
