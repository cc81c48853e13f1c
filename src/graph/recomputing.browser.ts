import { fetched } from '../base/part';
import type { recomputing as wanted } from './recomputing';

export const recomputing: typeof wanted = fetched(() => import('./rematerialize'));
