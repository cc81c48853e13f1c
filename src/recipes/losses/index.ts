import * as z from '../../base/zod';
import { anchor } from './anchor';
import { channel } from './channel';
import { content } from './content';
import { direction } from './direction';
import { enhance } from './enhance';
import { gaussian } from './gaussian';
import { gram } from './gram';
import { gramEnhance } from './gram_enhance';
import { guide } from './guide';
import { histogram } from './histogram';
import type { LossComponent } from './loss';
import { mean } from './mean';
import { moments } from './moments';
import { neuron } from './neuron';
import { patches } from './patches';
import { shiftedGram } from './shifted_gram';
import { sliced } from './sliced';
import { spectrum } from './spectrum';
import { tv } from './tv';

/** Every loss a recipe may have, in the order in which help lists them. */
export const lossComponents: readonly LossComponent[] = [
  patches,
  gram,
  moments,
  mean,
  gaussian,
  sliced,
  histogram,
  shiftedGram,
  spectrum,
  content,
  anchor,
  enhance,
  gramEnhance,
  channel,
  neuron,
  direction,
  guide,
  tv,
];

/** A loss in a recipe: `kind` says which, and with it which settings there are. */
export const lossSchema = z.discriminatedUnion('kind', [
  patches.schema,
  gram.schema,
  moments.schema,
  mean.schema,
  gaussian.schema,
  sliced.schema,
  histogram.schema,
  shiftedGram.schema,
  spectrum.schema,
  content.schema,
  anchor.schema,
  enhance.schema,
  gramEnhance.schema,
  channel.schema,
  neuron.schema,
  direction.schema,
  guide.schema,
  tv.schema,
]);

/** A loss of a recipe, with every default filled in. */
export type LossRecipe = z.output<typeof lossSchema>;
