// A result as the surface of something.
import type { DeriveSettings } from '../../material/derive';
import type { ResultFile } from './given';

/** A result as a surface, to make maps of. */
export interface Surface {
  readonly result: ResultFile;
  /** What files are named after. */
  readonly name: string;
  /** The picture tiles both ways; otherwise it is made to. */
  readonly tiles: boolean;
  readonly settings: DeriveSettings;
}

/** What a surface is found by: the same key, the same maps. */
export const surfaceKey = ({ result, tiles, settings }: Surface): string =>
  JSON.stringify([result.id, tiles, settings]);

type Rgba = Uint8ClampedArray<ArrayBuffer>;

/** A surface as a 3-D view wants it, [H, W, 4] each. */
export interface SurfaceMaps {
  readonly key: string;
  readonly width: number;
  readonly height: number;
  /** From the lowest to the highest, over the width. */
  readonly relief: number;
  readonly maps: Readonly<Record<'color' | 'normal' | 'orm' | 'height', Rgba>>;
}
