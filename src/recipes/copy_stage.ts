// A stage of `method: copy`: what a recipe says, put in the terms of copying, and what copying says in those of a run.
import { EngineError, invariant } from '../base/errors';
import type { Raster } from '../base/raster';
import { resample } from '../base/resample';
import { analyse } from '../copy/analyse';
import { Copying, type CopyPoint, type CopySource } from '../copy/copy';
import { fit } from '../copy/fit';
import type { Pin } from '../copy/pin';
import { cutsOf } from '../copy/render';
import { sealWarnings } from '../copy/seal';
import type { Device } from '../gpu/device';
import { type Curve, foreignCheckpoint } from './checkpoint';
import { encode } from './colour/canvas_space';
import { holePlane, layerMasks } from './masks';
import { fullSize, styleSizes } from './plan_stages';
import { copySchema, type Recipe } from './recipe';
import { sizeOf } from './resolve';
import { sealTile } from './seal_tile';
import type { StageOptions, StageOutcome } from './stage';
import type { StageSetup } from './stage_setup';

/** What is less opaque is not copied. */
const OPAQUE = 0.99;

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
  const { variety, evenness, fit, flatten, seal } = copySchema.parse(stage.recipe.copy ?? {});
  if (seal) return sealedContent(setup, options);
  if (resume && !resume.copied) throw foreignCheckpoint();
  const began = performance.now();
  const { steps } = stage.recipe;
  const curve: Curve = [...(resume?.curves.total ?? [])];
  let done = resume?.step ?? 0;
  let before = done;
  let cuts = curve.at(-1)?.[1] ?? 1;
  const tell = (share: number): void => {
    done = share < 1 ? Math.max(1, done, Math.floor(share * steps)) : steps;
    const msPerStep = (performance.now() - began) / Math.max(1, done - (resume?.step ?? 0));
    options.onProgress?.({ step: done, loss: cuts, terms: { cuts }, msPerStep });
  };
  const encoded = (raster: Raster): Float32Array => encode(resolved.space, raster);
  const pin = pinOf(setup);
  const { retouch, styles } = resolved.recipe;
  const isRetouched = styles.some(({ input }) => (retouch?.[input]?.flatten ?? 0) > 0);
  const copying = await Copying.open(device, sourcesOf(setup, pin), {
    size: stage.size,
    seed: resolved.recipe.seed,
    variety,
    evenness,
    // What is filled has to be as large and as bright as what is around it.
    fit: pin ? 'off' : fit,
    // Nor is light changed twice that somebody has evened out as far as they like.
    flatten: flatten === 'auto' && (pin || isRetouched) ? false : flatten,
    pin,
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
      if (share < 1 && Math.floor(share * steps) > done) tell(share);
    },
  });
  const show = async (point: CopyPoint): Promise<void> => {
    // Levels seldom end on a step that is asked for: the last of those passed since the level before counts.
    const passed = done - (done % (options.checkpointEvery ?? 1));
    const due = done < steps && (options.checkpointDue?.(passed > before ? passed : done) ?? false);
    before = done;
    const wanted = options.wantsCanvas?.() ?? false;
    if (!due && !wanted) return;
    const canvas = encoded(copying.render(point.match).raster);
    if (wanted) await options.onCanvas?.(canvas, done);
    if (!due) return;
    const saved = { values: [canvas], guard: [], guardStep: 0, halvings: 0, curves: { total: curve } };
    await options.onCheckpoint?.({ ...saved, step: done, copied: point });
  };
  if (signal?.aborted && done === 0) return { carryOver, steps: 0, curves: {}, msPerStep: 0, stopped: true };
  // Blocks as they are laid are worth a look: where all is one level, there is nothing else before the end.
  if (!resume && options.wantsCanvas?.())
    await options.onCanvas?.(encoded(copying.render(copying.laid()).raster), done);
  const match = await copying.run();
  const { raster, field } = copying.render(match);
  // A view lays the canvas out anew: the field would not be that of the picture.
  const viewed = (stage.recipe.views ?? resolved.recipe.views).length > 0;
  return {
    carryOver: {
      canvas: encoded(raster),
      counter: carryOver.counter,
      optimiser: '',
      states: [],
      ...(!viewed && { field }),
    },
    steps: done,
    curves: { total: curve },
    msPerStep: (performance.now() - began) / Math.max(1, done),
    stopped: done < steps,
  };
}

