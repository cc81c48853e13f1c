// Written by `npm run docs` from the files of this folder: do not edit.
import * as z from '../../base/zod';
import { adam } from './adam';
import { ascent } from './ascent';
import { lbfgs } from './lbfgs';
import type { OptimiserComponent } from './lib/optimiser';
import { qqn } from './qqn';

/** Every optimiser that a stage may have. */
export const optimiserComponents: readonly OptimiserComponent[] = [adam, ascent, lbfgs, qqn];

/** An optimiser in a recipe, told from others by `kind`. */
export const optimiserSchema = z.discriminatedUnion('kind', [adam.schema, ascent.schema, lbfgs.schema, qqn.schema]);

/** The same with every default filled in. */
export type OptimiserRecipe = z.output<typeof optimiserSchema>;
