import { z } from 'zod';

/** Enough that a cut does not show as a line, little enough that shapes do not show twice. */
export const BLEND = 0.15;

const count = z.int().min(1).max(64);

export const cellsSetting = z
  .union([count, z.tuple([count, count])])
  .describe('how many cells, [across, down]; one number: across, and as many down as suit their shape');

export const blendSetting = z
  .number()
  .min(0)
  .max(1)
  .default(BLEND)
  .describe('how softly copies flow into one another at their edges, in sides of the copied part; 0: cut');
