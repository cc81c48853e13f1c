import { checkValues, returnedBy } from '../../base/known_options';
import { picture, type Raster } from '../../base/raster';
import { type Device, openDevice } from '../../gpu/device';
import { Graph, type Node } from '../../graph/graph';
import { Plan } from '../../graph/plan';
import { regionGram } from '../../nets/statistics';
import type { Net } from '../../nets/weights';
import type { Ref } from '../../shaders/op';
import { relativeError } from '../losses/lib/relative_error';
import type { Recipe } from '../recipe';

/** How far the features of a tile are from its exemplar's at a layer, and what is usual. */
export interface FeatureScore {
  readonly layer: string;
  /** Root mean square difference of the two Gram matrices over the root mean square of the exemplar's. */
  readonly distance: number;
  /** The same between the halves of the exemplar, left and right, top and bottom, on average. */
  readonly own: number;
}

/**
 * Compares what features of a network occur together (Gram matrices: Gatys, Ecker and Bethge 2015) in a tile and its
 * exemplar, at the net's own layers for styles. What patches cannot tell from another piece of the material, stones that
 * have melted, is far away at the deeper layers. It says little of a result that was made by these very features.
 * @throws EngineError when a half of the exemplar or the tile is too small for the net.
 */
export async function featureScores(
  device: Device,
  net: Net,
  tile: Raster,
  exemplar: Raster,
  axes: Recipe['tile'] = 'both',
): Promise<FeatureScore[]> {
  const kinds = { device: openDevice, net: returnedBy('loadNet', 'builder'), tile: picture, exemplar: picture };
  checkValues('featureScores', { device, net, tile, exemplar }, kinds);
  const g = new Graph();
  const layers = net.layers.map((l) => l.layer);
  const prepare = net.builder.prepare(g, net.preprocessing);
  const gramsOf = ({ width, height, data }: Raster, torus: readonly [boolean, boolean]): ReadonlyMap<string, Ref> => {
    const options = { layers, pooling: net.pooling ?? 'max', edges: 'reflect', torus } as const;
    const built = net.builder.build(g, net.model, prepare(g.constant([3, height, width], data, 'picture')), options);
    return new Map([...built].map(([layer, x]) => [layer, regionGram(g, { x })]));
  };
  const flat = [false, false] as const;
  const made = gramsOf(tile, [axes === 'both' || axes === 'y', axes === 'both' || axes === 'x']);
  const own = gramsOf(exemplar, flat);
  const [w, h] = [exemplar.width >> 1, exemplar.height >> 1];
  const left = gramsOf(crop(exemplar, 0, 0, w, exemplar.height), flat);
  const right = gramsOf(crop(exemplar, w, 0, w, exemplar.height), flat);
  const top = gramsOf(crop(exemplar, 0, 0, exemplar.width, h), flat);
  const bottom = gramsOf(crop(exemplar, 0, h, exemplar.width, h), flat);
  const error = (a: ReadonlyMap<string, Ref>, b: ReadonlyMap<string, Ref>, layer: string): Node[] => {
    const [x, target] = [a.get(layer), b.get(layer)];
    return x && target ? [g.node(relativeError(g, x, target))] : [];
  };
  const errors = layers.map((layer) => ({
    layer,
    distance: error(made, own, layer),
    halves: [...error(left, right, layer), ...error(top, bottom, layer)],
  }));
  const plan = await Plan.compile(
    device,
    g,
    errors.flatMap((e) => [...e.distance, ...e.halves]),
  );
  try {
    plan.run();
    const found: FeatureScore[] = [];
    for (const { layer, distance, halves } of errors) {
      const roots: number[] = [];
      for (const e of [...distance, ...halves]) roots.push(Math.sqrt((await plan.read(e))[0] ?? 0));
      const [first = 0, ...rest] = roots;
      found.push({ layer, distance: first, own: rest.reduce((a, b) => a + b, 0) / Math.max(1, rest.length) });
    }
    return found;
  } finally {
    plan.close();
  }
}

function crop(picture: Raster, left: number, top: number, width: number, height: number): Raster {
  const data = new Float32Array(3 * width * height);
  for (let line = 0; line < 3 * height; line++) {
    const from = (Math.floor(line / height) * picture.height + top + (line % height)) * picture.width + left;
    data.set(picture.data.subarray(from, from + width), line * width);
  }
  return { width, height, data };
}
