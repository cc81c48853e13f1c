import type { Lattice, Vector } from './lattice';
import { IDENTITY, type LinearMap } from './linear_map';

/**
 * What gives way so that a whole number of courses fits the tile: the tile's `size`; the exemplar's `scale`, by
 * `MOST_SCALE` at most; or neither (`off`).
 */
export type FitMode = 'size' | 'scale' | 'off';
export type Joins = 'both' | 'x' | 'y' | 'none';

export interface Fit {
  /** Size of the tile, whole pixels; the wanted one except in mode `size`. */
  readonly size: Vector;
  /** `IDENTITY`, the object, where nothing has to change: what is left of a fault is less than a quarter of a pixel. */
  readonly map: LinearMap;
  /** Moves of the lattice that one turn of the torus is along x and along y; null where nothing fits. */
  readonly turns: readonly [Vector, Vector] | null;
  /** Greatest change of a length, 0.01 is 1 %; and the turn of the axis that turns more, degrees. */
  readonly strain: number;
  readonly rotation: number;
  /** The nearest sizes that close while lengths of the exemplar change by 0.6 % at most, nearest first. */
  readonly nearest: readonly Vector[];
  /** For a notice; null where there is nothing to say. */
  readonly sentence: string | null;
}

/** Most strain of a fit by size, which is for rounding to whole pixels and for a lattice a little askew; and by scale. */
const MOST_SIZE = 0.006;
export const MOST_SCALE = 0.03;
/** A picture may be turned by this to make courses level, degrees. */
const MOST_TURN = 3;
/** What strain and a turn by a radian count for, against a size that is another by 1: courses are to stay level. */
const STRAIN_COSTS = 10;
const TURN_COSTS = 12;
/** A fault at the border that nobody sees, pixels. */
const UNSEEN = 0.25;
/** Sizes are looked for within this share of the wanted one. */
const WITHIN = 0.5;
/** Moves tried for each side, the nearest in size. */
const TRIED = 48;
const NAMED = 4;

/** A way to close one or both axes. */
interface Closed {
  readonly size: Vector;
  readonly map: LinearMap;
  readonly turns: readonly [Vector, Vector];
  readonly strain: number;
  readonly rotation: number;
  readonly said: string;
}

/**
 * How a tile of the wanted size can hold the exemplar's lattice without a fault across the joined axes.
 * @param wanted width and height of the tile, pixels
 */
export function fit(lattice: Lattice | null, wanted: Vector, joins: Joins, mode: FitMode): Fit {
  const nothing = { size: wanted, map: IDENTITY, turns: null, strain: 0, rotation: 0, nearest: [], sentence: null };
  if (!lattice || joins === 'none') return nothing;
  const sizes = closings(lattice, wanted, joins, MOST_SIZE, true).sort(
    (p, q) => distance(p, wanted) - distance(q, wanted),
  );
  const nearest = distinct(sizes).slice(0, NAMED);
  const names = (few: readonly Vector[]): string => few.map(sizeText).join(' or ');
  if (mode === 'off') {
    const as = sizes.find((c) => same(c.size, wanted));
    const sentence = as
      ? `${sizeText(wanted)} ${as.said}`
      : `${sizeText(wanted)} does not hold whole ${kindOf(lattice)}${nearest.length ? `; ${names(nearest.slice(0, 2))} does` : ''}`;
    return { ...nothing, nearest, sentence };
  }
  const found =
    mode === 'size'
      ? sizes[0]
      : closings(lattice, wanted, joins, MOST_SCALE, false).sort((p, q) => cost(p) - cost(q))[0];
  if (!found) {
    const limit = mode === 'size' ? 'no size near it does' : `nor with its scale changed by ${100 * MOST_SCALE} %`;
    const others = nearest.length > 0 ? `; ${names(nearest.slice(0, 2))} does` : '';
    return {
      ...nothing,
      nearest,
      sentence: `${sizeText(wanted)} does not hold whole ${kindOf(lattice)}, ${limit}${others}`,
    };
  }
  const { size, turns, strain, rotation } = found;
  const still = change(found.map) * Math.max(...size) < UNSEEN;
  const changes = still
    ? []
    : [
        ...(strain >= 0.0005 ? [`scale changed by ${(100 * strain).toFixed(1)} %`] : []),
        ...(Math.abs(rotation) >= 0.05 ? [`turned by ${Math.abs(rotation).toFixed(1)} degrees`] : []),
      ];
  const sentence = [`${sizeText(size)} ${found.said}`, ...changes].join(', ');
  return {
    size,
    map: still ? IDENTITY : found.map,
    turns,
    strain: still ? 0 : strain,
    rotation: still ? 0 : rotation,
    nearest,
    sentence,
  };
}

/** A tile of which no size was asked may be so much smaller or larger along a side. */
const NEAR_ENOUGH = 0.2;

