// What the rest of toroid takes from here.
export { buildNet, netStride } from './build';
export { type LayerNames, layerNames, layerValue } from './layers';
export type { OnnxModel, OnnxNode, OnnxTensor } from './model';
export type { NetOptions, Pooling } from './net_options';
export { type ParseOptions, parseOnnx, parseTensor } from './parse';
