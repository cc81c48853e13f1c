// What can be asked for of a material, by name.

export const MATERIALS = [
  'stone',
  'brick',
  'wood',
  'fabric',
  'metal',
  'plaster',
  'ground',
  'leather',
  'tiles',
] as const;
export type MaterialPreset = (typeof MATERIALS)[number] | 'any';

/** Maps that are made when asked for. */
export const EXTRA_MAPS = ['metalness', 'curvature', 'edge'] as const;
export type ExtraMap = (typeof EXTRA_MAPS)[number];
