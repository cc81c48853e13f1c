// What the page knows, and how events of the worker change it. Pure: tests need no page.
import type { Curve } from '../../app/charts/loss_chart';
import { Eta, type StagePlan, type TimeLeft } from '../../app/eta';
import type { ProfileReport } from '../../graph/profile_report';
import type { Progress } from '../../recipes/events';
import type { SessionState } from '../../recipes/session';
import type { Event, NetKept, Result, SnapshotSeen } from './protocol';
import type { Made, Settings } from './settings';
import type { SurfaceMaps } from './surface';

export interface State {
  /** Null until the adapter is open. */
  readonly adapter: { readonly name: string; readonly software: boolean } | null;
  /** There is no adapter here, and none will come. */
  readonly noGpu: boolean;
  /** Null: nothing was started. */
  readonly run: SessionState | null;
  /** The run is being prepared: no step is done yet. */
  readonly starting: boolean;
  readonly stages: readonly StagePlan[];
  readonly progress: Progress | null;
  readonly left: TimeLeft | null;
  readonly curves: readonly Curve[];
  readonly snapshots: readonly SnapshotSeen[];
  /** Those that going back left behind, until the run goes on. */
  readonly later: readonly SnapshotSeen[];
  readonly size: readonly [width: number, height: number] | null;
  readonly warnings: readonly string[];
  readonly error: { readonly code: string; readonly text: string } | null;
  readonly profile: ProfileReport | null;
  readonly nets: readonly NetKept[];
  /** What the run that is shown was started from. */
  readonly made: Made | null;
  /** The finished picture of that run. */
  readonly result: Result | null;
  /** Results whose numbers are still there, as exact as they were computed. */
  readonly exact: readonly number[];
  /** Maps of a surface are being made. */
  readonly making: boolean;
  /** What was estimated and assumed for them. */
  readonly notes: readonly string[];
  /** The surface that was looked at last. */
  readonly maps: SurfaceMaps | null;
  /** What became of the last file or deed, in words. */
  readonly said: string;
  readonly fetching: { readonly name: string; readonly bytes: number; readonly of: number | null } | null;
}

export const initial: State = {
  adapter: null,
  noGpu: false,
  run: null,
  starting: false,
  stages: [],
  progress: null,
  left: null,
  curves: [],
  snapshots: [],
  later: [],
  size: null,
  warnings: [],
  error: null,
  profile: null,
  nets: [],
  made: null,
  result: null,
  exact: [],
  making: false,
  notes: [],
  maps: null,
  said: '',
  fetching: null,
};

/** What the page itself does. */
export type Action =
  | { readonly type: 'start'; readonly made: Made }
  /** The run that is under way goes on with other steps or weights. */
  | { readonly type: 'changed'; readonly settings: Settings }
  /** Maps of a surface are asked for. */
  | { readonly type: 'make' }
  | { readonly type: 'say'; readonly text: string }
  | { readonly type: 'dismiss' }
  | { readonly type: 'close profile' };

/** Steps of all stages before one. */
const before = (stages: State['stages'], stage: number): number =>
  stages.slice(0, stage).reduce((sum, { steps }) => sum + steps, 0);

/** Steps after which a stage begins. */
export const bordersOf = ({ stages }: State): number[] => stages.slice(1).map((_, k) => before(stages, k + 1));

/** Of the whole run, 0..1. */
export const shareOf = ({ left, run }: State): number => (run === 'done' ? 1 : (left?.share ?? 0));

/** Where undo and redo go; a paused run is at its last snapshot. */
export const undoOf = ({ snapshots, run }: State): SnapshotSeen | undefined => snapshots.at(run === 'paused' ? -2 : -1);
export const redoOf = ({ later }: State): SnapshotSeen | undefined => later[0];

export function reduce(state: State, event: Event | Action): State {
  switch (event.type) {
    case 'opened':
      return { ...state, adapter: { name: event.adapter, software: event.software }, nets: event.nets };
    case 'start':
      return {
        ...initial,
        adapter: state.adapter,
        nets: state.nets,
        size: state.size,
        exact: state.exact,
        made: event.made,
        starting: true,
        run: 'running',
      };
    case 'changed':
      return { ...state, made: state.made && { ...state.made, settings: event.settings } };
    case 'make':
      return { ...state, making: true, notes: [], said: '', error: null };
    case 'say':
      return { ...state, said: event.text };
    case 'no gpu':
      return { ...state, noGpu: true };
    case 'result':
      return { ...state, result: event.result };
    case 'exact':
      return { ...state, exact: event.ids };
    case 'state':
      return { ...state, run: event.state, starting: state.starting && event.state === 'running' };
    case 'plan':
      return { ...state, stages: event.stages };
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
      return { ...state, snapshots: event.snapshots, later: event.later };
    case 'went back':
      return wentBack(state, event.snapshot);
    case 'warning':
      return state.warnings.includes(event.text) ? state : { ...state, warnings: [...state.warnings, event.text] };
    case 'error':
      return { ...state, starting: false, making: false, error: { code: event.code, text: event.text } };
    case 'dismiss':
      return { ...state, error: null };
    case 'profile':
      return { ...state, profile: event.report };
    case 'close profile':
      return { ...state, profile: null };
    case 'nets':
      return {
        ...state,
        nets: event.nets,
        fetching: null,
        ...(event.added !== undefined && { said: `The network ${event.added} is kept in this browser` }),
      };
    case 'fetching':
      return { ...state, fetching: { name: event.name, bytes: event.bytes, of: event.of } };
    case 'maps':
      return { ...state, making: false, maps: event.maps };
    case 'saved':
      return { ...state, making: false, said: `${event.name} is saved`, notes: event.notes ?? state.notes };
  }
}

function longer({ curves, stages }: State, p: Progress): Curve[] {
  const x = before(stages, p.stage) + p.step;
  const values = { total: p.loss, ...p.terms };
  const known = new Map(curves.map((c) => [c.name, c]));
  for (const [name, y] of Object.entries(values)) {
    const old = (known.get(name)?.points ?? []).filter(([at]) => at < x);
    known.set(name, { name, points: [...old, [x, y]] });
  }
  return [...known.values()];
}

function wentBack(state: State, { stage, step }: SnapshotSeen): State {
  const x = before(state.stages, stage) + step;
  const curves = state.curves.map((c) => ({ ...c, points: c.points.filter(([at]) => at <= x) }));
  const progress = state.progress && { ...state.progress, ...state.stages[stage], stage, step };
  return {
    ...state,
    result: null,
    curves,
    progress,
    left: progress && new Eta({ stages: state.stages }).update(progress),
  };
}
