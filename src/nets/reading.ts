// What reads networks, for pages to fetch.
export { parseOnnx } from './onnx/parse';
export { knownWeights, netOf } from './weights';
