import { EngineError } from '../../base/errors';
import { checkValues, returnedBy } from '../../base/known_options';
import { picture, type Raster } from '../../base/raster';

/** How the join of a tile along one axis compares with the lines between neighbours inside it. */
export interface AxisScore {
  /** Mean |difference| across the join over the mean of the same at the lines inside; 1 is a perfect join. */
  readonly ratio: number;
  /** Standard deviations (of the lines inside) between the join and their mean; at most 1000 either way. */
  readonly z: number;
  /** Times as rough as the lines right beside it, two on either side; at most 1000. */
  readonly beside: number;
  /** How many other lines, away from it, are as rough, and stand out as far from those beside them. */
  readonly alike: number;
}

export interface SeamScore {
  /** Left edge against right edge. */
  readonly x: AxisScore;
  /** Top edge against bottom edge. */
  readonly y: AxisScore;
}

export type Verdict = 'seamless' | 'jump' | 'too smooth';

const MOST = 1000;
/** A line stands out when it is more than so many times as rough as the lines beside it: a natural edge is wider than one line. */
const STANDS_OUT = 1.3;
/** Lines on either side that it is compared with. */
const BESIDE = 2;
/** Lines are alike where both numbers differ by no more than this factor: joints of one wall, steps of one raster. */
const ALIKE = 1.15;
/** Edges that repeat one another: the mean of the lines over this, and so many deviations below it. */
const SMOOTH = 1.4;
const Z = 3;

/**
 * Seam-gradient score. For each line between two neighbouring columns (rows), take the mean |difference| over all
 * pixels and bands; the line across the wrap is one more of the same kind, and a seamless tile gives no way to
 * tell it from the others. A single colour scores ratio 1, z 0, beside 1.
 *
 * @throws EngineError `PictureError` when a side is under 4 pixels: fewer than 3 lines inside say nothing.
 */
export function seamScore(raster: Raster): SeamScore {
  checkValues('seamScore', { raster }, { raster: picture });
  const { x, y } = lineGradients(raster);
  return { x: score(x), y: score(y) };
}

/**
 * Sums of |difference| at every line of a torus: x[k] between columns k and k + 1, y[k] between rows, and the join
 * last.
 * @throws EngineError `PictureError` as of `seamScore`.
 */
export function lineGradients({ width, height, data }: Raster): { x: Float64Array; y: Float64Array } {
  if (width < 4 || height < 4) {
    throw new EngineError(
      'PictureError',
      `a picture of ${width}x${height} is too small to look for seams`,
      'At least 4x4.',
    );
  }
  const x = new Float64Array(width);
  const y = new Float64Array(height);
  for (let row = 0; row < 3 * height; row++) {
    const line = row % height;
    const here = row * width;
    const below = (line === height - 1 ? row - line : row + 1) * width;
    for (let k = 0; k < width; k++) {
      const v = data[here + k] ?? 0;
      const right = data[here + (k === width - 1 ? 0 : k + 1)] ?? 0;
      x[k] = (x[k] ?? 0) + Math.abs(right - v);
      y[line] = (y[line] ?? 0) + Math.abs((data[below + k] ?? 0) - v);
    }
  }
  return { x, y };
}

/** What is known of every line of an axis. */
interface Lines {
  readonly rough: Float64Array;
  readonly beside: Float64Array;
  readonly mean: number;
}

function linesOf(gradients: Float64Array): Lines {
  const n = gradients.length;
  const mean = gradients.reduce((a, b) => a + b, 0) / n;
  const nothing = 1e-3 * mean + 1e-12; // lines within one colour are alike, whatever rounding leaves there
  const rough = gradients.map((v) => v + nothing);
  const beside = rough.map((v, k) => {
    let sum = 0;
    for (let d = 1; d <= BESIDE; d++) sum += (rough[(k + d) % n] ?? 0) + (rough[(k - d + n) % n] ?? 0);
    return Math.min(MOST, (2 * BESIDE * v) / sum);
  });
  return { rough, beside, mean };
}

/** The line `at` among all others, which are ordinary lines of the tile. */
function scoreOf({ rough, beside }: Lines, gradients: Float64Array, at: number): AxisScore {
  const others = gradients.filter((_, k) => k !== at);
  const join = gradients[at] ?? 0;
  const mean = others.reduce((a, b) => a + b, 0) / others.length;
  const deviation = Math.sqrt(others.reduce((a, b) => a + (b - mean) ** 2, 0) / others.length);
  const same = Math.abs(join - mean) <= 1e-9 * (join + mean);
  const near = (values: Float64Array, k: number): boolean => {
    const [a = 0, b = 0] = [values[k], values[at]];
    return a <= ALIKE * b && b <= ALIKE * a;
  };
  // Not those it is compared with: a dark column at the edge has a line on either side.
  const n = rough.length;
  let alike = 0;
  for (let d = BESIDE + 1; d < n - BESIDE; d++) {
    const k = (at + d) % n;
    if (near(rough, k) && near(beside, k)) alike++;
  }
  return {
    ratio: same ? 1 : Math.min(MOST, join / mean),
    z: same ? 0 : Math.max(-MOST, Math.min(MOST, (join - mean) / deviation)),
    beside: beside[at] ?? 1,
    alike,
  };
}

