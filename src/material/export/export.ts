// A material as the files that engines, programs and libraries want.
import { encodeExr } from '../../base/exr';
import { interleave } from '../../base/pixels';
import { encodePng } from '../../base/png';
import type { Raster } from '../../base/raster';
import { VERSION } from '../../base/version';
import type { NamedBytes } from '../../base/zip';
import type { Material } from '../maps';
import type { GlbPictures, Shape } from './glb';
import { mipsOf } from './mips';
import { fileName, snake } from './naming';
import { checkMaterial, type Packed, packed, rangeOf } from './packed';
import { type Target, type TargetName, type TextureFile, targetOf } from './targets';

/** One size of a texture: RGBA, 8 bits a channel. */
export interface MipLevel {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
}

/** @param levels from the largest on, each half of the one before, rounded down */
export type Ktx2Encoder = (levels: readonly MipLevel[], options: { readonly srgb: boolean }) => Promise<Uint8Array>;

export interface ExportOptions {
  /** Height and normals as .exr, where the target reads it. */
  readonly exr?: boolean;
  /** Also each picture as .ktx2, with mips, for the targets that read it; a .glb has these instead of PNG, if its sides are multiples of 4. */
  readonly ktx2?: Ktx2Encoder | undefined;
  /** Also one .glb, of that shape; `gltf` has one in any case, a plane. */
  readonly glb?: Shape | undefined;
  /** Kept inside of PNG files, by keyword. */
  readonly text?: Readonly<Record<string, string>>;
}

export interface Exported {
  /** Of several targets each has a folder. */
  readonly files: readonly NamedBytes[];
  /** What of the material does not suit a target. */
  readonly notices: readonly string[];
}

/**
 * Files of a material. The same material and options make the same bytes.
 * @throws EngineError `PictureError` for maps that are not of one size
 */
export async function exportMaterial(
  material: Material,
  targets: readonly TargetName[],
  options: ExportOptions = {},
): Promise<Exported> {
  checkMaterial(material);
  const files: NamedBytes[] = [];
  const notices: string[] = [];
  for (const name of targets) {
    const target = targetOf(name);
    notices.push(...sizeNotices(name, target, material), ...displacementNotices(name, material));
    if (options.ktx2 && !target.ktx2 && target.besides !== 'glb')
      notices.push(`${name} gets no KTX2: it does not read it`);
    const own = await targetFiles(material, target, options);
    files.push(...own.map((f) => (targets.length > 1 ? { ...f, name: `${name}/${f.name}` } : f)));
  }
  const { glb } = options;
  if (glb && !targets.includes('gltf')) files.push(await glbFile(material, glb, options));
  if (options.ktx2 && (glb || targets.includes('gltf')) && !byFours(material)) {
    notices.push(
      `the .glb has PNG inside: KTX2 in glTF wants sides that are multiples of 4, and the material is ${sizeOf(material)}`,
    );
  }
  return { files, notices };
}

const sizeOf = ({ width, height }: Material): string => `${width}x${height}`;
const byFours = ({ width, height }: Material): boolean => width % 4 === 0 && height % 4 === 0;
const isPower = (n: number): boolean => (n & (n - 1)) === 0;

function sizeNotices(name: TargetName, { powersOfTwo, most, least }: Target, material: Material): string[] {
  const { width, height } = material;
  const longest = Math.max(width, height);
  const notices: string[] = [];
  if (powersOfTwo && !(isPower(width) && isPower(height))) {
    const better = 2 ** Math.round(Math.log2(longest));
    notices.push(
      `${name}: sides that are powers of two, such as ${better}, ${powersOfTwo}; the material is ${sizeOf(material)}`,
    );
  }
  if (most !== undefined && longest > most)
    notices.push(`${name} takes sides of at most ${most}, and the material is ${sizeOf(material)}`);
  if (least !== undefined && longest < least)
    notices.push(`${name} publishes materials from ${least} pixels on, and this is ${sizeOf(material)}`);
  return notices;
}

/** What Node Wrangler sets up for a map of heights is for reliefs of a metre. */
function displacementNotices(name: TargetName, { maps, relief, widthCm }: Material): string[] {
  if (name !== 'blender' || !maps.has('height')) return [];
  const wide = (widthCm ?? 100) / 100;
  const scale = Number((relief * wide).toPrecision(3));
  return [
    `blender: of the node Displacement, where there is one, set Scale to ${scale} for a tile ${wide} m wide: Node Wrangler leaves it at 1`,
  ];
}

async function targetFiles(material: Material, target: Target, options: ExportOptions): Promise<NamedBytes[]> {
  if (target.besides === 'glb') return [await glbFile(material, options.glb ?? 'plane', options)];
  const textures: NamedBytes[] = [];
  const compressed: NamedBytes[] = [];
  const mips = options.ktx2 && target.ktx2 ? mipsOf(material) : [];
  for (const file of target.files) {
    const made = packed(material, file);
    if (!made) continue;
    textures.push(await textureFile(material, file, made, options));
    // Of 8 bits a height would be stairs.
    if (options.ktx2 && mips.length > 0 && file.from !== 'height') {
      const name = fileName(file.file, material).replace(/\.\w+$/, '.ktx2');
      compressed.push({ name, bytes: await compressedFile(options.ktx2, mips, file, made) });
    }
  }
  const besides = target.besides
    ? await besidesOf[target.besides](
        material,
        textures.map((t) => t.name),
      )
    : [];
  return [...textures, ...compressed, ...besides];
}

