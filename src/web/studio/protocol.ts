// What the page and the worker that computes say to each other. Everything is plain data; pictures travel without copies.
import type { StagePlan, TimeLeft } from '../../app/eta';
import type { ProfileReport } from '../../graph/profile_report';
import type { TargetName } from '../../material/export/targets';
import type { Progress } from '../../recipes/events';
import type { RecipeText } from '../../recipes/recipe';
import type { SessionState } from '../../recipes/session';
import type { Given, ResultFile } from './given';
import type { Surface, SurfaceMaps } from './surface';

/** What the page asks for. */
export type Command =
  | { readonly type: 'open' }
  | { readonly type: 'start'; readonly recipe: RecipeText; readonly inputs: Readonly<Record<string, Given>> }
  | { readonly type: 'pause' | 'resume' | 'end' | 'profile' | 'save' }
  | { readonly type: 'change'; readonly recipe: RecipeText }
  | { readonly type: 'back'; readonly id: number }
  /** A PNG of 16 bits; without a result: of the picture as it is now. */
  | { readonly type: 'export16'; readonly result: ResultFile | null }
  /** Files of a surface: all that a target wants, in one archive, or a .glb. */
  | { readonly type: 'material'; readonly surface: Surface; readonly target: TargetName | 'glb' }
  | { readonly type: 'addNet'; readonly file: Blob; readonly name: string }
  | { readonly type: 'fetchNet'; readonly name: string; readonly url: string }
  | { readonly type: 'dropNet'; readonly name: string }
  /** The maps of a surface, to be shown. */
  | { readonly type: 'maps'; readonly surface: Surface }
  /** Whether the page can be seen: nobody reads pictures back for a page in the background. */
  | { readonly type: 'look'; readonly on: boolean };

/** A snapshot that the page offers to go to, with a thumbnail of it. */
export interface SnapshotSeen {
  readonly id: number;
  readonly stage: number;
  readonly step: number;
}

/** A network that is kept in the browser. */
export interface NetKept {
  readonly name: string;
  readonly bytes: number;
}

/** A finished picture. */
export interface Result extends ResultFile {
  readonly width: number;
  readonly height: number;
  readonly seconds: number;
  /** Of the joins that it has; null: it has none. */
  readonly seamless: boolean | null;
}

/** What the worker tells. */
export type Event =
  | { readonly type: 'opened'; readonly adapter: string; readonly software: boolean; readonly nets: readonly NetKept[] }
  /** Nothing can be run here; an error that says why follows. */
  | { readonly type: 'no gpu' }
  | { readonly type: 'state'; readonly state: SessionState }
  | { readonly type: 'plan'; readonly stages: readonly StagePlan[] }
  | { readonly type: 'progress'; readonly progress: Progress; readonly left: TimeLeft }
  | { readonly type: 'picture'; readonly bitmap: ImageBitmap; readonly width: number; readonly height: number }
  | { readonly type: 'snapshots'; readonly snapshots: readonly SnapshotSeen[]; readonly later: readonly SnapshotSeen[] }
  /** The run is back at a snapshot, paused: no news of what came after it is to follow. */
  | { readonly type: 'went back'; readonly snapshot: SnapshotSeen }
  | { readonly type: 'result'; readonly result: Result }
  /** Results whose numbers the worker still has, as exact as they were computed. */
  | { readonly type: 'exact'; readonly ids: readonly number[] }
  | { readonly type: 'warning'; readonly text: string }
  /** `code`: that of an EngineError, or `Error`. */
  | { readonly type: 'error'; readonly code: string; readonly text: string }
  /** `notes`: what was estimated and assumed on the way. */
  | { readonly type: 'saved'; readonly file: Blob; readonly name: string; readonly notes?: readonly string[] }
  | { readonly type: 'maps'; readonly maps: SurfaceMaps }
  | { readonly type: 'profile'; readonly report: ProfileReport }
  /** `added`: the one that has just come. */
  | { readonly type: 'nets'; readonly nets: readonly NetKept[]; readonly added?: string }
  /** Of a download: bytes so far, and in all where the server says. */
  | { readonly type: 'fetching'; readonly name: string; readonly bytes: number; readonly of: number | null };

export interface WorkerClient {
  send(command: Command): void;
  /** One listener; pictures go to it as all other events do. */
  listen(handle: (event: Event) => void): void;
}

/** Milliseconds without a further change before the run is told: not at every move of a slider. */
const QUIET_MS = 250;

/** Of changes that follow one another the last is sent, when it is quiet, or before anything else that is asked for. */
export function sendingQuietly(send: (command: Command) => void): (command: Command) => void {
  let waiting: ReturnType<typeof setTimeout> | undefined;
  let held: Command | null = null;
  const release = (): void => {
    clearTimeout(waiting);
    if (held) send(held);
    held = null;
  };
  return (command) => {
    if (command.type !== 'change') {
      release();
      send(command);
      return;
    }
    clearTimeout(waiting);
    held = command;
    waiting = setTimeout(release, QUIET_MS);
  };
}

/** Starts the worker. What goes wrong in it outside of any command arrives as an error event. */
export function startWorker(): WorkerClient {
  const worker = new Worker(new URL('./engine.worker.js', import.meta.url), { type: 'module', name: 'toroid' });
  let handle: (event: Event) => void = () => {};
  worker.addEventListener('message', (e: MessageEvent<Event>) => handle(e.data));
  worker.addEventListener('error', (e) =>
    handle({ type: 'error', code: 'Error', text: e.message || 'the worker that computes could not be started' }),
  );
  return {
    send: sendingQuietly((command) => worker.postMessage(command)),
    listen: (listener) => {
      handle = listener;
    },
  };
}
