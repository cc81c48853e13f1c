import type { OpSpec } from '../op';
import { type CastAttrs, toHalfOp, toRealOp } from './index';

const cases = [
  { name: 'tiny', shapes: [[1]], attrs: { scale: 1, back: 1 } },
  { name: 'exact tile', shapes: [[64]], attrs: { scale: 0.25, back: 0.25 } },
  { name: 'ragged', shapes: [[3, 5, 7]], attrs: { scale: 8, back: 8 } },
] as const;

const scaled: OpSpec<1, CastAttrs>['reference'] = ([x], { scale }) => x.data.map((v) => scale * v);

// Rounding to 11 bits errs by 2^-12 of a number, and a gradient that is f16 by as much again.
const toHalf: OpSpec<1, CastAttrs> = { op: toHalfOp, cases, reference: scaled, rtol: 5e-4, f16: { output: true } };
const toReal: OpSpec<1, CastAttrs> = { op: toRealOp, cases, reference: scaled, rtol: 5e-4, f16: { inputs: [0] } };

export const specs: OpSpec[] = [toHalf, toReal];
