import { EngineError } from '../base/errors';
import { abortSignal, call, checkOptions, checkValues, type OptionNames } from '../base/known_options';
import { picture, type Raster } from '../base/raster';
import type { Field } from '../copy/field';
import { type Device, openDevice } from '../gpu/device';
import type { Net } from '../nets/weights';
import { builtinRecipe } from './builtin';
import type { Progress, StageResult } from './events';
import { INPUT, type LayerChoice } from './losses/lib/layers';
import { fillRecipe, type Recipe, type RecipeText } from './recipe';
import { run } from './run';
import type { TextureSettings, TextureSettingsText } from './texture_settings';
import { SETTING_NAMES } from './texture_settings';

export interface TextureEvents {
  onProgress?(p: Progress): void;
  /** A scale is done; its picture may be saved. */
  onStage?(s: StageResult): void | Promise<void>;
  /** Something a user should know: a size rounded, a setting without effect. */
  onWarning?(text: string): void;
  /** Reads a net by name or path: files belong to the platform. Needed for every `net` but patches. */
  loadNet?(name: string): Promise<Net>;
  /** Stops after the current batch of steps; what there is comes back. */
  readonly signal?: AbortSignal;
}

const EVENT_NAMES: OptionNames<TextureEvents> = {
  onProgress: call,
  onStage: call,
  onWarning: call,
  loadNet: call,
  signal: abortSignal,
};

export interface TextureResult {
  readonly raster: Raster;
  /** What was run, with every value filled in. */
  readonly recipe: Recipe;
  readonly stopped: boolean;
  /** By how much the finished tile was rolled, to lay its border along an ordinary line (see border.ts). */
  readonly moved: readonly [dx: number, dy: number];
  readonly stages: readonly StageResult[];
  /** Where each pixel came from, if it was copied. */
  readonly field?: Field | undefined;
}

export type { TextureSettingsText };

/** Takes the copied look off and moves nothing: a few small steps towards the exemplar's patches, held to where they began. */
const POLISH: RecipeText['stages'][number] = {
  name: 'polish',
  resolution: 'last',
  steps: 12,
  optimizer: { kind: 'adam', rate: 0.004 },
  losses: [{ kind: 'patches' }, { kind: 'anchor', weight: 2 }],
};

/** A recipe with what these settings ask for put in; what they leave out stays as it is. */
export function fillTexture(recipe: RecipeText, settings: TextureSettingsText): RecipeText {
  const { size, seed, net, tile, steps, scales, canvas, layers, pooling, polish, variety, fit, flatten, rectify } =
    settings;
  const named = net === undefined || net === 'patches' ? recipe.net : net;
  const copy = Object.fromEntries(Object.entries({ variety, fit, flatten }).filter(([, v]) => v !== undefined));
  // Layers that a recipe leaves to the default count as well: those are only there when it is filled.
  const stages = (layers ? fillRecipe(recipe) : recipe).stages.map((stage) => ({
    ...stage,
    ...(steps !== undefined && stage.method !== 'copy' && { steps }),
    ...(stage.method === 'copy' && Object.keys(copy).length > 0 && { copy: { ...stage.copy, ...copy } }),
    losses: (stage.losses ?? []).map((loss) => (layers && looksThroughNet(loss) ? { ...loss, layers } : loss)),
  }));
  return {
    ...recipe,
    stages: polish ? [...stages, POLISH] : stages,
    ...(size !== undefined && { size }),
    ...(seed !== undefined && { seed }),
    ...(tile !== undefined && { tile }),
    ...(rectify && { rectify: { ...recipe.rectify, [recipe.styles?.[0]?.input ?? 'style']: rectify } }),
    ...(canvas !== undefined && { canvas: canvas === 'plasma' ? 'recolour(plasma)' : 'match(normal)' }),
    ...(named !== undefined && {
      net: pooling ? { ...(typeof named === 'object' ? named : { name: named }), pooling } : named,
    }),
    ...(scales !== undefined && { scales: { ...recipe.scales, count: scales } }),
  };
}

/** Whether a loss compares at layers of the net, not only at the picture itself. */
const looksThroughNet = (loss: object): boolean => {
  const layers = 'layers' in loss ? (loss.layers as LayerChoice) : [];
  return typeof layers === 'string' || (Array.isArray(layers) ? layers : Object.keys(layers)).some((l) => l !== INPUT);
};

/**
 * Grows a texture that looks like `exemplar` and tiles without a seam: a random canvas on a torus, optimised and
 * enlarged scale by scale; or, where the method is `copy`, pieces of the exemplar. It does not choose by itself.
 * @throws EngineError before any work when the exemplar is too small, or the size is too large for the adapter.
 */
export async function growTexture(
  device: Device,
  exemplar: Raster,
  settings: TextureSettings,
  events: TextureEvents = {},
): Promise<TextureResult> {
  checkValues('growTexture', { device, exemplar }, { device: openDevice, exemplar: picture });
  checkOptions('growTexture', settings, SETTING_NAMES);
  checkOptions('growTexture', events, EVENT_NAMES);
  const optimising = settings.net === 'patches' ? 'texture' : 'texture-net';
  const base = builtinRecipe(settings.method === 'copy' ? 'texture-copy' : optimising);
  const recipe = fillRecipe(fillTexture(base, settings));
  let net: Net | null = null;
  if (settings.net !== 'patches') {
    if (!events.loadNet) {
      throw new EngineError(
        'RecipeError',
        `the net ${settings.net} needs a loader, and there is none`,
        'Pass loadNet, or use the net patches.',
      );
    }
    net = await events.loadNet(settings.net);
    if (net.assumptions) events.onWarning?.(net.assumptions);
  }
  const { rectify } = settings;
  const style = rectify ? (await import('../copy/rectify')).rectified(exemplar, rectify) : exemplar;
  return run(device, recipe, new Map([['style', style]]), { ...events, net });
}
