import type { Guided } from './pyramid';

/** A patch is described by the mean colours of CELLS x CELLS parts of it. */
const CELLS = 4;
const NUMBERS = 3 * CELLS * CELLS;
/** At most so many patches are compared with one another. */
const PATCHES = 1024;
/** How many times the usual a pixel may count, and how little of it. */
const MOST = 4;
const LEAST = 0.5;

/**
 * How conspicuous each pixel would be if it stood in a tile twice, 1 on average: how far the patch around it is from the nearest
 * other patch of the exemplar over what is usual, to the fourth power. What stands there once only is remembered; gravel is not.
 * @param feature size of what the picture is made of, in its pixels
 */
export function salience({ width, height, data }: Guided, feature: number): Float64Array {
  const n = width * height;
  const cell = Math.max(1, Math.min(6, Math.round(feature / CELLS), Math.floor(Math.min(width, height) / (3 * CELLS))));
  const side = CELLS * cell;
  const stride = Math.max(1, Math.ceil(Math.sqrt(((width - side + 1) * (height - side + 1)) / PATCHES)));
  const across = Math.floor((width - side) / stride) + 1;
  const count = across * (Math.floor((height - side) / stride) + 1);
  const words = new Float32Array(count * NUMBERS);
  for (let k = 0; k < count; k++) {
    const x = (k % across) * stride;
    const y = Math.floor(k / across) * stride;
    for (let c = 0; c < 3; c++) {
      for (let j = 0; j < side; j++) {
        const row = c * n + (y + j) * width + x;
        const to = k * NUMBERS + (c * CELLS + Math.floor(j / cell)) * CELLS;
        for (let i = 0; i < side; i++) {
          const at = to + Math.floor(i / cell);
          words[at] = (words[at] as number) + (data[row + i] as number) / (cell * cell);
        }
      }
    }
  }
  const apart = nearestApart(words, count, across, stride, side);
  const usual = Math.max(1, (apart.slice().sort()[count >> 1] as number) || 1);
  const sums = new Float64Array(n);
  const covers = new Float64Array(n);
  for (let k = 0; k < count; k++) {
    const [x, y] = [(k % across) * stride, Math.floor(k / across) * stride];
    const v = Math.min(MOST, Math.max(LEAST, ((apart[k] as number) / usual) ** 2));
    for (let j = 0; j < side; j++) {
      for (let at = (y + j) * width + x; at < (y + j) * width + x + side; at++) {
        sums[at] = (sums[at] as number) + v;
        covers[at] = (covers[at] as number) + 1;
      }
    }
  }
  let total = 0;
  for (let i = 0; i < n; i++) {
    const v = (covers[i] as number) > 0 ? (sums[i] as number) / (covers[i] as number) : 1;
    sums[i] = v;
    total += v;
  }
  return sums.map((v) => (v * n) / total);
}

/** Of each patch, the squared distance to the nearest that does not overlap it; 0 where all do. */
function nearestApart(words: Float32Array, count: number, across: number, stride: number, side: number): Float64Array {
  const least = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  const far = Math.ceil(side / stride);
  for (let a = 0; a < count; a++) {
    for (let b = a + 1; b < count; b++) {
      const beside = Math.abs((a % across) - (b % across)) < far;
      if (beside && Math.floor(b / across) - Math.floor(a / across) < far) continue;
      const most = Math.max(least[a] as number, least[b] as number);
      let sum = 0;
      for (let k = 0; k < NUMBERS && sum < most; k++) {
        const d = (words[a * NUMBERS + k] as number) - (words[b * NUMBERS + k] as number);
        sum += d * d;
      }
      if (sum < (least[a] as number)) least[a] = sum;
      if (sum < (least[b] as number)) least[b] = sum;
    }
  }
  return least.map((v) => (Number.isFinite(v) ? v : 0));
}
