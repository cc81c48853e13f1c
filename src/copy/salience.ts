import { Kept } from '../base/kept';
import { boxSum, summed } from './planes';
import type { Guided } from './pyramid';

/** Of each window: the mean and the deviation of red, green and blue. */
const NUMBERS = 6;
/**
 * Windows have this share of the size of what the picture is made of, and so many pixels a side at least: larger ones miss a pattern
 * on a thing, smaller ones that a thing is larger than others of its colour.
 */
const PART = 0.7;
const LEAST_SIDE = 6;
/** At most so many windows are compared with one another. */
const WINDOWS = 2500;
/** How many times the usual a window may count. */
const MOST = 32;
/** What each pixel counts besides, conspicuous or not: what is met ten times is seen then, even where it is like the rest. */
const ANY = 0.8;

/**
 * How conspicuous each pixel would be if it stood in a tile twice, 1 on average: how far the colours of the window around it, by mean
 * and deviation, are from those of the nearest window elsewhere in the exemplar, over what is usual, to the third power. A red stone
 * with white veins is remembered, where no other has such; gravel is not.
 * @param feature size of what the picture is made of, in its pixels
 */
export const salience = (picture: Guided, feature: number): Float64Array =>
  known.of(picture, `${feature}`, () => lookAt(picture, feature));

const known = new Kept<Guided, Float64Array>();

function lookAt(picture: Guided, feature: number): Float64Array {
  const { width, height } = picture;
  const side = Math.min(width, height, Math.max(LEAST_SIDE, Math.round(PART * feature)));
  const stride = Math.max(1, Math.ceil(Math.sqrt(((width - side + 1) * (height - side + 1)) / WINDOWS)));
  const across = Math.floor((width - side) / stride) + 1;
  const down = Math.floor((height - side) / stride) + 1;
  const apart = nearestApart(moments(picture, { side, stride, across, down }), across, Math.ceil(feature / stride));
  const usual = (apart.slice().sort()[apart.length >> 1] as number) || 1;
  const sums = new Float64Array(width * height);
  const covers = new Float64Array(width * height);
  for (const [k, v] of apart.entries()) {
    const weight = Math.min(MOST, (v / usual) ** 3);
    const corner = Math.floor(k / across) * stride * width + (k % across) * stride;
    for (let j = 0; j < side; j++) {
      for (let at = corner + j * width; at < corner + j * width + side; at++) {
        sums[at] = (sums[at] as number) + weight;
        covers[at] = (covers[at] as number) + 1;
      }
    }
  }
  // What no window covers, beside the right and the lower border, is like the rest.
  const mean = apart.reduce((sum, v) => sum + Math.min(MOST, (v / usual) ** 3), 0) / apart.length || 1;
  const found = sums.map((v, i) => ((covers[i] as number) > 0 ? v / (covers[i] as number) : mean));
  const average = found.reduce((sum, v) => sum + v, 0) / found.length;
  return average > 0 ? found.map((v) => (v / average + ANY) / (1 + ANY)) : found.fill(1);
}

interface Windows {
  readonly side: number;
  readonly stride: number;
  readonly across: number;
  readonly down: number;
}

function moments({ width, height, data }: Guided, { side, stride, across, down }: Windows): Float32Array {
  const n = width * height;
  const area = side * side;
  const found = new Float32Array(across * down * NUMBERS);
  for (let c = 0; c < 3; c++) {
    const plane = data.subarray(c * n, (c + 1) * n);
    const sums = summed(plane, width, height);
    const squared = plane.slice();
    for (let i = 0; i < n; i++) squared[i] = (squared[i] as number) ** 2;
    const squares = summed(squared, width, height);
    for (let k = 0; k < across * down; k++) {
      const x = (k % across) * stride;
      const y = Math.floor(k / across) * stride;
      const mean = boxSum(sums, width, x, y, x + side, y + side) / area;
      found[k * NUMBERS + c] = mean;
      const variance = boxSum(squares, width, x, y, x + side, y + side) / area - mean ** 2;
      found[k * NUMBERS + 3 + c] = Math.sqrt(Math.max(0, variance));
    }
  }
  return found;
}

/** How far each window is from the nearest one that lies `far` windows away or more; 0 where there is none. */
function nearestApart(numbers: Float32Array, across: number, far: number): Float64Array {
  const found = new Float64Array(numbers.length / NUMBERS);
  // In the order of light, so that a search can end where that alone is too far off: colours are no nearer than their projections on gray.
  const light = Float64Array.from(found, (_, k) => {
    const at = k * NUMBERS;
    return ((numbers[at] as number) + (numbers[at + 1] as number) + (numbers[at + 2] as number)) / Math.sqrt(3);
  });
  const order = Uint32Array.from(found.keys()).sort((a, b) => (light[a] as number) - (light[b] as number));
  for (let k = 0; k < order.length; k++) {
    const up = leastApart(numbers, light, order, k, 1, Number.POSITIVE_INFINITY, across, far);
    const least = leastApart(numbers, light, order, k, -1, up, across, far);
    found[order[k] as number] = Number.isFinite(least) ? Math.sqrt(least) : 0;
  }
  return found;
}

/** The square of that for the k-th window in an order, of those to one side of it there, or `least`. */
function leastApart(
  numbers: Float32Array,
  light: Float64Array,
  order: Uint32Array,
  k: number,
  way: 1 | -1,
  least: number,
  across: number,
  far: number,
): number {
  const a = order[k] as number;
  const x = a % across;
  const y = Math.floor(a / across);
  for (let l = k + way; l >= 0 && l < order.length; l += way) {
    const b = order[l] as number;
    const off = (light[a] as number) - (light[b] as number);
    if (off * off >= least) break;
    if (Math.abs((b % across) - x) < far && Math.abs(Math.floor(b / across) - y) < far) continue;
    let sum = 0;
    for (let n = 0; n < NUMBERS && sum < least; n++) {
      const d = (numbers[a * NUMBERS + n] as number) - (numbers[b * NUMBERS + n] as number);
      sum += d * d;
    }
    if (sum < least) least = sum;
  }
  return least;
}
