// How each engine and library of materials wants its files: names, packing, bits, normals, sizes.
import type { MapKind } from '../maps';

/** Maps of one number a pixel. */
export type ScalarKind = Exclude<MapKind, 'color' | 'emission' | 'normal'>;

/** What a channel of a packed file holds; `smoothness` is 1 - roughness. A number: that value everywhere. */
export type Channel = ScalarKind | 'smoothness' | number;

export interface TextureFile {
  /**
   * `{name}` is the material's, `{Name}` and `{name_}` the same in PascalCase and in snake_case, `{own}` without words that maps are named by,
   * `{size}` as 1K where it is that; the format is the ending's.
   */
  readonly file: string;
  /** One map, normals along OpenGL's or DirectX's y, or channels in the order red, green, blue, opacity. */
  readonly from: 'color' | 'emission' | 'normal-gl' | 'normal-dx' | ScalarKind | readonly Channel[];
  /** A channel; those of the map, where it says so. */
  readonly bits: 8 | 16 | 'own';
  /** The opacity of the material goes into this file. */
  readonly alpha?: true;
  /** Stretch the values to 0..1. */
  readonly stretch?: true;
  /** It may be written as .exr instead. */
  readonly exr?: true;
}

export interface Target {
  /** For help. */
  readonly about: string;
  readonly files: readonly TextureFile[];
  /** What else is written, by the functions of export.ts. */
  readonly besides?: 'glb' | 'unity' | 'unreal' | 'godot' | 'three' | 'materialx';
  /** What sides that are powers of two do, where they are wanted. */
  readonly powersOfTwo?: string;
  /** The longest side that it takes, pixels. */
  readonly most?: number;
  /** The least that it publishes, pixels. */
  readonly least?: number;
  /** It reads KTX2. */
  readonly ktx2?: true;
}

const ORM = ['occlusion', 'roughness', 'metalness'] as const;

