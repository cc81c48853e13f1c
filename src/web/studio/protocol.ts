// What the page and the worker that computes say to each other. Everything is plain data; pictures travel without copies.
import type { TimeLeft } from '../../app/eta';
import type { ProfileReport } from '../../graph/profile_report';
import type { Progress } from '../../recipes/events';
import type { RecipeText } from '../../recipes/recipe';
import type { SessionState } from '../../recipes/session';

/** A file as the page got it: the worker reads it. `mask`: painted by hand, white counts. */
export interface Given {
  readonly name: string;
  readonly file: Blob;
}

/** What the page asks for. */
export type Command =
  | { readonly do: 'open' }
  | { readonly do: 'start'; readonly recipe: RecipeText; readonly inputs: Readonly<Record<string, Given>> }
  | { readonly do: 'pause' | 'resume' | 'end' | 'profile' | 'save' }
  | { readonly do: 'change'; readonly recipe: RecipeText }
  | { readonly do: 'back'; readonly id: number }
  | { readonly do: 'addNet'; readonly file: Blob; readonly name: string }
  | { readonly do: 'fetchNet'; readonly name: string; readonly url: string }
  | { readonly do: 'dropNet'; readonly name: string }
  /** Whether the page can be seen: nobody reads pictures back for a page in the background. */
  | { readonly do: 'look'; readonly on: boolean };

/** A moment that the page offers to go back to, with a thumbnail of it. */
export interface MomentSeen {
  readonly id: number;
  readonly stage: number;
  readonly step: number;
}

/** A network that is kept in the browser. */
export interface NetKept {
  readonly name: string;
  readonly bytes: number;
}

/** What the worker tells. */
export type Event =
  | { readonly is: 'opened'; readonly adapter: string; readonly software: boolean; readonly nets: readonly NetKept[] }
  | { readonly is: 'state'; readonly state: SessionState }
  | { readonly is: 'plan'; readonly sizes: readonly (readonly [width: number, height: number, steps: number])[] }
  | { readonly is: 'progress'; readonly progress: Progress; readonly left: TimeLeft }
  | { readonly is: 'picture'; readonly bitmap: ImageBitmap; readonly width: number; readonly height: number }
  | { readonly is: 'moments'; readonly moments: readonly MomentSeen[] }
  | { readonly is: 'notice'; readonly text: string }
  /** `code`: that of an EngineError, or `Error`. */
  | { readonly is: 'error'; readonly code: string; readonly text: string }
  | { readonly is: 'saved'; readonly file: Blob; readonly name: string }
  | { readonly is: 'profile'; readonly report: ProfileReport }
  | { readonly is: 'nets'; readonly nets: readonly NetKept[] }
  /** Of a download: bytes so far, and in all where the server says. */
  | { readonly is: 'fetching'; readonly name: string; readonly bytes: number; readonly of: number | null };
