// Names of 0.1.0 stand beside those that replaced them.
// The operations of a graph, each a function of a graph and values: `gram(g, x)`. What is not imported is not bundled.
export { allFinite } from './shaders/all_finite';
export { argsort, sort } from './shaders/argsort';
export { axisLinear, sparseMap } from './shaders/axis_linear';
// With NumPy's broadcasting; of equal shapes they are those of pointwise.
export {
  broadcastAdd as add,
  broadcastDiv as div,
  broadcastMul as mul,
  broadcastSub as sub,
  max,
  min,
  permute,
  pow,
  prelu,
} from './shaders/broadcast_binary';
export { toHalf, toReal } from './shaders/cast';
export { concat, slice } from './shaders/concat';
export { convNd, convTransposeNd } from './shaders/conv_nd';
export { conv2d, convTranspose2d } from './shaders/conv2d';
export { detach } from './shaders/detach';
export { fft, ifft, ifftReal } from './shaders/fft';
export { fill } from './shaders/fill';
export { gather, scatterPermutation } from './shaders/gather';
export { type GramOptions, gram } from './shaders/gram';
export { type HorizonOptions, horizonOcclusion } from './shaders/horizon_occlusion';
export { matmul } from './shaders/matmul';
export { matmulNd } from './shaders/matmul_nd';
export { l1Loss, l1Loss as absoluteError, meanSquare, mseLoss, mseLoss as squaredError } from './shaders/mse_loss';
export { mulMask, mulMask as mulPixels } from './shaders/mul_mask';
export { nearestFeature, nearestFeature as bestMatch } from './shaders/nearest_feature';
export { normalizeRows } from './shaders/normalize_rows';
export { type Case, defineOp, type Launch, launch, type Op, type OpSpec, type Ref, type Value } from './shaders/op';
export { orthonormalRows } from './shaders/orthonormal_rows';
export { pad } from './shaders/pad';
export {
  abs,
  affine,
  clamp,
  exp,
  linearCombine,
  linearCombine as mix,
  log,
  relu,
  scale,
  sign,
  sqrt,
  square,
} from './shaders/pointwise';
export { maxPoolNd, maxPoolNdArgmax } from './shaders/pool_nd';
export { pool2d } from './shaders/pool2d';
export { quantile } from './shaders/quantile';
export { random } from './shaders/random';
export { expandTo, reduceAxes, sumTo } from './shaders/reduce_axes';
export { reshape } from './shaders/reshape';
export { resize } from './shaders/resize';
export { roll, rollBy } from './shaders/roll';
export { type ShadeOptions, shade } from './shaders/shade';
export { logSoftmax, softmax } from './shaders/softmax';
export { sparseRemap, sparseRemap as warp } from './shaders/sparse_remap';
export { spectrumOverlap } from './shaders/spectrum_overlap';
export { channelAffine, instanceNorm, standardizeRows } from './shaders/standardize_rows';
export { channelMean, channelSum, dot, expand, expandChannels, mean, mulScalar, sum } from './shaders/sum';
export { totalVariation } from './shaders/total_variation';
export { transpose } from './shaders/transpose';
export {
  accurateExp,
  accurateLog,
  ceil,
  celu,
  cos,
  elu,
  erf,
  floor,
  gelu,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  mish,
  powConst,
  reciprocal,
  round,
  selu,
  sigmoid,
  sin,
  softplus,
  softsign,
  swish,
  tanh,
  thresholdedRelu,
} from './shaders/unary';
