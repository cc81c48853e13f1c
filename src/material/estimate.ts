// What the brightness of a photograph says of the light in it, and of which tones are high.
import type { Size } from './spectral';

export interface LightEstimate {
  /** Where it comes from, degrees counter-clockwise from the right of the picture: 135 is the upper left. */
  readonly degrees: number;
  /** 0 nothing to go by, 1 sure. */
  readonly confidence: number;
}

/** Skewness from which on a direction counts, and at which it is sure. */
const FAINT = 0.15;
const SURE = 0.8;

/**
 * Where the light comes from. Seen along the light's way, what stands out begins with its bright side and ends with its dark one
 * and its shadow, so brightness rises in steps and falls slowly, and its slopes are skewed; against the light it is the other way
 * round, and edges of colour alone are skewed neither way. The direction of the greatest skewness leads away from the light.
 * @param tone [H, W], smoothed a little
 */
export function estimateLight(tone: Float32Array, [width, height]: Size): LightEstimate {
  const third = [0, 0, 0, 0];
  const second = [0, 0, 0];
  for (let y = 0; y < height; y++) {
    const above = ((y + height - 1) % height) * width;
    const below = ((y + 1) % height) * width;
    for (let x = 0; x < width; x++) {
      const row = y * width;
      const p = (tone[row + ((x + 1) % width)] ?? 0) - (tone[row + ((x + width - 1) % width)] ?? 0);
      const q = (tone[below + x] ?? 0) - (tone[above + x] ?? 0);
      for (let k = 0; k < 4; k++) third[k] = (third[k] ?? 0) + p ** (3 - k) * q ** k;
      for (let k = 0; k < 3; k++) second[k] = (second[k] ?? 0) + p ** (2 - k) * q ** k;
    }
  }
  const n = width * height;
  let best = { skewness: 0, turn: 0 };
  for (let turn = 0; turn < 360; turn++) {
    const [c, s] = [Math.cos((turn * Math.PI) / 180), Math.sin((turn * Math.PI) / 180)];
    const [a = 0, b = 0, d = 0, e = 0] = third;
    const [f = 0, g = 0, h = 0] = second;
    const cubes = c ** 3 * a + 3 * c * c * s * b + 3 * c * s * s * d + s ** 3 * e;
    const squares = c * c * f + 2 * c * s * g + s * s * h;
    const skewness = squares > 0 ? cubes / n / (squares / n) ** 1.5 : 0;
    if (skewness > best.skewness) best = { skewness, turn };
  }
  // Rows go down: a turn of the picture is one clockwise, and the light is at the other end.
  const degrees = (540 - best.turn) % 360;
  return { degrees, confidence: Math.min(1, Math.max(0, (best.skewness - FAINT) / (SURE - FAINT))) };
}

export interface HighEstimate {
  readonly high: 'light' | 'dark';
  readonly confidence: number;
}

/** How much more often one kind of tone stands alone than chance has it, from which on it counts, and at which it is sure. */
const ALONE = 0.05;
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
