// A stage of `method: copy`: what a recipe says, put in the terms of copying, and what copying says in those of a run.
import { EngineError } from '../base/errors';
import type { Raster } from '../base/raster';
import { analyse } from '../copy/analyse';
import { Copying, type CopyPoint, type CopySource } from '../copy/copy';
import { fit } from '../copy/fit';
import { cutsOf } from '../copy/render';
import type { Device } from '../gpu/device';
import { type Curve, foreignCheckpoint } from './checkpoint';
import { encode } from './colour/canvas_space';
import { layerMasks } from './masks';
import { fullSize } from './plan_stages';
import { copySchema, type Recipe } from './recipe';
import { sizeOf } from './resolve';
import type { StageOptions, StageOutcome } from './stage';
import type { StageSetup } from './stage_setup';

/**
 * Copies the styles of a recipe over its canvas. A step is a hundredth of the work; the loss shown is the share of neighbouring pixels
 * that do not come from neighbouring places. Checkpoints are made between levels.
 * @throws EngineError `RecipeError` without a style to copy; `PictureError` as of `Copying`
 */
export async function runCopyStage(
  device: Device,
  setup: StageSetup,
  options: Omit<StageOptions, 'layout' | 'planBytes'>,
): Promise<StageOutcome> {
  const { stage, resolved } = setup;
  const { carryOver, resume, signal } = options;
  const { variety, evenness, fit, flatten } = copySchema.parse(stage.recipe.copy ?? {});
  if (resume && !resume.copied) throw foreignCheckpoint();
  const began = performance.now();
  const { steps } = stage.recipe;
  const curve: Curve = [...(resume?.curves.total ?? [])];
  let done = resume?.step ?? 0;
  let cuts = curve.at(-1)?.[1] ?? 1;
  const tell = (share: number): void => {
    done = share < 1 ? Math.max(1, Math.floor(share * steps)) : steps;
    const msPerStep = (performance.now() - began) / Math.max(1, done - (resume?.step ?? 0));
    options.onProgress?.({ step: done, loss: cuts, terms: { cuts }, msPerStep });
  };
  const encoded = (raster: Raster): Float32Array => encode(resolved.space, raster);
  const copying = new Copying(device, sourcesOf(setup), {
    size: stage.size,
    seed: resolved.recipe.seed,
    variety,
    evenness,
    fit,
    flatten,
    tile: resolved.recipe.tile,
    warn: setup.warn,
    resume: resume?.copied,
    signal,
    onLevel: async (point, share) => {
      cuts = cutsOf(point.match);
      tell(share);
      curve.push([done, cuts]);
      await show(point);
    },
    onBand: (share) => {
      if (share < 1) tell(share);
    },
  });
  const show = async (point: CopyPoint): Promise<void> => {
    const due = done < steps && (options.checkpointDue?.(done) ?? false);
    const wanted = options.wantsCanvas?.() ?? false;
    if (!due && !wanted) return;
    const canvas = encoded(copying.render(point.match).raster);
    if (wanted) await options.onCanvas?.(canvas, done);
    if (!due) return;
    const saved = { values: [canvas], guard: [], guardStep: 0, halvings: 0, curves: { total: curve } };
    await options.onCheckpoint?.({ ...saved, step: done, copied: point });
  };
  const match = await copying.run();
  const { raster, field } = copying.render(match);
  return {
    carryOver: { canvas: encoded(raster), counter: carryOver.counter, optimiser: '', states: [], field },
    steps: done,
    curves: { total: curve },
    msPerStep: (performance.now() - began) / Math.max(1, done),
    stopped: done < steps,
  };
}

/**
 * The recipe with the size nearest to its own that holds whole periods of its first style, where a stage that copies asks for
 * `fit: size`; the recipe itself elsewhere, and where the style does not repeat.
 */
export function withFittingSize(recipe: Recipe, inputs: ReadonlyMap<string, Raster>): Recipe {
  const asked = recipe.stages.some((s) => s.method === 'copy' && s.copy?.fit === 'size');
  const picture = inputs.get(recipe.styles.find((s) => s.weight > 0)?.input ?? '');
  if (!asked || !picture) return recipe;
  const { lattice } = analyse(picture);
  if (!lattice) return recipe;
  const content = inputs.get(recipe.content ?? '');
  const { size } = fit(lattice, fullSize(recipe, content ? sizeOf(content) : null), recipe.tile, 'size');
  return { ...recipe, size };
}

/** The styles that are wanted, each with its part of the canvas and of the picture. */
function sourcesOf({ resolved, stage, warn }: StageSetup): CopySource[] {
  const masks = layerMasks(resolved, warn);
  const [width, height] = stage.size;
  const sources = resolved.styles
    .filter((s) => s.weight > 0)
    .map(({ picture, recipe, weight, path }): CopySource => {
      const { mask, from } = recipe;
      const own: readonly [number, number] = [picture.width, picture.height];
      const part = from && { width: own[0], height: own[1], data: masks.plane(from, own, own) };
      if (part && !part.data.some((v) => v > 0.5)) {
        throw new EngineError(
          'RecipeError',
          `${path}.from: the mask ${from.input} leaves nothing of ${recipe.input} to copy`,
          'Paint what may be copied in white, or set "invert" to true where that is black.',
        );
      }
      return {
        picture,
        weight,
        ...(part && { from: part }),
        ...(mask && { mask: { width, height, data: masks.plane(mask, stage.size, stage.size) } }),
      };
    });
  if (sources.length > 0) return sources;
  throw new EngineError('RecipeError', `${stage.path}: there is no style to copy`, 'Add one with a weight above 0.');
}
