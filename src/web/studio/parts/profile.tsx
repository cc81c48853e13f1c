import { createElement, type JSX } from 'preact';
import { roofline } from '../../../app/charts/roofline';
import { percent, rate, shortMs } from '../../../app/charts/svg';
import type { ProfileReport } from '../../../graph/profile_report';

interface Props {
  readonly report: ProfileReport | null;
  /** A recipe is there and the GPU is free. */
  readonly ready: boolean;
  onAsk(): void;
  onClose(): void;
}

/** Where the time of a step goes: kernels, slowest first, and how far each is from what the adapter can do. */
export function Profile({ report, ready, onAsk, onClose }: Props): JSX.Element {
  return (
    <div class="profile">
      <h3>Kernels</h3>
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
            {report.subject.width} x {report.subject.height} px: {shortMs(report.kernels.reduce((s, k) => s + k.ms, 0))}{' '}
            ms a step; peak {rate(report.roof.gflops)} GFLOP/s, {rate(report.roof.gbPerSecond)} GB/s
          </p>
          {roofline<JSX.Element>(createElement, report, [320, 220])}
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
                    <td>{shortMs(k.ms)}</td>
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
