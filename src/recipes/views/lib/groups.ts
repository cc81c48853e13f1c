import type { Motion } from './fold';

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

/** What shape a cell has to have: any rectangle, a square, or 1 : sqrt 3 (two cells of the hexagonal lattice). */
export type CellShape = 'any' | 'square' | 'hex';

/** The product g h: first h, then g. */
export function after(g: Motion, h: Motion): Motion {
  const [a, b, c, d] = g.m;
  const [e, f, i, j] = h.m;
  const [p, q] = h.t;
  return {
    m: [a * e + b * i, a * f + b * j, c * e + d * i, c * f + d * j],
    t: [a * p + b * q + g.t[0], c * p + d * q + g.t[1]],
  };
}

const move = (m: Motion['m'], p = 0, q = 0): Motion => ({ m, t: [p, q] });
const ONE: Motion['m'] = [1, 0, 0, 1];
const half = move([-1, 0, 0, -1]);
const quarter = move([0, -1, 1, 0]);
// 60 degrees in a cell of width 1 and height sqrt 3, on its fractions.
const sixth = move([1 / 2, -3 / 2, 1 / 2, 1 / 2]);
const third = after(sixth, sixth);
const leftRight = (p = 0, q = 0): Motion => move([-1, 0, 0, 1], p, q);
const upDown = move([1, 0, 0, -1]);
const centred = move(ONE, 1 / 2, 1 / 2);

const generators: Readonly<Record<Group, readonly Motion[]>> = {
  p1: [],
  p2: [half],
  pm: [leftRight()],
  pg: [leftRight(0, 1 / 2)],
  cm: [leftRight(), centred],
  pmm: [leftRight(), upDown],
  pmg: [half, leftRight(1 / 2, 0)],
  pgg: [half, leftRight(1 / 2, 1 / 2)],
  cmm: [leftRight(), upDown, centred],
  p4: [quarter],
  p4m: [quarter, leftRight()],
  p4g: [quarter, leftRight(1 / 2, 1 / 2)],
  // Both mirror the plane: p3m1 across lines through every centre of rotation, p31m past some of them.
  p3: [third, centred],
  p3m1: [third, leftRight(), centred],
  p31m: [third, upDown, centred],
  p6: [sixth, centred],
  p6m: [sixth, leftRight(), centred],
};

export function shapeOf(group: Group): CellShape {
  if (group.startsWith('p4')) return 'square';
  return group.startsWith('p3') || group.startsWith('p6') ? 'hex' : 'any';
}

export const generatorsOf = (group: Group): readonly Motion[] => generators[group];

/** Fractions of a whole in 0 .. 1, free of rounding. */
const rest = (v: number): number => (((Math.round(v * 24) % 24) + 24) % 24) / 24;
const nameOf = ({ m, t }: Motion): string => [...m.map((v) => Math.round(v * 2)), ...t.map(rest)].join();

/** Every element of the group that some motions generate, modulo whole cells; the identity first. */
export function closure(some: readonly Motion[]): readonly Motion[] {
  const found = new Map<string, Motion>();
  const queue = [move(ONE)];
  for (let g = queue.shift(); g; g = queue.shift()) {
    const reduced: Motion = { m: g.m, t: [rest(g.t[0]), rest(g.t[1])] };
    const name = nameOf(reduced);
    if (found.has(name)) continue;
    found.set(name, reduced);
    for (const s of some) queue.push(after(s, reduced));
  }
  return [...found.values()];
}

/** The same group in a cell that lies on its side. */
export const onItsSide = ({ m: [a, b, c, d], t: [p, q] }: Motion): Motion => ({ m: [d, c, b, a], t: [q, p] });
