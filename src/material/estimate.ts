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

/**
 * Which tones are high. What is low is narrow: cracks, gaps, joints. Where narrow things are dark, light is high; where they are
 * light, as mortar often is, dark is.
 * @param band [H, W], brightness without its finest detail and without what changes slowly
 */
export function estimateHigh(band: Float32Array, otherwise: 'light' | 'dark'): HighEstimate {
  let [square, cube] = [0, 0];
  for (const v of band) {
    square += v * v;
    cube += v * v * v;
  }
  const n = band.length;
  const skewness = square > 0 ? cube / n / (square / n) ** 1.5 : 0;
  const confidence = Math.min(1, Math.max(0, (Math.abs(skewness) - FAINT) / (SURE - FAINT)));
  return { high: confidence === 0 ? otherwise : skewness < 0 ? 'light' : 'dark', confidence };
}
