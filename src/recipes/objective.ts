import type { Raster } from '../base/raster';
import type { Graph } from '../graph/graph';
import { patchLoss } from '../nets/patches';
import type { Ref } from '../shaders/op';
import { resize } from '../shaders/resize';
import { type ColourSpace, encode } from './canvas/colour';

/** What a canvas is compared by: patches, or the features of a net. */
export interface Objective {
  readonly name: string;
  /** Canvas sides must be multiples of this. */
  readonly multiple: number;
  /** Shortest side of canvas and exemplar it can work on, in pixels. */
  readonly smallest: number;
  /** Where the pyramid starts, and its ratio. */
  readonly coarsest: number;
  readonly ratio: number;
  /** Adam steps per scale, and rate, unless the user says otherwise. */
  readonly steps: number;
  readonly rate: number;
  /** Appends the loss, shape [1], of a canvas [rank, H, W] against the exemplar resized to [h, w]. */
  loss(g: Graph, canvas: Ref, counter: Ref, exemplarSize: readonly [w: number, h: number]): Ref;
}

export interface Subject {
  readonly exemplar: Raster;
  readonly space: ColourSpace;
  readonly torus: readonly [vertical: boolean, horizontal: boolean];
  readonly seed: number;
}

/** The exemplar as a constant [rank, h, w] in the coordinates of its colour space; resized once, at compilation. */
export function exemplarAt(g: Graph, subject: Subject, [w, h]: readonly [number, number]): Ref {
  const { exemplar, space } = subject;
  const full = g.constant([space.rank, exemplar.height, exemplar.width], encode(space, exemplar), 'exemplar');
  if (w === exemplar.width && h === exemplar.height) return full;
  return resize(g, full, [h, w], { filter: 'bicubic', border: ['clamp', 'clamp'] });
}

/** Multi-scale sliced Wasserstein distance of patches: needs no weights. */
export function patchesObjective(subject: Subject, projections: (pixels: number) => number): Objective {
  return {
    name: 'patches',
    multiple: 1,
    smallest: 16,
    coarsest: 24,
    ratio: 0.75,
    steps: 150,
    rate: 0.02,
    loss(g, canvas, counter, exemplarSize) {
      const [, H = 1, W = 1] = canvas.shape;
      return patchLoss(g, canvas, exemplarAt(g, subject, exemplarSize), counter, {
        patch: 7,
        projections: projections(Math.max(H * W, exemplarSize[0] * exemplarSize[1])),
        seed: subject.seed,
        stream: 1,
        torus: subject.torus,
      });
    },
  };
}
