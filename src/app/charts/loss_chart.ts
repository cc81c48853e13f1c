import { linearScale, logScale, type Make, type Scale, shortNumber, signedLogScale } from './svg';

/** A step over all stages, and the value there. */
export type Point = readonly [step: number, value: number];

export interface Curve {
  readonly name: string;
  readonly points: readonly Point[];
  /** Class of its path besides `curve`. */
  readonly look?: string;
}

export interface LossChartOptions {
  readonly size?: readonly [width: number, height: number];
  /** Steps after which a stage begins: there curves are broken. */
  readonly borders?: readonly number[];
  /** Steps of the whole axis. Default: up to the last point. */
  readonly steps?: number;
}

const MARGIN = { left: 56, right: 20, top: 8, bottom: 24 };
/** Two points for each of these pieces of a curve: the least and the most there. */
const PIECES = 200;

/**
 * Curves by step as SVG without styles of its own: classes `grid`, `border`, `curve` and `tick` are the page's to draw.
 * Values are on a logarithmic scale where all are positive; otherwise on a linear one, or on one that is linear around 0
 * and logarithmic away from it. Values that are not finite leave gaps.
 */
export function lossChart<T>(make: Make<T>, curves: readonly Curve[], options: LossChartOptions = {}): T {
  const { size: [width, height] = [440, 200], borders = [] } = options;
  const last = curves.flatMap((c) => c.points.at(-1)?.[0] ?? []);
  const steps = options.steps ?? Math.max(1, ...last);
  const bottom = height - MARGIN.bottom;
  const x = linearScale([0, Math.max(1, steps)], [MARGIN.left, width - MARGIN.right]);
  const y = valueScale(
    curves.flatMap((c) => c.points.map((p) => p[1]).filter(Number.isFinite)),
    [bottom, MARGIN.top],
  );
  const about = `Loss by step, ${y.kind}: ${curves.map((c) => `${c.name} ${latest(c.points)}`).join(', ')}`;
  return make(
    'svg',
    { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': about },
    ...y.ticks.flatMap((t) => [
      make('path', { class: 'grid', d: `M${MARGIN.left} ${y(t).toFixed(1)}H${width - MARGIN.right}` }),
      make(
        'text',
        { class: 'tick', x: MARGIN.left - 6, y: (y(t) + 4).toFixed(1), 'text-anchor': 'end' },
        shortNumber(t),
      ),
    ]),
    ...x.ticks
      .filter(Number.isInteger)
      .map((t) =>
        make('text', { class: 'tick', x: x(t).toFixed(1), y: height - 6, 'text-anchor': 'middle' }, String(t)),
      ),
    ...borders.map((b) => make('path', { class: 'border', d: `M${x(b).toFixed(1)} ${MARGIN.top}V${bottom}` })),
    ...curves.map(({ points, look }) =>
      make('path', { class: look ? `curve ${look}` : 'curve', d: pathOf(thin(points), borders, x, y) }),
    ),
  );
}

/** The last value of a curve, or since when there is none. */
export function latest(points: readonly Point[]): string {
  const k = points.findLastIndex((p) => Number.isFinite(p[1]));
  const lost = points[k + 1];
  if (lost) return `${lost[1]} since step ${lost[0]}`;
  return points[k] ? shortNumber(points[k][1]) : '';
}

/** A line through the points, broken at borders and where a value is not finite. */
function pathOf(points: readonly Point[], borders: readonly number[], x: Scale, y: Scale): string {
  let broken = true;
  let next = 0;
  return points
    .map(([step, value]) => {
      for (; (borders[next] ?? Number.POSITIVE_INFINITY) < step; next++) broken = true;
      const command = broken ? 'M' : 'L';
      broken = !Number.isFinite(value);
      return broken ? '' : `${command}${x(step).toFixed(1)},${y(value).toFixed(1)}`;
    })
    .join('');
}

function valueScale(values: readonly number[], range: readonly [number, number]): Scale & { readonly kind: string } {
  const low = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (!(low < high)) {
    const middle = values.length > 0 ? low : 0;
    const reach = Math.abs(middle) || 1;
    return Object.assign(linearScale([middle - reach, middle + reach], range), { ticks: [middle], kind: 'linear' });
  }
  if (low > 0) return Object.assign(logScale([low, high], range), { kind: 'logarithmic' });
  const most = Math.max(-low, high);
  const sizes = values.map(Math.abs).sort((a, b) => a - b);
  const typical = sizes[Math.floor(sizes.length / 2)] ?? 0;
  if (typical * 20 > most) return Object.assign(linearScale([low, high], range), { kind: 'linear' });
  return Object.assign(signedLogScale([low, high], range, Math.max(typical, most * 1e-6)), {
    kind: 'logarithmic away from 0',
  });
}

/** Of many points the least and the most of each piece, so that spikes stay. */
function thin(points: readonly Point[]): readonly Point[] {
  if (points.length <= 2 * PIECES) return points;
  const size = points.length / PIECES;
  return Array.from({ length: PIECES }, (_, k) => {
    const piece = points.slice(Math.floor(k * size), Math.floor((k + 1) * size));
    const sorted = piece.filter((p) => Number.isFinite(p[1])).sort((a, b) => a[1] - b[1]);
    return [sorted[0], sorted.at(-1)].filter((p) => p !== undefined).sort((a, b) => a[0] - b[0]);
  }).flat();
}
