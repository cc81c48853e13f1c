import type { Raster } from '../base/raster';
import type { Graph } from '../graph/graph';
import { patchLoss } from '../nets/patches';
import { vggObjective, vggStride } from '../nets/vgg';
import type { Net, StyleLayer } from '../nets/weights';
import { conv2d } from '../shaders/conv2d';
import type { Ref } from '../shaders/op';
import { affine, mul } from '../shaders/pointwise';
import { random } from '../shaders/random';
import { resize } from '../shaders/resize';
import { rollBy } from '../shaders/roll';
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
    steps: 200,
    rate: 0.02,
    loss(g, canvas, counter, exemplarSize) {
      const [, H = 1, W = 1] = canvas.shape;
      return patchLoss(g, canvas, exemplarAt(g, subject, exemplarSize), counter, {
        patch: 7,
        projections: projections(Math.max(H * W, exemplarSize[0] * exemplarSize[1])),
        seed: subject.seed,
        stream: 1,
        localised: 2 * exemplarSize[0] >= subject.exemplar.width,
        torus: subject.torus,
      });
    },
  };
}

export interface NetSettings {
  /** Layers to compare at, all of weight 1; by default the net's own. */
  readonly layers?: readonly string[] | undefined;
  readonly pooling?: 'average' | 'max' | 'l2' | undefined;
}

/**
 * The canvas rolled by 0 .. period - 1 pixels along the torus axes, anew each step. Pools look at the canvas through
 * a grid; left in place, the grid shows: dots of its period all over, and lines of its phase, the border's among
 * them, 1.2 to 1.5 times as rough as the others (measured at 128 px, 150 steps, with either pooling). A roll is exact,
 * so on a torus jitter costs nothing but the copy.
 */
function jittered(g: Graph, canvas: Ref, counter: Ref, { seed, torus }: Subject, period: number): Ref {
  if (period === 1 || !(torus[0] || torus[1])) return canvas;
  const draw = random(g, [2], { seed, stream: 2, distribution: 'uniform' }, counter);
  const axes = g.constant([2], Float32Array.from(torus, Number), 'torus axes');
  return rollBy(g, canvas, mul(g, affine(g, draw, period, -0.5), axes)); // rollBy rounds
}

/** Means and second moments of a network's features at several layers (formulas in vgg.ts). */
export function netObjective(subject: Subject, net: Net, settings: NetSettings): Objective {
  const { exemplar, space, torus } = subject;
  const layers: readonly StyleLayer[] =
    settings.layers?.map((layer) => ({ layer, mean: 1, covariance: 1 })) ?? net.layers;
  const multiple = Math.max(...vggStride(net, layers));
  return {
    name: net.name,
    multiple,
    smallest: Math.max(32, 4 * multiple),
    coarsest: Math.max(64, 4 * multiple),
    ratio: Math.SQRT1_2,
    steps: 120,
    rate: 0.02,
    loss(g, canvas, counter, [w, h]) {
      // From the coordinates of the colour space to RGB: a 1x1 convolution.
      const axes = Float32Array.from(
        { length: 3 * space.rank },
        (_, i) => space.axes[3 * (i % space.rank) + Math.floor(i / space.rank)] ?? 0,
      );
      const matrix = g.constant([3, space.rank, 1, 1], axes, 'colour axes');
      const bias = g.constant([3], Float32Array.from(space.mean), 'mean colour');
      const rgb = jittered(g, conv2d(g, canvas, matrix, { bias }), counter, subject, multiple);
      const full = g.constant([3, exemplar.height, exemplar.width], exemplar.data, 'exemplar');
      const same = w === exemplar.width && h === exemplar.height;
      const target = same ? full : resize(g, full, [h, w], { filter: 'bicubic', border: ['clamp', 'clamp'] });
      return vggObjective(g, rgb, target, net, {
        layers,
        torus,
        ...(settings.pooling && { pooling: settings.pooling }),
      }).loss;
    },
  };
}
