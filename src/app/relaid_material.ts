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
 * A larger or another tile of a material's own pixels. Its picture, which is the colour where there is one, is copied; all other maps are
 * laid out as it is, each value one of the map's. Pieces are moved and never turned or scaled, so normals stay as they are.
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
  const lead = maps.get('color') ?? maps.get('normal') ?? maps.get('height') ?? [...maps.values()][0];
  if (!lead) throw new EngineError('PictureError', `${material.name} has no maps`, 'Give it one.');
  const times = 4 * width * height <= MOST ? 2 : 1;
  const { raster, making } = await textureOn(platform, pictureOf(lead, material), {
    ...options,
    method: 'copy',
    size: size ?? [times * width, times * height],
    // What is fitted or evened is no longer the values of the maps.
    fit: 'off',
    flatten: false,
  });
  const { field } = making;
  if (!field) throw new EngineError('RecipeError', 'the picture was stopped before it was copied', 'Run it again.');
  const laid = [...maps].map(([kind, map]): [typeof kind, MaterialMap] => {
    const data =
      kind === 'color' && lead === map ? raster.data : applyField(field, { width, height, data: map.data }).data;
    return [kind, { ...map, data }];
  });
  const share = width / raster.width;
  return {
    field,
    material: {
      ...material,
      width: raster.width,
      height: raster.height,
      maps: new Map(laid),
      tile: 'both',
      relief: material.relief * share,
      widthCm: material.widthCm && material.widthCm / share,
    },
  };
}

/** A map as the picture that is copied. */
function pictureOf({ channels, data }: MaterialMap, { width, height }: Material): Raster {
  if (channels === 3) return { width, height, data };
  const planes = new Float32Array(3 * data.length);
  for (const k of [0, 1, 2]) planes.set(data, k * data.length);
  return { width, height, data: planes, grey: true };
}
