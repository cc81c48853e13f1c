import { EngineError, invariant } from '../base/errors';
import { size as elements } from '../base/shape';
import type { Device } from '../gpu/device';
import { foldConstants } from '../graph/fold_constants';
import { Graph, type Node } from '../graph/graph';
import { averaged } from '../graph/optim/averaged';
import type { Evaluation, Optimiser } from '../graph/optim/optimiser';
import { Plan } from '../graph/plan';
import { ScalarReadback } from '../graph/scalar_readback';
import { HostStateBackup, StateBackup } from '../graph/state_backup';
import type { Layout } from '../graph/tiling/layout';
import { type Outline, outline } from '../graph/tiling/outline';
import { split } from '../graph/tiling/split';
import type { Ref } from '../shaders/op';
import { type StageObjective, type StageSetup, stageObjective } from './objective';
import { optimiserComponents } from './optimisers';

/** What one stage leaves to the next: the canvas, and what its optimiser remembers. */
export interface CarryOver {
  /** Coordinates [rank, H, W]. */
  readonly canvas: Float32Array;
  /** Steps of the whole run so far: random draws depend on it. */
  readonly counter: number;
  /** Which optimiser the states belong to. */
  readonly optimiser: string;
  readonly states: readonly SavedState[];
}

export interface SavedState {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
  readonly enlarged: 'resize' | 'keep' | 'reset';
}

/** A moment of a stage, complete: to go on from it gives the bytes that going on would have given. */
export interface StagePoint {
  readonly step: number;
  /** How often the rate was halved because the loss was no number. */
  readonly halvings: number;
  /** Parameter, counter and optimiser states, in their order; `guard`: as of the last step known to be good. */
  readonly values: readonly Float32Array[];
  readonly guard: readonly Float32Array[];
  readonly guardStep: number;
  /** Of the losses so far. */
  readonly curves: Readonly<Record<string, Curve>>;
}

export type Curve = (readonly [step: number, value: number])[];

export interface StageOptions {
  readonly memory: CarryOver;
  /** How to cut the canvas; null: not at all. */
  readonly layout?: Layout | null;
  /** Memory is short: bytes that the plan should take at most, by computing again what the gradient needs. */
  readonly plan?: number | undefined;
  readonly resume?: StagePoint | undefined;
  readonly signal?: AbortSignal | undefined;
  onProgress?(p: { step: number; loss: number; terms: Record<string, number>; msPerStep: number }): void;
  /** Asked after each batch: whether to read the canvas for `onCanvas`. */
  wantsCanvas?(): boolean;
  onCanvas?(canvas: Float32Array, step: number): Promise<void>;
  /** Asked after each batch: whether a checkpoint is due, and in how many steps at most the next one is. */
  checkpointDue?(step: number): boolean;
  readonly checkpointEvery?: number | undefined;
  onCheckpoint?(point: StagePoint): Promise<void>;
}

export interface StageOutcome {
  readonly memory: CarryOver;
  /** Steps done: fewer than asked for when stopped, or given up. */
  readonly steps: number;
  readonly curves: Readonly<Record<string, Curve>>;
  readonly msPerStep: number;
  readonly stopped: boolean;
}

/** Time between two looks at the loss. Work is queued in batches of about this length. */
const BATCH_MS = 250;
/** The rate falls in this many equal stairs. Batches end where a stair does, so results do not depend on the clock. */
const STAIRS = 32;
/** Halvings of the rate after which a stage is given up. */
const PATIENCE = 6;

/** What a stage computes at each step, before it has any memory: to compile, or to find out whether it would fit. */
export interface StageGraph {
  readonly graph: Graph;
  readonly canvas: Node;
  readonly counter: Node;
  readonly optimiser: Optimiser;
  readonly objective: StageObjective;
  /** What has to be computed besides the states: what is watched. */
  readonly outputs: readonly Ref[];
}

/**
 * The graph of one step of a stage.
 * @param blocks how to cut the canvas; null and nothing: not at all.
 */
