import { blur } from '../base/blur';
import { EngineError, invariant } from '../base/errors';
import type { Raster } from '../base/raster';
import { resample } from '../base/resample';
import { lumaOf } from './colour/luminance';
import type { Size } from './plan_stages';
import type { MaskRecipe } from './recipe';
import { type ResolvedRecipe, type ResolvedStyle, sizeOf } from './resolve';

interface MaskSettings {
  /** Standard deviation of the soft edge, in pixels of the size asked for. Default 0. */
  readonly feather?: number;
  /** Black counts instead of white. Default false. */
  readonly invert?: boolean;
  /** Axes around which the soft edge wraps: [vertical, horizontal]. Default both. */
  readonly torus?: readonly [boolean, boolean];
  /** What to call it in warnings. Default `mask`. */
  readonly name?: string;
  /** Says something to the user. */
  warn?(text: string): void;
}

/** A mask that is less than this on the average is empty: nothing could be learned from what it leaves. */
const EMPTY = 1e-6;

/**
 * How much each pixel of a region counts: [H * W] of 0..1, the brightness of a picture of any size, stretched. Shrunk by area and
 * enlarged linearly, so that a hard edge stays within a pixel and no value leaves 0..1; then feathered.
 */
export function maskPlane(picture: Raster, size: Size, settings: MaskSettings = {}): Float32Array {
  const { feather = 0, invert = false, torus = [true, true], name = 'mask' } = settings;
  const stretch = (size[0] * picture.height) / (size[1] * picture.width);
  // Layers of a net are small, and their sides rounded: that is no stretching. One text for all sizes, to be said once.
  const allowed = 1.02 + 1 / Math.min(...size);
  if (stretch > allowed || stretch < 1 / allowed) {
    settings.warn?.(`${name} is ${picture.width}x${picture.height}, of another shape: it is stretched`);
  }
  const plane = resample(lumaOf(picture), [picture.width, picture.height], size, 'soft');
  const turned = invert ? plane.map((v) => 1 - v) : plane;
  return blur(turned, size, feather, torus).map((v) => Math.min(1, Math.max(0, v)));
}

/** Less of a mask than this does not show. */
const SOFT = 1 / 512;

/**
 * How much is filled of each pixel of a hole that is copied into: all of what is white, and so much of what is about it as the
 * feather says. Without a feather all that is not black: pixels that the rim of a mask cuts show what is to go.
 */
export const holePlane = (plane: Float32Array, { feather }: MaskRecipe): Float32Array =>
  plane.map((v) => (v <= SOFT ? 0 : feather > 0 ? Math.min(1, 2 * v) : 1));

/**
 * A mask scaled to a mean of 1, as losses weight pixels.
 * @throws EngineError `RecipeError` when nothing of it is left at this size.
 */
export function normalised(mask: Float32Array, [width, height]: Size, name = 'mask'): Float32Array {
  const mean = mask.reduce((a, b) => a + b, 0) / mask.length;
  if (mean > EMPTY) return mask.map((v) => v / mean);
  throw new EngineError(
    'RecipeError',
    `${name} is empty at ${width}x${height}: it leaves no pixel`,
    'Paint what counts in white, or set "invert" to true where that is black.',
  );
}

/** Masks of a recipe, at the resolution of whatever layer asks. */
interface LayerMasks {
  /** 0..1, [H W], for a canvas of this size. */
  plane(mask: MaskRecipe, size: Size, canvas: Size): Float32Array;
  /** How much each pixel of a layer of the canvas counts for a style, of mean 1; null when all count the same. */
  canvas(style: ResolvedStyle, layer: Size, canvas: Size): Float32Array | null;
  /** The same for a layer of the style picture. */
  style(style: ResolvedStyle, layer: Size): Float32Array | null;
}

export function layerMasks(resolved: ResolvedRecipe, warn: (text: string) => void): LayerMasks {
  const { recipe, inputs, styles, torus } = resolved;
  const plane = (mask: MaskRecipe, [w, h]: Size, [fullWidth]: Size, wraps = torus): Float32Array => {
    const raster = inputs.get(mask.input);
    if (!raster) throw invariant(`a mask ${mask.input} that was not looked up`);
    const feather = (mask.feather * w) / fullWidth;
    return maskPlane(raster, [w, h], { feather, invert: mask.invert, torus: wraps, name: mask.input, warn });
  };
  const full = (fallback: Size): Size => (typeof recipe.size === 'number' ? fallback : recipe.size);
  const anyMask = styles.some((s) => s.recipe.mask);
  return {
    plane: (mask, size, canvas) => plane(mask, size, full(canvas)),
    canvas(style, layer, canvas) {
      if (!anyMask) return null;
      const own = style.recipe.mask;
      if (own) return normalised(plane(own, layer, full(canvas)), layer, `${style.path}.mask`);
      // What no mask covers is for the styles without one.
      const rest = new Float32Array(layer[0] * layer[1]).fill(1);
      for (const other of styles) {
        if (!other.recipe.mask) continue;
        const taken = plane(other.recipe.mask, layer, full(canvas));
        for (let i = 0; i < rest.length; i++) rest[i] = Math.max(0, (rest[i] ?? 0) - (taken[i] ?? 0));
      }
      return normalised(rest, layer, `${style.path}: what the masks of the other styles leave of the canvas`);
    },
    style(style, layer) {
      const from = style.recipe.from;
      if (!from) return null;
      return normalised(plane(from, layer, sizeOf(style.picture), [false, false]), layer, `${style.path}.from`);
    },
  };
}
