// What the rest of toroid takes from here.
export { buildNet, type NetOptions, netStride, type Pooling } from './build';
export { type LayerNames, layerNames, layerValue } from './layers';
export type { OnnxModel, OnnxNode, OnnxTensor } from './model';
export { type ParseOptions, parseOnnx, parseTensor } from './parse';
