// A finished material laid anew: all of its maps by one field of coordinates.
import { EngineError } from '../base/errors';
import type { Raster } from '../base/raster';
import type { Field } from '../copy/field';
import type { Material, MaterialMap } from '../material/maps';
import { textureOn } from './call';
import type { TextureOptions } from './options';
import type { Platform } from './platform';

export interface RelayOptions extends Pick<TextureOptions, 'size' | 'seed' | 'variety' | 'device' | 'signal'> {
  onWarning?(text: string): void;
}

/** Twice each side, unless that is more pixels than this. */
const MOST = 2 ** 22;

/**
 * A larger or another tile of a material's own pixels: its colour and height are copied together, and all maps are laid out as they are, each
 * value one of the map's. Pieces are moved and never turned or scaled, so normals stay as they are;
 * where pieces meet they are no surface's (`joinedNormals`).
 * @param size default: twice each side, where that is at most 4 million pixels, else the same
 * @throws EngineError as `texture` does
 */
export async function relaidMaterial<Source>(
  platform: Platform<Source | Raster>,
  material: Material,
  { size, ...options }: RelayOptions = {},
): Promise<{ readonly material: Material; readonly field: Field }> {
  const { applyField } = await import('../copy/apply_field');
  const { width, height, maps } = material;
  const picture = pictureOf(material);
  const times = 4 * width * height <= MOST ? 2 : 1;
  const { making } = await textureOn(platform, picture, {
    ...options,
    method: 'copy',
    size: size ?? [times * width, times * height],
    // What is fitted or evened is no longer the values of the maps.
    fit: 'off',
    flatten: false,
  });
  const { field } = making;
  if (!field) throw new EngineError('RecipeError', 'the picture was stopped before it was copied', 'Run it again.');
  const laid = [...maps].map(([kind, map]): [typeof kind, MaterialMap] => [
    kind,
    { ...map, data: applyField(field, { width, height, data: map.data }).data },
  ]);
  const share = width / field.width;
  return {
    field,
    material: {
      ...material,
      width: field.width,
      height: field.height,
      maps: new Map(laid),
      tile: 'both',
      relief: material.relief * share,
      widthCm: material.widthCm && material.widthCm / share,
    },
  };
}

/**
 * What is copied: the colour, and as much of the height, once added and once subtracted, so that pieces meet where both agree. By colour alone
 * heights had cliffs where pieces meet: of a brick wall 0.6 % of steps were above the steepest 0.1 % of the wall's, with both 0.25 %.
 */
function pictureOf({ name, width, height, maps }: Material): Raster {
  const lead = maps.get('color') ?? maps.get('normal') ?? maps.get('height') ?? [...maps.values()][0];
  if (!lead) throw new EngineError('PictureError', `${name} has no maps`, 'Give it one.');
  const { channels, data } = lead;
  const n = width * height;
  const three = channels === 3 ? data : Float32Array.from({ length: 3 * n }, (_, i) => data[i % n] as number);
  const heights = maps.get('height');
  if (!heights || heights === lead) return { width, height, data: three };
  const both = three.map((v, i) => {
    const h = (heights.data[i % n] as number) - 0.5;
    return (v + 0.5 + (Math.floor(i / n) === 1 ? -h : h)) / 2;
  });
  return { width, height, data: both };
}
