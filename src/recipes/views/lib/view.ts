import * as z from '../../../base/zod';
import type { Graph } from '../../../graph/graph';
import type { Ref } from '../../../shaders/op';
import type { SparseMap } from '../../../shaders/sparse_remap';

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
  /** Set where a copied canvas cannot be seen so: unlike losses, copying does not know what the view makes of it. */
  readonly losesCopies?: true;
  build(c: ViewContext, canvas: Ref, settings: z.output<S>): Ref;
}

// biome-ignore lint/suspicious/noExplicitAny: the settings' type is inferred at each call
export const defineView = <S extends z.ZodObject<any>>(component: ViewComponent<S>): ViewComponent<S> => component;

/** Enough that a cut does not show as a line, little enough that shapes do not show twice. */
export const BLEND = 0.15;

const count = z.int().min(1).max(64);

export const cellsSetting = z
  .union([count, z.tuple([count, count])])
  .describe('how many cells, [across, down]; one number: across, and as many down as suit their shape');

export const blendSetting = z
  .number()
  .min(0)
  .max(1)
  .default(BLEND)
  .describe('how softly copies flow into one another at their edges, in sides of the copied part; 0: cut');

/** Maps last made, newest last. A stage needs its own several times over: to see if it fits, to run, to show. */
const made: { readonly key: string; readonly map: SparseMap }[] = [];
const KEPT = 3;

/** The map of these settings on a canvas of this size, made once as long as it is in use. */
export function mapOf(W: number, H: number, settings: object, make: () => SparseMap): SparseMap {
  const key = JSON.stringify([W, H, settings]);
  const at = made.findIndex((m) => m.key === key);
  const map = made[at]?.map ?? make();
  if (at >= 0) made.splice(at, 1);
  made.push({ key, map });
  if (made.length > KEPT) made.shift();
  return map;
}