export function stageGraph(
  setup: StageSetup,
  memory: Pick<CarryOver, 'canvas' | 'counter'>,
  blocks?: Layout | ((outline: Outline) => Layout) | null,
): StageGraph {
  const { stage, cast } = setup;
  const settings = stage.recipe.optimizer;
  const block = optimiserComponents.find((b) => b.kind === settings.kind);
  if (!block) throw invariant(`an optimiser of kind ${settings.kind}`);
  const graph = new Graph({ convolutions: setup.convolutions, matrices: setup.matrices });
  const [W, H] = stage.size;
  const canvas = graph.state([cast.space.rank, H, W], memory.canvas, 'canvas');
  const counter = graph.state([1], Float32Array.of(memory.counter), 'counter');
  let built: StageObjective | undefined;
  const objective = (x: Ref): Ref => {
    built = stageObjective(graph, x, counter, setup);
    return built.loss;
  };
  let finish: (() => void) | undefined;
  const inBlocks = (x: Ref, how: NonNullable<typeof blocks>): Evaluation => {
    objective(x);
    if (!built) throw invariant('an objective that was not built');
    const plan = outline(graph, x, built, cast.torus);
    const parts = split(plan, typeof how === 'function' ? how(plan) : how, elements(canvas.shape));
    built = parts;
    finish = parts.finish;
    return parts;
  };
  const evaluate = blocks ? (x: Ref): Evaluation => inBlocks(x, blocks) : undefined;
  const problem = { g: graph, param: canvas, counter, objective, evaluate, lo: cast.space.lo, hi: cast.space.hi };
  const plain = block.build(problem, settings);
  const optimiser = settings.average > 0 ? averaged(problem, plain, settings.average) : plain;
  if (!built) throw invariant(`${settings.kind} never looked at its objective`);
  finish?.();
  const { loss, terms } = built;
  const outputs = [...new Set([optimiser.loss, optimiser.health, loss, ...terms.values()])];
  return { graph, canvas, counter, optimiser, objective: built, outputs };
}

