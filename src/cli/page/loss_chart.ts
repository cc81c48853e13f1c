import { scaleLinear, scaleLog, scaleSymlog } from 'd3-scale';
import { line } from 'd3-shape';
import { type Html, html } from './html';

export type Point = readonly [step: number, value: number];

/** The stages of one curve, in order: how many steps each had, and its points (by step within the stage). */
export interface CurveStage {
  readonly name: string;
  readonly steps: number;
  readonly points: readonly Point[];
}

const [WIDTH, HEIGHT] = [440, 200];
const MARGIN = { left: 56, right: 20, top: 8, bottom: 24 };
/** Two points for each of these pieces of the width: the least and the most there. */
const PIECES = 200;

interface Scale {
  (value: number): number;
  readonly ticks: readonly number[];
  readonly kind: 'log' | 'signed' | 'linear';
}

/** `0.0123`, `1.2e-5`, `340`: as short as three digits allow. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return String(value);
  if (size !== 0 && (size >= 1e5 || size < 1e-3)) {
    return value
      .toExponential(2)
      .replace(/\.?0*e/, 'e')
      .replace('e+', 'e');
  }
  return String(Number(value.toPrecision(3)));
}

/**
 * A curve over all stages one after the other, as SVG without styles of its own: classes `grid`, `border`, `curve`
 * and `tick` are the page's to draw. The values are on a logarithmic scale where all are positive; otherwise on one
 * that is linear around 0 and logarithmic away from it (Webber, "A bi-symmetric log transformation for wide-range
 * data", 2012). Values that are no numbers leave gaps.
 */
export function lossChart(name: string, stages: readonly CurveStage[]): Html {
  const total = Math.max(
    1,
    stages.reduce((n, s) => n + s.steps, 0),
  );
  const x = scaleLinear([0, total], [MARGIN.left, WIDTH - MARGIN.right]);
  const values = stages.flatMap((s) => s.points.map((p) => p[1])).filter(Number.isFinite);
  const y = valueScale(values);
  let before = 0;
  const starts = stages.map(({ steps }) => {
    before += steps;
    return before - steps;
  });
  const draw = line<Point>()
    .defined((p) => Number.isFinite(p[1]))
    .x((p) => x(p[0]))
    .y((p) => y(p[1]))
    .digits(1);
  const paths = stages.map((s, k) => draw(thin(s.points).map(([step, v]) => [(starts[k] ?? 0) + step, v])) ?? '');
  const last = values.at(-1);
  const about = `${name} over ${total} steps: from ${shortNumber(values[0] ?? Number.NaN)} to ${shortNumber(last ?? Number.NaN)}${y.kind === 'log' ? ', logarithmic' : ''}`;
  const bottom = HEIGHT - MARGIN.bottom;
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${about}">
${y.ticks.map((t) => html`<path class="grid" d="M${MARGIN.left} ${y(t).toFixed(1)}H${WIDTH - MARGIN.right}"/><text class="tick" x="${MARGIN.left - 6}" y="${(y(t) + 4).toFixed(1)}" text-anchor="end">${shortNumber(t)}</text>`)}
${x
  .ticks(5)
  .filter(Number.isInteger)
  .map((t) => html`<text class="tick" x="${x(t).toFixed(1)}" y="${HEIGHT - 6}" text-anchor="middle">${t}</text>`)}
${starts.slice(1).map((s, k) => html`<path class="border" d="M${x(s).toFixed(1)} ${MARGIN.top}V${bottom}"><title>${stages[k + 1]?.name}</title></path>`)}
${paths.map((d) => d && html`<path class="curve" d="${d}"/>`)}</svg>`;
}

function valueScale(values: readonly number[]): Scale {
  const low = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const range = [HEIGHT - MARGIN.bottom, MARGIN.top];
  const made = (scale: (v: number) => number, ticks: readonly number[], kind: Scale['kind']): Scale =>
    Object.assign((v: number) => scale(v), { ticks, kind });
  if (!(low < high)) {
    const middle = values.length > 0 ? low : 0;
    const reach = Math.abs(middle) || 1;
    return made(scaleLinear([middle - reach, middle + reach], range), [middle], 'linear');
  }
  if (low > 0) {
    const scale = scaleLog([low, high], range);
    // Between two powers of ten d3 gives every digit: the powers alone are enough, or 1, 2 and 5 of each.
    const all = scale.ticks(5);
    const starting = (...digits: string[]): number[] =>
      all.filter((t) => digits.includes(t.toExponential(6).replace(/0*e.*/, '')));
    const few = [starting('1.'), starting('1.', '2.', '5.'), all].find((list) => list.length >= 2) ?? all;
    return made(scale, every(few, Math.ceil(few.length / 6)), 'log');
  }
  const most = Math.max(-low, high);
  const sizes = values.map(Math.abs).sort((a, b) => a - b);
  const typical = sizes[Math.floor(sizes.length / 2)] ?? 0;
  if (typical * 20 > most) {
    const scale = scaleLinear([low, high], range);
    return made(scale, scale.ticks(5), 'linear');
  }
  const scale = scaleSymlog([low, high], range).constant(Math.max(typical, most * 1e-6));
  const top = Math.floor(Math.log10(most));
  const powers = [0, 1, 2].map((k) => 10 ** (top - k)).filter((p) => p > typical / 2);
  const ticks = [0, ...powers, ...powers.map((p) => -p)].filter((t) => t >= low && t <= high);
  return made(scale, ticks, 'signed');
}

const every = <T>(list: readonly T[], n: number): T[] => list.filter((_, k) => k % n === 0);

/** Of many points the least and the most of each piece, so that spikes stay. */
function thin(points: readonly Point[]): readonly Point[] {
  if (points.length <= 2 * PIECES) return points;
  const size = points.length / PIECES;
  const kept: Point[] = [];
  for (let k = 0; k < PIECES; k++) {
    const piece = points.slice(Math.floor(k * size), Math.floor((k + 1) * size));
    const sorted = [...piece].sort((a, b) => a[1] - b[1]);
    const ends = [sorted[0], sorted.at(-1)].filter((p) => p !== undefined);
    kept.push(...ends.sort((a, b) => a[0] - b[0]));
  }
  return kept;
}
