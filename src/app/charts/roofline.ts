import type { ProfileReport } from '../../graph/profile_report';
import { type Attributes, logScale, type Make, percent, rate, shortMs, shortNumber } from './svg';

const MARGIN = { left: 62, right: 20, top: 20, bottom: 46 };

/**
 * The roofline of a profile as SVG: what each launch computes for a byte it moves, and how fast; both logarithmic. The
 * area of a dot is its share of the time. Launches that compute nothing have no place in it.
 * @param colour class of a kernel's colour.
 */
export function roofline<T>(
  make: Make<T>,
  { rows, roof }: ProfileReport,
  [width, height]: readonly [number, number],
  colour: (kernel: string) => string = () => '',
): T {
  const dots = rows
    .filter((r) => r.flops > 0 && r.bytes > 0 && r.ms > 0)
    .map((r) => ({ ...r, x: r.flops / r.bytes, y: r.gflops }))
    .sort((a, b) => b.share - a.share); // small ones on top
  const ridge = roof.gflops / roof.gbPerSecond;
  const [x0, x1] = [Math.min(0.1, ...dots.map((d) => d.x)) / 1.5, Math.max(10 * ridge, ...dots.map((d) => d.x)) * 1.5];
  const highest = Math.max(roof.gflops, ...dots.map((d) => d.y)) * 2;
  const lowest = Math.min(roof.gflops / 100, ...dots.map((d) => d.y)) / 1.5;
  const [right, bottom] = [width - MARGIN.right, height - MARGIN.bottom];
  const x = logScale([x0, x1], [MARGIN.left, right]);
  const y = logScale([lowest, highest], [bottom, MARGIN.top]);
  const most = Math.max(0.01, ...dots.map((d) => d.share));
  const at = (value: number): string => value.toFixed(1);
  // The slope leaves the picture below or at the left.
  const from = Math.max(x0, lowest / roof.gbPerSecond);
  const slope = `M${at(x(from))} ${at(y(from * roof.gbPerSecond))}L${at(x(ridge))} ${at(y(roof.gflops))}H${right}`;
  const angle = (Math.atan2(y(roof.gbPerSecond * 10) - y(roof.gbPerSecond), x(10) - x(1)) * 180) / Math.PI;
  const along = Math.sqrt(from * ridge);
  const about = `Roofline: ${dots.length} launches below ${rate(roof.gflops)} GFLOP/s and ${rate(roof.gbPerSecond)} GB/s, which meet at ${rate(ridge)} FLOP a byte`;
  const text = (content: string, { class: look = 'tick', ...where }: Attributes): T =>
    make('text', { class: look, 'text-anchor': 'middle', ...where }, content);
  const path = (look: string, d: string, ...about: T[]): T => make('path', { class: look, d }, ...about);
  const titled = (content: string): T => make('title', {}, content);
  return make(
    'svg',
    { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': about },
    ...y.ticks.flatMap((t) => [
      path('grid', `M${MARGIN.left} ${at(y(t))}H${right}`),
      text(shortNumber(t), { x: MARGIN.left - 6, y: at(y(t) + 4), 'text-anchor': 'end' }),
    ]),
    ...x.ticks.flatMap((t) => [
      path('grid', `M${at(x(t))} ${MARGIN.top}V${bottom}`),
      text(shortNumber(t), { x: at(x(t)), y: bottom + 17 }),
    ]),
    text('FLOP for a byte moved', { x: (MARGIN.left + right) / 2, y: height - 8 }),
    text('GFLOP/s', { transform: `translate(13 ${(MARGIN.top + bottom) / 2}) rotate(-90)` }),
    path('roof', slope),
    path(
      'border',
      `M${at(x(ridge))} ${at(y(roof.gflops))}V${bottom}`,
      titled(`Below ${rate(ridge)} FLOP a byte memory is the limit, above it arithmetic`),
    ),
    text(`${rate(roof.gflops)} GFLOP/s`, {
      class: 'tick strong',
      x: right - 4,
      y: at(y(roof.gflops) - 7),
      'text-anchor': 'end',
    }),
    text(`${rate(roof.gbPerSecond)} GB/s`, {
      class: 'tick strong',
      transform: `translate(${at(x(along))} ${at(y(along * roof.gbPerSecond) - 7)}) rotate(${at(angle)})`,
    }),
    ...dots.map((d) =>
      make(
        'circle',
        {
          class: `dot ${colour(d.kernel)}`,
          cx: at(x(d.x)),
          cy: at(y(d.y)),
          r: at(2.5 + 15.5 * Math.sqrt(d.share / most)),
        },
        titled(
          `${d.label} (${d.kernel}): ${shortMs(d.ms)} ms, ${percent(d.share)} of the time, ${rate(d.gflops)} GFLOP/s, ${percent(d.ofRoof)} of the ${d.bound} roof`,
        ),
      ),
    ),
  );
}
