import type { Aborted } from '../base/aborted';
import { EngineError } from '../base/errors';
import { size as elements } from '../base/shape';
import type { Device } from '../gpu/device';
import { foldConstants } from '../graph/fold_constants';
import type { Node } from '../graph/graph';
import { Plan } from '../graph/plan';
import { ScalarReadback } from '../graph/scalar_readback';
import { HostStateBackup, StateBackup } from '../graph/state_backup';
import type { Layout } from '../graph/tiling/layout';
import { type CarryOver, type Curve, foreignCheckpoint, type SavedState, type StagePoint } from './checkpoint';
import { LearningRate } from './learning_rate';
import { optimiserComponents } from './optimisers';
import { finiteRemedy } from './precision';
import { type StageGraph, stageGraph } from './stage_graph';
import type { StageSetup } from './stage_setup';

export interface StageOptions {
  readonly carryOver: CarryOver;
  /** How to cut the canvas; null: not at all. */
  readonly layout?: Layout | null;
  /** Memory is short: bytes that the plan should take at most, by computing again what the gradient needs. */
  readonly planBytes?: number | undefined;
  readonly resume?: StagePoint | undefined;
  /** The step to stop at, if it is to. */
  readonly until?: number | undefined;
  readonly signal?: Aborted | undefined;
  onProgress?(p: { step: number; loss: number; terms: Record<string, number>; msPerStep: number }): void;
  /** Asked after each batch: whether to read the canvas for `onCanvas`. */
  wantsCanvas?(): boolean;
  onCanvas?(canvas: Float32Array, step: number): Promise<void>;
  /** Asked after each batch: whether a checkpoint is due, and in how many steps at most the next one is. */
  checkpointDue?(step: number): boolean;
  readonly checkpointEvery?: number | undefined;
  onCheckpoint?(point: StagePoint): Promise<void>;
  /** Where it was stopped. */
  onStopped?(point: StagePoint): Promise<void>;
}

export interface StageOutcome {
  readonly carryOver: CarryOver;
  /** Steps done: fewer than asked for when stopped, or given up. */
  readonly steps: number;
  readonly curves: Readonly<Record<string, Curve>>;
  readonly msPerStep: number;
  readonly stopped: boolean;
}

/** Work is queued in batches of about this length, and losses are read once a batch. */
const BATCH_MS = 250;
/** Steps of a batch at most. */
const BATCH_STEPS = 32;
/** Halvings of the learning rate after which a stage is given up. */
const MAX_HALVINGS = 6;

/** Runs one stage. The GPU never waits for the host: losses come in one batch behind. */
export async function runStage(device: Device, setup: StageSetup, options: StageOptions): Promise<StageOutcome> {
  const { stage, resolved } = setup;
  const { carryOver, resume } = options;
  if (resume && carryOver.canvas.length !== resolved.space.rank * stage.size[0] * stage.size[1]) {
    throw foreignCheckpoint();
  }
  const built = stageGraph(setup, carryOver, options.layout);
  const short = Boolean(options.layout) || options.planBytes !== undefined;
  if (short) await foldConstants(device, built.graph, built.outputs);
  const plan = await Plan.compile(device, built.graph, built.outputs, { memory: options.planBytes });
  try {
    const loop = new StageLoop(plan, built, setup, options, short);
    try {
      await loop.begin();
      await loop.run();
      return await loop.outcome();
    } finally {
      loop.close();
    }
  } finally {
    plan.close();
    device.pool.trim(); // the next stage may have other sizes
  }
}

/** Steps that were submitted together, and their losses, which are on the way. */
interface Batch {
  /** Steps done after it. */
  readonly step: number;
  readonly runs: number;
  readonly values: Promise<Float32Array>;
}

/** The steps of one stage: batch after batch, each judged by its losses while the next one runs. */
class StageLoop {
  readonly #states: readonly Node[];
  readonly #canvas: Node;
  readonly #readback: ScalarReadback;
  readonly #lastGood: LastGood;
  readonly #rate: LearningRate;
  readonly #curves: Record<string, Curve>;
  readonly #clock = new BatchClock();
  #done: number;
  #halvings: number;
  #givenUp = false;
  /** The batch whose losses were not judged yet. */
  #pending: Batch | null = null;

