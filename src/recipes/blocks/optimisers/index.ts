import { z } from 'zod';
import { adam } from './adam';
import type { OptimiserBlock } from './optimiser';

/** Every optimiser a stage may have, in the order in which help lists them. */
export const optimiserBlocks: readonly OptimiserBlock[] = [adam];

export const optimiserSchema = z.discriminatedUnion('kind', [adam.schema]);
