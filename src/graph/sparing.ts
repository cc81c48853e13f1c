import { here, type Part } from '../base/part';
import * as spare from './spare';

/** Of no use where memory is plenty: pages fetch it when it is not. */
export const sparing: Part<typeof spare> = here(() => spare);
