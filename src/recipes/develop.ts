import type { Raster } from '../base/raster';
import type { Device } from '../gpu/device';
import { Graph } from '../graph/graph';
import { Plan } from '../graph/plan';
import { decode, spaceAt } from './canvas/space';
import type { Cast } from './cast';
import type { PlannedStage } from './expand';
import { seen } from './stage_objective';

/** The canvas of a stage as a picture: as its losses see it, clipped to 0..1. */
export async function develop(
  device: Device,
  cast: Cast,
  stage: PlannedStage,
  canvas: Float32Array,
  notice: (text: string) => void,
): Promise<Raster> {
  const [width, height] = stage.size;
  const views = stage.recipe.views ?? cast.recipe.views;
  if (!cast.recipe.pin && views.length === 0) return decode(spaceAt(cast.space, stage.size), canvas, width, height);
  const data = await viewed(device, cast, stage, canvas, notice);
  return { width, height, data: data.map((v) => Math.min(1, Math.max(0, v))) };
}

/** The same as RGB planes [3, H, W], not clipped. */
export async function viewed(
  device: Device,
  cast: Cast,
  stage: PlannedStage,
  canvas: Float32Array,
  notice: (text: string) => void,
): Promise<Float32Array> {
  const [width, height] = stage.size;
  const g = new Graph();
  const x = g.input([cast.space.rank, height, width], 'canvas');
  const y = seen(g, x, { cast, stage, notice });
  const plan = await Plan.compile(device, g, [y]);
  try {
    plan.write(x, canvas);
    plan.run();
    return await plan.read(y);
  } finally {
    plan.close();
  }
}
