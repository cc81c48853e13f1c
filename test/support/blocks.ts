// Stages of a tiny net whose canvas may be cut in blocks, for the tests of that and of what it is for, less memory.
import type { Raster } from '../../src/base/raster';
import type { TilingAnalysis } from '../../src/graph/tiling/analysis';
import { axisBlocks, type Layout } from '../../src/graph/tiling/layout';
import { plasma } from '../../src/recipes/init/plasma';
import { type Prepared, prepare } from '../../src/recipes/prepare';
import { fillRecipe, type RecipeText } from '../../src/recipes/recipe';
import type { StageSetup } from '../../src/recipes/stage_setup';
import { device } from './device';
import { tinyNet } from './tiny_net';

export const tiny = tinyNet([[8, 8], [12], [8]]);
export const style = plasma({ size: [40, 48], seed: 3 });
export const inputs = new Map<string, Raster>([
  ['style', style],
  ['picture', plasma({ size: [64, 64], seed: 8 })],
]);
export type Loss = NonNullable<RecipeText['stages'][number]['losses']>[number];
export const LAYERS = ['relu1_1', 'relu2_1', 'relu3_1'];
export const layers = { layers: LAYERS };

export async function prepared(losses: readonly Loss[], more: Partial<RecipeText> = {}, net = tiny): Promise<Prepared> {
  const recipe = fillRecipe({
    net: net.name,
    size: 48,
    scales: { count: 1 },
    styles: [{ input: 'style' }],
    stages: [{ steps: 4, losses: [...losses] }],
    ...more,
  });
  return prepare(await device(), recipe, inputs, net, () => {});
}

export async function setupOf(p: Prepared): Promise<StageSetup> {
  const stage = p.stages[0]!;
  return p.setup(stage, await p.start(stage.size, () => {}), () => {});
}

export const cut =
  (rows: number, columns: number) =>
  ({ fields, halo, stride }: TilingAnalysis): Layout => {
    const own = (k: 0 | 1, n: number): number => Math.ceil(fields.side[k] / stride[k] / n) * stride[k];
    const axis = (k: 0 | 1, n: number) => axisBlocks(fields.side[k], own(k, n), halo[k], fields.torus[k]);
    return [axis(0, rows), axis(1, columns)];
  };