export const TARGETS = {
  blender: {
    about: "Blender: names that Node Wrangler's Ctrl-Shift-T knows, OpenGL normals",
    files: [
      { file: '{own}_base_color.png', from: 'color', bits: 8 },
      { file: '{own}_normal.png', from: 'normal-gl', bits: 16, exr: true },
      { file: '{own}_roughness.png', from: 'roughness', bits: 8 },
      { file: '{own}_metallic.png', from: 'metalness', bits: 8 },
      { file: '{own}_ao.png', from: 'occlusion', bits: 8 },
      { file: '{own}_height.png', from: 'height', bits: 16, exr: true },
      { file: '{own}_opacity.png', from: 'opacity', bits: 8 },
      { file: '{own}_emission.png', from: 'emission', bits: 8 },
      { file: '{own}_curvature.png', from: 'curvature', bits: 8 },
      { file: '{own}_edge.png', from: 'edge', bits: 8 },
    ],
  },
  unity: {
    about:
      'Unity: base map, normals and mask map, with .meta, and a .mat for URP that HDRP and the built-in pipeline read too',
    files: [
      { file: '{Name}_BaseMap.png', from: 'color', bits: 8, alpha: true },
      { file: '{Name}_Normal.png', from: 'normal-gl', bits: 16 },
      { file: '{Name}_MaskMap.png', from: ['metalness', 'occlusion', 0, 'smoothness'], bits: 8 },
      { file: '{Name}_Height.png', from: 'height', bits: 16 },
      { file: '{Name}_Emission.png', from: 'emission', bits: 8 },
    ],
    besides: 'unity',
    powersOfTwo: 'compress and stream best',
    most: 16384,
  },
  unreal: {
    about: 'Unreal: T_Name_BC, _N (DirectX), _ORM, _H, and a Python script that imports them',
    files: [
      { file: 'T_{Name}_BC.png', from: 'color', bits: 8, alpha: true },
      { file: 'T_{Name}_N.png', from: 'normal-dx', bits: 16, exr: true },
      { file: 'T_{Name}_ORM.png', from: ORM, bits: 8 },
      { file: 'T_{Name}_H.png', from: 'height', bits: 16, exr: true },
      { file: 'T_{Name}_E.png', from: 'emission', bits: 8 },
    ],
    besides: 'unreal',
    powersOfTwo: 'stream and have mips',
    most: 16384,
  },
  godot: {
    about: 'Godot 4: albedo, normals, ORM, height as .exr, and an ORMMaterial3D as .tres',
    files: [
      { file: '{name_}_albedo.png', from: 'color', bits: 8, alpha: true },
      { file: '{name_}_normal.png', from: 'normal-gl', bits: 8 },
      { file: '{name_}_orm.png', from: ORM, bits: 8 },
      { file: '{name_}_height.exr', from: 'height', bits: 16, exr: true },
      { file: '{name_}_emission.png', from: 'emission', bits: 8 },
    ],
    besides: 'godot',
    powersOfTwo: 'repeat on every device',
    most: 16384,
    ktx2: true,
  },
  three: {
    about: 'three.js: maps for MeshStandardMaterial, and a module that makes it',
    files: [
      { file: '{name_}_color.png', from: 'color', bits: 8, alpha: true },
      { file: '{name_}_normal.png', from: 'normal-gl', bits: 8 },
      { file: '{name_}_orm.png', from: ORM, bits: 8 },
      { file: '{name_}_height.png', from: 'height', bits: 8 },
      { file: '{name_}_emission.png', from: 'emission', bits: 8 },
    ],
    besides: 'three',
    most: 8192,
    ktx2: true,
  },
  gltf: {
    about: 'glTF 2.0: one .glb with the pictures inside',
    files: [],
    besides: 'glb',
    most: 8192,
  },
  materialx: {
    about: 'MaterialX: .mtlx with standard_surface, once tiled plainly, once by hexagons without repeats',
    files: [
      { file: '{name_}_basecolor.png', from: 'color', bits: 8 },
      { file: '{name_}_normal.png', from: 'normal-gl', bits: 16, exr: true },
      { file: '{name_}_orm.png', from: ORM, bits: 8 },
      { file: '{name_}_height.png', from: 'height', bits: 16, exr: true },
      { file: '{name_}_opacity.png', from: 'opacity', bits: 8 },
      { file: '{name_}_emission.png', from: 'emission', bits: 8 },
    ],
    besides: 'materialx',
  },
  ambientcg: {
    about: "ambientCG's names: _Color, _NormalGL, _NormalDX, _Roughness, _AmbientOcclusion, _Displacement",
    files: [
      { file: '{Name}_{size}-PNG_Color.png', from: 'color', bits: 8 },
      { file: '{Name}_{size}-PNG_NormalGL.png', from: 'normal-gl', bits: 16 },
      { file: '{Name}_{size}-PNG_NormalDX.png', from: 'normal-dx', bits: 16 },
      { file: '{Name}_{size}-PNG_Roughness.png', from: 'roughness', bits: 8 },
      { file: '{Name}_{size}-PNG_Metalness.png', from: 'metalness', bits: 8 },
      { file: '{Name}_{size}-PNG_AmbientOcclusion.png', from: 'occlusion', bits: 8 },
      { file: '{Name}_{size}-PNG_Displacement.png', from: 'height', bits: 16 },
      { file: '{Name}_{size}-PNG_Opacity.png', from: 'opacity', bits: 8 },
      { file: '{Name}_{size}-PNG_Emission.png', from: 'emission', bits: 8 },
    ],
    powersOfTwo: 'are what it publishes',
  },
  polyhaven: {
    about: "Poly Haven's names: _diff, _nor_gl, _nor_dx, _rough, _disp, _ao, _arm, all of 16 bits",
    files: [
      { file: '{name_}_diff.png', from: 'color', bits: 16 },
      { file: '{name_}_nor_gl.png', from: 'normal-gl', bits: 16, exr: true },
      { file: '{name_}_nor_dx.png', from: 'normal-dx', bits: 16, exr: true },
      { file: '{name_}_rough.png', from: 'roughness', bits: 16 },
      { file: '{name_}_metal.png', from: 'metalness', bits: 16 },
      { file: '{name_}_ao.png', from: 'occlusion', bits: 16 },
      { file: '{name_}_arm.png', from: ORM, bits: 16 },
      { file: '{name_}_disp.png', from: 'height', bits: 16, stretch: true },
      { file: '{name_}_alpha.png', from: 'opacity', bits: 16 },
      { file: '{name_}_emission.png', from: 'emission', bits: 16 },
    ],
    powersOfTwo: 'are what it publishes',
    least: 8192,
  },
  raw: {
    about: 'each map as it is, in a file of its own, at its own bits',
    files: [
      { file: '{name}_color.png', from: 'color', bits: 'own' },
      { file: '{name}_opacity.png', from: 'opacity', bits: 'own' },
      { file: '{name}_height.png', from: 'height', bits: 'own', exr: true },
      { file: '{name}_normal.png', from: 'normal-gl', bits: 'own', exr: true },
      { file: '{name}_occlusion.png', from: 'occlusion', bits: 'own' },
      { file: '{name}_roughness.png', from: 'roughness', bits: 'own' },
      { file: '{name}_metalness.png', from: 'metalness', bits: 'own' },
      { file: '{name}_emission.png', from: 'emission', bits: 'own' },
      { file: '{name}_curvature.png', from: 'curvature', bits: 'own' },
      { file: '{name}_edge.png', from: 'edge', bits: 'own' },
    ],
    ktx2: true,
  },
} as const satisfies Readonly<Record<string, Target>>;

export type TargetName = keyof typeof TARGETS;

export const TARGET_NAMES = Object.keys(TARGETS) as TargetName[];

/** By its name, as the type that all have. */
export const targetOf = (name: TargetName): Target => TARGETS[name];

/** What a map is where a material has none. */
export const ABSENT: Readonly<Record<ScalarKind, number>> = {
  opacity: 1,
  height: 0.5,
  occlusion: 1,
  roughness: 1,
  metalness: 0,
  curvature: 0.5,
  edge: 0,
};
