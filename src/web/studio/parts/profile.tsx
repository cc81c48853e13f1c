import type { JSX } from 'preact';
import type { ProfileReport } from '../../../graph/profile_report';
import { short } from '../plot';

interface Props {
  readonly report: ProfileReport | null;
  /** A recipe is there and the GPU is free. */
  readonly ready: boolean;
  onAsk(): void;
  onClose(): void;
}

const percent = (v: number): string => `${(100 * v).toFixed(v < 0.1 ? 1 : 0)} %`;
const [WIDTH, HEIGHT] = [320, 200];

/** Where the time of a step goes: kernels, slowest first, and how far each is from what the adapter can do. */
export function Profile({ report, ready, onAsk, onClose }: Props): JSX.Element {
  return (
    <div class="profile">
      <h2>Kernels</h2>
      <p class="row">
        <button type="button" disabled={!ready} onClick={onAsk} data-test="profile">
          Profile a step
        </button>
        {report && (
          <button type="button" onClick={onClose}>
            Close
          </button>
        )}
      </p>
      {!report && !ready && <p class="quiet">Pause first: a profile needs the GPU for itself.</p>}
      {report && (
        <>
          <p class="quiet">
            {report.subject.width} x {report.subject.height} px: {short(report.kernels.reduce((s, k) => s + k.ms, 0))}{' '}
            ms a step; peak {short(report.roof.gflops)} GFLOP/s, {short(report.roof.gbPerSecond)} GB/s
          </p>
          <Roofline report={report} />
          <div class="scroll">
            <table>
              <thead>
                <tr>
                  <th>kernel</th>
                  <th>ms</th>
                  <th>time</th>
                  <th>of roof</th>
                </tr>
              </thead>
              <tbody>
                {report.kernels.slice(0, 14).map((k) => (
                  <tr key={k.kernel}>
                    <th scope="row">{k.kernel}</th>
                    <td>{short(k.ms)}</td>
                    <td>{percent(k.share)}</td>
                    <td title={`bound by ${k.bound}`}>{percent(k.ofRoof)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </div>
  );
}

/** Launches below the roof: both axes logarithmic, areas by share of time. */
function Roofline({ report }: { report: ProfileReport }): JSX.Element {
  const { roof } = report;
  const dots = report.rows.filter((r) => r.flops > 0 && r.bytes > 0 && r.gflops > 0);
  const ridge = roof.gflops / roof.gbPerSecond;
  const [x0, x1] = [Math.log(Math.min(0.1, ...dots.map((d) => d.flops / d.bytes))), Math.log(20 * ridge)];
  const [y0, y1] = [Math.log(Math.min(roof.gflops / 300, ...dots.map((d) => d.gflops))), Math.log(2 * roof.gflops)];
  const X = (v: number): number => ((Math.log(v) - x0) / (x1 - x0)) * WIDTH;
  const Y = (v: number): number => HEIGHT - ((Math.log(v) - y0) / (y1 - y0)) * HEIGHT;
  const from = Math.max(Math.exp(x0), Math.exp(y0) / roof.gbPerSecond);
  const path = `M${X(from)} ${Y(from * roof.gbPerSecond)}L${X(ridge)} ${Y(roof.gflops)}H${WIDTH}`;
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`Roofline of ${dots.length} launches`}>
      <path class="roof" d={path} />
      {dots.map((d) => (
        <circle key={d.label} class="dot" cx={X(d.flops / d.bytes)} cy={Y(d.gflops)} r={2 + 14 * Math.sqrt(d.share)}>
          <title>
            {d.label}: {short(d.gflops)} GFLOP/s, {percent(d.ofRoof)} of the {d.bound} roof, {percent(d.share)} of the
            time
          </title>
        </circle>
      ))}
      <text class="tick" x={WIDTH - 4} y={HEIGHT - 6} text-anchor="end">
        FLOP for a byte
      </text>
      <text class="tick" x={4} y={12}>
        GFLOP/s
      </text>
    </svg>
  );
}
