// A LossContext over given feature maps, and a check of a block's value and gradient against a reference in f64.
import * as assert from 'uvu/assert';
import type { z } from 'zod';
import { EngineError } from '../../src/base/errors';
import { Rng } from '../../src/base/rng';
import { size } from '../../src/base/shape';
import { Graph, type Node } from '../../src/graph/graph';
import { Plan } from '../../src/graph/plan';
import { INPUT, LAYER_SETS } from '../../src/recipes/losses/lib/layers';
import type { LossComponent, LossContext, Region, StylePair, Term } from '../../src/recipes/losses/lib/loss';
import type { Ref } from '../../src/shaders/op';
import { add } from '../../src/shaders/pointwise';
import { device } from './device';
import { close } from './kit';

/** A feature map on the host, [C, H, W]. */
export interface HostMap {
  readonly shape: readonly [C: number, H: number, W: number];
  readonly data: Float64Array;
}

/** Feature maps by layer. The layer `input` is the picture. */
export type HostMaps = Readonly<Record<string, HostMap>>;

export interface FakeStyle {
  readonly style?: string;
  /** Default 1. */
  readonly weight?: number;
  readonly target: HostMaps;
  /** By layer: what each pixel of the target, and of the canvas, counts; made to have mean 1 here. */
  readonly targetMask?: Readonly<Record<string, ArrayLike<number>>>;
  readonly canvasMask?: Readonly<Record<string, ArrayLike<number>>>;
}

/** What a loss is shown. Canvases are inputs of the graph, everything else is constant. */
export interface Fake {
  readonly canvas: HostMaps;
  readonly styles?: readonly FakeStyle[];
  readonly content?: HostMaps;
  readonly start?: HostMaps;
  readonly inputs?: Readonly<Record<string, HostMaps>>;
  /** Default: both axes. */
  readonly torus?: readonly [boolean, boolean];
  readonly fine?: boolean;
  /** Default 0. */
  readonly counter?: number;
  /** Default 128 MiB. */
  readonly largest?: number;
}

/** A map of numbers in [low, high), the same for the same seed; rounded to f32. */
export function someMap(shape: HostMap['shape'], seed: number, low = 0, high = 1): HostMap {
  const rng = new Rng(seed, 77);
  const data = Float64Array.from({ length: size(shape) }, () => Math.fround(low + (high - low) * rng.uniform()));
  return { shape, data };
}

/** What a mask counts at each pixel: mean 1. */
export function normalisedMask(mask: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(mask);
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return values.map((v) => v / mean);
}

/** Pixels where a mask is at least half of its largest value, as `Region.pick`. */
export function picked(mask: ArrayLike<number>): Uint32Array {
  const values = Array.from(mask);
  const most = Math.max(...values);
  return Uint32Array.from(values.flatMap((v, i) => (2 * v >= most ? [i] : [])));
}

/** The context, the canvases that are its inputs, and what it was told. */
export interface FakeContext extends LossContext {
  readonly canvases: ReadonlyMap<string, Node>;
  readonly warnings: readonly string[];
}

export function lossContext(g: Graph, fake: Fake): FakeContext {
  const warnings: string[] = [];
  let stream = 100;
  const canvases = new Map(
    Object.entries(fake.canvas).map(([layer, m]) => [layer, g.input(m.shape, `canvas ${layer}`)]),
  );
  const known = new Map<HostMap, Ref>();
  const constant = (m: HostMap, label: string): Ref => {
    const made = known.get(m) ?? g.constant(m.shape, Float32Array.from(m.data), label);
    known.set(m, made);
    return made;
  };
  const wanted = (maps: HostMaps | undefined, what: string, layer: string): Ref => {
    const m = maps?.[layer];
    if (!m) throw new EngineError('RecipeError', `no ${what} at ${layer}`);
    return constant(m, `${what} ${layer}`);
  };
  const canvas = (layer: string): Ref => {
    const ref = canvases.get(layer);
    if (!ref) throw new EngineError('RecipeError', `no layer ${layer}`);
    return ref;
  };
  const region = (x: Ref, mask: ArrayLike<number> | undefined): Region => {
    if (!mask) return { x };
    const plane = [1, x.shape[1] ?? 1, x.shape[2] ?? 1];
    return { x, mask: g.constant(plane, Float32Array.from(normalisedMask(mask)), 'mask'), pick: picked(mask) };
  };
  const styles = (layer: string): readonly StylePair[] => {
    if (!fake.styles?.length) throw new EngineError('RecipeError', 'no style');
    return fake.styles.map(({ style = 'style', weight = 1, target, targetMask, canvasMask }) => ({
      style,
      weight,
      canvas: region(canvas(layer), canvasMask?.[layer]),
      target: region(wanted(target, style, layer), targetMask?.[layer]),
    }));
  };
  return {
    g,
    canvases,
    warnings,
    layers(choice) {
      if (typeof choice === 'string') {
        assert.ok(LAYER_SETS.includes(choice));
        return new Map([...canvases.keys()].filter((l) => l !== INPUT).map((l) => [l, 1]));
      }
      const list = Array.isArray(choice) ? choice.map((l): [string, number] => [l, 1]) : Object.entries(choice);
      for (const [layer] of list) canvas(layer);
      return new Map(list);
    },
    canvas,
    styles,
    content: (layer) => wanted(fake.content, 'content', layer),
    start: (layer) => wanted(fake.start, 'start', layer),
    input: (name, layer) => wanted(fake.inputs?.[name], name, layer),
    pixels: () => styles(INPUT),
    fine: fake.fine ?? true,
    counter: g.constant([1], Float32Array.of(fake.counter ?? 0), 'counter'),
    random: () => ({ seed: 1, stream: stream++ }),
    torus: fake.torus ?? [true, true],
    warn: (text) => warnings.push(text),
    largest: fake.largest ?? 2 ** 27,
  };
}

