import * as z from '../../base/zod';
import { kaleidoscope } from './kaleidoscope';
import { lattice } from './lattice';
import { mirror } from './mirror';
import type { ViewComponent } from './view';
import { wallpaper } from './wallpaper';

/** Every view, in the order that help texts give them. */
export const viewComponents: readonly ViewComponent[] = [mirror, kaleidoscope, wallpaper, lattice];

/** The settings of any view, told apart by `kind`. */
export const viewSchema = z.discriminatedUnion('kind', [
  mirror.schema,
  kaleidoscope.schema,
  wallpaper.schema,
  lattice.schema,
]);
export type ViewSettings = z.output<typeof viewSchema>;
