import * as z from '../../base/zod';
import { adam } from './adam';
import { ascent } from './ascent';
import { lbfgs } from './lbfgs';
import type { OptimiserComponent } from './optimiser';
import { qqn } from './qqn';

/** Every optimiser a stage may have, in the order in which help lists them. */
export const optimiserComponents: readonly OptimiserComponent[] = [adam, lbfgs, qqn, ascent];

export const optimiserSchema = z.discriminatedUnion('kind', [adam.schema, lbfgs.schema, qqn.schema, ascent.schema]);
