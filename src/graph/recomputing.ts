import { here, type Part } from '../base/part';
import * as recompute from './rematerialize';

/** Pages fetch it where memory is short. By itself, without ops: every plan refers to it. */
export const recomputing: Part<typeof recompute> = here(() => recompute);
