// What the brightness of a photograph says of the light in it, and of which tones are high.
import type { Size } from './spectral';

export interface LightEstimate {
  /** Where it comes from, degrees counter-clockwise from the right of the picture: 135 is the upper left. */
  readonly degrees: number;
  /** 0 nothing to go by, 1 sure. */
  readonly confidence: number;
  /** Somebody knows it. */
  readonly given?: boolean;
}

/** Skewness from which on a direction counts, and at which it is sure: below it shadows may say the opposite. */
const FAINT = 0.25;
const SURE = 0.5;
/** Directions that slopes are looked at in, over half a turn. */
const DIRECTIONS = 12;

/**
 * Where the light comes from. Seen along the light's way, what stands out begins with its bright side and ends with its dark one, so
 * brightness rises in steps and falls slowly; against the light it is the other way round, and edges of colour alone favour
 * neither. Along each direction that is the third moment of slopes over that of their magnitudes, however many there are; the
 * first harmonic of it leads away from the light.
 * @param tone [H, W], smoothed a little
 */
export function estimateLight(tone: Float32Array, [width, height]: Size): LightEstimate {
  const ways = Array.from({ length: DIRECTIONS }, (_, k) => [
    Math.cos((k * Math.PI) / DIRECTIONS),
    Math.sin((k * Math.PI) / DIRECTIONS),
  ]) as [number, number][];
  const cubes = new Float64Array(DIRECTIONS);
  const sizes = new Float64Array(DIRECTIONS);
  for (let y = 0; y < height; y++) {
    const [above, row, below] = [(y + height - 1) % height, y, (y + 1) % height].map((r) => r * width) as [
      number,
      number,
      number,
    ];
    for (let x = 0; x < width; x++) {
      const p = (tone[row + ((x + 1) % width)] ?? 0) - (tone[row + ((x + width - 1) % width)] ?? 0);
      const q = (tone[below + x] ?? 0) - (tone[above + x] ?? 0);
      for (let k = 0; k < DIRECTIONS; k++) {
        const [c, s] = ways[k] as [number, number];
        const slope = p * c + q * s;
        const cube = slope * slope * slope;
        cubes[k] = (cubes[k] ?? 0) + cube;
        sizes[k] = (sizes[k] ?? 0) + Math.abs(cube);
      }
    }
  }
  const skewness = cubes.map((v, k) => v / (sizes[k] || 1));
  const [right, down] = [0, 1].map((axis) =>
    skewness.reduce((sum, v, k) => sum + (2 / DIRECTIONS) * v * (ways[k]?.[axis] ?? 0), 0),
  ) as [number, number];
  // Rows go down, angles up; and the light is at the other end.
  const degrees = Math.round(540 - (Math.atan2(down, right) * 180) / Math.PI) % 360;
  return { degrees, confidence: Math.min(1, Math.max(0, (Math.hypot(right, down) - FAINT) / (SURE - FAINT))) };
}

export interface HighEstimate {
  readonly high: 'light' | 'dark';
  readonly confidence: number;
}

/** How much more often one kind of tone stands alone than chance has it, from which on it counts, and at which it is sure. */
const ALONE = 0.17;
const SURELY_ALONE = 0.5;

/**
 * Which tones are high. What is low hangs together: gaps, joints, cracks; what is high stands in it, piece by piece. So where light
 * pieces stand in a dark net, light is high, and the other way round for bricks in light mortar. Told by the Euler number of
 * the lighter half (its pieces less its holes), against the greatest that noise of such a grain has at any level (Gott, Melott and Dickinson
 * 1986, "The sponge-like topology of large-scale structure", in the plane by Melott et al. 1989).
 * @param bands [H, W], brightness at several scales, without what changes slowly
 */
export function estimateHigh(bands: readonly Float32Array[], size: Size, otherwise: 'light' | 'dark'): HighEstimate {
  const genus = bands.reduce((sum, band) => sum + aloneness(band, size), 0) / (bands.length || 1);
  const confidence = Math.min(1, Math.max(0, (Math.abs(genus) - ALONE) / (SURELY_ALONE - ALONE)));
  return { high: confidence === 0 ? otherwise : genus > 0 ? 'light' : 'dark', confidence };
}

function aloneness(band: Float32Array, [width, height]: Size): number {
  const n = band.length;
  const sorted = band.slice().sort();
  const median = sorted[n >> 1] ?? 0;
  let [square, slope, quads] = [0, 0, 0];
  for (let y = 0; y < height; y++) {
    const [row, below] = [y * width, ((y + 1) % height) * width];
    for (let x = 0; x < width; x++) {
      const right = (x + 1) % width;
      const [a = 0, b = 0, c = 0, d = 0] = [band[row + x], band[row + right], band[below + x], band[below + right]];
      square += a * a;
      slope += (b - a) ** 2 + (c - a) ** 2;
      // The Euler number by quads (Gray 1971), the mean of those with 4 and with 8 neighbours.
      const count = Number(a > median) + Number(b > median) + Number(c > median) + Number(d > median);
      if (count === 1) quads++;
      else if (count === 3) quads--;
    }
  }
  if (!(square > 0 && slope > 0)) return 0;
  const most = (slope / square / 2 / (2 * Math.PI) ** 1.5) * Math.exp(-0.5) * n;
  return quads / 4 / most;
}
