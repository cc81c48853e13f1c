import type { Operator } from '../importer';
import { constantOperators } from './constant';
import { convOperators } from './conv';
import { cutOperators } from './cut';
import { elementwiseOperators } from './elementwise';
import { linearOperators } from './linear';
import { moveOperators } from './move';
import { normaliseOperators } from './normalise';
import { poolOperators } from './pool';
import { quantiseOperators } from './quantise';
import { resizeOperators } from './resize';
import { shapeOperators } from './shape';
import { standardiseOperators } from './standardise';

/** What toroid has, by ONNX's names. One entry is all that a new operator needs. */
export const operators: ReadonlyMap<string, Operator> = new Map(
  [
    constantOperators,
    convOperators,
    cutOperators,
    elementwiseOperators,
    linearOperators,
    moveOperators,
    normaliseOperators,
    poolOperators,
    quantiseOperators,
    resizeOperators,
    shapeOperators,
    standardiseOperators,
  ].flatMap((table) => Object.entries(table)),
);
