import { chw } from '../../base/shape';
import { expandChannels } from '../broadcast';
import { type Builder, defineOp, type Op, type Ref } from '../op';
import { reduction } from '../reduce';

/** scale * sum over the pixels of each channel. The kernels are those of `reduce`, with a row per channel. */
export const channelSumOp: Op<1, { scale: number }> = defineOp<1, { scale: number }>({
  name: 'channel_sum',
  f16Maps: { maps: [0] },
  infer([x]) {
    const [C] = chw('channelMean', x);
    return [C];
  },
  forward([x], y, { scale }, scratch) {
    const [C] = chw('channelMean', x.shape);
    return reduction('value', C, x, x, y, scale, scratch);
  },
  backward: ({ g, x: [x], dy, attrs }) => [expandChannels(g, dy, x.shape, attrs.scale)],
});

/**
 * Sum over pixels, [C, H, W] -> [C], times `scale`.
 * @throws EngineError `ShapeError` when x is no feature map.
 */
export const channelSum = (g: Builder, x: Ref, scale = 1): Ref => g.apply(channelSumOp, [x], { scale });

/**
 * Mean over pixels, [C, H, W] -> [C]. ONNX's GlobalAveragePool is this, reshaped to [C, 1, 1].
 * @throws EngineError `ShapeError` when x is no feature map.
 */
export function channelMean(g: Builder, x: Ref): Ref {
  const [, H, W] = chw('channelMean', x.shape);
  return channelSum(g, x, 1 / (H * W));
}
