// glTF 2.0 in one binary file: https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html
import { VERSION } from '../../base/version';
import type { Material } from '../maps';

type Bytes = Uint8Array<ArrayBuffer>;

export type Shape = 'plane' | 'sphere';

/** Files of a material's pictures, all PNG or all KTX2. */
export interface GlbPictures {
  /** sRGB, with opacity where there is some. */
  readonly color?: Uint8Array | undefined;
  /** y up. */
  readonly normal?: Uint8Array | undefined;
  /** Occlusion, roughness, metalness in red, green, blue. */
  readonly orm?: Uint8Array | undefined;
  readonly emission?: Uint8Array | undefined;
}

/** Times that the tile is repeated: on a plane each way; round a sphere. */
const PLANE_TILES = 3;
const SPHERE_TILES = 4;
const SPHERE_SEGMENTS = 64;

const FLOAT = 5126;
const UNSIGNED_SHORT = 5123;
/** What a part of the binary holds: values of vertices, and which make triangles. */
const [ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER] = [34962, 34963];
const [REPEAT, CLAMP, LINEAR, LINEAR_MIPS] = [10497, 33071, 9729, 9987];

interface Mesh {
  readonly position: Float32Array<ArrayBuffer>;
  readonly normal: Float32Array<ArrayBuffer>;
  readonly tangent: Float32Array<ArrayBuffer>;
  readonly uv: Float32Array<ArrayBuffer>;
  readonly index: Uint16Array<ArrayBuffer>;
}

/**
 * A material on a plane or a sphere. The tile is as wide as it says, or a metre; `KHR_texture_transform` repeats it. KTX2 needs a reader of
 * `KHR_texture_basisu`.
 * @returns a .glb file
 */
export function encodeGlb(material: Material, pictures: GlbPictures, shape: Shape, type: 'png' | 'ktx2'): Bytes {
  const { name, width, height, widthCm, relief, tile, maps } = material;
  const wide = (widthCm ?? 100) / 100;
  const high = (wide * height) / width;
  const down = Math.max(1, Math.round((SPHERE_TILES / 2) * (width / height)));
  const mesh =
    shape === 'plane' ? plane(PLANE_TILES * wide, PLANE_TILES * high) : sphere((SPHERE_TILES * wide) / (2 * Math.PI));
  const scale = shape === 'plane' ? [PLANE_TILES, PLANE_TILES] : [SPHERE_TILES, down];
  const binary = new Binary();
  const accessors = [
    { ...binary.array(mesh.position, FLOAT, 'VEC3'), ...bounds(mesh.position) },
    binary.array(mesh.normal, FLOAT, 'VEC3'),
    binary.array(mesh.tangent, FLOAT, 'VEC4'),
    binary.array(mesh.uv, FLOAT, 'VEC2'),
    binary.array(mesh.index, UNSIGNED_SHORT, 'SCALAR'),
  ];
  const images = Object.entries(pictures).flatMap(([key, bytes]: [string, Uint8Array | undefined]) =>
    bytes
      ? [{ key, image: { name: `${name}_${key}`, mimeType: `image/${type}`, bufferView: binary.view(bytes) } }]
      : [],
  );
  const texture = (key: keyof GlbPictures): object | undefined => {
    const index = images.findIndex((i) => i.key === key);
    return index < 0 ? undefined : { index, extensions: { KHR_texture_transform: { scale } } };
  };
  const orm = texture('orm');
  const basis = type === 'ktx2' ? ['KHR_texture_basisu'] : [];
  const json = {
    asset: { version: '2.0', generator: `toroid ${VERSION}` },
    extensionsUsed: images.length > 0 ? ['KHR_texture_transform', ...basis] : undefined,
    extensionsRequired: images.length > 0 && basis.length > 0 ? basis : undefined,
    scene: 0,
    scenes: [{ nodes: [0] }],
    nodes: [{ name, mesh: 0 }],
    meshes: [
      {
        name: shape,
        primitives: [{ attributes: { POSITION: 0, NORMAL: 1, TANGENT: 2, TEXCOORD_0: 3 }, indices: 4, material: 0 }],
      },
    ],
    materials: [
      {
        name,
        pbrMetallicRoughness: {
          baseColorTexture: texture('color'),
          metallicRoughnessTexture: orm,
          metallicFactor: orm ? 1 : 0,
          roughnessFactor: 1,
        },
        normalTexture: texture('normal'),
        occlusionTexture: maps.has('occlusion') ? orm : undefined,
        emissiveTexture: texture('emission'),
        emissiveFactor: texture('emission') ? [1, 1, 1] : undefined,
        alphaMode: maps.has('opacity') ? 'MASK' : undefined,
        extras: { tileWidthMetres: widthCm === undefined ? undefined : wide, relief },
      },
    ],
    textures:
      images.length > 0
        ? images.map((_, source) =>
            basis.length > 0 ? { sampler: 0, extensions: { KHR_texture_basisu: { source } } } : { sampler: 0, source },
          )
        : undefined,
    images: images.length > 0 ? images.map((i) => i.image) : undefined,
    samplers:
      images.length > 0
        ? [
            {
              magFilter: LINEAR,
              minFilter: LINEAR_MIPS,
              wrapS: tile === 'both' || tile === 'x' ? REPEAT : CLAMP,
              wrapT: tile === 'both' || tile === 'y' ? REPEAT : CLAMP,
            },
          ]
        : undefined,
    accessors,
    bufferViews: binary.views,
    buffers: [{ byteLength: binary.length }],
  };
  return glbFile(JSON.stringify(json), binary);
}

