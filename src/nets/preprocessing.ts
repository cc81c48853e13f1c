import * as z from '../base/zod';
import type { Graph } from '../graph/graph';
import { conv2d } from '../shaders/conv2d';
import type { Ref } from '../shaders/op';

const three = z.tuple([z.number(), z.number(), z.number()]);

/**
 * What a network's input has to look like: input[c] = (picture[order[c]] * range - mean[c]) / std[c] for a picture in
 * 0..1, with mean and std in the network's channel order and range.
 */
export const preprocessingSchema = z.strictObject({
  order: z.enum(['RGB', 'BGR']),
  range: z.union([z.literal(1), z.literal(255)]),
  mean: three,
  std: three.refine((s) => s.every((v) => v > 0), 'std must be positive'),
});

export type Preprocessing = z.infer<typeof preprocessingSchema>;

/** From RGB in 0..1 to what a net takes: a 1x1 convolution; nothing where the net takes just that. */
export function preprocessing(g: Graph, p: Preprocessing): (x: Ref) => Ref {
  const isPlain = p.order === 'RGB' && p.range === 1 && p.mean.every((m) => m === 0) && p.std.every((s) => s === 1);
  if (isPlain) return (x) => x;
  const matrix = new Float32Array(9);
  const offset = new Float32Array(3);
  for (const c of [0, 1, 2] as const) {
    matrix[3 * c + (p.order === 'RGB' ? c : 2 - c)] = p.range / p.std[c];
    offset[c] = -p.mean[c] / p.std[c];
  }
  const w = g.constant([3, 3, 1, 1], matrix, 'preprocessing');
  const bias = g.constant([3], offset, 'preprocessing offset');
  return (x) => conv2d(g, x, w, { bias });
}