/** Runs one stage. The GPU never waits for the host: losses come in one batch behind. */
export async function runStage(device: Device, setup: StageSetup, options: StageOptions): Promise<StageOutcome> {
  const { stage, warn } = setup;
  const { steps, optimizer } = stage.recipe;
  const { memory, resume, signal, layout } = options;
  if (resume && memory.canvas.length !== setup.cast.space.rank * stage.size[0] * stage.size[1]) throw foreign();
  const { graph, canvas, counter, optimiser, objective, outputs } = stageGraph(setup, memory, layout);
  const { terms } = objective;
  const short = layout || options.plan !== undefined;
  if (short) await foldConstants(device, graph, outputs);
  const states = [canvas, counter, ...optimiser.states.map((s) => s.node)];
  const outcome = optimiser.result ?? canvas;
  const plan = await Plan.compile(device, graph, outputs, { memory: options.plan });
  const watch = new ScalarReadback(plan, [optimiser.loss, optimiser.health, ...terms.values()]);
  // What is too large for one piece is too large to keep three times on the device.
  const snapshot = () => (short ? new HostStateBackup(plan, states) : new StateBackup(plan, states));
  let good = snapshot();
  let spare = snapshot();
  try {
    if (resume) {
      if (resume.values.length !== states.length || resume.guard.length !== states.length) throw foreign();
      for (const [k, s] of states.entries()) write(plan, s, resume.values[k]);
      good.write(resume.guard);
    } else {
      // What the optimiser remembers of the stage before, where it is the same one.
      if (memory.optimiser === optimizer.kind) {
        for (const s of optimiser.states) {
          const old = memory.states.find((m) => m.name === s.name && m.data.length === elements(s.node.shape));
          if (old && s.enlarged !== 'reset') write(plan, s.node, old.data);
        }
      }
      await good.save();
    }
    const names = ['total', ...(terms.size > 1 ? terms.keys() : [])];
    const curves: Record<string, Curve> = Object.fromEntries(names.map((n) => [n, [...(resume?.curves[n] ?? [])]]));
    const schedule = optimiserComponents.find((b) => b.kind === optimizer.kind)?.rate?.(optimizer);
    const stair = Math.max(1, Math.ceil(steps / STAIRS));
    const every = options.checkpointEvery;
    const first = resume?.step ?? 0;
    let began = performance.now();
    let counted = 0;
    let batch = 1;
    let msPerStep = 0;
    let done = first;
    let guardStep = resume?.guardStep ?? 0;
    let halvings = resume?.halvings ?? 0;
    let givenUp = false;
    let pending: { step: number; runs: number; values: Promise<Float32Array>; candidate: boolean } | null = null;

    /** Looks at the batch before. False when it went wrong: everything since the last good step is then undone. */
    const collect = async (): Promise<boolean> => {
      if (!pending) return true;
      const { step, runs, values, candidate } = pending;
      pending = null;
      const [value = Number.NaN, health = Number.NaN, ...parts] = await values;
      // A search along a line refuses a trial that is no number by itself: only its states have to be sound.
      if (Number.isFinite(health) && (Number.isFinite(value) || !schedule)) {
        if (candidate) {
          [good, spare] = [spare, good];
          guardStep = step;
        }
        const all = [value, ...(terms.size > 1 ? parts : [])];
        names.forEach((n, k) => {
          const v = all[k] ?? Number.NaN;
          if (Number.isFinite(v)) curves[n]?.push([step, v]);
        });
        counted += runs;
        msPerStep = (performance.now() - began) / Math.max(1, counted);
        batch = Math.max(1, Math.min(32, Math.round(BATCH_MS / Math.max(msPerStep, 0.1))));
        const shown = Object.fromEntries([...terms.keys()].map((n, k) => [n, parts[k] ?? Number.NaN]));
        options.onProgress?.({ step, loss: value, terms: shown, msPerStep });
        return true;
      }
      good.restore();
      done = guardStep;
      halvings++;
      if (halvings > PATIENCE || !schedule) {
        const bad = [...terms.keys()].filter((_, k) => !Number.isFinite(parts[k]));
        const which = bad.length > 0 && bad.length < terms.size ? ` (${bad.join(', ')})` : '';
        if (guardStep === 0 && stage.index === 0) {
          throw new EngineError(
            'RunError',
            `${stage.path}: the loss is not a number from the start${which}`,
            'Try a smaller weight or another seed; if the net is yours, check that its weights are finite.',
          );
        }
        warn(
          `${stage.name} at ${stage.size.join('x')}: the loss keeps turning into no number${which}; it ends at step ${guardStep}`,
        );
        givenUp = true;
        return false;
      }
      warn(
        `${stage.name} at ${stage.size.join('x')}: the loss was no longer a number by step ${step}; back to step ${guardStep}, at half the rate`,
      );
      return false;
    };

    for (;;) {
      if (done >= steps || signal?.aborted || givenUp) {
        if (await collect()) break;
        continue;
      }
      const near = every === undefined ? steps : every - (done % every);
      const count = Math.min(batch, steps - done, stair - (done % stair), near);
      if (schedule) {
        const along = (done - (done % stair)) / steps;
        const share = schedule.final + (1 - schedule.final) * 0.5 * (1 + Math.cos(Math.PI * along));
        plan.setScalar('rate', schedule.first * share * 0.5 ** halvings);
      }
      plan.run(count);
      done += count;
      const step = done;
      const values = watch.sample();
      values.catch(() => {}); // a stage that ends in an error does not wait for them
      if (!(await collect())) {
        await values; // of steps that no longer count
        continue;
      }
      const candidate = step % stair === 0;
      if (candidate) await spare.save();
      pending = { step, runs: count, values, candidate };
      const due = step < steps && (options.checkpointDue?.(step) ?? false);
      const look = options.wantsCanvas?.() ?? false;
      if (!due && !look) continue;
      if (!(await collect())) continue;
      const paused = performance.now();
      if (look) await options.onCanvas?.(await plan.read(outcome), step);
      if (due) {
        const now: Float32Array[] = [];
        for (const s of states) now.push(await plan.read(s));
        await options.onCheckpoint?.({ step, halvings, values: now, guard: await good.read(), guardStep, curves });
      }
      began += performance.now() - paused;
    }
    const kept: SavedState[] = [];
    for (const s of optimiser.states) {
      if (s.enlarged === 'reset') continue;
      kept.push({ name: s.name, shape: s.node.shape, data: await plan.read(s.node), enlarged: s.enlarged });
    }
    const [count = 0] = await plan.read(counter);
    return {
      memory: { canvas: await plan.read(outcome), counter: count, optimiser: optimizer.kind, states: kept },
      steps: done,
      curves,
      msPerStep,
      stopped: done < steps && !givenUp,
    };
  } finally {
    good.close();
    spare.close();
    watch.close();
    plan.close();
    device.pool.trim(); // the next stage may have other sizes
  }
}

function write(plan: Plan, node: Node, data: Float32Array | undefined): void {
  if (!data || data.length !== elements(node.shape)) throw foreign();
  plan.write(node, data);
}

const foreign = (): EngineError =>
  new EngineError('CheckpointError', 'the checkpoint is of another recipe', 'Resume with the recipe it was made by.');
