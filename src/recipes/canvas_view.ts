import { invariant } from '../base/errors';
import type { Raster } from '../base/raster';
import type { Graph } from '../graph/graph';
import { conv2d } from '../shaders/conv2d';
import type { Ref } from '../shaders/op';
import { add, mul, sub } from '../shaders/pointwise';
import { resize } from '../shaders/resize';
import { type CanvasSpace, spaceAt } from './colour/canvas_space';
import { holePlane, layerMasks } from './masks';
import type { Size } from './plan_stages';
import type { StageSetup } from './stage_setup';
import { viewComponents } from './views';

/** RGB [3, H, W] of coordinates [rank, H, W]. */
function toRgb(g: Graph, space: CanvasSpace, x: Ref): Ref {
  const [, H = 1, W = 1] = x.shape;
  const { rank, axes, base } = spaceAt(space, [W, H]);
  const matrix = Float32Array.from({ length: 3 * rank }, (_, i) => axes[3 * (i % rank) + Math.floor(i / rank)] ?? 0);
  const w = g.constant([3, rank, 1, 1], matrix, 'colour axes');
  if ('data' in base) return add(g, conv2d(g, x, w), g.constant([3, H, W], base.data, 'colours kept'));
  return conv2d(g, x, w, { bias: g.constant([3], Float32Array.from(base), 'mean colour') });
}

/** A picture as a constant [3, h, w]; resized on the GPU, once, as the plan is compiled. */
export function pictureAt(g: Graph, picture: Raster, [w, h]: Size): Ref {
  const full = g.constant([3, picture.height, picture.width], picture.data, 'picture');
  if (w === picture.width && h === picture.height) return full;
  return resize(g, full, [h, w], { filter: 'bicubic', border: ['clamp', 'clamp'] });
}

/** The canvas as losses and people see it: RGB [3, H, W], inpainted into the picture kept, through the stage's views. */
export function viewedCanvas(
  g: Graph,
  x: Ref,
  { resolved, stage, warn }: Pick<StageSetup, 'resolved' | 'stage' | 'warn'>,
): Ref {
  const { recipe, inputs, torus } = resolved;
  let rgb = toRgb(g, resolved.space, x);
  if (recipe.pin) {
    const kept = inputs.get(recipe.pin.picture);
    if (!kept) throw invariant(`the picture to inpaint, ${recipe.pin.picture}, was not looked up`);
    const plane = layerMasks(resolved, warn).plane(recipe.pin, stage.size, stage.size);
    const shown = stage.recipe.method === 'copy' ? holePlane(plane, recipe.pin) : plane;
    const mask = g.constant([3, stage.size[1], stage.size[0]], threefold(shown), 'inpainted');
    const picture = pictureAt(g, kept, stage.size);
    rgb = add(g, picture, mul(g, mask, sub(g, rgb, picture)));
  }
  for (const view of stage.recipe.views ?? recipe.views) {
    const component = viewComponents.find((c) => c.kind === view.kind);
    if (!component) throw invariant(`a view of kind ${view.kind}`);
    rgb = component.build({ g, torus, warn }, rgb, view);
  }
  return rgb;
}

const threefold = (plane: Float32Array): Float32Array => {
  const out = new Float32Array(3 * plane.length);
  for (let c = 0; c < 3; c++) out.set(plane, c * plane.length);
  return out;
};
