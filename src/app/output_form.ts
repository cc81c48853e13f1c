// How a result's numbers are kept in its file: bits, channels, and the range of heights.
import { EngineError } from '../base/errors';
import { flag, type OptionNames } from '../base/known_options';
import { type Measures, spread, stretchOf } from '../base/measures';
import type { Bits } from '../base/pixels';
import type { Raster } from '../base/raster';
import { setting } from '../base/wording';
import type { Recipe } from '../recipes/recipe';
import type { Input } from './inputs';
import type { WriteOptions } from './platform';

export interface OutputForm {
  /** Bits a channel; 32: floats of 0..1, in .tif alone. Default 8. */
  readonly bits?: Bits | 32;
  /** `auto`, the default: one where the pictures that it is made from have one. */
  readonly channels?: 'auto' | 1 | 3;
  /** Write numbers in the units of the picture it is made from, as the same kind, from its least to its greatest. */
  readonly keepRange?: boolean;
  /** false: the record inside names files without their folders. */
  readonly paths?: boolean;
}

/** Names that `checkOptions` knows outputs by. */
export const FORM_OPTIONS: OptionNames<OutputForm> = {
  ...{ bits: [8, 16, 32], channels: ['auto', 1, 3], keepRange: flag, paths: flag },
};

const FLOATS: Measures = { sample: 'float32', min: 0, max: 1, zero: 0, one: 1 };
/** A stretch by less is not worth a word. */
const WORTH = 1.02;

/**
 * How to write a result.
 * @param made the recipe and the pictures it was made from
 * @throws EngineError `PictureError` where `keepRange` is asked of several pictures of different units
 */
export function writingOf(
  { bits = 8, keepRange = false }: OutputForm,
  { recipe, inputs }: { readonly recipe: Recipe; readonly inputs: readonly Input[] },
): Pick<WriteOptions, 'measures' | 'stretch'> & { readonly bits: Bits } {
  if (!keepRange) return bits === 32 ? { bits: 16, measures: FLOATS } : { bits };
  const names = [...recipe.styles.filter((s) => s.weight !== 0).map((s) => s.input), recipe.content];
  const used = inputs.filter((i) => names.includes(i.name));
  const [first, ...others] = used.flatMap((i) => i.measures ?? []);
  if (!first) return { bits: used.some((i) => i.bits === 16) ? 16 : 8 };
  const other = others.find((m) => m.zero !== first.zero || m.one !== first.one || m.light !== first.light);
  if (other) {
    throw new EngineError(
      'PictureError',
      `the range cannot be kept: the pictures have different ones, ${first.min} to ${first.max} and ${other.min} to ${other.max}`,
      `Bring them to the same range first, or leave out ${setting('keepRange')}.`,
    );
  }
  return { bits: 16, measures: first, stretch: true };
}

/** A raster of the channels that are asked for. */
export function withChannels(raster: Raster, channels: OutputForm['channels'] = 'auto'): Raster {
  if (channels === 'auto') return raster;
  const { grey: _, ...colours } = raster;
  return channels === 1 ? { ...colours, grey: true } : colours;
}

/** What to say where numbers are laid further apart than they were; undefined where they are about what they were. */
export function stretchText(
  raster: Raster,
  { measures: m, stretch }: Pick<WriteOptions, 'measures' | 'stretch'>,
): string | undefined {
  if (!m || !stretch) return undefined;
  const factor = stretchOf(m, spread(raster.data));
  if (factor < WORTH) return undefined;
  return `its numbers are laid ${factor.toFixed(2)} times further apart than in the exemplar, to span the same range: the tile has not its very least or greatest`;
}
