// What the page knows, and how events of the worker change it. Pure: tests need no page.
import type { TimeLeft } from '../../app/eta';
import type { ProfileReport } from '../../graph/profile_report';
import type { Progress } from '../../recipes/events';
import type { SessionState } from '../../recipes/session';
import type { Curve } from './plot';
import type { Event, NetKept, SnapshotSeen } from './protocol';

export interface State {
  /** Null until the adapter is open. */
  readonly adapter: { readonly name: string; readonly software: boolean } | null;
  /** Null: nothing was started. */
  readonly run: SessionState | null;
  /** The run is being prepared: no step is done yet. */
  readonly starting: boolean;
  readonly sizes: readonly (readonly [width: number, height: number, steps: number])[];
  readonly progress: Progress | null;
  readonly left: TimeLeft | null;
  readonly curves: readonly Curve[];
  readonly snapshots: readonly SnapshotSeen[];
  readonly size: readonly [width: number, height: number] | null;
  readonly warnings: readonly string[];
  readonly error: { readonly code: string; readonly text: string } | null;
  readonly profile: ProfileReport | null;
  readonly nets: readonly NetKept[];
  readonly fetching: { readonly name: string; readonly bytes: number; readonly of: number | null } | null;
}

export const initial: State = {
  adapter: null,
  run: null,
  starting: false,
  sizes: [],
  progress: null,
  left: null,
  curves: [],
  snapshots: [],
  size: null,
  warnings: [],
  error: null,
  profile: null,
  nets: [],
  fetching: null,
};

/** What the page itself does. */
export type Action =
  | { readonly type: 'start' }
  | { readonly type: 'dismiss' }
  | { readonly type: 'back'; readonly snapshot: SnapshotSeen }
  | { readonly type: 'close profile' };

/** Steps of all stages before one. */
const before = (sizes: State['sizes'], stage: number): number =>
  sizes.slice(0, stage).reduce((sum, [, , steps]) => sum + steps, 0);

/** Of the whole run, 0..1. */
export function shareOf({ sizes, progress, run }: State): number {
  if (run === 'done') return 1;
  if (!progress) return 0;
  // A step costs as many times more as it has pixels.
  const work = sizes.map(([w, h, steps]) => w * h * steps);
  const all = work.reduce((a, b) => a + b, 0);
  const [w, h] = sizes[progress.stage] ?? [0, 0];
  const done = work.slice(0, progress.stage).reduce((a, b) => a + b, 0) + w * h * progress.step;
  return all > 0 ? Math.min(1, done / all) : 0;
}

export function reduce(state: State, event: Event | Action): State {
  switch (event.type) {
    case 'opened':
      return { ...state, adapter: { name: event.adapter, software: event.software }, nets: event.nets };
    case 'start':
      return { ...initial, adapter: state.adapter, nets: state.nets, size: state.size, starting: true, run: 'running' };
    case 'state':
      return { ...state, run: event.state, starting: state.starting && event.state === 'running' };
    case 'plan':
      return { ...state, sizes: event.sizes };
    case 'progress':
      return {
        ...state,
        starting: false,
        progress: event.progress,
        left: event.left,
        curves: longer(state, event.progress),
      };
    case 'picture':
      return { ...state, size: [event.width, event.height] };
    case 'snapshots':
      return { ...state, snapshots: event.snapshots };
    case 'back':
      return wentBack(state, event.snapshot);
    case 'warning':
      return state.warnings.includes(event.text) ? state : { ...state, warnings: [...state.warnings, event.text] };
    case 'error':
      return { ...state, starting: false, error: { code: event.code, text: event.text } };
    case 'dismiss':
      return { ...state, error: null };
    case 'profile':
      return { ...state, profile: event.report };
    case 'close profile':
      return { ...state, profile: null };
    case 'nets':
      return { ...state, nets: event.nets, fetching: null };
    case 'fetching':
      return { ...state, fetching: { name: event.name, bytes: event.bytes, of: event.of } };
    case 'saved':
      return state;
  }
}

function longer({ curves, sizes }: State, p: Progress): Curve[] {
  const x = before(sizes, p.stage) + p.step;
  const values = { total: p.loss, ...p.terms };
  const known = new Map(curves.map((c) => [c.name, c]));
  for (const [name, y] of Object.entries(values)) {
    const old = (known.get(name)?.points ?? []).filter(([at]) => at < x);
    known.set(name, { name, points: [...old, [x, y]] });
  }
  return [...known.values()];
}

function wentBack(state: State, { stage, step }: SnapshotSeen): State {
  const x = before(state.sizes, stage) + step;
  const curves = state.curves.map((c) => ({ ...c, points: c.points.filter(([at]) => at <= x) }));
  const { progress } = state;
  const [width = 0, height = 0, steps = 0] = state.sizes[stage] ?? [];
  return { ...state, curves, left: null, progress: progress && { ...progress, stage, step, width, height, steps } };
}