// biome-ignore lint/suspicious/noExplicitAny: blocks of all settings
type AnySchema = z.ZodObject<any>;
/** Settings of a block but for its kind; the rest is filled in by its schema. */
export type Given = Readonly<Record<string, unknown>>;

export interface Outcome {
  /** Terms by name. */
  readonly terms: ReadonlyMap<string, number>;
  /** Their sum. */
  readonly loss: number;
  /** Gradient of the sum with respect to the canvas, by layer. */
  readonly gradient: Readonly<Record<string, Float32Array>>;
  readonly warnings: readonly string[];
}

/** Builds a loss over a fake context, and computes its terms and gradients on the device. */
export async function runLoss<S extends AnySchema>(
  block: LossComponent<S>,
  given: Given,
  fake: Fake,
): Promise<Outcome> {
  const g = new Graph();
  const c = lossContext(g, fake);
  const terms = block.build(c, block.schema.parse({ kind: block.kind, ...given }));
  assert.ok(terms.length > 0, `${block.kind} has no term`);
  assert.is(new Set(terms.map((t) => t.name)).size, terms.length, 'names of terms differ');
  for (const { name, value } of terms) assert.equal(value.shape, [1], `shape of ${name}`);
  const loss = total(g, terms);
  const layers = [...c.canvases.keys()];
  const gradients = g.grad(loss, [...c.canvases.values()]);
  // Canvases are outputs too, so that one that the loss does not look at can be written.
  const outputs = [loss, ...terms.map((t) => t.value), ...gradients, ...c.canvases.values()];
  const plan = await Plan.compile(await device(), g, outputs);
  try {
    for (const [layer, node] of c.canvases) plan.write(node, Float32Array.from(fake.canvas[layer]?.data ?? []));
    plan.run();
    const values = new Map<string, number>();
    for (const { name, value } of terms) values.set(name, (await plan.read(value))[0] ?? Number.NaN);
    const gradient: Record<string, Float32Array> = {};
    for (const [k, layer] of layers.entries()) gradient[layer] = await plan.read(gradients[k]!);
    return { terms: values, loss: (await plan.read(loss))[0] ?? Number.NaN, gradient, warnings: c.warnings };
  } finally {
    plan.close();
  }
}

function total(g: Graph, terms: readonly Term[]): Ref {
  const [first, ...rest] = terms.map(({ value }) => value);
  return rest.reduce((sum, v) => add(g, sum, v), first!);
}

/** The canvas of a fake, moved: canvas + h direction. */
export function moved(fake: Fake, direction: HostMaps, h: number): Fake {
  const canvas = Object.fromEntries(
    Object.entries(fake.canvas).map(([layer, m]) => [
      layer,
      { shape: m.shape, data: m.data.map((v, i) => v + h * (direction[layer]?.data[i] ?? 0)) },
    ]),
  );
  return { ...fake, canvas };
}

export interface Tolerances {
  /** Of the loss, relative. Default 1e-5. */
  readonly value?: number;
  /** Of the slope, relative to the gradient's length. Default 1e-4. */
  readonly slope?: number;
  /** Step of the central difference. Default 1e-4. */
  readonly step?: number;
  /** Random directions. Default 2. */
  readonly directions?: number;
}

/**
 * Checks a block against its formula in f64: the value, and the slope along random directions of all canvases against
 * central differences of the formula.
 */
export async function checkLoss<S extends AnySchema>(
  block: LossComponent<S>,
  given: Given,
  fake: Fake,
  reference: (fake: Fake) => number,
  tolerances: Tolerances = {},
): Promise<Outcome> {
  const { value = 1e-5, slope = 1e-4, step = 1e-4, directions = 2 } = tolerances;
  const outcome = await runLoss(block, given, fake);
  close([outcome.loss], [reference(fake)], value, `${block.kind}: value`, 1e-7);
  const length = Math.hypot(...Object.values(outcome.gradient).map((d) => Math.hypot(...d)));
  for (let k = 0; k < directions; k++) {
    const direction: Record<string, HostMap> = {};
    let seed = 1000 * (k + 1);
    for (const [layer, m] of Object.entries(fake.canvas)) direction[layer] = someMap(m.shape, seed++, -1, 1);
    const want = (reference(moved(fake, direction, step)) - reference(moved(fake, direction, -step))) / (2 * step);
    let got = 0;
    for (const [layer, d] of Object.entries(outcome.gradient)) {
      got += d.reduce((sum, v, i) => sum + v * (direction[layer]?.data[i] ?? 0), 0);
    }
    assert.ok(
      Math.abs(got - want) <= slope * length + 1e-7,
      `${block.kind}: slope ${got}, by differences ${want}, of a gradient of length ${length}`,
    );
  }
  return outcome;
}
