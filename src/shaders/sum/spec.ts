import type { OpSpec } from '../op';
import { spec as channelSum } from './channel_sum.spec';
import { specs as spread } from './expand.spec';
import { specs as sums } from './sum.spec';

export const specs: OpSpec[] = [...sums, channelSum, ...spread];
