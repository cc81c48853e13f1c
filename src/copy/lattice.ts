import type { Autocorrelation } from './autocorrelation';

export type Vector = readonly [x: number, y: number];

type Moves = readonly [Vector, Vector];

/** The moves that take a picture onto itself. */
export interface Lattice {
  /**
   * Two shortest independent moves, pixels, the shorter one first, the larger part of each positive; or one: then the picture
   * repeats across parallel lines only, such as the edges of boards, `vectors[0]` is at right angles to the lines, from
   * one to the next, and nothing repeats along them.
   */
  readonly vectors: readonly [Vector] | readonly [Vector, Vector];
  /** Mean autocorrelation at the lattice's points, less that at the points between, where it is greatest. */
  readonly confidence: number;
}

/** Points of a lattice count up to this share of the sides. */
const FAR = 0.6;
/** A move longer than this share of a side has no second repeat to prove it. */
const LONGEST = 0.5;
/** Peaks that are tried as moves: the nearest, and of the rest the most prominent ones. */
const NEAREST = 32;
const PROMINENT_MOST = 16;
/** A candidate's height over the lowest point on the way to it. */
const PROMINENT = 0.06;
/** Radius of the part of a peak that its place is found by, as a share of the shorter move. */
const HILL = 0.07;
/** Least autocorrelation at the nearest points, as a share of the confidence: far points alone make no lattice. */
const NEAREST_TOO = 0.4;
/** Cells to either way in a first look, and in a last one. */
const NEAR = 2;
const MANY = 32;
/** Share of the best confidence that makes a lattice worth refining, when places are known to a pixel; and how many. */
const MAY_BE = 0.5;
const REFINED = 16;
/** The finest lattice within this share of the best confidence is taken. */
const AS_GOOD = 0.8;
/** Lines are looked at to this share of the shorter side to either way. */
const ALONG = 0.15;
/**
 * Least confidence of a lattice, and what its fewness of points adds: three places agree by chance. Of parallel lines,
 * which are means along ridges. Measured: pictures with a lattice have .19 and more, without one below .06; with lines .067
 * and more, without below .03.
 */
const LEAST = 0.1;
const FEW = 1;
const LEAST_LINES = 0.05;
/** Two families of lines cross at an angle of which the cosine is less. */
const ASLANT = 0.5;

interface Peak {
  readonly at: Vector;
  readonly height: number;
  readonly prominence: number;
}

/** The lattice that a picture's autocorrelation shows, or null. Moves longer than half a side are not trusted. */
export function findLattice(a: Autocorrelation): Lattice | null {
  const peaks = prominentPeaks(a);
  return findPlane(a, peaks) ?? findLines(a, peaks);
}

const plus = (u: Vector, v: Vector, m = 1, n = 1): Vector => [m * u[0] + n * v[0], m * u[1] + n * v[1]];
const dot = (u: Vector, v: Vector): number => u[0] * v[0] + u[1] * v[1];
const length = (u: Vector): number => Math.hypot(...u);
/** Of a move and its opposite the one whose larger part is positive. */
const forwards = (u: Vector): Vector => ((Math.abs(u[0]) >= Math.abs(u[1]) ? u[0] : u[1]) < 0 ? [-u[0], -u[1]] : u);

/** Local maxima that stand above their valley, not merely high: along a board everything agrees with everything. */
function prominentPeaks(a: Autocorrelation): Peak[] {
  const { step } = a;
  const farX = Math.floor((LONGEST * a.width) / step);
  const farY = Math.floor((LONGEST * a.height) / step);
  const found: Peak[] = [];
  for (let y = 0; y <= farY; y++) {
    for (let x = y === 0 ? 2 : -farX; x <= farX; x++) {
      const height = a.sample(x, y);
      if (height < PROMINENT || !isMaximum(a, x, y)) continue;
      const at = summit(a, x, y);
      const prominence = height - valley(a, [at[0], at[1]]);
      if (prominence >= PROMINENT) found.push({ at, height, prominence });
    }
  }
  found.sort((p, q) => length(p.at) - length(q.at));
  const far = found.splice(NEAREST).sort((p, q) => q.prominence - p.prominence);
  return [...found, ...far.slice(0, PROMINENT_MOST)];
}

