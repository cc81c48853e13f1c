import { EngineError } from '../base/errors';
import { checkOptions, type OptionNames } from '../base/known_options';
import * as z from '../base/zod';
import { copySchema, cornersSchema } from './recipe';
import { describeIssues } from './recipe_errors';

const side = z
  .int('must be whole pixels')
  .min(32, 'must be at least 32 pixels a side')
  .max(8192, 'must be at most 8192 pixels a side');
const whole = (low: number, high: number): z.ZodInt =>
  z.int('must be a whole number').min(low, `must be at least ${low}`).max(high, `must be at most ${high}`);

/** What a texture is grown with: the meaning, the default and the limits of every setting. */
export const textureSettings = z.strictObject({
  size: z.tuple([side, side]).readonly().default([256, 256]).describe('width and height of the tile, pixels'),
  seed: whole(0, 2 ** 32 - 1)
    .default(1)
    .describe('of every random number: the same seed on the same adapter gives the same picture'),
  net: z
    .string()
    .min(1)
    .default('patches')
    .describe('what compares canvas and exemplar: patches (no weights needed), vgg19, vgg16, or an ONNX file'),
  method: z
    .enum(['auto', 'copy', 'patches', 'net'])
    .optional()
    .describe(
      'copy: pieces of the exemplar, healed; patches: its small patches, by optimising; net: features of a network; auto, the default: what suits the exemplar',
    ),
  polish: z.boolean().optional().describe('copy: a few optimising steps that take the copied look off'),
  variety: copySchema.shape.variety
    .unwrap()
    .optional()
    .describe(
      'copy: 0, the largest pieces, to 1, the most mixed; auto, the default: 0.1, or 1 where what stands out would be met again',
    ),
  fit: copySchema.shape.fit.unwrap().optional().describe('copy: what gives way where the exemplar repeats regularly'),
  flatten: copySchema.shape.flatten.unwrap().optional().describe('copy: even out light that changes over the exemplar'),
  rectify: cornersSchema.optional(),
  tile: z.enum(['both', 'x', 'y', 'none']).default('both').describe('the axes along which the result joins itself'),
  steps: whole(1, 10000).optional().describe('optimiser steps at each scale; without it, what suits the net'),
  scales: whole(1, 16).optional().describe('sizes from coarse to fine; without it, what suits size and net'),
  canvas: z.enum(['noise', 'plasma']).default('noise').describe('what the coarsest canvas starts as'),
  layers: z.array(z.string().min(1)).min(1).optional().describe('layers of the net to compare at'),
  pooling: z.enum(['average', 'max', 'l2']).optional().describe('how the net shrinks; average gives smoother textures'),
});

/** Names that `checkOptions` knows them by. */
export const SETTING_NAMES = Object.fromEntries(
  Object.keys(textureSettings.shape).map((name) => [name, true]),
) as OptionNames<TextureSettings>;

/** Settings with every default filled in. */
export type TextureSettings = z.output<typeof textureSettings>;
/** Settings as a user gives them: all of them optional. */
export type TextureSettingsText = z.input<typeof textureSettings>;

/**
 * Fills the defaults in.
 * @throws EngineError `SettingsError` that names the setting, its value and its limits.
 */
export function fillSettings(given: unknown): TextureSettings {
  if (typeof given === 'object' && given !== null) checkOptions('fillSettings', given, SETTING_NAMES);
  const filled = textureSettings.safeParse(given);
  if (filled.success) return filled.data;
  throw new EngineError('SettingsError', describeIssues(filled.error.issues, given, {}).join('\n  '));
}
