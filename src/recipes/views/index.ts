// Written by `npm run docs` from the files of this folder: do not edit.
import * as z from '../../base/zod';
import { kaleidoscope } from './kaleidoscope';
import { lattice } from './lattice';
import type { ViewComponent } from './lib/view';
import { mirror } from './mirror';
import { wallpaper } from './wallpaper';

/** Every view that a recipe may have. */
export const viewComponents: readonly ViewComponent[] = [kaleidoscope, lattice, mirror, wallpaper];

/** A view in a recipe, told from others by `kind`. */
export const viewSchema = z.discriminatedUnion('kind', [
  kaleidoscope.schema,
  lattice.schema,
  mirror.schema,
  wallpaper.schema,
]);

/** The same with every default filled in. */
export type ViewSettings = z.output<typeof viewSchema>;
