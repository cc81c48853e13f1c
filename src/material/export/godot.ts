import type { NamedBytes } from '../../base/zip';
import type { Material } from '../maps';
import { snake } from './naming';

/** An ORMMaterial3D of Godot 4 beside its textures. @param textures names of the files that are written */
export function godotFiles(material: Material, textures: readonly string[]): NamedBytes[] {
  const { name, maps, relief, widthCm, tile } = material;
  const has = (ending: string): string | undefined => {
    const index = textures.findIndex((t) => t.replace(/\.[a-z0-9]+$/, '').endsWith(ending));
    return index < 0 ? undefined : `ExtResource("${index + 1}")`;
  };
  const [albedo, normal, orm, height, emission] = ['_albedo', '_normal', '_orm', '_height', '_emission'].map(has);
  const properties: readonly (readonly [string, string | number | undefined])[] = [
    ['resource_name', `"${name.replace(/["\\]/g, '')}"`],
    // Cut out: TRANSPARENCY_ALPHA_SCISSOR.
    ['transparency', maps.has('opacity') ? 2 : undefined],
    ['albedo_texture', albedo],
    ['orm_texture', orm],
    ['ao_enabled', orm && maps.has('occlusion') ? 'true' : undefined],
    ['emission_enabled', emission && 'true'],
    ['emission_texture', emission],
    ['normal_enabled', normal && 'true'],
    ['normal_texture', normal],
    ['heightmap_enabled', height && 'true'],
    // In hundredths of the tile.
    ['heightmap_scale', height && (100 * relief).toFixed(3)],
    ['heightmap_texture', height],
    ['texture_repeat', tile === 'none' ? 'false' : undefined],
    ['metadata/tile_width_metres', widthCm === undefined ? undefined : widthCm / 100],
  ];
  const lines = [
    `[gd_resource type="ORMMaterial3D" load_steps=${textures.length + 1} format=3]`,
    '',
    ...textures.map((t, k) => `[ext_resource type="Texture2D" path="${t}" id="${k + 1}"]`),
    '',
    '[resource]',
    ...properties.flatMap(([key, value]) => (value === undefined ? [] : [`${key} = ${value}`])),
    '',
  ];
  return [{ name: `${snake(name)}.tres`, bytes: new TextEncoder().encode(lines.join('\n')) }];
}
