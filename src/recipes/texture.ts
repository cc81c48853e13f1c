import { bytesText, EngineError } from '../base/errors';
import type { Raster } from '../base/raster';
import { Rng } from '../base/rng';
import type { Device } from '../gpu/device';
import { checkLimits } from '../graph/plan';
import { schedule } from '../graph/schedule';
import type { Net } from '../nets/weights';
import { settleBorder } from './canvas/border';
import { type ColourSpace, colourSpace, decode } from './canvas/colour';
import { startCanvas } from './canvas/start';
import { enlarge } from './enlarge';
import { netObjective, type Objective, patchesObjective, type Subject } from './objective';
import { descent, optimise } from './optimise';
import { pyramid, type Scale } from './scales';
import type { TextureSettings } from './texture_settings';

export interface TextureProgress {
  /** Which scale, from 0, of how many. */
  readonly scale: number;
  readonly scales: number;
  readonly width: number;
  readonly height: number;
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly msPerStep: number;
}

export interface TextureEvents {
  onProgress?(p: TextureProgress): void;
  /** A scale is done; its picture may be saved. */
  onScale?(s: { scale: number; raster: Raster }): void | Promise<void>;
  /** Something a user should know: a size rounded, a setting without effect. */
  onNotice?(text: string): void;
  /** Reads a net by name or path: files belong to the platform. Needed for every `net` but patches. */
  loadNet?(name: string): Promise<Net>;
  /** Stops after the current batch of steps; what there is comes back. */
  readonly signal?: AbortSignal;
}

export interface TextureResult {
  readonly raster: Raster;
  /** The settings as used: size rounded, steps and scales filled in. */
  readonly settings: TextureSettings;
  readonly stopped: boolean;
  /** By how much the finished tile was rolled, to lay its border along an ordinary line (see border.ts). */
  readonly moved: readonly [dx: number, dy: number];
  /** Per scale: its size, steps done, milliseconds a step, and [step, loss] points. */
  readonly scales: readonly {
    readonly width: number;
    readonly height: number;
    readonly steps: number;
    readonly msPerStep: number;
    readonly curve: readonly (readonly [number, number])[];
  }[];
}

/** Adam's rate at the end of a scale, as a share of the rate at its start: lets the noise of the steps settle. */
const FINAL_RATE = 0.1;
/** Random projections a step: few, and many steps (measured in ARCHITECTURE.md). */
export const PROJECTIONS = 16;

/**
 * Grows a texture that looks like `exemplar` and tiles without a seam: a random canvas on a torus, optimised and
 * enlarged scale by scale (formulas in patches.ts and vgg.ts).
 *
 * @throws EngineError before any work when the exemplar is too small, or the size is too large for the adapter.
 */
export async function growTexture(
  device: Device,
  exemplar: Raster,
  wanted: TextureSettings,
  events: TextureEvents = {},
): Promise<TextureResult> {
  const torus = [wanted.tile === 'both' || wanted.tile === 'y', wanted.tile === 'both' || wanted.tile === 'x'] as const;
  const space = colourSpace(exemplar);
  const subject: Subject = { exemplar, space, torus, seed: wanted.seed };
  // Sizes are tried before the run, and what a trial says concerns nobody; the run itself says each thing once.
  let trying = false;
  const said = new Set<string>();
  const notice = (text: string): void => {
    if (!trying && !said.has(text)) events.onNotice?.(text);
    if (!trying) said.add(text);
  };
  const objective = await objectiveOf(device, subject, wanted, { ...events, onNotice: notice });
  const settings = fitted(wanted, exemplar, objective, events);
  const scales = pyramid(settings.size, [exemplar.width, exemplar.height], {
    ...objective,
    ...(settings.scales !== undefined && { count: settings.scales }),
  });
  const steps = settings.steps ?? objective.steps;
  const last = scales.at(-1);
  trying = true;
  if (last) refuseTooLarge(device, space, objective, last);
  trying = false;

  const places = new Rng(settings.seed, 200);
  const done: TextureResult['scales'][number][] = [];
  let canvas: Float32Array | null = null;
  let size: readonly [number, number] = [0, 0];
  let stopped = false;
  for (const [index, scale] of scales.entries()) {
    const [W, H] = scale.canvas;
    const shape = [space.rank, H, W] as const;
    const place = (sides: readonly [number, number]): [number, number] => [
      places.below(Math.max(1, sides[1])),
      places.below(Math.max(1, sides[0])),
    ];
    const shifts = { before: place(size), after: place(scale.canvas) };
    canvas = canvas
      ? await enlarge(device, canvas, [space.rank, size[1], size[0]], [H, W], torus, shifts)
      : startCanvas(settings.canvas, space, exemplar, scale.canvas, settings.seed);
    size = scale.canvas;
    stopped ||= events.signal?.aborted ?? false;
    if (stopped) continue; // enlarge what there is to the size asked for
    const result = await optimise(
      device,
      canvas,
      shape,
      (g, x, counter) => objective.loss(g, x, counter, scale.exemplar),
      {
        steps,
        rate: objective.rate,
        finalRate: FINAL_RATE,
        lo: space.lo,
        hi: space.hi,
        signal: events.signal,
        onProgress: (p) =>
          events.onProgress?.({ scale: index, scales: scales.length, width: W, height: H, steps, ...p }),
      },
    );
    if (result.curve.some(([, loss]) => !Number.isFinite(loss))) {
      throw new EngineError(
        'RunError',
        `the loss is no longer a number at ${W}x${H}`,
        'Try another --seed, or report it with the exemplar: this should not happen.',
      );
    }
    canvas = result.canvas;
    stopped = result.steps < steps;
    done.push({ width: W, height: H, steps: result.steps, msPerStep: result.msPerStep, curve: result.curve });
    await events.onScale?.({ scale: index, raster: decode(space, canvas, W, H) });
    device.pool.trim(); // the next scale has other sizes
  }
  const { raster, moved } = settleBorder(decode(space, canvas ?? new Float32Array(), size[0], size[1]), torus);
  return { raster, moved, settings: { ...settings, steps, scales: scales.length }, stopped, scales: done };
}