/** The binary part: views at multiples of 4 bytes. */
class Binary {
  readonly views: { buffer: 0; byteOffset: number; byteLength: number; target?: number | undefined }[] = [];
  readonly parts: Uint8Array[] = [];
  length = 0;

  view(bytes: Uint8Array, target?: number): number {
    this.views.push({ buffer: 0, byteOffset: this.length, byteLength: bytes.length, target });
    this.parts.push(bytes, new Uint8Array(-bytes.length & 3));
    this.length += bytes.length + (-bytes.length & 3);
    return this.views.length - 1;
  }

  array(values: Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>, componentType: number, type: string): object {
    const each = type === 'SCALAR' ? 1 : Number(type[3]);
    const target = type === 'SCALAR' ? ELEMENT_ARRAY_BUFFER : ARRAY_BUFFER;
    const bufferView = this.view(new Uint8Array(values.buffer), target);
    return { bufferView, componentType, type, count: values.length / each };
  }
}

function bounds(position: Float32Array): { min: number[]; max: number[] } {
  const axis = (pick: (...v: number[]) => number, start: number): number[] =>
    [0, 1, 2].map((a) => position.reduce((best, v, i) => (i % 3 === a ? pick(best, v) : best), start));
  return { min: axis(Math.min, Number.POSITIVE_INFINITY), max: axis(Math.max, Number.NEGATIVE_INFINITY) };
}

/** Upright, seen from +z. */
function plane(width: number, height: number): Mesh {
  const [x, y] = [width / 2, height / 2];
  const four = (...v: number[]): Float32Array<ArrayBuffer> =>
    Float32Array.from({ length: 4 * v.length }, (_, i) => v[i % v.length] as number);
  return {
    position: Float32Array.of(-x, y, 0, x, y, 0, -x, -y, 0, x, -y, 0),
    normal: four(0, 0, 1),
    tangent: four(1, 0, 0, 1),
    uv: Float32Array.of(0, 0, 1, 0, 0, 1, 1, 1),
    index: Uint16Array.of(0, 2, 1, 1, 2, 3),
  };
}

function sphere(radius: number): Mesh {
  const [across, down] = [SPHERE_SEGMENTS, SPHERE_SEGMENTS / 2];
  const [position, normal, tangent, uv, index] = [[], [], [], [], []] as number[][] as [
    number[],
    number[],
    number[],
    number[],
    number[],
  ];
  for (let j = 0; j <= down; j++) {
    for (let i = 0; i <= across; i++) {
      const [turn, tilt] = [(2 * Math.PI * i) / across, (Math.PI * j) / down];
      const n = [-Math.cos(turn) * Math.sin(tilt), Math.cos(tilt), Math.sin(turn) * Math.sin(tilt)];
      normal.push(...n);
      position.push(...n.map((v) => radius * v));
      tangent.push(Math.sin(turn), 0, Math.cos(turn), 1);
      uv.push(i / across, j / down);
      if (i === across || j === down) continue;
      const at = j * (across + 1) + i;
      const below = at + across + 1;
      if (j > 0) index.push(at, below, at + 1);
      if (j < down - 1) index.push(at + 1, below, below + 1);
    }
  }
  return {
    position: Float32Array.from(position),
    normal: Float32Array.from(normal),
    tangent: Float32Array.from(tangent),
    uv: Float32Array.from(uv),
    index: Uint16Array.from(index),
  };
}

/** Header, JSON filled up with spaces, binary part (4.4). */
function glbFile(json: string, { parts, length }: Binary): Bytes {
  const text = new TextEncoder().encode(json);
  const padded = text.length + (-text.length & 3);
  const out = new Uint8Array(12 + 8 + padded + 8 + length);
  const view = new DataView(out.buffer);
  const words = (at: number, ...values: number[]): void => {
    for (const [k, v] of values.entries()) view.setUint32(at + 4 * k, v, true);
  };
  words(0, 0x46546c67, 2, out.length, padded, 0x4e4f534a);
  out.fill(0x20, 20, 20 + padded);
  out.set(text, 20);
  words(20 + padded, length, 0x004e4942);
  let at = 28 + padded;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
