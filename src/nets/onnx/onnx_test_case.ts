import { EngineError, invariant, shapeText } from '../../base/errors';
import { sameShape, size } from '../../base/shape';
import type { Device } from '../../gpu/device';
import { Graph, type Node } from '../../graph/graph';
import { Plan } from '../../graph/plan';
import { needed } from './build';
import { isReal, numbers, stored } from './const_fold';
import { Importer } from './importer';
import { type OnnxModel, type OnnxTensor, OnnxUnsupported } from './model';
import { type GraphValue, inGraph, type Value } from './operator';

/** What came of a case: `unsupported` where toroid lacks an operator, or something of one, that it needs. */
export interface Verdict {
  readonly outcome: 'passed' | 'failed' | 'unsupported';
  /** Why not; empty where it passed. */
  readonly reason: string;
  /** The operators that are lacking. */
  readonly ops: readonly string[];
}

/** How far an element may be from what is expected: `atol + rtol |expected|`. */
export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

/** Those of ONNX's own backend tests. */
export const TOLERANCE: Tolerance = { rtol: 1e-3, atol: 1e-7 };

const PASSED: Verdict = { outcome: 'passed', reason: '', ops: [] };

/**
 * Runs a whole model, as exported, and compares all its outputs. Inputs of real numbers go through the GPU; integers
 * and truths are known before the plan is made, as shapes have to be.
 */
export async function runCase(
  device: Device,
  model: OnnxModel,
  inputs: readonly OnnxTensor[],
  expected: readonly OnnxTensor[],
  tolerance: Tolerance = TOLERANCE,
): Promise<Verdict> {
  try {
    const found = await outputsOf(device, model, inputs);
    const reason = expected
      .map((want, k) => difference(model.outputs[k] ?? `output ${k}`, found[k], want, tolerance))
      .find((text) => text !== '');
    return reason === undefined ? PASSED : { outcome: 'failed', reason, ops: [] };
  } catch (error) {
    if (error instanceof OnnxUnsupported) return { outcome: 'unsupported', reason: error.message, ops: error.ops };
    const reason = error instanceof EngineError ? error.message : `${(error as Error).stack ?? error}`;
    return { outcome: 'failed', reason, ops: [] };
  }
}

/** A value as the file would store it. */
interface Found {
  readonly shape: readonly number[];
  readonly type: string;
  readonly data: ArrayLike<number>;
}

async function outputsOf(device: Device, model: OnnxModel, inputs: readonly OnnxTensor[]): Promise<readonly Found[]> {
  const g = new Graph();
  const importer = new Importer(g, model, {});
  const nodes = needed(model, model.outputs, true);
  Importer.check(model, nodes);
  const given = new Map<Node, OnnxTensor>();
  for (const [k, { name }] of model.inputs.entries()) {
    const t = inputs[k];
    if (!t) continue; // one that nothing reads; else the importer says so
    if (!isReal(t.type) || size(t.shape) === 0) {
      importer.give(name, t);
      continue;
    }
    const kept = t.shape.length === 4 && t.shape[0] === 1 ? t.shape.slice(1) : t.shape.length === 0 ? [1] : t.shape;
    const ref = g.input(kept, name);
    given.set(ref, t);
    importer.give(name, { ref, shape: t.shape, type: t.type, known: t });
  }
  for (const node of nodes) importer.add(node);
  const outputs = model.outputs.map((name) => importer.value(name));
  const computed = outputs.filter((v): v is GraphValue => inGraph(v));
  const data = await run(
    device,
    g,
    computed.map((v) => v.ref),
    given,
  );
  return outputs.map((v: Value): Found => {
    if (!inGraph(v)) return { shape: v.shape, type: v.type, data: numbers(v) };
    const own = data[computed.indexOf(v)];
    if (!own) throw invariant(`no data of ${v.shape}`);
    if (v.finish) return { shape: v.shape, type: v.type, data: v.finish(own) };
    // Integers that went through the graph may have lost a little.
    const whole = isReal(v.type) ? own : own.map(Math.round);
    return { shape: v.shape, type: v.type, data: stored(v.type, whole) };
  });
}

async function run(
  device: Device,
  g: Graph,
  refs: readonly GraphValue['ref'][],
  given: ReadonlyMap<Node, OnnxTensor>,
): Promise<readonly Float32Array[]> {
  if (refs.length === 0) return [];
  const plan = await Plan.compile(device, g, refs);
  try {
    const used = reached(g, refs);
    for (const [ref, t] of given) if (used.has(ref)) plan.write(ref, t.floats());
    plan.run();
    const data: Float32Array[] = [];
    for (const ref of refs) data.push(await plan.read(ref));
    return data;
  } finally {
    plan.close();
  }
}

/** All nodes that some values depend on. */
function reached(g: Graph, refs: readonly GraphValue['ref'][]): ReadonlySet<Node> {
  const found = new Set<Node>();
  const waiting = refs.map((r) => g.node(r));
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (found.has(node)) continue;
    found.add(node);
    if (node.source.from === 'op') waiting.push(...node.source.x);
  }
  return found;
}

/** What is wrong with an output, by the rules of numpy's assert_allclose; empty when nothing is. */
function difference(name: string, got: Found | undefined, want: OnnxTensor, { rtol, atol }: Tolerance): string {
  if (!got) return `the model has no output ${name}`;
  if (!sameShape(got.shape, want.shape)) {
    return `${name} is ${shapeText(got.shape)}, expected ${shapeText(want.shape)}`;
  }
  if (got.type !== want.type) return `${name} holds ${got.type}, expected ${want.type}`;
  const expected = numbers(want);
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [got.data[i] ?? Number.NaN, expected[i] ?? Number.NaN];
    const same = a === b || (Number.isNaN(a) && Number.isNaN(b)) || Math.abs(a - b) <= atol + rtol * Math.abs(b);
    if (!same) return `${name}[${i}] is ${a}, expected ${b}, within ${atol + rtol * Math.abs(b)}`;
  }
  return '';
}