function isMaximum(a: Autocorrelation, x: number, y: number): boolean {
  const here = a.sample(x, y);
  for (let j = -1; j <= 1; j++) {
    for (let i = -1; i <= 1; i++) {
      const other = a.sample(x + i, y + j);
      if (other > here || (other === here && (j < 0 || (j === 0 && i < 0)))) return false;
    }
  }
  return true;
}

/** The least value on the straight way from no lag to `to`. */
function valley(a: Autocorrelation, to: Vector): number {
  const steps = Math.max(4, Math.ceil(length(to) / a.step));
  let least = 1;
  for (let k = 1; k < steps; k++) least = Math.min(least, a.at((to[0] * k) / steps, (to[1] * k) / steps));
  return least;
}

/**
 * Where the paraboloid that is nearest to the values about a maximum is highest, pixels: over 2 r + 1 samples each way, as
 * broad hills, whose tops are flat, need more of them to be placed.
 */
function summit(a: Autocorrelation, x: number, y: number, r = 1): Vector {
  const count = (2 * r + 1) ** 2;
  const square = (r * (r + 1)) / 3; // the mean of i^2
  let [mean, gx, gy, xx, yy, xy] = [0, 0, 0, 0, 0, 0];
  for (let j = -r; j <= r; j++) {
    for (let i = -r; i <= r; i++) {
      const v = a.sample(x + i, y + j) / count;
      mean += v;
      gx += (i * v) / square;
      gy += (j * v) / square;
      xx += i * i * v;
      yy += j * j * v;
      xy += (i * j * v) / square ** 2;
    }
  }
  // i^2 - mean(i^2) is orthogonal to 1, i, j and i j
  const spread = (square * (3 * r * (r + 1) - 1)) / 5 - square ** 2;
  const bendX = (2 * (xx - square * mean)) / spread;
  const bendY = (2 * (yy - square * mean)) / spread;
  const det = bendX * bendY - xy * xy;
  if (!(det > 0 && bendX < 0)) return [x * a.step, y * a.step];
  const within = (t: number): number => Math.max(-r, Math.min(r, t));
  return [(x + within((xy * gy - bendY * gx) / det)) * a.step, (y + within((xy * gx - bendX * gy) / det)) * a.step];
}

/** Climbs from a lag, pixels, to the local maximum, at most `far` samples away; null where there is none. `r`: `summit`'s. */
function climb(a: Autocorrelation, from: Vector, far: number, r: number): { at: Vector; height: number } | null {
  let x = Math.round(from[0] / a.step);
  let y = Math.round(from[1] / a.step);
  const [x0, y0] = [x, y];
  for (;;) {
    let [bestX, bestY, best] = [x, y, a.sample(x, y)];
    for (let j = -1; j <= 1; j++) {
      for (let i = -1; i <= 1; i++) {
        const v = a.sample(x + i, y + j);
        if (v > best) [bestX, bestY, best] = [x + i, y + j, v];
      }
    }
    if (bestX === x && bestY === y) return { at: summit(a, x, y, r), height: best };
    x = bestX;
    y = bestY;
    if (Math.abs(x - x0) > far || Math.abs(y - y0) > far) return null;
  }
}

/** The two shortest moves of the lattice of u and v (Lagrange and Gauss). */
function reduced(u: Vector, v: Vector): [Vector, Vector] {
  for (;;) {
    if (dot(u, u) > dot(v, v)) [u, v] = [v, u];
    const m = Math.round(dot(u, v) / dot(u, u));
    if (m === 0) return [forwards(u), forwards(v)];
    v = plus(v, u, 1, -m);
  }
}

const area = (u: Vector, v: Vector): number => Math.abs(u[0] * v[1] - u[1] * v[0]);

/** The integer points m u + n v, with (m, n) in one half of the plane, whose lags are well known; at most `most` cells away. */
function points(a: Autocorrelation, u: Vector, v: Vector, most: number): [m: number, n: number][] {
  const found: [number, number][] = [];
  for (let n = 0; n <= most; n++) {
    for (let m = n === 0 ? 1 : -most; m <= most; m++) {
      const [x, y] = plus(u, v, m, n);
      if (Math.abs(x) <= FAR * a.width && Math.abs(y) <= FAR * a.height) found.push([m, n]);
    }
  }
  return found;
}

