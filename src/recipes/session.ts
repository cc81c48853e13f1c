import { EngineError } from '../base/errors';
import { call, checkOptions, checkValues, number, type OptionNames, whole } from '../base/known_options';
import type { Raster } from '../base/raster';
import type { Device } from '../gpu/device';
import type { Net } from '../nets/weights';
import { type Checkpoint, copyCheckpoint } from './checkpoint';
import { EVENT_OPTIONS, JOB, loadedNet, type RunEvents } from './events';
import type { RunPlace } from './picture_record';
import { prepare } from './prepare';
import type { Recipe } from './recipe';
import { CanvasRenderer } from './render';
import { checkRecipe } from './resolve';
import { type RunResult, run } from './run';

/** `paused` is also what a session is before it starts; a `failed` one can go on from its last snapshot. */
export type SessionState = 'paused' | 'running' | 'done' | 'failed' | 'closed';

/** A step of a run, with all its state, to come back to. */
export interface Snapshot {
  readonly id: number;
  readonly stage: number;
  readonly step: number;
  readonly checkpoint: Checkpoint;
}

export interface SessionOptions extends Omit<RunEvents, 'signal'> {
  readonly net?: Net | null | undefined;
  readonly memory?: number | undefined;
  /** Seconds between two snapshots that are taken without being asked for. Default 5. */
  readonly every?: number;
  /** Snapshots kept at most; of older ones, every other goes first. Default 12. */
  readonly snapshots?: number;
  /** @deprecated The name of `snapshots` in 0.1.0. */
  readonly moments?: number;
  onState?(state: SessionState): void;
  /** `later`: see `Session.later`. */
  onSnapshots?(snapshots: readonly Snapshot[], later: readonly Snapshot[]): void;
  /** @deprecated The name of `onSnapshots` in 0.1.0. */
  onMoments?(snapshots: readonly Snapshot[]): void;
  onDone?(result: RunResult): void;
  /** What ended the run: after it the session is `failed`. */
  onError?(error: unknown): void;
}

const { signal: _, ...EVENTS } = EVENT_OPTIONS;
const SESSION_OPTIONS: OptionNames<SessionOptions> = {
  ...EVENTS,
  ...{ net: loadedNet, memory: number, every: number, snapshots: whole(1), moments: whole(1) },
  ...{ onState: call, onSnapshots: call, onMoments: call, onDone: call, onError: call },
};

/** What a snapshot was made by. */
interface Origin {
  readonly recipe: Recipe;
  readonly changes: readonly RunPlace[];
}

/** Thrown through a run to end it at a checkpoint. */
class Paused extends Error {}

/**
 * A run that people play with: it pauses, goes on, goes back to an earlier snapshot, and goes on with changed weights. All of
 * it is one thing, a run that ends at a checkpoint and another that begins there, so that a session which nobody
 * touched gives the bytes of a plain `run`. One run at a time; calls may come at any time.
 */
export class Session {
  #recipe: Recipe;
  #device: Device;
  #state: SessionState = 'paused';
  #snapshots: Snapshot[] = [];
  #later: Snapshot[] = [];
  readonly #origins = new WeakMap<Snapshot, Origin>();
  #next = 1;
  /** Where the run goes on, if not from the beginning. */
  #from: Checkpoint | undefined;
  #pausing = false;
  /** Where the recipe was changed, in order. */
  #changes: readonly RunPlace[] = [];
  /** Paused in passing: nobody needs to know. */
  #changing = false;
  #loop: Promise<void> | undefined;

  /** @throws EngineError `RecipeError` for a recipe that contradicts itself or asks for a picture that is not given. */
  constructor(
    device: Device,
    recipe: Recipe,
    private readonly inputs: ReadonlyMap<string, Raster>,
    private readonly options: SessionOptions = {},
  ) {
    checkValues('Session', { device, recipe, inputs }, JOB);
    checkOptions('Session', options, SESSION_OPTIONS);
    checkRecipe(recipe, [...inputs.keys()]);
    this.#device = device;
    this.#recipe = recipe;
  }

