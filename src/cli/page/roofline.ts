import { scaleLog, scaleSqrt } from 'd3-scale';
import type { ProfileReport } from '../../graph/profile_report';
import { percent, rate, shortMs } from '../profile_table';
import { type Html, html } from './html';
import { shortNumber } from './loss_chart';

const [WIDTH, HEIGHT] = [720, 400];
const MARGIN = { left: 62, right: 20, top: 20, bottom: 46 };

/**
 * The roofline of a profile as SVG: what each launch computes for a byte it moves, and how fast; both logarithmic. The
 * area of a dot is its share of the time. Launches that compute nothing have no place in it.
 * @param colour class of a kernel's colour.
 */
export function roofline({ rows, roof }: ProfileReport, colour: (kernel: string) => string): Html {
  const dots = rows
    .filter((r) => r.flops > 0 && r.bytes > 0 && r.ms > 0)
    .map((r) => ({ ...r, x: r.flops / r.bytes, y: r.gflops }))
    .sort((a, b) => b.share - a.share); // small ones on top
  const ridge = roof.gflops / roof.gbPerSecond;
  const [x0, x1] = [Math.min(0.1, ...dots.map((d) => d.x)) / 1.5, Math.max(10 * ridge, ...dots.map((d) => d.x)) * 1.5];
  const highest = Math.max(roof.gflops, ...dots.map((d) => d.y)) * 2;
  const lowest = Math.min(roof.gflops / 100, ...dots.map((d) => d.y)) / 1.5;
  const [right, bottom] = [WIDTH - MARGIN.right, HEIGHT - MARGIN.bottom];
  const x = scaleLog([x0, x1], [MARGIN.left, right]);
  const y = scaleLog([lowest, highest], [bottom, MARGIN.top]);
  const r = scaleSqrt([0, Math.max(0.01, ...dots.map((d) => d.share))], [2.5, 18]);
  const powers = (from: number, to: number): number[] => {
    const first = Math.ceil(Math.log10(from));
    const count = Math.floor(Math.log10(to)) - first + 1;
    const every = Math.ceil(count / 7);
    return Array.from({ length: count }, (_, k) => first + k)
      .filter((p) => p % every === 0)
      .map((p) => 10 ** p);
  };
  const at = (value: number): string => value.toFixed(1);
  // The slope leaves the picture below or at the left.
  const from = Math.max(x0, lowest / roof.gbPerSecond);
  const path = `M${at(x(from))} ${at(y(from * roof.gbPerSecond))}L${at(x(ridge))} ${at(y(roof.gflops))}H${right}`;
  const angle = (Math.atan2(y(roof.gbPerSecond * 10) - y(roof.gbPerSecond), x(10) - x(1)) * 180) / Math.PI;
  const along = Math.sqrt(from * ridge);
  const about = `Roofline: ${dots.length} launches below ${rate(roof.gflops)} GFLOP/s and ${rate(roof.gbPerSecond)} GB/s, which meet at ${rate(ridge)} FLOP a byte`;
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${about}">
${powers(lowest, highest).map((t) => html`<path class="grid" d="M${MARGIN.left} ${at(y(t))}H${right}"/><text class="tick" x="${MARGIN.left - 6}" y="${at(y(t) + 4)}" text-anchor="end">${shortNumber(t)}</text>`)}
${powers(x0, x1).map((t) => html`<path class="grid" d="M${at(x(t))} ${MARGIN.top}V${bottom}"/><text class="tick" x="${at(x(t))}" y="${bottom + 17}" text-anchor="middle">${shortNumber(t)}</text>`)}
<text class="tick" x="${(MARGIN.left + right) / 2}" y="${HEIGHT - 8}" text-anchor="middle">FLOP for a byte moved</text>
<text class="tick" transform="translate(13 ${(MARGIN.top + bottom) / 2}) rotate(-90)" text-anchor="middle">GFLOP/s</text>
<path class="roof" d="${path}"/>
<path class="border" d="M${at(x(ridge))} ${at(y(roof.gflops))}V${bottom}"><title>Below ${rate(ridge)} FLOP a byte memory is the limit, above it arithmetic</title></path>
<text class="tick strong" x="${right - 4}" y="${at(y(roof.gflops) - 7)}" text-anchor="end">${rate(roof.gflops)} GFLOP/s</text>
<text class="tick strong" transform="translate(${at(x(along))} ${at(y(along * roof.gbPerSecond) - 7)}) rotate(${at(angle)})" text-anchor="middle">${rate(roof.gbPerSecond)} GB/s</text>
${dots.map((d) => html`<circle class="dot ${colour(d.kernel)}" cx="${at(x(d.x))}" cy="${at(y(d.y))}" r="${at(r(d.share))}"><title>${d.label} (${d.kernel}): ${shortMs(d.ms)} ms, ${percent(d.share)} of the time, ${rate(d.gflops)} GFLOP/s, ${percent(d.ofRoof)} of the ${d.bound} roof</title></circle>`)}</svg>`;
}
