/** The wallpaper groups, by their names in the International Tables for Crystallography, volume A. */
export const GROUPS = [
  'p1',
  'p2',
  'pm',
  'pg',
  'cm',
  'pmm',
  'pmg',
  'pgg',
  'cmm',
  'p4',
  'p4m',
  'p4g',
  'p3',
  'p3m1',
  'p31m',
  'p6',
  'p6m',
] as const;
export type Group = (typeof GROUPS)[number];