type Besides = (material: Material, textures: readonly string[]) => Promise<NamedBytes[]>;

/** Loaded when called for. */
const besidesOf: Readonly<Record<Exclude<NonNullable<Target['besides']>, 'glb'>, Besides>> = {
  unity: async (m, t) => (await import('./unity')).unityFiles(m, t),
  unreal: async (m, t) => (await import('./unreal')).unrealFiles(m, t),
  godot: async (m, t) => (await import('./godot')).godotFiles(m, t),
  three: async (m, t) => (await import('./three')).threeFiles(m, t),
  materialx: async (m, t) => (await import('./materialx')).materialxFiles(m, t),
};

const compressedFile = (
  encode: Ktx2Encoder,
  mips: readonly Material[],
  file: TextureFile,
  { colour }: Packed,
): Promise<Uint8Array> =>
  encode(
    mips.map((m) => levelOf((packed(m, file) as Packed).raster)),
    { srgb: colour },
  );

const levelOf = (raster: Raster): MipLevel => ({
  width: raster.width,
  height: raster.height,
  rgba: interleave(raster, 8, 4) as Uint8Array,
});

async function textureFile(
  material: Material,
  file: TextureFile,
  { raster, colour, bits }: Packed,
  { exr = false, text = {} }: ExportOptions,
): Promise<NamedBytes> {
  const { width, height } = raster;
  const name = fileName(file.file, material);
  const about = aboutMap(material, file);
  const metre = material.widthCm === undefined ? undefined : (100 * width) / material.widthCm;
  if (name.endsWith('.exr') || (file.exr && (exr || bits === 32))) {
    const plane = (c: number): Float32Array => raster.data.subarray(c * width * height, (c + 1) * width * height);
    // Half floats have 11 bits: enough for directions, and fewer than the 16 of a height.
    const normals = !raster.grey;
    const channels = normals
      ? ([
          ['B', plane(2)],
          ['G', plane(1)],
          ['R', plane(0)],
        ] as const)
      : ([['Y', plane(0)]] as const);
    const bytes = await encodeExr(channels, [width, height], {
      comments: about,
      sample: normals ? 'half' : 'float',
      compress: true,
      pixelsPerInch: metre === undefined ? undefined : metre * 0.0254,
    });
    return { name: name.replace(/\.png$/, '.exr'), bytes };
  }
  const bytes = await encodePng(raster, {
    bits: bits === 8 ? 8 : 16,
    data: !colour,
    pixelsPerMetre: metre,
    text: { Software: `toroid ${VERSION}`, Description: about, ...text },
  });
  return { name, bytes };
}

/** For whoever opens a file by itself. */
function aboutMap({ maps, relief, widthCm, assumed }: Material, { from, stretch }: TextureFile): string {
  const kinds = typeof from === 'string' ? [from] : from.map(String);
  const [low, high] = stretch && maps.has('height') ? rangeOf(maps.get('height')?.data as Float32Array) : [0, 1];
  const deep = Number((relief * (high - low)).toPrecision(4));
  const size = widthCm === undefined ? '' : ` (${Number((deep * widthCm).toPrecision(4))} cm)`;
  const height = kinds.includes('height')
    ? `; 0 is the lowest, 1 the highest, ${deep} of the tile's width above it${size}`
    : '';
  const guesses = Object.entries(assumed).flatMap(([k, v]) =>
    kinds.includes(k) || kinds.some((x) => x.startsWith(k)) ? [`${k}: ${v}`] : [],
  );
  return [`${kinds.join(', ')}${height}`, ...guesses].join('. ');
}

/** What a .glb has inside. */
const GLB_FILES = {
  color: { file: '', from: 'color', bits: 8, alpha: true },
  normal: { file: '', from: 'normal-gl', bits: 8 },
  orm: { file: '', from: ['occlusion', 'roughness', 'metalness'], bits: 8 },
  emission: { file: '', from: 'emission', bits: 8 },
} as const satisfies Readonly<Record<keyof GlbPictures, TextureFile>>;

async function glbFile(material: Material, shape: Shape, options: ExportOptions): Promise<NamedBytes> {
  const { encodeGlb } = await import('./glb');
  const encode = byFours(material) ? options.ktx2 : undefined;
  const mips = encode ? mipsOf(material) : [];
  const pictures: { -readonly [key in keyof GlbPictures]: GlbPictures[key] } = {};
  for (const [key, file] of Object.entries(GLB_FILES)) {
    const made = packed(material, file);
    if (!made) continue;
    pictures[key as keyof GlbPictures] = encode
      ? await compressedFile(encode, mips, file, made)
      : (await textureFile(material, file, made, { ...options, exr: false })).bytes;
  }
  const bytes = encodeGlb(material, pictures, shape, encode ? 'ktx2' : 'png');
  return { name: `${snake(material.name)}.glb`, bytes };
}