/** Parts of a cell that must not agree as the lattice's points do: a finer or a coarser lattice would. */
const BETWEEN: readonly Vector[] = [
  [1 / 2, 0],
  [0, 1 / 2],
  [1 / 2, 1 / 2],
  [1 / 3, 0],
  [0, 1 / 3],
  [1 / 3, 1 / 3],
  [1 / 3, -1 / 3],
];

/** Mean autocorrelation at lattice points less the greatest mean at points between; weights are shares of overlap. */
function planeConfidence(a: Autocorrelation, u: Vector, v: Vector, most: number): number {
  const at = points(a, u, v, most);
  if (at.length < 2) return 0;
  const mean = ([s, t]: Vector): number => {
    let sum = 0;
    let total = 0;
    for (const [m, n] of at) {
      const [x, y] = plus(u, v, m + s, n + t);
      const weight = Math.max(0, 1 - Math.abs(x) / a.width) * Math.max(0, 1 - Math.abs(y) / a.height);
      sum += weight * a.at(x, y);
      total += weight;
    }
    return sum / total;
  };
  const own = mean([0, 0]);
  if (own < LEAST / 2) return own - 1;
  return own - Math.max(...BETWEEN.map(mean));
}

/** Whether the moves of `b` are whole combinations of those of `a`, which make cells as large: the same lattice. */
function same(a: Moves, b: Moves): boolean {
  return (
    Math.abs(area(b[0], b[1]) / area(a[0], a[1]) - 1) < 0.3 && isPoint(a[0], a[1], b[0]) && isPoint(a[0], a[1], b[1])
  );
}

function isPoint(p: Vector, q: Vector, w: Vector): boolean {
  const cell = p[0] * q[1] - p[1] * q[0];
  return isWhole((w[0] * q[1] - w[1] * q[0]) / cell) && isWhole((p[0] * w[1] - p[1] * w[0]) / cell);
}

const isWhole = (t: number): boolean => Math.abs(t - Math.round(t)) < 0.12;

function findPlane(a: Autocorrelation, peaks: readonly Peak[]): Lattice | null {
  const least = (3 * a.step) ** 2;
  const tried: { moves: Moves; confidence: number }[] = [];
  for (const [k, p] of peaks.entries()) {
    for (const q of peaks.slice(0, k)) {
      if (area(p.at, q.at) < least) continue;
      const moves = reduced(p.at, q.at);
      const confidence = planeConfidence(a, ...moves, NEAR);
      const known = tried.findIndex((t) => same(t.moves, moves));
      // Of places that are nearly the same the clearest: sharp joints have lower peaks beside the true one.
      if (known < 0) tried.push({ moves, confidence });
      else if (confidence > (tried[known]?.confidence ?? 0)) tried[known] = { moves, confidence };
    }
  }
  // The finest of the good ones: every third row of a lattice is as regular as the whole.
  const top = Math.max(...tried.map((t) => t.confidence));
  const likely = tried.filter((t) => t.confidence > 0 && t.confidence >= MAY_BE * top);
  const finest = [...likely].sort((p, q) => area(...p.moves) - area(...q.moves)).slice(0, REFINED);
  const clearest = [...likely].sort((p, q) => q.confidence - p.confidence).slice(0, REFINED / 2);
  const exact = [...new Set([...finest, ...clearest])]
    .map(({ moves }) => refined(a, ...moves))
    .filter((l) => l.confidence >= LEAST + FEW / l.count && trusted(a, ...l.moves))
    .filter(({ moves: [u, v], confidence }) =>
      [u, v, plus(u, v), plus(u, v, 1, -1)].every((move) => a.at(...move) >= NEAREST_TOO * confidence),
    );
  const most = Math.max(...exact.map((l) => l.confidence));
  const [best] = exact
    .filter((l) => l.confidence >= AS_GOOD * most)
    .sort((p, q) => area(...p.moves) - area(...q.moves));
  return best ? { vectors: best.moves, confidence: best.confidence } : null;
}

