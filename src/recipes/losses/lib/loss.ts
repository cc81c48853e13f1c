import type * as z from '../../../base/zod';
import type { Graph } from '../../../graph/graph';
import type { Region } from '../../../nets/statistics';
import type { Ref } from '../../../shaders/op';
import type { LayerChoice } from './layers';

/** A number that is part of the objective, shape [1], and its name in curves and reports, such as `relu3_1`. */
export interface Term {
  readonly name: string;
  readonly value: Ref;
}

export type { Region };

/** One style of the recipe, seen at a layer: what the canvas' region ought to resemble. */
export interface StylePair {
  /** Name of the style's input. */
  readonly style: string;
  /** Signed weight of this style; weights of all styles have absolute values that add up to 1. */
  readonly weight: number;
  readonly canvas: Region;
  readonly target: Region;
}

/** What a loss is built from. Everything lazily: what no loss asks for costs nothing. */
export interface LossContext {
  readonly g: Graph;
  /** Layers and weights that a setting stands for, with this recipe's net. */
  layers(choice: LayerChoice): ReadonlyMap<string, number>;
  /** The canvas as seen at a layer (`input`: RGB 0..1), through views and jitter. [C, H, W] */
  canvas(layer: string): Ref;
  /** The canvas and each style at a layer, with their masks. Never empty: without a style it is a RecipeError. */
  styles(layer: string): readonly StylePair[];
  /**
   * The content picture at a layer, at the canvas' size, moved by the same jitter: position for position what `canvas`
   * gives. RecipeError without one. `still`: not moved by the jitter, and so from constants only: for statistics.
   */
  content(layer: string, still?: boolean): Ref;
  /** The canvas as it was when the stage began, at a layer, position for position; `still` as for `content`. */
  start(layer: string, still?: boolean): Ref;
  /** Any other input of the recipe by name, at its own size; `RecipeError` when there is none of that name. */
  input(name: string, layer: string): Ref;
  /**
   * Canvas and styles as pixels [K, H, W] in orthonormal colour coordinates, as few as the colours need: for losses on
   * patches of the picture itself, which cost as much as there are coordinates. Masks as in `styles`.
   */
  pixels(): readonly StylePair[];
  /** Whether the canvas is on its final scale's style at half its size or more: fine detail is at stake. */
  readonly fine: boolean;
  /** Evaluations so far, [1]: what random draws depend on. */
  readonly counter: Ref;
  /** Of all random numbers of the run, with a stream that no other loss has (one per call, the same in every run). */
  random(): { readonly seed: number; readonly stream: number };
  /** Axes on which the canvas is a torus: [vertical, horizontal]. */
  readonly torus: readonly [boolean, boolean];
  /** Says something to the user, once. */
  warn(text: string): void;
  /** Bytes that one buffer may have. */
  readonly largest: number;
}

/** A kind of loss: one file. */
// biome-ignore lint/suspicious/noExplicitAny: components of all settings are kept in one list
export interface LossComponent<S extends z.ZodObject<any> = z.ZodObject<any>> {
  /** What a recipe calls it: `gram`. */
  readonly kind: string;
  /** What it does for a picture, in a sentence or two, for artists. */
  readonly about: string;
  /** z.strictObject({ kind: z.literal(...), ...commonLoss, layers: ..., ... }), every field described. */
  readonly schema: S;
  /** Layers of the net that have to be built. Default: those of `settings.layers`, where it has any. */
  layers?(settings: z.output<S>): readonly LayerChoice[];
  /** Sides of a canvas it can work on. Default: all. */
  acceptsSide?(side: number): boolean;
  /** The largest canvas that it works on, pixels, whatever the adapter. */
  readonly mostPixels?: number;
  /** True when it compares position by position: jitter then moves the target along, and costs more. */
  readonly positional?: boolean;
  /** The terms, without the loss's own weight, which the caller applies. At least one. */
  build(c: LossContext, settings: z.output<S>): readonly Term[];
}

// biome-ignore lint/suspicious/noExplicitAny: the settings' type is inferred at each call
export const defineLoss = <S extends z.ZodObject<any>>(component: LossComponent<S>): LossComponent<S> => component;
