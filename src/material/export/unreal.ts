import type { NamedBytes } from '../../base/zip';
import type { Material } from '../maps';
import { pascal } from './naming';

interface Slot {
  readonly ending: string;
  readonly srgb: boolean;
  /** Names of Unreal's own. */
  readonly compression: string;
  readonly sampler: string;
  /** Outputs of the sample, and what of the material they go to. */
  readonly pins: readonly (readonly [output: string, property: string])[];
}

const SLOTS: readonly Slot[] = [
  { ending: 'BC', srgb: true, compression: 'TC_DEFAULT', sampler: 'COLOR', pins: [['RGB', 'MP_BASE_COLOR']] },
  { ending: 'N', srgb: false, compression: 'TC_NORMALMAP', sampler: 'NORMAL', pins: [['RGB', 'MP_NORMAL']] },
  {
    ending: 'ORM',
    srgb: false,
    compression: 'TC_MASKS',
    sampler: 'MASKS',
    pins: [
      ['R', 'MP_AMBIENT_OCCLUSION'],
      ['G', 'MP_ROUGHNESS'],
      ['B', 'MP_METALLIC'],
    ],
  },
  // Imported for displacement, and left for the user to connect: what it goes to depends on the version and on Nanite.
  { ending: 'H', srgb: false, compression: 'TC_GRAYSCALE', sampler: 'LINEAR_GRAYSCALE', pins: [] },
  { ending: 'E', srgb: true, compression: 'TC_DEFAULT', sampler: 'COLOR', pins: [['RGB', 'MP_EMISSIVE_COLOR']] },
];

/** A script that imports the textures and makes a material of them. @param textures names of the files that are written */
export function unrealFiles(material: Material, textures: readonly string[]): NamedBytes[] {
  const name = pascal(material.name);
  const rows = SLOTS.flatMap(({ ending, srgb, compression, sampler, pins }) => {
    const file = textures.find((t) => new RegExp(`_${ending}\\.[a-z]+$`).test(t));
    if (file === undefined) return [];
    const all = [
      ...pins,
      ...(ending === 'BC' && material.maps.has('opacity') ? [['A', 'MP_OPACITY_MASK'] as const] : []),
    ];
    const connected = all.map(([output, property]) => `("${output}", "${property}")`).join(', ');
    return [`    ("${file}", ${srgb ? 'True' : 'False'}, "${compression}", "SAMPLERTYPE_${sampler}", [${connected}]),`];
  });
  const text = `# Imports the textures beside this file into Unreal, and makes the material M_${name} of them.
# Tools > Execute Python Script, with the plugin Python Editor Script Plugin. Normals are DirectX's, y down: no flip is needed.
import os

import unreal

FOLDER = os.path.dirname(os.path.abspath(__file__))
DESTINATION = "/Game/Materials/${name}"
# file, sRGB, compression, sampler, connections of the sample
TEXTURES = [
${rows.join('\n')}
]


def import_texture(file, srgb, compression):
    task = unreal.AssetImportTask()
    task.filename = os.path.join(FOLDER, file)
    task.destination_path = DESTINATION
    task.automated = True
    task.replace_existing = True
    task.save = True
    unreal.AssetToolsHelpers.get_asset_tools().import_asset_tasks([task])
    texture = unreal.load_asset(DESTINATION + "/" + os.path.splitext(file)[0])
    texture.set_editor_property("srgb", srgb)
    texture.set_editor_property("compression_settings", getattr(unreal.TextureCompressionSettings, compression))
    unreal.EditorAssetLibrary.save_loaded_asset(texture)
    return texture


def main():
    path = DESTINATION + "/M_${name}"
    if unreal.EditorAssetLibrary.does_asset_exist(path):
        material = unreal.load_asset(path)
        unreal.MaterialEditingLibrary.delete_all_material_expressions(material)
    else:
        material = unreal.AssetToolsHelpers.get_asset_tools().create_asset(
            "M_${name}", DESTINATION, unreal.Material, unreal.MaterialFactoryNew()
        )
${material.maps.has('opacity') ? '    material.set_editor_property("blend_mode", unreal.BlendMode.BLEND_MASKED)\n' : ''}    for row, (file, srgb, compression, sampler, connections) in enumerate(TEXTURES):
        sample = unreal.MaterialEditingLibrary.create_material_expression(
            material, unreal.MaterialExpressionTextureSample, -400, 300 * row
        )
        sample.set_editor_property("texture", import_texture(file, srgb, compression))
        sample.set_editor_property("sampler_type", getattr(unreal.MaterialSamplerType, sampler))
        for output, target in connections:
            unreal.MaterialEditingLibrary.connect_material_property(
                sample, output, getattr(unreal.MaterialProperty, target)
            )
    unreal.MaterialEditingLibrary.recompile_material(material)
    unreal.EditorAssetLibrary.save_loaded_asset(material)


main()
`;
  return [{ name: `import_${name}.py`, bytes: new TextEncoder().encode(text) }];
}
