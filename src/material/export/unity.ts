// Materials of Unity: YAML, and a .meta beside each file, which gives it the number that others call it by.
import type { NamedBytes } from '../../base/zip';
import type { Material } from '../maps';
import { pascal } from './naming';

/** URP's shader Lit. */
const URP_LIT = '933532a4fcc9baf4fa0491de14d08ed7';

/** Names that shaders have for a texture: those of URP, of the built-in pipeline and of HDRP; the material may be given any of them. */
const SLOTS: readonly (readonly [ending: string, ...names: string[]])[] = [
  ['_BaseMap', '_BaseMap', '_MainTex', '_BaseColorMap'],
  ['_Normal', '_BumpMap', '_NormalMap'],
  ['_MaskMap', '_MetallicGlossMap', '_OcclusionMap', '_MaskMap'],
  ['_Height', '_ParallaxMap', '_HeightMap'],
  ['_Emission', '_EmissionMap', '_EmissiveColorMap'],
];
const KEYWORDS: readonly (readonly [slot: string, keyword: string])[] = [
  ['_Emission', '_EMISSION'],
  ['_MaskMap', '_METALLICSPECGLOSSMAP'],
  ['_Normal', '_NORMALMAP'],
  ['_MaskMap', '_OCCLUSIONMAP'],
  ['_Height', '_PARALLAXMAP'],
];

/** @param textures names of the files that are written */
export function unityFiles(material: Material, textures: readonly string[]): NamedBytes[] {
  const name = pascal(material.name);
  const has = (ending: string): string | undefined => textures.find((t) => t.endsWith(`${ending}.png`));
  const file = `${name}.mat`;
  const metas = textures.map((t) => [`${t}.meta`, textureMeta(t, material)] as const);
  const native = `NativeFormatImporter:\n  externalObjects: {}\n  mainObjectFileID: 2100000\n  userData: \n`;
  const texts = [
    ...metas,
    [file, materialText(name, material, has)] as const,
    [`${file}.meta`, metaHead(file) + native] as const,
  ];
  return texts.map(([n, text]) => ({ name: n, bytes: new TextEncoder().encode(text) }));
}

function materialText(name: string, { maps, relief }: Material, has: (ending: string) => string | undefined): string {
  const keywords = KEYWORDS.filter(([slot]) => has(slot)).map(([, k]) => `  - ${k}`);
  const cut = maps.has('opacity');
  if (cut) keywords.unshift('  - _ALPHATEST_ON');
  const envs = SLOTS.flatMap(([ending, ...names]) => {
    const texture = has(ending);
    if (texture === undefined) return [];
    return names.map(
      (n) =>
        `    - ${n}:\n        m_Texture: {fileID: 2800000, guid: ${guid(texture)}, type: 3}\n` +
        '        m_Scale: {x: 1, y: 1}\n        m_Offset: {x: 0, y: 0}',
    );
  });
  const mask = has('_MaskMap') !== undefined;
  const floats = {
    _AlphaClip: cut ? 1 : 0,
    _BumpScale: 1,
    _Cutoff: 0.5,
    _Metallic: mask ? 1 : 0,
    _OcclusionStrength: 1,
    // In shares of the tile's width; the shader takes no more.
    _Parallax: Math.min(0.08, Math.max(0.005, relief)).toFixed(4),
    _Smoothness: mask ? 1 : 0.2,
    _SmoothnessTextureChannel: 0,
    _WorkflowMode: 1,
  };
  const glow = has('_Emission') ? 1 : 0;
  return `%YAML 1.1
%TAG !u! tag:unity3d.com,2011:
--- !u!21 &2100000
Material:
  serializedVersion: 8
  m_ObjectHideFlags: 0
  m_CorrespondingSourceObject: {fileID: 0}
  m_PrefabInstance: {fileID: 0}
  m_PrefabAsset: {fileID: 0}
  m_Name: ${name}
  m_Shader: {fileID: 4800000, guid: ${URP_LIT}, type: 3}
  m_ValidKeywords:${keywords.length > 0 ? `\n${keywords.join('\n')}` : ' []'}
  m_InvalidKeywords: []
  m_LightmapFlags: 4
  m_EnableInstancingVariants: 0
  m_DoubleSidedGI: 0
  m_CustomRenderQueue: ${cut ? 2450 : -1}
  stringTagMap: {}
  disabledShaderPasses: []
  m_SavedProperties:
    serializedVersion: 3
    m_TexEnvs:
${envs.join('\n')}
    m_Ints: []
    m_Floats:
${Object.entries(floats)
  .map(([k, v]) => `    - ${k}: ${v}`)
  .join('\n')}
    m_Colors:
    - _BaseColor: {r: 1, g: 1, b: 1, a: 1}
    - _Color: {r: 1, g: 1, b: 1, a: 1}
    - _EmissionColor: {r: ${glow}, g: ${glow}, b: ${glow}, a: 1}
`;
}

const metaHead = (file: string): string => `fileFormatVersion: 2\nguid: ${guid(file)}\n`;

/** Normals are such (type 1), data is not sRGB, and nothing is made another size. */
function textureMeta(texture: string, { tile }: Material): string {
  const normals = texture.endsWith('_Normal.png');
  const colours = /_(BaseMap|Emission)\.png$/.test(texture);
  const wrap = (axis: 'x' | 'y'): number => (tile === 'both' || tile === axis ? 0 : 1);
  return `${metaHead(texture)}TextureImporter:
  internalIDToNameTable: []
  externalObjects: {}
  serializedVersion: 12
  mipmaps:
    mipMapMode: 0
    enableMipMap: 1
    sRGBTexture: ${colours ? 1 : 0}
    linearTexture: 0
  bumpmap:
    convertToNormalMap: 0
  isReadable: 0
  textureSettings:
    serializedVersion: 2
    filterMode: 2
    aniso: 8
    mipBias: 0
    wrapU: ${wrap('x')}
    wrapV: ${wrap('y')}
    wrapW: 0
  nPOTScale: 0
  alphaUsage: 1
  alphaIsTransparency: 0
  textureType: ${normals ? 1 : 0}
  textureShape: 1
  maxTextureSize: 16384
`;
}

/** 32 hexadecimal digits that depend on the name alone, so that what is written again is the same to the project (FNV-1a, four times). */
function guid(name: string): string {
  const bytes = new TextEncoder().encode(`toroid/${name}`);
  const part = (salt: number): string => {
    let hash = (0x811c9dc5 ^ salt) >>> 0;
    for (const b of bytes) hash = Math.imul(hash ^ b, 0x01000193) >>> 0;
    return hash.toString(16).padStart(8, '0');
  };
  return [1, 2, 3, 4].map((k) => part(k * 0x9e3779b9)).join('');
}