async function objectiveOf(
  device: Device,
  subject: Subject,
  settings: TextureSettings,
  events: TextureEvents,
): Promise<Objective> {
  if (settings.net === 'patches') {
    const largest = Math.min(device.gpu.limits.maxStorageBufferBindingSize, device.gpu.limits.maxBufferSize);
    return patchesObjective(subject, (pixels) => {
      // Large pictures need fewer directions a step: each has more values to say the same with. Sorting takes 8 bytes
      // a value, a key and where it came from.
      const fits = Math.floor(largest / (8 * pixels));
      const projections = Math.max(1, Math.min(PROJECTIONS, fits));
      if (projections < PROJECTIONS) {
        events.onNotice?.(
          `${projections} projections a step instead of ${PROJECTIONS}: the adapter binds ${bytesText(largest)} at most`,
        );
      }
      return projections;
    });
  }
  if (!events.loadNet) {
    throw new EngineError(
      'RecipeError',
      `nobody here can load the net ${settings.net}`,
      'Pass loadNet, or use the net patches.',
    );
  }
  const net = await events.loadNet(settings.net);
  if (net.guessed) events.onNotice?.(net.guessed);
  return netObjective(subject, net, settings);
}

/** The settings with a size that the objective can work on; says so when it had to change it. */
function fitted(
  settings: TextureSettings,
  exemplar: Raster,
  objective: Objective,
  events: TextureEvents,
): TextureSettings {
  const { multiple, smallest } = objective;
  const shortest = Math.min(exemplar.width, exemplar.height);
  if (shortest < smallest) {
    throw new EngineError(
      'PictureError',
      `the exemplar is ${exemplar.width}x${exemplar.height}; ${objective.name} needs at least ${smallest} pixels each way`,
      'Use a larger picture.',
    );
  }
  const [w, h] = settings.size;
  const least = Math.ceil(smallest / multiple) * multiple;
  const round = (side: number): number => Math.max(least, Math.round(side / multiple) * multiple);
  const size: [number, number] = [round(w), round(h)];
  if (size[0] !== w || size[1] !== h) {
    events.onNotice?.(
      `size ${w}x${h} becomes ${size[0]}x${size[1]}: ${objective.name} works on multiples of ${multiple}, from ${least} up`,
    );
  }
  return { ...settings, size };
}

/** Why a size does not fit the adapter, and about by how much its sides should shrink. */
interface Misfit {
  readonly detail: string;
  readonly factor: number;
}

/** Refuses a size that the adapter cannot hold, before any work, naming one that was found to fit. */
function refuseTooLarge(device: Device, space: ColourSpace, objective: Objective, wanted: Scale): void {
  const misfit = misfitOf(device, space, objective, wanted);
  if (!misfit) return;
  const { multiple, smallest } = objective;
  const text = ([w, h]: readonly [number, number]): string => `${w}x${h}`;
  const shrunk = (by: number): Scale => {
    const least = Math.ceil(smallest / multiple);
    const side = (s: number): number => Math.max(least, Math.floor((s * by) / multiple)) * multiple;
    return { ...wanted, canvas: [side(wanted.canvas[0]), side(wanted.canvas[1])] };
  };
  const exemplar = misfitOf(device, space, objective, shrunk(0));
  if (exemplar) {
    throw new EngineError(
      'LimitError',
      `an exemplar of ${text(wanted.exemplar)} is too large for this adapter: ${exemplar.detail}`,
      'Crop or shrink it: a few hundred pixels a side show the texture.',
    );
  }
  // Each try shrinks by what the one before lacked; then a few halvings find how much of that was needed.
  const lacks = (by: number): Misfit | null => misfitOf(device, space, objective, shrunk(by));
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
  throw new EngineError(
    'LimitError',
    `${text(wanted.canvas)} is too large for this adapter: ${misfit.detail}`,
    `Use a size up to ${text(shrunk(by).canvas)}.`,
  );
}

function misfitOf(device: Device, space: ColourSpace, objective: Objective, scale: Scale): Misfit | null {
  const {
    canvas: [W, H],
    exemplar,
  } = scale;
  const pixels = W * H;
  const limit = Math.min(device.gpu.limits.maxStorageBufferBindingSize, device.gpu.limits.maxBufferSize);
  // The canvas alone: do not even build a graph for it.
  if (pixels * 4 * 4 > limit) {
    return { detail: `it binds at most ${bytesText(limit)}`, factor: Math.sqrt(limit / (pixels * 4 * 4)) };
  }
  const rates = { rate: 0, lo: space.lo, hi: space.hi };
  try {
    const { graph, value } = descent(
      new Float32Array(space.rank * pixels),
      [space.rank, H, W],
      (g, x, counter) => objective.loss(g, x, counter, exemplar),
      rates,
    );
    const excess = checkLimits(device, schedule(graph, [value], { fuse: true, realBytes: 4 }));
    return excess && { detail: excess.message, factor: Math.sqrt(excess.limit / excess.bytes) };
  } catch (error) {
    if (!(error instanceof EngineError && error.code === 'ShapeError')) throw error;
    return { detail: error.message, factor: 0.85 }; // an op's own limit, such as the longest row it can sort
  }
}