const trusted = (a: Autocorrelation, ...moves: Vector[]): boolean =>
  moves.every(([x, y]) => Math.abs(x) <= LONGEST * a.width && Math.abs(y) <= LONGEST * a.height);

interface Refined {
  readonly moves: Moves;
  readonly confidence: number;
  /** Points of the lattice, in one half of the plane, that the confidence is the mean of. */
  readonly count: number;
}

/** Least squares of m u + n v to the peaks' places, from the nearest points outwards: far ones are the most exact. */
function refined(a: Autocorrelation, u: Vector, v: Vector): Refined {
  for (let most = 1; most <= MANY; most *= 2) {
    const at = points(a, u, v, most);
    const far = Math.max(1, (0.25 * length(u)) / a.step);
    const r = Math.max(1, Math.round((HILL * Math.min(length(u), length(v))) / a.step));
    let [mm, mn, nn, mx, my, nx, ny] = [0, 0, 0, 0, 0, 0, 0];
    for (const [m, n] of at) {
      const top = climb(a, plus(u, v, m, n), far, r);
      if (!top || top.height < LEAST / 2) continue;
      const w = top.height;
      mm += w * m * m;
      mn += w * m * n;
      nn += w * n * n;
      mx += w * m * top.at[0];
      my += w * m * top.at[1];
      nx += w * n * top.at[0];
      ny += w * n * top.at[1];
    }
    const det = mm * nn - mn * mn;
    if (!(det > 1e-6 * mm * nn)) break;
    const [u2, v2]: [Vector, Vector] = [
      [(nn * mx - mn * nx) / det, (nn * my - mn * ny) / det],
      [(mm * nx - mn * mx) / det, (mm * ny - mn * my) / det],
    ];
    if (length(plus(u, u2, 1, -1)) > 0.3 * length(u) || length(plus(v, v2, 1, -1)) > 0.3 * length(v)) break;
    [u, v] = [u2, v2];
    if (points(a, u, v, 2 * most).length === at.length) break;
  }
  const moves = reduced(u, v);
  return { moves, confidence: planeConfidence(a, ...moves, MANY), count: points(a, ...moves, MANY).length };
}

/** Mean along the ridges that the multiples of u are on, less the greatest mean along lines between them. */
function lineConfidence(a: Autocorrelation, u: Vector): number {
  const period = length(u);
  const normal: Vector = [u[0] / period, u[1] / period];
  const span = ALONG * Math.min(a.width, a.height);
  const mean = (shift: number, last = MANY): number => {
    let sum = 0;
    let total = 0;
    for (let k = 1; k <= last && k * period <= FAR * Math.max(a.width, a.height); k++) {
      for (let t = -span; t <= span; t += a.step) {
        const x = (k - shift) * u[0] - t * normal[1];
        const y = (k - shift) * u[1] + t * normal[0];
        if (Math.abs(x) > FAR * a.width || Math.abs(y) > FAR * a.height) continue;
        const weight = (1 - Math.abs(x) / a.width) * (1 - Math.abs(y) / a.height);
        sum += weight * a.at(x, y);
        total += weight;
      }
    }
    return total > 0 ? sum / total : 0;
  };
  const confidence = mean(0) - Math.max(mean(1 / 2), mean(1 / 3));
  return mean(0, 1) >= NEAREST_TOO * confidence ? confidence : 0;
}

/**
 * Parallel lines at equal distances: the move across them. Of two families, as of the joints of a few large tiles, the moves along one
 * from line to line of the other.
 */
function findLines(a: Autocorrelation, peaks: readonly Peak[]): Lattice | null {
  const found = peaks
    .map(({ at }) => across(a, at))
    .filter((u): u is Vector => u !== null)
    .map((u) => ({ u, confidence: lineConfidence(a, u) }))
    .filter((p) => p.confidence >= LEAST_LINES && trusted(a, p.u));
  const first = densest(found);
  if (!first) return null;
  const second = densest(found.filter(({ u }) => Math.abs(dot(u, first.u)) < length(u) * length(first.u) * ASLANT));
  const moves = second && crossing(first.u, second.u);
  if (!moves || !trusted(a, ...moves)) return { vectors: [forwards(first.u)], confidence: first.confidence };
  return { vectors: reduced(...moves), confidence: Math.min(first.confidence, second.confidence) };
}

