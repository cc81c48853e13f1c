// What a material is: maps of one size that say together how a surface looks in any light.

/** What a map says of the surface. */
export type MapKind =
  | 'color'
  | 'opacity'
  | 'height'
  | 'normal'
  | 'occlusion'
  | 'roughness'
  | 'metalness'
  | 'curvature'
  | 'edge'
  | 'emission';

export interface MaterialMap {
  readonly kind: MapKind;
  readonly channels: 1 | 3;
  /**
   * [channels, H, W], 0..1. Colour and emission: sRGB-encoded, without the light that was in the photograph. Normal: (n + 1) / 2
   * with x right, y up (OpenGL), z out of the surface. Height: 0 the lowest, 1 the highest. Occlusion: 1 where all of the sky is
   * seen. Roughness: 0 a mirror. Curvature: .5 flat, more on ridges. Others: the share that has it.
   */
  readonly data: Float32Array;
  /** Of a channel, in files that can hold as many. */
  readonly bits: 8 | 16 | 32;
}

/** The maps of one surface. All join themselves along the same axes. */
export interface Material {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly maps: ReadonlyMap<MapKind, MaterialMap>;
  readonly tile: 'both' | 'x' | 'y' | 'none';
  /** From the lowest to the highest, over the tile's width. */
  readonly relief: number;
  /** Of the tile on a wall, where it is known. */
  readonly widthCm?: number | undefined;
  /** What was estimated or assumed, in words for people and for the record. */
  readonly assumed: Readonly<Record<string, string>>;
}
