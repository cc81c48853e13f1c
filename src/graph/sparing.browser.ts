import { fetched } from '../base/part';
import type { sparing as wanted } from './sparing';

export const sparing: typeof wanted = fetched(() => import('./spare'));