/** The size of a tile of which none was asked: the wanted one, or the nearest that holds the lattice, where scale cannot. */
export function closingSize(lattice: Lattice | null, wanted: Vector, joins: Joins): Vector {
  if (!lattice || fit(lattice, wanted, joins, 'scale').turns) return wanted;
  const { size } = fit(lattice, wanted, joins, 'size');
  const near = (axis: 0 | 1): boolean => Math.abs(size[axis] / wanted[axis] - 1) <= NEAR_ENOUGH;
  return near(0) && near(1) ? size : wanted;
}

const sizeText = ([w, h]: Vector): string => `${w}x${h}`;
const same = (p: Vector, q: Vector): boolean => p[0] === q[0] && p[1] === q[1];
const cost = (c: Closed): number => STRAIN_COSTS * c.strain + TURN_COSTS * Math.abs(c.rotation) * (Math.PI / 180);
const distance = (c: Closed, [w, h]: Vector): number =>
  Math.abs(c.size[0] - w) / w + Math.abs(c.size[1] - h) / h + cost(c);

function distinct(all: readonly Closed[]): Vector[] {
  const seen = new Map(all.map((c) => [sizeText(c.size), c.size]));
  return [...seen.values()];
}

/** The most that anything moves, as a share of its distance: the spectral norm of M - 1, bounded by Frobenius'. */
const change = ({ a, b, c, d }: LinearMap): number => Math.hypot(a - 1, b, c, d - 1);

/** Greatest difference of a singular value from 1; and the greater turn of the two axes, degrees. */
function strainOf({ a, b, c, d }: LinearMap): { strain: number; rotation: number } {
  const mean = Math.hypot(a + d, c - b) / 2;
  const spread = Math.hypot(a - d, c + b) / 2;
  const strain = Math.max(Math.abs(mean + spread - 1), Math.abs(mean - spread - 1));
  const [x, y] = [Math.atan2(c, a), Math.atan2(-b, d)];
  return { strain, rotation: ((Math.abs(x) > Math.abs(y) ? x : y) * 180) / Math.PI };
}

/** All ways to close: with sizes of their own near the wanted one (`free`), or at exactly that. */
function closings(lattice: Lattice, wanted: Vector, joins: Joins, most: number, free: boolean): Closed[] {
  const [u, v] = lattice.vectors;
  const all = v ? planeClosings(u, v, wanted, joins, free) : lineClosings(u, wanted, joins, free);
  return all.filter((c) => c.strain <= most && Math.abs(c.rotation) <= MOST_TURN);
}

interface Side {
  /** The move, and which of the lattice's points it is. */
  readonly move: Vector;
  readonly turn: Vector;
  /** Pixels of the tile's side. */
  readonly pixels: number;
}

/** The lattice's moves along an axis: x where `axis` is 0. */
function sides(u: Vector, v: Vector, axis: 0 | 1, wanted: number, free: boolean): Side[] {
  const [from, to] = free ? [(1 - WITHIN) * wanted, (1 + WITHIN) * wanted] : [0.94 * wanted, 1.06 * wanted];
  const other = axis === 0 ? 1 : 0;
  const aside = Math.tan((MOST_TURN * Math.PI) / 180) * to;
  // m u + n v = (along, across) in axis order; bounds of n, then of m for each n
  const det = u[axis] * v[other] - u[other] * v[axis];
  const corners = [from, to].flatMap((s) => [-aside, aside].map((t) => (u[axis] * t - u[other] * s) / det));
  const found: Side[] = [];
  for (let n = Math.ceil(Math.min(...corners)); n <= Math.max(...corners); n++) {
    const [first, last] = span(u, v, n, axis, from, to, aside);
    for (let m = first; m <= last; m++) {
      const move: Vector = [m * u[0] + n * v[0], m * u[1] + n * v[1]];
      const pixels = free ? Math.round(Math.hypot(...move)) : wanted;
      found.push({ move, turn: [m, n], pixels });
    }
  }
  const misfit = (s: Side): number => Math.abs(s.pixels - wanted) + Math.abs(Math.hypot(...s.move) - s.pixels);
  return found.sort((p, q) => misfit(p) - misfit(q)).slice(0, TRIED);
}

/** The m for which m u + n v is between `from` and `to` along the axis and not farther than `aside` from it. */
function span(u: Vector, v: Vector, n: number, axis: 0 | 1, from: number, to: number, aside: number): [number, number] {
  let [low, high] = [-1e6, 1e6];
  for (const [part, least, greatest] of [
    [axis, from, to],
    [axis === 0 ? 1 : 0, -aside, aside],
  ] as const) {
    if (Math.abs(u[part]) < 1e-9) {
      if (n * v[part] < least || n * v[part] > greatest) return [0, -1];
      continue;
    }
    const ends = [(least - n * v[part]) / u[part], (greatest - n * v[part]) / u[part]];
    low = Math.max(low, Math.min(...ends));
    high = Math.min(high, Math.max(...ends));
  }
  return [Math.ceil(low), Math.floor(high)];
}

