import type { OpSpec } from '../op';
import { spec as conv } from './conv2d.spec';
import { spec as inputGrad } from './conv2d_input_grad.spec';
import { spec as weightGrad } from './conv2d_weight_grad.spec';
import { spec as layout } from './layout.spec';
import { specs as matrices } from './matrix.spec';
import { spec as winograd } from './winograd.spec';
import { spec as winogradFilter } from './winograd_filter.spec';

export const specs: OpSpec[] = [conv, inputGrad, weightGrad, layout, winogradFilter, winograd, ...matrices];