  get state(): SessionState {
    return this.#state;
  }

  get recipe(): Recipe {
    return this.#recipe;
  }

  /** Where on the way the recipe was changed: what was done by then, it does not tell. */
  get changes(): readonly RunPlace[] {
    return this.#changes;
  }

  /** Oldest first. */
  get snapshots(): readonly Snapshot[] {
    return this.#snapshots;
  }

  /** Those that going back left behind, oldest first: they can be gone to until the run goes on. */
  get later(): readonly Snapshot[] {
    return this.#later;
  }

  /** @deprecated The name of `snapshots` in 0.1.0. */
  get moments(): readonly Snapshot[] {
    return this.#snapshots;
  }

  /** Begins, or goes on from where it was paused or failed. Nothing while it runs, or when it is over. */
  resume(): void {
    if (this.#loop || this.#state === 'closed' || this.#state === 'done') return;
    this.#pausing = false;
    if (this.#later.length > 0) {
      this.#later = [];
      this.#tellSnapshots();
    }
    this.#loop = this.#run().finally(() => {
      this.#loop = undefined;
    });
  }

  /** Stops at the end of the batch of steps under way, with nothing lost. It may be done before that. */
  async pause(): Promise<void> {
    this.#pausing = true;
    await this.#loop;
  }

  /**
   * Goes on with another recipe from the step that the run is at. Weights, losses and steps may change; what the canvas and the
   * optimiser's memory are shaped by may not.
   * @throws EngineError `SessionError` that names what differs; the run then goes on as before.
   */
  async change(recipe: Recipe): Promise<void> {
    checkRecipe(recipe, [...this.inputs.keys()]);
    const differs = fixedOf(this.#recipe).find(([, value], k) => value !== fixedOf(recipe)[k]?.[1]);
    if (differs) {
      throw new EngineError(
        'SessionError',
        `${differs[0]} cannot change while a run is under way`,
        'Start anew with the changed recipe.',
      );
    }
    const wasRunning = this.#state === 'running';
    this.#changing = wasRunning;
    await this.pause();
    this.#changing = false;
    const place = this.#from && placeOf(this.#from);
    if (place && JSON.stringify(recipe) !== JSON.stringify(this.#recipe)) this.#changes = [...this.#changes, place];
    this.#recipe = recipe;
    if (wasRunning && this.state === 'paused') this.resume();
  }

  /**
   * Goes to a snapshot, an earlier or a later one, and stays there, paused. Those after it are kept as `later`, until the run
   * goes on.
   * @throws EngineError `SessionError` when it is no longer kept.
   */
  async back(id: number): Promise<void> {
    const snapshot = this.#all().find((m) => m.id === id);
    if (!snapshot) throw new EngineError('SessionError', `snapshot ${id} is no longer kept`, 'Choose a later one.');
    await this.pause();
    if (this.#state === 'closed') return;
    const all = this.#all(); // with the one that pausing took
    const after = all.indexOf(snapshot) + 1;
    [this.#snapshots, this.#later] = [all.slice(0, after), all.slice(after)];
    this.#from = snapshot.checkpoint;
    // Where it was made by another recipe than there is now, this one is in force from here on.
    const { recipe, changes } = this.#origins.get(snapshot) ?? { recipe: this.#recipe, changes: [] };
    const same = JSON.stringify(recipe) === JSON.stringify(this.#recipe);
    this.#changes = same ? changes : [...changes, placeOf(snapshot.checkpoint)];
    this.#tellSnapshots();
    this.#become('paused');
  }

  /** What a snapshot looked like. */
  async picture({ stage: index, checkpoint }: Snapshot): Promise<Raster> {
    const { net = null } = this.options;
    const { resolved, stages } = prepare(this.#device, this.#recipe, this.inputs, net, () => {});
    const stage = stages[index];
    const [canvas] = checkpoint.point.values;
    if (!stage || !canvas) {
      throw new EngineError(
        'SessionError',
        `the snapshot is of stage ${index}, and the recipe has ${stages.length}`,
        'Give one of session.snapshots.',
      );
    }
    const renderer = new CanvasRenderer(this.#device, resolved, stage, () => {});
    try {
      return await renderer.picture(canvas);
    } finally {
      renderer.close();
    }
  }

  /** Goes on from a checkpoint kept elsewhere. Before the first step only. */
  restore(checkpoint: Checkpoint): void {
    if (this.#loop || this.#snapshots.length > 0) throw new EngineError('SessionError', 'the run has begun already');
    this.#keep(checkpoint);
  }

  /** After a lost device: goes on with another from the last snapshot. */
  async recover(device: Device): Promise<void> {
    await this.pause();
    if (this.#state === 'closed') return;
    this.#device = device;
    this.#become('paused');
    this.resume();
  }

  /** Ends the run and forgets all. The device stays open. */
  async close(): Promise<void> {
    this.#become('closed');
    await this.pause();
    [this.#snapshots, this.#later] = [[], []];
    this.#from = undefined;
  }

  async #run(): Promise<void> {
    const { every = 5, onDone, onError, ...events } = this.options;
    this.#become('running');
    try {
      const result = await run(this.#device, this.#recipe, this.inputs, {
        ...events,
        resume: this.#from && copyCheckpoint(this.#from),
        checkpointSeconds: every,
        wantsCheckpoint: () => this.#pausing,
        onCheckpoint: async (c) => {
          if (this.#state !== 'closed') this.#keep(c);
          if (this.#pausing) throw new Paused();
        },
      });
      if (this.#state === 'closed') return;
      this.#become('done');
      onDone?.(result);
    } catch (error) {
      if (this.#state === 'closed') return;
      this.#become(error instanceof Paused ? 'paused' : 'failed');
      if (!(error instanceof Paused)) onError?.(error);
    }
  }

  #keep(checkpoint: Checkpoint): void {
    const kept = copyCheckpoint(checkpoint);
    this.#from = kept;
    const snapshot = { id: this.#next++, stage: kept.stage, step: kept.point.step, checkpoint: kept };
    this.#origins.set(snapshot, { recipe: this.#recipe, changes: this.#changes });
    this.#snapshots.push(snapshot);
    const most = this.options.snapshots ?? this.options.moments ?? 12;
    // The latest and the first stay; between them the spacing grows with age.
    if (this.#snapshots.length > Math.max(2, most))
      this.#snapshots = this.#snapshots.filter((_, k, all) => k === 0 || k >= all.length - 3 || k % 2 === 0);
    this.#tellSnapshots();
  }

  #all(): Snapshot[] {
    return [...this.#snapshots, ...this.#later];
  }

  #tellSnapshots(): void {
    const { options } = this;
    if (options.onSnapshots) options.onSnapshots(this.#snapshots, this.#later);
    else options.onMoments?.(this.#snapshots);
  }

  #become(state: SessionState): void {
    if (this.#state === 'closed' || this.#state === state) return;
    this.#state = state;
    if (!(this.#changing && state === 'paused')) this.options.onState?.(state);
  }
}

const placeOf = ({ frame, stage, point }: Checkpoint): RunPlace => ({ frame, stage, step: point.step });

/** What checkpoints are shaped by, in words and as text to compare. */
function fixedOf(r: Recipe): (readonly [name: string, text: string])[] {
  const text = (value: unknown): string => JSON.stringify(value) ?? '';
  return [
    ['size', text([r.size, r.scales])],
    ['the way it tiles', text(r.tile)],
    ['color', text(r.color)],
    ['views', text([r.views, r.stages.map((s) => s.views)])],
    ['the optimizer', text(r.stages.map((s) => s.optimizer))],
    ['the number of stages', text([r.stages.length, r.zoom, r.enlarge])],
    ['the net', text(r.net)],
    ['the pictures', text([r.content, r.pin])],
  ];
}
