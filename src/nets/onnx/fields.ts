// Numbers of the fields that toroid looks at, from https://github.com/onnx/onnx/blob/main/onnx/onnx.proto; their names are
// checked against onnx-proto's types.
import type { onnx } from 'onnx-proto';

type Numbers<T> = { readonly [K in keyof T]?: number };

export const MODEL = {
  producerName: 2,
  graph: 7,
  opsetImport: 8,
  trainingInfo: 20,
  functions: 25,
} as const satisfies Numbers<onnx.IModelProto>;
export const GRAPH = {
  node: 1,
  name: 2,
  initializer: 5,
  input: 11,
  output: 12,
  valueInfo: 13,
  sparseInitializer: 15,
} as const satisfies Numbers<onnx.IGraphProto>;
export const NODE = {
  input: 1,
  output: 2,
  name: 3,
  opType: 4,
  attribute: 5,
  domain: 7,
} as const satisfies Numbers<onnx.INodeProto>;
export const ATTRIBUTE = {
  name: 1,
  f: 2,
  i: 3,
  s: 4,
  t: 5,
  g: 6,
  floats: 7,
  ints: 8,
  graphs: 11,
  type: 20,
} as const satisfies Numbers<onnx.IAttributeProto>;
export const TENSOR = {
  dims: 1,
  dataType: 2,
  floatData: 4,
  int32Data: 5,
  int64Data: 7,
  name: 8,
  rawData: 9,
  doubleData: 10,
  uint64Data: 11,
  externalData: 13,
  dataLocation: 14,
} as const satisfies Numbers<onnx.ITensorProto>;
export const VALUE = { name: 1, type: 2 } as const satisfies Numbers<onnx.IValueInfoProto>;
export const TYPE = {
  tensorType: 1,
  sequenceType: 4,
  mapType: 5,
  optionalType: 9,
} as const satisfies Numbers<onnx.ITypeProto>;
export const TENSOR_TYPE = { elemType: 1, shape: 2 } as const satisfies Numbers<onnx.TypeProto.ITensor>;
export const SHAPE = { dim: 1 } as const satisfies Numbers<onnx.ITensorShapeProto>;
export const DIMENSION = { dimValue: 1 } as const satisfies Numbers<onnx.TensorShapeProto.IDimension>;
export const OPSET = { domain: 1, version: 2 } as const satisfies Numbers<onnx.IOperatorSetIdProto>;
export const FUNCTION = { name: 1, domain: 10 } as const satisfies Numbers<onnx.IFunctionProto>;
export const ENTRY = { key: 1, value: 2 } as const satisfies Numbers<onnx.IStringStringEntryProto>;
