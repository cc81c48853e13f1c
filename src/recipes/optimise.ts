import type { Device } from '../gpu/device';
import { Graph, type Node } from '../graph/graph';
import { adam } from '../graph/optim/adam';
import { Plan } from '../graph/plan';
import { Watch } from '../graph/watch';
import { fill } from '../shaders/fill';
import type { Ref } from '../shaders/op';

export interface OptimiseOptions {
  readonly steps: number;
  /** Adam's rate at the first step; it falls to `finalRate` of itself along half a cosine. */
  readonly rate: number;
  readonly finalRate: number;
  /** Least and greatest value of each channel. */
  readonly lo: readonly number[];
  readonly hi: readonly number[];
  readonly signal?: AbortSignal | undefined;
  onProgress?(p: { step: number; loss: number; msPerStep: number }): void;
}

export interface Optimised {
  readonly canvas: Float32Array;
  /** Steps done: fewer than asked for when stopped. */
  readonly steps: number;
  /** [step, loss] every few steps. */
  readonly curve: readonly (readonly [number, number])[];
  readonly msPerStep: number;
}

/** Time between two looks at the loss. Work is queued in batches of about this length. */
const BATCH_MS = 250;
/** The rate falls in this many equal stairs. Batches end where a stair does, so results do not depend on the clock. */
const STAIRS = 32;

/**
 * Minimises `loss` over a canvas of the given shape by Adam. `loss` builds the objective; it gets the canvas and the
 * step counter, both on the GPU. Runs without read-back: losses come in one batch behind.
 */
export async function optimise(
  device: Device,
  start: Float32Array,
  shape: readonly [C: number, H: number, W: number],
  loss: (g: Graph, canvas: Node, counter: Ref) => Ref,
  options: OptimiseOptions,
): Promise<Optimised> {
  const { steps, rate, finalRate, lo, hi, signal } = options;
  const { graph, canvas, value } = descent(start, shape, loss, { rate, lo, hi });
  const plan = await Plan.compile(device, graph, [value]);
  const watch = new Watch(plan, [value]);
  const curve: [number, number][] = [];
  const began = performance.now();
  let done = 0;
  let msPerStep = 0;
  try {
    let batch = 1;
    let pending: { step: number; values: Promise<Float32Array> } | null = null;
    const collect = async (): Promise<void> => {
      if (!pending) return;
      const { step, values } = pending;
      pending = null;
      const latest = (await values)[0] ?? Number.NaN;
      curve.push([step, latest]);
      msPerStep = (performance.now() - began) / Math.max(1, step);
      batch = Math.max(1, Math.min(32, Math.round(BATCH_MS / Math.max(msPerStep, 0.1))));
      options.onProgress?.({ step, loss: latest, msPerStep });
    };
    while (done < steps && !signal?.aborted) {
      const stair = Math.max(1, Math.ceil(steps / STAIRS));
      const count = Math.min(batch, steps - done, stair - (done % stair));
      const along = (done - (done % stair)) / steps;
      plan.knob('rate', rate * (finalRate + (1 - finalRate) * 0.5 * (1 + Math.cos(Math.PI * along))));
      plan.run(count);
      done += count;
      const sample = { step: done, values: watch.sample() };
      await collect(); // the batch before: the GPU already has the next one
      pending = sample;
    }
    await collect();
    return { canvas: await plan.read(canvas), steps: done, curve, msPerStep };
  } finally {
    watch.close();
    plan.close();
  }
}

/** The graph of one descent step: objective, gradient, Adam's update of the canvas. */
export function descent(
  start: Float32Array,
  shape: readonly [C: number, H: number, W: number],
  loss: (g: Graph, canvas: Node, counter: Ref) => Ref,
  options: { readonly rate: number; readonly lo: readonly number[]; readonly hi: readonly number[] },
): { graph: Graph; canvas: Node; value: Ref } {
  const graph = new Graph();
  const canvas = graph.state(shape, start, 'canvas');
  // The objective may draw random numbers by the step; Adam's own counter is the one there is.
  const counter = graph.state([1], new Float32Array(1), 'counter');
  const value = loss(graph, canvas, counter);
  const [gradient = fill(graph, shape, 0)] = graph.grad(value, [canvas]);
  adam(graph, canvas, gradient, { rate: options.rate, lo: options.lo, hi: options.hi, counter });
  return { graph, canvas, value };
}
