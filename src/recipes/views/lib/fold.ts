import { addTaps, Rows, share, wrap } from './rows';

/** A motion of the plane that maps the pattern to itself, on fractions of a cell: (u, v) -> (a u + b v + p, c u + d v + q). */
export interface Motion {
  readonly m: readonly [a: number, b: number, c: number, d: number];
  readonly t: readonly [p: number, q: number];
}

/** A symmetry of the tile: cells repeated over it, and within each the motions of a group. */
export interface Symmetry {
  /** One motion for each element of the group modulo whole cells; the identity first. */
  readonly motions: readonly Motion[];
  /** Cells across and down. */
  readonly cells: readonly [nx: number, ny: number];
  /** Width over height of a cell in the plane where the motions keep distances; default: as it is in pixels. */
  readonly aspect?: number | undefined;
  /** How far copies flow into one another across the edge of the part that is used, in sides of that part. 0: not. */
  readonly blend: number;
  /** Middle of the part of the canvas that is used, in fractions of a cell. Default: the best place by `roomiest`. */
  readonly centre?: readonly [u: number, v: number] | undefined;
}

/** A fold: each pixel's row of the sparse map, by number, since pixels of one orbit share a row where they can. */
export interface Fold {
  readonly rows: Rows;
  readonly of: Uint32Array;
  /** Whether the symmetry maps pixels onto pixels, so that the picture is symmetric to the bit. */
  readonly exact: boolean;
}

/**
 * Folds a tile by a symmetry. The copies of a place (its orbit) have one value: that of the copy nearest to a chosen
 * centre, so what is used of the canvas is the centre's Dirichlet domain, which is a fundamental domain of any group
 * whose motions move the centre. With `blend`, copies nearly as near count too:
 *
 *     y(p) = sum over copies q of p of s(|q - centre| - nearest) x(q) / sum of s,   s from 1 at 0 to 0 at the blend's reach
 *
 * which is symmetric as before and smooth where a bare fold of a group without mirrors would tear. y of y is y.
 * Distances are those of the plane in which the group's motions are rigid. Pixels are points: the group's origin is the
 * first pixel, and a mirror runs along a row of pixels, for between two rows it would print each of them twice.
 */
export function fold(W: number, H: number, s: Symmetry): Fold {
  const { motions, blend } = s;
  const [nx, ny] = s.cells;
  const [w, h] = [W / nx, H / ny];
  const aspect = s.aspect ?? w / h;
  // The sides of a cell of the same area and the right shape.
  const high = Math.sqrt((w * h) / aspect);
  const wide = high * aspect;
  const reach = blend * Math.sqrt((w * h) / motions.length);
  const [cu, cv] = s.centre ?? roomiest(motions, aspect);
  const exact = [w, h].every(Number.isInteger) && motions.every((g) => keepsPixels(g, w, h));
  const du = new Float64Array(motions.length);
  const dv = new Float64Array(motions.length);
  const besidesX = besides(nx);
  const besidesY = besides(ny);

  const rows = new Rows();

  /** Writes the row of a pixel. */
  const write = (x: number, y: number): number => {
    const u = x / w;
    const v = y / h;
    let nearest = Number.POSITIVE_INFINITY;
    let best = 0;
    motions.forEach(({ m, t }, k) => {
      const a = m[0] * u + m[1] * v + t[0] - cu;
      const b = m[2] * u + m[3] * v + t[1] - cv;
      const [p, q] = [a - Math.round(a), b - Math.round(b)];
      du[k] = p;
      dv[k] = q;
      const d = Math.hypot(p * wide, q * high);
      // A tie goes to the first, whatever the rounding of the others.
      if (d < nearest - 1e-9) {
        nearest = d;
        best = k;
      }
    });
    const add = (p: number, q: number, weight: number): void => addTaps(rows, (cu + p) * w, (cv + q) * h, weight, W, H);
    if (reach === 0) {
      add(du[best] ?? 0, dv[best] ?? 0, 1);
      return rows.end();
    }
    for (let k = 0; k < motions.length; k++) {
      for (const i of besidesX(du[k] ?? 0)) {
        const p = (du[k] ?? 0) + i;
        if (Math.abs(p) * wide >= nearest + reach) continue;
        for (const j of besidesY(dv[k] ?? 0)) {
          const q = (dv[k] ?? 0) + j;
          const weight = share(Math.hypot(p * wide, q * high) - nearest, reach);
          if (weight > 0) add(p, q, weight);
        }
      }
    }
    return rows.end();
  };

  const of = new Uint32Array(W * H);
  const known = new Uint8Array(exact ? W * H : 0);
  for (let i = 0; i < W * H; i++) {
    if (known[i]) continue;
    const [x, y] = [i % W, Math.floor(i / W)];
    const row = write(x, y);
    of[i] = row;
    if (!exact) continue;
    for (const { m, t } of motions) {
      const [u, v] = [x / w, y / h];
      const px = Math.round((m[0] * u + m[1] * v + t[0]) * w);
      const py = Math.round((m[2] * u + m[3] * v + t[1]) * h);
      for (let k = 0; k < nx * ny; k++) {
        const there = wrap(py + Math.floor(k / nx) * h, H) * W + wrap(px + (k % nx) * w, W);
        of[there] = row;
        known[there] = 1;
      }
    }
  }
  return { rows, of, exact };
}

/** Whole cells to add to an offset within half a cell, so that every different copy near the centre is looked at once. */
function besides(n: number): (offset: number) => readonly number[] {
  if (n === 1) return () => [0];
  if (n === 2) return (offset) => (offset > 0 ? [0, -1] : [0, 1]);
  return () => [0, -1, 1];
}

/** Whether a motion takes centres of pixels to centres of pixels, in cells of w x h. */
function keepsPixels({ m: [a, b, c, d], t: [p, q] }: Motion, w: number, h: number): boolean {
  const [across, down] = [(b * w) / h, (c * h) / w];
  return [a, d, across, down, p * w, q * h].every((v) => Math.abs(v - Math.round(v)) < 1e-9);
}

/** Places tried along each side of a cell: a multiple of 24 has the halves, thirds, quarters and eighths. */
const PLACES = 24;

/**
 * The place of a cell that is farthest from its own copies, for then its Dirichlet domain is roundest; of equal places,
 * the one nearest to the middle of the cell.
 */
export function roomiest(motions: readonly Motion[], aspect: number): readonly [u: number, v: number] {
  let best: readonly [number, number] = [0.5, 0.5];
  let most = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < PLACES * PLACES; k++) {
    const [u, v] = [(k % PLACES) / PLACES, Math.floor(k / PLACES) / PLACES];
    let room = 9; // a group of translations alone has no place better than another
    motions.slice(1).forEach(({ m, t }) => {
      const p = m[0] * u + m[1] * v + t[0] - u;
      const q = m[2] * u + m[3] * v + t[1] - v;
      room = Math.min(room, Math.hypot((p - Math.round(p)) * aspect, q - Math.round(q)));
    });
    room -= 1e-4 * Math.hypot(u - 0.5, v - 0.5);
    if (room > most + 1e-9) [most, best] = [room, [u, v]];
  }
  return best;
}
