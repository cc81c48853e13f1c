import { fetched } from '../base/part';
import type { more as wanted } from './later';

export const more: typeof wanted = fetched(() => import('./rest'));
