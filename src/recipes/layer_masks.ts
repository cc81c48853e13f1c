import { invariant } from '../base/errors';
import { maskPlane, normalised } from './masks';
import type { Size } from './plan_stages';
import type { MaskRecipe } from './recipe';
import { type ResolvedRecipe, type ResolvedStyle, sizeOf } from './resolve';

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
