// The loss of a canvas against an exemplar by a network's features, outside any recipe.
import { EngineError, shapeError } from '../../src/base/errors';
import { chw } from '../../src/base/shape';
import type { Graph } from '../../src/graph/graph';
import { buildNet, netStride } from '../../src/nets/onnx/build';
import type { NetOptions } from '../../src/nets/onnx/net_options';
import { preprocessing } from '../../src/nets/preprocessing';
import { EPS } from '../../src/nets/statistics';
import type { Net, StyleLayer } from '../../src/nets/weights';
import { gram } from '../../src/shaders/gram';
import { meanSquare, mseLoss } from '../../src/shaders/mse_loss';
import type { Ref } from '../../src/shaders/op';
import { add, affine, div, scale } from '../../src/shaders/pointwise';
import { channelMean } from '../../src/shaders/sum';

/**
 * About what second moments are taken: the origin, the canvas' own mean (with the gradient through it; then they are
 * the covariance), or the exemplar's mean.
 */
export type Centring = 'origin' | 'dynamic' | 'static';

/** A sum of terms, and each of them, weighted, for reports: `relu3_1 covariance`. All are scalars [1]. */
export interface Loss {
  readonly loss: Ref;
  readonly terms: ReadonlyMap<string, Ref>;
}

/**
 * How far the statistics of features are from those of a target, the sum over layers of
 *
 *   mean * mean_c ((mu_c - mu^_c) / rms(mu^))^2 + covariance * mean_ij ((G_ij - G^_ij) / rms(G^))^2
 *
 * with mu the mean over pixels and G the second moments divided by the number of pixels only. Each term is relative to
 * the target, so weights mean the same in every layer and at every size. Gatys et al. 2015 (G), Huang and Belongie
 * 2017 (mu).
 * @param targets features of the exemplar, of any size; when they depend on constants alone, their statistics are
 *   computed once, as the plan is compiled.
 * @throws EngineError `RecipeError` when there is no term, or a layer was not built.
 */
export function styleLoss(
  g: Graph,
  features: ReadonlyMap<string, Ref>,
  targets: ReadonlyMap<string, Ref>,
  layers: readonly StyleLayer[],
  centring: Centring = 'dynamic',
): Loss {
  const terms = new Map<string, Ref>();
  for (const { layer, mean, covariance } of layers) {
    const a = features.get(layer);
    const b = targets.get(layer);
    if (!a || !b)
      throw new EngineError('RecipeError', `layer ${layer} was not built`, 'Add it to the layers to build.');
    const muB = channelMean(g, b);
    const relative = (x: Ref, target: Ref, weight: number): Ref =>
      scale(g, div(g, mseLoss(g, x, target), affine(g, meanSquare(g, target), 1, EPS)), weight);
    if (mean !== 0) terms.set(`${layer} mean`, relative(channelMean(g, a), muB, mean));
    if (covariance !== 0) {
      const about = centring === 'origin' ? {} : centring === 'dynamic' ? { centred: true } : { centre: muB };
      const target = gram(g, b, centring === 'origin' ? {} : { centred: true });
      terms.set(`${layer} covariance`, relative(gram(g, a, about), target, covariance));
    }
  }
  const [first, ...rest] = terms.values();
  if (!first) throw new EngineError('RecipeError', 'no layer has a weight', 'Give one layer a weight other than 0.');
  return { loss: rest.reduce((total, term) => add(g, total, term), first), terms };
}

export interface VggOptions extends Omit<NetOptions, 'layers'> {
  /** What is compared, and how much. Default: the net's own. */
  readonly layers?: readonly StyleLayer[];
  readonly centring?: Centring;
}

/**
 * The loss of a canvas against an exemplar by the features of a network.
 *
 * The canvas is a torus on the axes of `torus`; the exemplar never is. `edges` (default `reflect`) says what the net
 * sees beyond an edge that is none, so that the exemplar's statistics have no dark frame in them. With
 * sides that are multiples of `vggStride` the loss does not change when the canvas is rolled by such a multiple.
 * @param canvas [3, H, W], RGB, 0 to 1. @param exemplar the same, of any size, from `g.constant`.
 * @throws EngineError `RecipeError`, `OnnxError` and `ShapeError` as of `buildNet`.
 */
export function vggObjective(g: Graph, canvas: Ref, exemplar: Ref, net: Net, options: VggOptions = {}): Loss {
  const { layers = net.layers, centring, torus = false, pooling = net.pooling, edges = 'reflect', ...rest } = options;
  for (const x of [canvas, exemplar]) {
    if (chw(net.name, x.shape)[0] !== 3) throw shapeError(net.name, 'RGB pictures [3, H, W]', x.shape);
  }
  const prepare = preprocessing(g, net.preprocessing);
  const names = layers.map((l) => l.layer);
  const common = { ...rest, layers: names, pooling, edges };
  const features = buildNet(g, net.model, prepare(canvas), { ...common, torus });
  const targets = buildNet(g, net.model, prepare(exemplar), common);
  return styleLoss(g, features, targets, layers, centring);
}

/** What the sides of a canvas have to be multiples of, on the axes of a torus. */
export function vggStride(net: Net, layers: readonly StyleLayer[] = net.layers): readonly [y: number, x: number] {
  return netStride(
    net.model,
    layers.map((l) => l.layer),
  );
}
