/** From this deviation on a row of boxes, whose cost does not grow, is within 4 % of the true weights' peak. */
const WIDE = 8;
const BOXES = 4;

/**
 * A Gaussian blur of planes [C, H, W] with a standard deviation of `sigma` pixels. Axes of the torus wrap, the others
 * mirror at the edge (the edge pixel twice). Wide ones are four boxes with fractional ends (Gwosdek, Grewenig, Bruhn and
 * Weickert, "Theoretical foundations of Gaussian convolution by extended box filtering", SSVM 2011).
 */
export function blur(
  planes: Float32Array,
  [width, height]: readonly [width: number, height: number],
  sigma: number,
  [vertical, horizontal]: readonly [vertical: boolean, horizontal: boolean],
): Float32Array {
  const out = planes.slice();
  if (!(sigma > 0)) return out;
  const size = width * height;
  for (let at = 0; at < out.length; at += size) {
    for (let y = 0; y < height; y++) blurLine(out, at + y * width, 1, width, sigma, horizontal);
    for (let x = 0; x < width; x++) blurLine(out, at + x, width, height, sigma, vertical);
  }
  return out;
}

function blurLine(data: Float32Array, at: number, stride: number, n: number, sigma: number, wrap: boolean): void {
  // A mirrored line is a closed one of twice the length.
  const m = wrap ? n : 2 * n;
  let line = new Float64Array(m);
  for (let i = 0; i < n; i++) line[i] = data[at + i * stride] as number;
  for (let i = n; i < m; i++) line[i] = line[2 * n - 1 - i] as number;
  if (sigma < WIDE) line = weighted(line, sigma);
  else for (let k = 0; k < BOXES; k++) line = box(line, sigma);
  for (let i = 0; i < n; i++) data[at + i * stride] = line[i] as number;
}

function weighted(line: Float64Array, sigma: number): Float64Array<ArrayBuffer> {
  const m = line.length;
  const reach = Math.ceil(4 * sigma);
  const weights = Float64Array.from({ length: 2 * reach + 1 }, (_, k) => Math.exp(-0.5 * ((k - reach) / sigma) ** 2));
  const total = weights.reduce((a, b) => a + b, 0);
  const out = new Float64Array(m);
  for (let i = 0; i < m; i++) {
    let sum = 0;
    let j = (((i - reach) % m) + m) % m;
    for (let k = 0; k < weights.length; k++) {
      sum += (weights[k] ?? 0) * (line[j] ?? 0);
      if (++j === m) j = 0;
    }
    out[i] = sum / total;
  }
  return out;
}

/** One of BOXES boxes whose variances add up to sigma squared: whole pixels within `r`, a share `alpha` of the next. */
function box(line: Float64Array, sigma: number): Float64Array<ArrayBuffer> {
  const m = line.length;
  const variance = sigma ** 2 / BOXES;
  const r = Math.floor((Math.sqrt(12 * variance + 1) - 1) / 2);
  const alpha = ((2 * r + 1) * (r * (r + 1) - 3 * variance)) / (6 * (variance - (r + 1) ** 2));
  // The closed line with what lies beyond its ends, so that sums need not go round it.
  const wide = new Float64Array(m + 2 * r + 2);
  for (let i = 0, from = (((-r - 1) % m) + m) % m; i < wide.length; i++) {
    wide[i] = line[from] as number;
    if (++from === m) from = 0;
  }
  const out = new Float64Array(m);
  const last = 2 * r + 2;
  let sum = 0;
  for (let k = 1; k < last; k++) sum += wide[k] as number;
  for (let i = 0; i < m; i++) {
    out[i] = (sum + alpha * ((wide[i] as number) + (wide[i + last] as number))) / (2 * r + 1 + 2 * alpha);
    sum += (wide[i + last] as number) - (wide[i + 1] as number);
  }
  return out;
}