/** The line `at` among all of them, as of `lineGradients`. */
export const lineScore = (gradients: Float64Array, at: number): AxisScore => scoreOf(linesOf(gradients), gradients, at);

/** The last line is the join. */
const score = (gradients: Float64Array): AxisScore => lineScore(gradients, gradients.length - 1);

/** A join that is moved goes to the next line that is no further than this from the mean, in deviations. */
const ORDINARY = 1;

/**
 * How far to roll a tile so that a line that is ordinary in all its maps comes to be the last one; 0 where that is at most `unusual`
 * deviations from the mean already, and no seam by `verdict`.
 * @param maps lines of one axis, as of `lineGradients`, of each map
 */
export function ordinaryShift(maps: readonly Float64Array[], unusual: number): number {
  const n = maps[0]?.length ?? 0;
  const lines = maps.map(linesOf);
  const found = new Float64Array(n);
  for (const [m, gradients] of maps.entries()) {
    const mean = lines[m]?.mean ?? 0;
    const deviation = Math.sqrt(gradients.reduce((a, b) => a + (b - mean) ** 2, 0) / n);
    for (let k = 0; k < n; k++)
      found[k] = Math.max(found[k] ?? 0, Math.abs((gradients[k] ?? 0) - mean) / (deviation || 1));
  }
  const at = (k: number): number => ((k % n) + n) % n;
  const z = (k: number): number => found[at(k)] ?? 0;
  const passes = (k: number, most: number): boolean =>
    z(k) <= most && lines.every((l, m) => verdict(scoreOf(l, maps[m] ?? new Float64Array(n), at(k))) === 'seamless');
  if (passes(n - 1, unusual)) return 0;
  let best = 0;
  for (let step = 1; step <= n / 2; step++) {
    for (const shift of [step, n - step]) {
      if (passes(n - 1 - shift, ORDINARY)) return shift;
      if (z(n - 1 - shift) < z(n - 1 - best)) best = shift;
    }
  }
  return best;
}

const standsOut = ({ beside }: AxisScore): boolean => beside > STANDS_OUT;

/**
 * What a score means: `jump`, the edges do not continue one another: the join stands out from the lines beside it as no other
 * line of the picture does; `too smooth`, they repeat one another (a mirrored picture). A strong line of the picture
 * itself (mortar) may lie on the join where others like it are elsewhere. So a seam passes that is like such lines.
 */
export function verdict(score: AxisScore): Verdict {
  checkValues('verdict', { score }, { score: returnedBy('seamScore, along x or y,', 'beside') });
  if (standsOut(score) && score.alike === 0) return 'jump';
  return score.ratio < 1 / SMOOTH && score.z <= -Z ? 'too smooth' : 'seamless';
}

/** The verdict in words. */
export function verdictText(score: AxisScore): string {
  const words = verdict(score);
  if (words === 'too smooth') return 'a seam: the edges repeat one another, as in a mirrored picture';
  const times = `${score.beside.toFixed(score.beside < 10 ? 1 : 0)} times as rough as the lines beside it`;
  if (words === 'jump') return `a seam: the join is ${times}, as no other line is`;
  if (!standsOut(score)) return 'seamless: the join is a line like those beside it';
  const { alike } = score;
  return `seamless: a strong line lies on the join, as ${alike === 1 ? 'one does' : `${alike} do`} elsewhere in the picture`;
}

/** Whether both joins are. */
export function seamless(score: SeamScore): boolean {
  const { x, y } = checkValues('seamless', { score }, { score: returnedBy('seamScore', 'x') }).score;
  return verdict(x) === 'seamless' && verdict(y) === 'seamless';
}

/** A strong line on the join is taken for the picture's own with so many like it: sealing what tiles costs little, else a seam stays. */
const OWN = 3;

/** The join of a tile is hardly among the roughest of so many lines. */
const RARE = 1 / 50;

/**
 * Whether the ends of a picture continue one another so well that nothing is to be mended: no seam, and the join is not rougher than 98 of 100
 * lines but where some like it are elsewhere, one at least as rough.
 */
export function alreadyTiles(raster: Raster): { readonly x: boolean; readonly y: boolean } {
  const lines = lineGradients(raster);
  const tiles = (gradients: Float64Array): boolean => {
    const s = score(gradients);
    const rougher = gradients.subarray(0, -1).filter((v) => v >= (gradients.at(-1) ?? 0)).length;
    const own = s.alike >= OWN;
    return verdict(s) === 'seamless' && (rougher > RARE * gradients.length ? !standsOut(s) || own : rougher > 0 && own);
  };
  return { x: tiles(lines.x), y: tiles(lines.y) };
}
