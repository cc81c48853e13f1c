import { here, type Part } from '../base/part';
import * as blocks from './more';

/** What most blocks do. Pages fetch it for recipes that have one of them. */
export const more: Part<typeof blocks> = here(() => blocks);
