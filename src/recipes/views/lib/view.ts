import type * as z from '../../../base/zod';
import type { Graph } from '../../../graph/graph';
import type { Ref } from '../../../shaders/op';

export interface ViewContext {
  readonly g: Graph;
  /** Axes on which the canvas is a torus: [vertical, horizontal]. */
  readonly torus: readonly [boolean, boolean];
  warn(text: string): void;
}

/**
 * How the losses see the canvas: a picture made of it, [3, H, W] to [3, H, W], with a gradient. The result of a run is
 * the canvas seen that way, so a view that folds the plane makes a symmetric picture.
 */
// biome-ignore lint/suspicious/noExplicitAny: components of all settings are kept in one list
export interface ViewComponent<S extends z.ZodObject<any> = z.ZodObject<any>> {
  readonly kind: string;
  readonly about: string;
  readonly schema: S;
  /** What sides must be a multiple of: [vertical, horizontal]. Default 1. */
  multiple?(settings: z.output<S>): readonly [number, number];
  build(c: ViewContext, canvas: Ref, settings: z.output<S>): Ref;
}

// biome-ignore lint/suspicious/noExplicitAny: the settings' type is inferred at each call
export const defineView = <S extends z.ZodObject<any>>(component: ViewComponent<S>): ViewComponent<S> => component;