  constructor(
    private readonly plan: Plan,
    private readonly built: StageGraph,
    private readonly setup: StageSetup,
    private readonly options: StageOptions,
    short: boolean,
  ) {
    const { canvas, counter, optimiser, objective } = built;
    const { steps, optimizer } = setup.stage.recipe;
    const { resume } = options;
    const { terms } = objective;
    this.#states = [canvas, counter, ...optimiser.states.map((s) => s.node)];
    this.#canvas = optimiser.result ?? canvas;
    this.#readback = new ScalarReadback(plan, [optimiser.loss, optimiser.health, ...terms.values()]);
    // What is too large for one piece is too large to keep three times on the device.
    const backup = (): Backup =>
      short ? new HostStateBackup(plan, this.#states) : new StateBackup(plan, this.#states);
    this.#lastGood = new LastGood(backup, resume?.guardStep ?? 0);
    this.#rate = new LearningRate(steps, optimiserComponents.find((c) => c.kind === optimizer.kind)?.rate?.(optimizer));
    const names = ['total', ...(terms.size > 1 ? terms.keys() : [])];
    this.#curves = Object.fromEntries(names.map((n) => [n, [...(resume?.curves[n] ?? [])]]));
    this.#done = resume?.step ?? 0;
    this.#halvings = resume?.halvings ?? 0;
  }

  /** Sets the states to where the stage goes on, or to what the optimiser remembers of the stage before. */
  async begin(): Promise<void> {
    const { carryOver, resume } = this.options;
    if (resume) {
      if (resume.values.length !== this.#states.length || resume.guard.length !== this.#states.length) {
        throw foreignCheckpoint();
      }
      for (const [k, s] of this.#states.entries()) this.#write(s, resume.values[k]);
      this.#lastGood.write(resume.guard);
      return;
    }
    if (carryOver.optimiser === this.setup.stage.recipe.optimizer.kind) {
      for (const s of this.built.optimiser.states) {
        const count = elements(s.node.shape);
        const old = carryOver.states.find((m) => m.name === s.name && m.data.length === count);
        if (old && s.enlarged !== 'reset') this.#write(s.node, old.data);
      }
    }
    await this.#lastGood.save();
  }

  async run(): Promise<void> {
    const { signal } = this.options;
    this.#clock.start();
    for (;;) {
      if (this.#done >= this.#end || signal?.aborted || this.#givenUp) {
        if (!(await this.#collect())) continue;
        // Whoever stops it may want to go on from there.
        if (signal?.aborted && this.#done > 0 && this.#done < this.setup.stage.recipe.steps)
          await this.options.onStopped?.(await this.#point(this.#done));
        return;
      }
      const batch = this.#submit();
      if (!(await this.#collect())) {
        await batch.values; // of steps that no longer count
        continue;
      }
      if (this.#rate.ends(batch.step)) await this.#lastGood.saveScratch();
      this.#pending = batch;
      await this.#show(batch.step);
    }
  }

  /** What the stage leaves. */
  async outcome(): Promise<StageOutcome> {
    const { plan, built } = this;
    const { steps, optimizer } = this.setup.stage.recipe;
    const states: SavedState[] = [];
    for (const { name, node, enlarged } of built.optimiser.states) {
      if (enlarged !== 'reset') states.push({ name, shape: node.shape, data: await plan.read(node), enlarged });
    }
    const [counter = 0] = await plan.read(built.counter);
    return {
      carryOver: { canvas: await plan.read(this.#canvas), counter, optimiser: optimizer.kind, states },
      steps: this.#done,
      curves: this.#curves,
      msPerStep: this.#clock.msPerStep,
      stopped: this.#done < steps && !this.#givenUp,
    };
  }

  close(): void {
    this.#lastGood.close();
    this.#readback.close();
  }

  /** The step that it ends at. */
  get #end(): number {
    const { steps } = this.setup.stage.recipe;
    return Math.min(steps, this.options.until ?? steps);
  }

  /** Submits the next steps: no further than the learning rate, the next checkpoint and the stage go. */
  #submit(): Batch {
    const { steps } = this.setup.stage.recipe;
    const every = this.options.checkpointEvery;
    const toCheckpoint = every === undefined ? steps : every - (this.#done % every);
    const runs = Math.min(this.#clock.steps, this.#end - this.#done, this.#rate.left(this.#done), toCheckpoint);
    const rate = this.#rate.at(this.#done, this.#halvings);
    if (rate !== null) this.plan.setScalar('rate', rate);
    this.plan.run(runs);
    this.#done += runs;
    const values = this.#readback.sample();
    values.catch(() => {}); // a stage that ends in an error does not wait for them
    return { step: this.#done, runs, values };
  }

  /** Looks at the losses of the pending batch. False when they are bad: everything since the last good step is then undone. */
  async #collect(): Promise<boolean> {
    if (!this.#pending) return true;
    const batch = this.#pending;
    this.#pending = null;
    const [loss = Number.NaN, health = Number.NaN, ...terms] = await batch.values;
    // A search along a line refuses a trial whose loss is not finite by itself: only its states have to be sound.
    if (Number.isFinite(health) && (Number.isFinite(loss) || !this.#rate.scheduled)) {
      this.#accept(batch, loss, terms);
      return true;
    }
    this.#rollBack(batch, loss, terms);
    return false;
  }

  #accept({ step, runs }: Batch, loss: number, values: readonly number[]): void {
    if (this.#rate.ends(step)) this.#lastGood.promoteScratch(step);
    const { terms } = this.built.objective;
    const all = [loss, ...(terms.size > 1 ? values : [])];
    Object.values(this.#curves).forEach((curve, k) => {
      const v = all[k] ?? Number.NaN;
      if (Number.isFinite(v)) curve.push([step, v]);
    });
    this.#clock.count(runs);
    const shown = Object.fromEntries([...terms.keys()].map((n, k) => [n, values[k] ?? Number.NaN]));
    this.options.onProgress?.({ step, loss, terms: shown, msPerStep: this.#clock.msPerStep });
  }

  /**
   * Goes back to the last good step with half the learning rate, or gives the stage up.
   * @throws EngineError `RunError` when there never was a good step in the run.
   */
  #rollBack({ step }: Batch, loss: number, values: readonly number[]): void {
    const { stage, warn, resolved } = this.setup;
    this.#lastGood.restore();
    this.#done = this.#lastGood.step;
    this.#halvings++;
    const names = [...this.built.objective.terms.keys()];
    const bad = names.filter((_, k) => !Number.isFinite(values[k]));
    const which = bad.length > 0 && bad.length < names.length ? ` (${bad.join(', ')})` : '';
    const where = `${stage.name} at ${stage.size.join('x')}`;
    const fault = (verb: string): string => `${faultOf(loss, verb)}${which}`;
    if (this.#halvings <= MAX_HALVINGS && this.#rate.scheduled) {
      const back = `goes back to step ${this.#done} and halves the learning rate`;
      warn(`${where}: ${fault('became')} by step ${step}; the stage ${back}`);
      return;
    }
    if (this.#done === 0 && stage.index === 0) {
      throw new EngineError('RunError', `${stage.path}: ${fault('is')} from the start`, finiteRemedy(resolved.recipe));
    }
    const half = resolved.recipe.precision === 'f32' ? '' : `. ${finiteRemedy(resolved.recipe)}`;
    warn(`${where}: ${fault('keeps becoming')}; the stage ends at step ${this.#done}${half}`);
    this.#givenUp = true;
  }

  /** After a batch: the canvas for whoever looks at it, and a checkpoint where one is due. */
  async #show(step: number): Promise<void> {
    const { options } = this;
    const due = step < this.setup.stage.recipe.steps && (options.checkpointDue?.(step) ?? false);
    const wanted = options.wantsCanvas?.() ?? false;
    if (!due && !wanted) return;
    if (!(await this.#collect())) return;
    await this.#clock.pausedFor(async () => {
      if (wanted) await options.onCanvas?.(await this.plan.read(this.#canvas), step);
      if (due) await options.onCheckpoint?.(await this.#point(step));
    });
  }

  async #point(step: number): Promise<StagePoint> {
    const values: Float32Array[] = [];
    for (const s of this.#states) values.push(await this.plan.read(s));
    const guard = await this.#lastGood.read();
    return { step, halvings: this.#halvings, values, guard, guardStep: this.#lastGood.step, curves: this.#curves };
  }

  #write(node: Node, data: Float32Array | undefined): void {
    if (!data || data.length !== elements(node.shape)) throw foreignCheckpoint();
    this.plan.write(node, data);
  }
}

/** `the loss became NaN`: where the loss is finite, it is the optimiser's states that are not. */
function faultOf(loss: number, verb: string): string {
  if (Number.isFinite(loss)) return `the optimiser's state ${verb} NaN or infinite`;
  return `the loss ${verb} ${Number.isNaN(loss) ? 'NaN' : 'infinite'}`;
}

/** How long batches are, by the time that steps have taken. */
class BatchClock {
  #began = 0;
  #counted = 0;
  /** For the next batch. */
  steps = 1;
  msPerStep = 0;

  start(): void {
    this.#began = performance.now();
  }

  count(runs: number): void {
    this.#counted += runs;
    this.msPerStep = (performance.now() - this.#began) / Math.max(1, this.#counted);
    this.steps = Math.max(1, Math.min(BATCH_STEPS, Math.round(BATCH_MS / Math.max(this.msPerStep, 0.1))));
  }

  /** Time that is not counted. */
  async pausedFor(work: () => Promise<void>): Promise<void> {
    const paused = performance.now();
    await work();
    this.#began += performance.now() - paused;
  }
}

type Backup = StateBackup | HostStateBackup;

/**
 * The states as of the last step known to be good. A step is only known to be good once its losses are in, so those that
 * may become it are kept in a scratch copy until then; the two take turns.
 */
class LastGood {
  #good: Backup;
  #scratch: Backup;

  constructor(
    make: () => Backup,
    public step: number,
  ) {
    this.#good = make();
    this.#scratch = make();
  }

  async save(): Promise<void> {
    await this.#good.save();
  }

  async saveScratch(): Promise<void> {
    await this.#scratch.save();
  }

  /** What was saved as scratch was good. */
  promoteScratch(step: number): void {
    [this.#good, this.#scratch] = [this.#scratch, this.#good];
    this.step = step;
  }

  restore(): void {
    this.#good.restore();
  }

  read(): Promise<Float32Array[]> {
    return this.#good.read();
  }

  write(states: readonly Float32Array[]): void {
    this.#good.write(states);
  }

  close(): void {
    this.#good.close();
    this.#scratch.close();
  }
}