interface Lines {
  readonly u: Vector;
  readonly confidence: number;
}

/** Of lines nearly as clear as the clearest those that are closest together. */
function densest(found: readonly Lines[]): Lines | undefined {
  const most = Math.max(...found.map((p) => p.confidence));
  return found.filter((p) => p.confidence >= AS_GOOD * most).sort((p, q) => dot(p.u, p.u) - dot(q.u, q.u))[0];
}

/** The moves that keep two families of lines, from one to the next of the one along the other: u and v themselves at right angles. */
function crossing(u: Vector, v: Vector): Moves {
  const [g, h]: Moves = [
    [u[0] / dot(u, u), u[1] / dot(u, u)],
    [v[0] / dot(v, v), v[1] / dot(v, v)],
  ];
  const det = g[0] * h[1] - g[1] * h[0];
  return [
    [h[1] / det, -h[0] / det],
    [-g[1] / det, g[0] / det],
  ];
}

/**
 * The move at right angles to the ridges of the autocorrelation, one of which goes through `peak`: the wave vector g with
 * g . x = k for the places x on the k-th ridge, by least squares, then g / |g|^2. Null where no ridges are seen.
 */
function across(a: Autocorrelation, peak: Vector): Vector | null {
  let g: Vector = [peak[0] / dot(peak, peak), peak[1] / dot(peak, peak)];
  for (const reach of [0.1, 0.2, 0.3]) {
    const far = FAR * Math.min(a.width, a.height);
    const u: Vector = [g[0] / dot(g, g), g[1] / dot(g, g)];
    const period = length(u);
    const normal: Vector = [u[0] / period, u[1] / period];
    let [xx, xy, yy, kx, ky, count] = [0, 0, 0, 0, 0, 0];
    for (let k = 0; k * period <= far; k++) {
      const span = reach * Math.min(a.width, a.height);
      for (let t = -span; t <= span; t += 2 * a.step) {
        if (k === 0 && t <= 0) continue;
        const middle: Vector = [k * u[0] - t * normal[1], k * u[1] + t * normal[0]];
        if (Math.abs(middle[0]) > FAR * a.width || Math.abs(middle[1]) > FAR * a.height) continue;
        const crest = crestAt(a, middle, normal, 0.25 * period);
        if (!crest) continue;
        const [[x, y], w] = crest;
        xx += w * x * x;
        xy += w * x * y;
        yy += w * y * y;
        kx += w * k * x;
        ky += w * k * y;
        count++;
      }
    }
    const det = xx * yy - xy * xy;
    if (count < 8 || !(det > 1e-9 * xx * yy)) return null;
    const next: Vector = [(yy * kx - xy * ky) / det, (xx * ky - xy * kx) / det];
    if (length(plus(next, g, 1, -1)) > 0.3 * length(g)) return null;
    g = next;
  }
  return [g[0] / dot(g, g), g[1] / dot(g, g)];
}

/** The highest place on a short way across a ridge, and how far it stands above the ends; null where it is an end. */
function crestAt(a: Autocorrelation, middle: Vector, normal: Vector, far: number): [Vector, number] | null {
  const n = Math.max(2, Math.round(far / a.step));
  const v: number[] = [];
  let best = 0;
  for (let k = -n; k <= n; k++) {
    const here = a.at(middle[0] + k * a.step * normal[0], middle[1] + k * a.step * normal[1]);
    if (here > (v[best] ?? here)) best = k + n;
    v.push(here);
  }
  if (best === 0 || best === 2 * n) return null;
  const [before = 0, highest = 0, after = 0] = v.slice(best - 1, best + 2);
  const weight = highest - Math.max(v[0] ?? 0, v[2 * n] ?? 0);
  if (weight < 0.02) return null;
  const bend = before - 2 * highest + after;
  const top = (best - n + (bend < 0 ? (before - after) / (2 * bend) : 0)) * a.step;
  return [[middle[0] + top * normal[0], middle[1] + top * normal[1]], weight];
}
