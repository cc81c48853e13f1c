// Written by `npm run docs` from the files of this folder: do not edit.
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
import type { LossComponent } from './lib/loss';
import { mean } from './mean';
import { moments } from './moments';
import { neuron } from './neuron';
import { patches } from './patches';
import { shiftedGram } from './shifted_gram';
import { sliced } from './sliced';
import { spectrum } from './spectrum';
import { tv } from './tv';

/** Every loss that a recipe may have. */
export const lossComponents: readonly LossComponent[] = [
  anchor,
  channel,
  content,
  direction,
  enhance,
  gaussian,
  gram,
  gramEnhance,
  guide,
  histogram,
  mean,
  moments,
  neuron,
  patches,
  shiftedGram,
  sliced,
  spectrum,
  tv,
];

/** A loss in a recipe: `kind` says which, and with it which settings there are. */
export const lossSchema = z.discriminatedUnion('kind', [
  anchor.schema,
  channel.schema,
  content.schema,
  direction.schema,
  enhance.schema,
  gaussian.schema,
  gram.schema,
  gramEnhance.schema,
  guide.schema,
  histogram.schema,
  mean.schema,
  moments.schema,
  neuron.schema,
  patches.schema,
  shiftedGram.schema,
  sliced.schema,
  spectrum.schema,
  tv.schema,
]);

/** The same with every default filled in. */
export type LossRecipe = z.output<typeof lossSchema>;