function planeClosings(u: Vector, v: Vector, [W, H]: Vector, joins: Joins, free: boolean): Closed[] {
  const across = joins === 'y' ? [null] : sides(u, v, 0, W, free);
  const down = joins === 'x' ? [null] : sides(u, v, 1, H, free);
  const found: Closed[] = [];
  for (const p of across) {
    for (const q of down) {
      // With one side given a similarity is taken: it keeps shapes.
      const [px, py] = p ? [p.move[0] / p.pixels, p.move[1] / p.pixels] : [0, 0];
      const [qx, qy] = q ? [q.move[0] / q.pixels, q.move[1] / q.pixels] : [-py, px];
      const map = p ? { a: px, b: qx, c: py, d: qy } : { a: qy, b: qx, c: -qx, d: qy };
      const turns: [Vector, Vector] = [p?.turn ?? [0, 0], q?.turn ?? [0, 0]];
      const said = p && q ? holds(u, v, p, q) : `holds ${repeats(p ?? q)}`;
      const size: Vector = [p?.pixels ?? W, q?.pixels ?? H];
      found.push({ size, map, turns, ...strainOf(map), said });
    }
  }
  return found;
}

/** Parallel lines with the wave vector g: W g_x and H g_y must be whole for the axes that join. A similarity takes g there. */
function lineClosings(u: Vector, [W, H]: Vector, joins: Joins, free: boolean): Closed[] {
  const square = u[0] ** 2 + u[1] ** 2;
  const g: Vector = [u[0] / square, u[1] / square];
  const along = (axis: 0 | 1, wanted: number, joined: boolean): [pixels: number, count: number][] => {
    if (!joined) return [[wanted, Number.NaN]];
    const [from, to] = free ? [(1 - WITHIN) * wanted, (1 + WITHIN) * wanted] : [wanted, wanted];
    const ends = [from * g[axis], to * g[axis]];
    const found: [number, number][] = [];
    for (let k = Math.floor(Math.min(...ends) - 1); k <= Math.ceil(Math.max(...ends) + 1); k++) {
      const own = Math.round(k / g[axis]);
      if (!free || k === 0) found.push([wanted, k]);
      else if (own >= from && own <= to) found.push([own, k]);
    }
    return found;
  };
  const found: Closed[] = [];
  for (const [w, k] of along(0, W, joins !== 'y')) {
    for (const [h, m] of along(1, H, joins !== 'x')) {
      const to: Vector = [Number.isNaN(k) ? g[0] : k / w, Number.isNaN(m) ? g[1] : m / h];
      // M^T g = to, with M^T a scale times a rotation, as complex numbers
      const re = (to[0] * g[0] + to[1] * g[1]) * square;
      const im = (to[1] * g[0] - to[0] * g[1]) * square;
      const map = { a: re, b: im, c: -im, d: re };
      const count = Math.abs(Math.abs(g[0]) > Math.abs(g[1]) ? k : m);
      const said =
        Number.isNaN(count) || count === 0 ? 'is free of them' : `holds ${count} ${lines(u, Math.sqrt(square))}`;
      const turns: [Vector, Vector] = [
        [k || 0, 0],
        [m || 0, 0],
      ];
      found.push({ size: [w, h], map, turns, ...strainOf(map), said });
    }
  }
  return found;
}

const px = (n: number): string => `${Number(n.toFixed(n < 100 ? 1 : 0))} px`;
const lines = (across: Vector, spacing: number): string =>
  `${Math.abs(across[0]) > Math.abs(across[1]) ? 'columns' : 'courses'} of ${px(spacing)}`;
const kindOf = ({ vectors: [u, v] }: Lattice): string => (v ? 'repeats' : lines(u, Math.hypot(...u)));

function gcd([m, n]: Vector): number {
  let [p, q] = [Math.abs(m), Math.abs(n)];
  while (q > 0) [p, q] = [q, p % q];
  return p;
}

const repeats = (side: Side | null): string => {
  const count = side ? gcd(side.turn) : 0;
  return side ? `${count} repeats of ${px(Math.hypot(...side.move) / count)}` : '';
};

/** Courses are rows, or columns, whose repeat is long for the distance between them. */
function holds(u: Vector, v: Vector, p: Side, q: Side): string {
  const cell = Math.abs(u[0] * v[1] - u[1] * v[0]);
  const cells = Math.abs(p.turn[0] * q.turn[1] - p.turn[1] * q.turn[0]);
  const ways = [
    { side: p, word: 'courses' },
    { side: q, word: 'columns' },
  ].map(({ side, word }) => {
    const each = gcd(side.turn);
    const repeat = Math.hypot(...side.move) / each;
    return { word, each, repeat, apart: cell / repeat, count: cells / each };
  });
  const [rows, columns] = ways;
  if (!rows || !columns) return '';
  const best = rows.repeat / rows.apart >= columns.repeat / columns.apart ? rows : columns;
  if (best.each < 2) return `holds ${cells} repeats`;
  return `holds ${best.count} ${best.word} of ${px(best.apart)}, each of ${best.each} times ${px(best.repeat)}`;
}
