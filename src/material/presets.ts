// What is assumed of a material: starting points for people, not measurements.
import type { MaterialPreset } from './choices';

export interface Assumptions {
  /**
   * How much each octave of the brightness says of height, from the finest detail (half a pixel in 512) to features of an eighth of
   * the tile.
   */
  readonly octaves: readonly [number, number, number, number, number, number, number];
  /** How far what is high is level, as bricks are: 0 not at all, 4 nearly flat with grooves. */
  readonly level: number;
  /** The root mean square of slopes: how rough the relief is. */
  readonly slope: number;
  /** Which tones are high, where the picture does not tell. */
  readonly high: 'light' | 'dark';
  /** Of the smooth parts, 0 a mirror, 1 chalk; and how much fine detail and cavities add. */
  readonly roughness: number;
  readonly detailRoughness: number;
  readonly metal: boolean;
}

const any: Assumptions = {
  octaves: [0.15, 0.25, 0.45, 0.75, 1, 0.8, 0.3],
  level: 0,
  slope: 0.5,
  high: 'light',
  roughness: 0.65,
  detailRoughness: 0.4,
  metal: false,
};

export const ASSUMED: Readonly<Record<MaterialPreset, Assumptions>> = {
  any,
  stone: { ...any, roughness: 0.7 },
  brick: { ...any, octaves: [0.15, 0.2, 0.3, 0.5, 0.9, 1, 0.4], level: 1.5, high: 'dark', roughness: 0.8 },
  wood: { ...any, octaves: [0.3, 0.5, 0.8, 0.9, 0.6, 0.3, 0.15], slope: 0.25, roughness: 0.5 },
  fabric: { ...any, octaves: [0.2, 0.4, 0.8, 1, 0.8, 0.4, 0.15], slope: 0.5, roughness: 0.8, detailRoughness: 0.1 },
  metal: { ...any, octaves: [0.3, 0.4, 0.5, 0.5, 0.4, 0.3, 0.2], slope: 0.15, roughness: 0.3, metal: true },
  plaster: {
    ...any,
    octaves: [0.25, 0.4, 0.7, 0.9, 0.8, 0.5, 0.25],
    slope: 0.25,
    roughness: 0.85,
    detailRoughness: 0.1,
  },
  ground: { ...any, octaves: [0.15, 0.3, 0.5, 0.8, 1, 0.8, 0.4], slope: 0.6, roughness: 0.9, detailRoughness: 0.1 },
  leather: { ...any, octaves: [0.15, 0.35, 0.7, 1, 0.8, 0.4, 0.2], slope: 0.35, roughness: 0.55 },
  tiles: { ...any, octaves: [0.08, 0.12, 0.2, 0.4, 0.8, 1, 0.4], level: 3, slope: 0.3, roughness: 0.25 },
};