/** The content made to tile, at the size of the stage: in one step. */
function sealedContent(
  { stage, resolved, warn }: StageSetup,
  { carryOver, onProgress }: Pick<StageOptions, 'carryOver' | 'onProgress'>,
): StageOutcome {
  const { content, torus } = resolved;
  if (!content) {
    throw new EngineError('RecipeError', `${stage.path}.copy.seal: there is no content to seal`, 'Add "content".');
  }
  const began = performance.now();
  const [width, height] = stage.size;
  const same = content.width === width && content.height === height;
  const data = resample(content.data, sizeOf(content), stage.size, 'cubic').map((v) => Math.min(1, Math.max(0, v)));
  const picture = { width, height, data: same ? content.data : data };
  // Its opacity is laid over the result as it is.
  const made = sealTile(picture, { x: torus[1], y: torus[0] }, { keepSize: true }, !content.alpha);
  const { raster, field, light, roughShare, axes } = made;
  for (const text of sealWarnings({ rough: roughShare, light, sealed: axes })) warn(text);
  const { steps } = stage.recipe;
  const msPerStep = (performance.now() - began) / steps;
  onProgress?.({ step: steps, loss: roughShare, terms: { rough: roughShare }, msPerStep });
  return {
    carryOver: { canvas: encode(resolved.space, raster), counter: carryOver.counter, optimiser: '', states: [], field },
    steps,
    curves: { total: [[steps, roughShare]] },
    msPerStep,
    stopped: false,
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

/** What the recipe keeps of a picture, at the size of the stage: nothing of a pixel that the mask's soft edge reaches. */
function pinOf({ resolved, stage, warn }: StageSetup): Pin | undefined {
  const { pin } = resolved.recipe;
  if (!pin) return undefined;
  const kept = resolved.inputs.get(pin.picture);
  if (!kept) throw invariant(`the picture to inpaint, ${pin.picture}, was not looked up`);
  const [width, height] = stage.size;
  const hole = holePlane(layerMasks(resolved, warn).plane(pin, stage.size, stage.size), pin);
  const known = Uint8Array.from(hole, (v) => (v > 0 ? 0 : 1));
  if (!known.includes(0)) {
    throw new EngineError(
      'RecipeError',
      `pin: ${pin.input === 'mask' ? 'the mask' : `the mask ${pin.input}`} is black everywhere: there is nothing to fill`,
      'Paint what is to be filled in white, or set "invert" to true where that is black.',
    );
  }
  const data = resample(kept.data, sizeOf(kept), stage.size, 'cubic').map((v) => Math.min(1, Math.max(0, v)));
  return { picture: { width, height, data }, known };
}

/** The styles that are wanted, in each of the sizes, with its part of the canvas and of the picture. */
function sourcesOf({ resolved, stage, full, warn }: StageSetup, pin: Pin | undefined): CopySource[] {
  const masks = layerMasks(resolved, warn);
  const [width, height] = stage.size;
  const sources = resolved.styles
    .filter((s) => s.weight > 0)
    .flatMap(({ picture, recipe, weight, path }): CopySource[] => {
      const { mask, from } = recipe;
      const own = sizeOf(picture);
      const part = from && masks.plane(from, own, own);
      // Where the picture that is kept is copied as well, what is in the hole is not.
      const hole = pin && recipe.input === resolved.recipe.pin?.picture ? pin : undefined;
      const { alpha } = picture;
      const opaque = (i: number): boolean => (alpha?.[i] ?? 1) > OPAQUE;
      const allowed = Float32Array.from({ length: own[0] * own[1] }, (_, i) => {
        const x = Math.floor((((i % own[0]) + 0.5) * width) / own[0]);
        const y = Math.floor(((Math.floor(i / own[0]) + 0.5) * height) / own[1]);
        return opaque(i) && (part?.[i] ?? 1) > 0.5 && (hole?.known[y * width + x] ?? 1) === 1 ? 1 : 0;
      });
      if (!allowed.includes(1)) {
        const by = [alpha && 'its opacity', from && `${path}.from`, hole && 'pin']
          .filter((name) => name !== undefined)
          .join(' and ');
        throw new EngineError(
          'RecipeError',
          `${by}: nothing of ${recipe.input} is left to copy`,
          'Paint less of it, or set "invert" to true where white and black are the other way round.',
        );
      }
      return styleSizes(recipe, own, full, stage.factor).map(([w, h]): CopySource => {
        const sized = resample(picture.data, own, [w, h], 'cubic').map((v) => Math.min(1, Math.max(0, v)));
        return {
          picture: w === own[0] && h === own[1] ? picture : { width: w, height: h, data: sized },
          weight,
          ...(hole && { pinned: true }),
          ...((part || hole || alpha) && { from: { width: own[0], height: own[1], data: allowed } }),
          ...(mask && { mask: { width, height, data: masks.plane(mask, stage.size, stage.size) } }),
        };
      });
    });
  if (sources.length > 0) return sources;
  throw new EngineError('RecipeError', `${stage.path}: there is no style to copy`, 'Add one with a weight above 0.');
}
