// Names of 0.1.0 stand beside those that replaced them.
// The operations of a graph, each a function of a graph and values: `gram(g, x)`. What is not imported is not bundled.
export { argsort, sort } from './shaders/argsort';
export { concat } from './shaders/concat';
export { conv2d, convTranspose2d } from './shaders/conv2d';
export { detach } from './shaders/detach';
export { fft, ifft, ifftReal } from './shaders/fft';
export { fill } from './shaders/fill';
export { gather, scatterPermutation } from './shaders/gather';
export { type GramOptions, gram } from './shaders/gram';
export { type HorizonOptions, horizonOcclusion } from './shaders/horizon_occlusion';
export { matmul } from './shaders/matmul';
export { l1Loss, l1Loss as absoluteError, meanSquare, mseLoss, mseLoss as squaredError } from './shaders/mse_loss';
export { mulMask, mulMask as mulPixels } from './shaders/mul_mask';
export { nearestFeature, nearestFeature as bestMatch } from './shaders/nearest_feature';
export { normalizeRows } from './shaders/normalize_rows';
export { type Case, defineOp, type Launch, launch, type Op, type OpSpec, type Ref, type Value } from './shaders/op';
export { orthonormalRows } from './shaders/orthonormal_rows';
export { pad } from './shaders/pad';
export {
  abs,
  add,
  affine,
  clamp,
  div,
  exp,
  linearCombine,
  linearCombine as mix,
  log,
  mul,
  relu,
  scale,
  sign,
  sqrt,
  square,
  sub,
} from './shaders/pointwise';
export { pool2d } from './shaders/pool2d';
export { quantile } from './shaders/quantile';
export { random } from './shaders/random';
export { reshape } from './shaders/reshape';
export { resize } from './shaders/resize';
export { roll, rollBy } from './shaders/roll';
export { sparseRemap, sparseRemap as warp } from './shaders/sparse_remap';
export { spectrumOverlap } from './shaders/spectrum_overlap';
export { channelMean, channelSum, dot, expand, expandChannels, mean, mulScalar, sum } from './shaders/sum';
export { totalVariation } from './shaders/total_variation';
export { transpose } from './shaders/transpose';
