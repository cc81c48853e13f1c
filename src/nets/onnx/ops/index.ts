import type { Operator } from '../operator';
import { batchNormalizationOperators } from './batch_normalization';
import { concatOperators } from './concat';
import { constantOperators } from './constant';
import { convOperators } from './conv';
import { depthToSpaceOperators } from './depth_to_space';
import { elementwiseOperators } from './elementwise';
import { expandOperators } from './expand';
import { gatherOperators } from './gather';
import { matmulOperators } from './matmul';
import { normalizationOperators } from './normalization';
import { padOperators } from './pad';
import { poolOperators } from './pool';
import { quantizeOperators } from './quantize';
import { reduceOperators } from './reduce';
import { resizeOperators } from './resize';
import { shapeOperators } from './shape';
import { sliceOperators } from './slice';
import { transposeOperators } from './transpose';

/** What toroid has, by ONNX's names. One entry is all that a new operator needs. */
export const operators: ReadonlyMap<string, Operator> = new Map(
  [
    batchNormalizationOperators,
    concatOperators,
    constantOperators,
    convOperators,
    depthToSpaceOperators,
    elementwiseOperators,
    expandOperators,
    gatherOperators,
    matmulOperators,
    normalizationOperators,
    padOperators,
    poolOperators,
    quantizeOperators,
    reduceOperators,
    resizeOperators,
    shapeOperators,
    sliceOperators,
    transposeOperators,
  ].flatMap((table) => Object.entries(table)),
);
