// A profile for the timelines of others: Chrome's trace format (Perfetto, chrome://tracing) and the marks of a browser's
// own profiler. Runs in browsers too.
// The format: "Trace Event Format", Google, https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
import { checkValues, returnedBy } from '../base/known_options';
import { variantText } from '../gpu/tune';
import type { LaunchReport, ProfileReport } from './profile_report';

export interface TraceEvent {
  readonly name: string;
  readonly cat?: string;
  /** `X`: a span; `M`: a name for a process or a track. */
  readonly ph: 'X' | 'M';
  /** Microseconds. */
  readonly ts: number;
  readonly dur?: number;
  readonly pid: number;
  readonly tid: number;
  readonly args?: Readonly<Record<string, unknown>>;
}

export interface Trace {
  readonly displayTimeUnit: 'ms';
  readonly otherData: Readonly<Record<string, unknown>>;
  readonly traceEvents: readonly TraceEvent[];
}

const GPU = 1;
const HOST = 2;
/** Timestamps count nanoseconds: nothing is shorter. */
const SHORTEST_US = 1e-3;

const REPORT = { report: returnedBy('profileStage', 'rows') };

/**
 * One run on two tracks: what the host does for it, and every launch as it was timed, each in a pass of its own, from
 * when the host has submitted it. Where GPUs run passes at once, one is drawn from the end of the one before.
 */
export function traceOf(report: ProfileReport): Trace {
  checkValues('traceOf', { report }, REPORT);
  const { totals, subject, adapter, rows } = report;
  const names: TraceEvent[] = [
    meta('process_name', GPU, `toroid ${subject.name}, ${subject.width}x${subject.height}`),
    meta('thread_name', GPU, `GPU passes (${adapter.name})`),
    meta('thread_name', HOST, 'host'),
    { name: 'thread_sort_index', ph: 'M', ts: 0, pid: 1, tid: GPU, args: { sort_index: 1 } },
    { name: 'thread_sort_index', ph: 'M', ts: 0, pid: 1, tid: HOST, args: { sort_index: 0 } },
  ];
  const submitted = totals.hostMs * 1e3;
  const end = Math.max(0, ...rows.map((r) => (r.startMs + r.lastedMs) * 1e3));
  let over = 0;
  const launches = [...rows]
    .sort((a, b) => a.startMs - b.startMs)
    .map((r) => {
      const from = Math.max(over, submitted + r.startMs * 1e3);
      const dur = Math.max(SHORTEST_US, submitted + (r.startMs + r.lastedMs) * 1e3 - from);
      over = from + dur;
      return span(r.label, r.kernel, GPU, from, dur, argsOf(r));
    });
  const spans: TraceEvent[] = [
    span('encode and submit', 'host', HOST, 0, submitted, { hostMs: totals.hostMs }),
    span('wait for the GPU', 'host', HOST, submitted, end, {
      wallMs: totals.wallMs,
      gpuMs: totals.gpuMs,
      outside: totals.outside,
    }),
    ...launches,
  ];
  const { version, date, versions, clock, runs, roof } = report;
  return {
    displayTimeUnit: 'ms',
    otherData: { profile: version, date, versions, adapter, subject, clock, runs, roof, totals },
    traceEvents: [...names, ...spans.sort((a, b) => a.ts - b.ts)],
  };
}

const meta = (name: string, tid: number, text: string): TraceEvent => ({
  name,
  ph: 'M',
  ts: 0,
  pid: 1,
  tid,
  args: { name: text },
});

const span = (name: string, cat: string, tid: number, ts: number, dur: number, args: object): TraceEvent => ({
  name,
  cat,
  ph: 'X',
  ts: Math.max(0, ts),
  dur: Math.max(SHORTEST_US, dur),
  pid: 1,
  tid,
  args: { ...args },
});

function argsOf(r: LaunchReport): Readonly<Record<string, unknown>> {
  const { kernel, variant, grid, flops, bytes, ms, share, gflops, gbPerSecond, bound, ofRoof } = r;
  const texts = { kernel, variant: variantText(variant), grid: grid.join('x') };
  return { ...texts, flops, bytes, medianMs: ms, share, gflops, gbPerSecond, bound, ofRoof };
}

/** What `performance` has, and a test may replace. */
interface Measurer {
  measure(name: string, options: { start: number; end: number; detail: unknown }): unknown;
}

/**
 * Puts a profile's launches on the timeline of a browser's own profiler, from `at` (milliseconds as of
 * `performance.now()`): a track "GPU passes" of the group "toroid" in Chrome's performance panel, plain measures elsewhere.
 */
export function emitMeasures(report: ProfileReport, at: number, performance: Measurer = globalThis.performance): void {
  checkValues('emitMeasures', { report }, REPORT);
  for (const r of report.rows) {
    const properties = Object.entries(argsOf(r)).map(([k, v]) => [k, String(v)]);
    const devtools = {
      dataType: 'track-entry',
      track: 'GPU passes',
      trackGroup: 'toroid',
      color: 'primary',
      properties,
    };
    const start = at + r.startMs;
    performance.measure(r.label, { start, end: start + r.lastedMs, detail: { devtools } });
  }
}
