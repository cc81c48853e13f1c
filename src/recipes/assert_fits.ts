import { bytesText, EngineError } from '../base/errors';
import { setting } from '../base/wording';
import type { Device } from '../gpu/device';
import { OnnxShape } from '../nets/onnx/model';
import { lossComponents } from './losses';
import { type Fit, type FitResult, fitStage, type Misfit } from './memory_fit';
import { allowedSide, type PlannedStage, type Size } from './plan_stages';
import type { Prepared } from './prepare';

/** What of the memory there is a recipe may use. */
interface Allowance {
  /** Bytes that the plan of a stage may take. Default: what the adapter has. */
  readonly memory?: number | undefined;
}

/** A stage, and how it is run. */
export interface FittedStage {
  readonly stage: PlannedStage;
  readonly fit: Fit;
}

/**
 * Refuses a recipe that the adapter cannot hold even in blocks, before any work, naming a size that was found to fit.
 * Tries the largest stage of each kind.
 * @returns for a stage, how it is to be cut: null for not at all; and the largest of each kind.
 */
export function refuseTooLarge(
  device: Device,
  prepared: Prepared,
  allowed: Allowance = {},
): { readonly fitOf: (stage: PlannedStage) => Fit | null; readonly largest: readonly FittedStage[] } {
  const largest = new Map<string, PlannedStage>();
  for (const stage of prepared.stages.filter((s) => s.recipe.method !== 'copy')) {
    const before = largest.get(stage.path);
    if (!before || area(stage.size) >= area(before.size)) largest.set(stage.path, stage);
  }
  for (const stage of largest.values()) refuseAnywhere(stage);
  const whole = new Set<string>();
  const known = new Map<PlannedStage, Fit>();
  const find = (stage: PlannedStage): Fit => {
    const fit = known.get(stage) ?? fitOf(device, prepared, stage, allowed);
    if (!fit.fits) return refuse(device, prepared, stage, fit, allowed);
    known.set(stage, fit);
    return fit;
  };
  // What is smaller than a stage that fits whole does so too.
  const fitted = [...largest.values()].map((stage): FittedStage => ({ stage, fit: find(stage) }));
  for (const { stage, fit } of fitted) if (fit.layout === null && fit.planBytes === undefined) whole.add(stage.path);
  return { fitOf: (stage) => (whole.has(stage.path) ? null : find(stage)), largest: fitted };
}

/** What no adapter could do is not for want of another. */
function refuseAnywhere({ recipe, size, factor, path }: PlannedStage): void {
  for (const { kind } of recipe.losses) {
    const most = lossComponents.find((c) => c.kind === kind)?.mostPixels;
    if (most === undefined || area(size) <= most) continue;
    const by = Math.sqrt(most / area(size)) / factor;
    throw new EngineError(
      'LimitError',
      `${path}: ${text(size)} is too large for the loss ${kind}, on any adapter: it works on up to ${most.toLocaleString('en')} pixels`,
      `Use a size up to ${text([Math.floor(size[0] * by), Math.floor(size[1] * by)])}, or copies (${setting('method', 'copy')}), which have no such limit.`,
    );
  }
}

const area = ([w, h]: Size): number => w * h;
const text = ([w, h]: Size): string => `${w}x${h}`;

function refuse(device: Device, prepared: Prepared, stage: PlannedStage, misfit: Misfit, allowed: Allowance): never {
  const { multiple, accepts } = prepared.limits;
  const where = stage.factor < 1 ? `${stage.path}: ` : '';
  if (misfit.least !== undefined) {
    throw new EngineError(
      'LimitError',
      `${where}${text(stage.size)} does not fit the memory allowed: ${misfit.detail}`,
      `${halfFits(device, prepared, stage, allowed) ? 'Use precision f16, or allow' : 'Allow'} ${Math.ceil(misfit.least / 1e6)}MB, or use a smaller size.`,
    );
  }
  const shrunk = (by: number): PlannedStage => {
    // Any loss can work on 64 pixels, and any net on four of its strides.
    const side = (axis: 0 | 1): number => {
      const least = Math.min(stage.size[axis], Math.max(64, 4 * multiple[axis]));
      return allowedSide(Math.max(least, stage.size[axis] * by), multiple[axis], accepts);
    };
    return { ...stage, size: [side(0), side(1)] };
  };
  const lacks = (by: number): Misfit | null => {
    const found = fitOf(device, prepared, shrunk(by), allowed, true);
    return found.fits ? null : found;
  };
  const who = allowed.memory === undefined ? 'this adapter' : 'the memory allowed';
  const smallest = lacks(0);
  if (smallest) {
    throw new EngineError(
      'LimitError',
      `even a canvas of ${text(shrunk(0).size)} is too much for ${who}: ${smallest.detail}`,
      'Crop or shrink the pictures it is compared with: a few hundred pixels a side show a texture.',
    );
  }
  // Each try shrinks by what the one before lacked; then a few halvings find how much of that was needed.
  let by = misfit.factor;
  let tooLarge = 1;
  for (let next = lacks(by); next; next = lacks(by)) {
    tooLarge = by;
    by *= Math.min(next.factor, 0.97);
  }
  for (let k = 0; k < 5; k++) {
    const middle = (by + tooLarge) / 2;
    if (lacks(middle)) tooLarge = middle;
    else by = middle;
  }
  const [wide, high] = shrunk(by).size;
  throw new EngineError(
    'LimitError',
    `${where}${text(stage.size)} is too large${misfit.anywhere ? ', on any adapter' : ` for ${who}`}: ${misfit.detail}`,
    `Use ${halfFits(device, prepared, stage, allowed) ? 'precision f16, or ' : ''}a size up to ${text([wide / stage.factor, high / stage.factor].map(Math.floor) as [number, number])}.`,
  );
}

/** Whether a stage would fit with its net in f16. */
function halfFits(device: Device, prepared: Prepared, stage: PlannedStage, allowed: Allowance): boolean {
  const { recipe, net } = prepared.resolved;
  if (recipe.precision !== 'f32' || !net || !device.has('shader-f16')) return false;
  const setup: Prepared['setup'] = (...how) => {
    const whole = prepared.setup(...how);
    return { ...whole, resolved: { ...whole.resolved, recipe: { ...whole.resolved.recipe, precision: 'f16' } } };
  };
  return fitOf(device, { ...prepared, setup }, stage, allowed, true).fits;
}

function fitOf(
  device: Device,
  { resolved, setup }: Prepared,
  stage: PlannedStage,
  { memory }: Allowance,
  any = false,
): FitResult {
  const pixels = area(stage.size);
  const limit = Math.min(device.gpu.limits.maxStorageBufferBindingSize, device.gpu.limits.maxBufferSize);
  // The canvas alone: do not even build a graph for it.
  if (pixels * 4 * 4 > limit) {
    return { fits: false, detail: `it binds at most ${bytesText(limit)}`, factor: Math.sqrt(limit / (pixels * 4 * 4)) };
  }
  const canvas = new Float32Array(resolved.space.rank * pixels);
  try {
    return fitStage(
      device,
      setup(stage, canvas, () => {}),
      { canvas, counter: 0 },
      memory,
      any,
    );
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const isSize = error.code === 'ShapeError' || error.code === 'LimitError' || error instanceof OnnxShape;
    if (!isSize) throw error;
    // An op's own limit, such as the longest row it can sort. A small canvas has other reasons to be refused.
    if (pixels <= 256 * 256) throw error;
    return { fits: false, detail: error.message, factor: 0.85, anywhere: error.code === 'ShapeError' };
  }
}
