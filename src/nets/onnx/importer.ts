import { EngineError, shapeText } from '../../base/errors';
import { sameShape, size } from '../../base/shape';
import type { Graph } from '../../graph/graph';
import { fill } from '../../shaders/fill';
import type { Ref } from '../../shaders/op';
import { pad } from '../../shaders/pad';
import { reshape } from '../../shaders/reshape';
import { Attributes, type Sides } from './attributes';
import { axisOf, isReal, MOST_FOLDED, numbers } from './const_fold';
import { type OnnxModel, type OnnxNode, OnnxShape, type OnnxTensor, OnnxUnsupported, onnxError } from './model';
import type { NetOptions } from './net_options';
import {
  type GraphValue,
  inGraph,
  type NodeContext,
  type Output,
  type Padding,
  type PendingPad,
  type Value,
} from './operator';
import { operators } from './ops';

/** Elements of any value. */
const MOST_ELEMENTS = 2 ** 32;

/** Elements of constants that a graph keeps itself. */
const SMALL = 2 ** 12;

/** Brings the nodes of a model into a graph, one after another. */
export class Importer {
  readonly #values = new Map<string, Value | PendingPad>();
  /** Elements of constants computed here, less those of the file that they may have been computed from. */
  #folded = 0;
  readonly #counted = new Set<OnnxTensor>();
  readonly torus: readonly [vertical: boolean, horizontal: boolean];

  constructor(
    readonly g: Graph,
    readonly model: OnnxModel,
    readonly options: Omit<NetOptions, 'layers'>,
    /** Whether weights are to be stored as f16. */
    private readonly half = false,
  ) {
    const { torus = false } = options;
    this.torus = typeof torus === 'boolean' ? [torus, torus] : torus;
  }

  /** Supplies an input. */
  give(name: string, value: Value): void {
    this.#values.set(name, value);
  }

  /** @throws EngineError `OnnxError` that names every operator that toroid lacks, with where and how often. */
  static check(model: OnnxModel, nodes: readonly OnnxNode[]): void {
    const lacking = new Map<string, string[]>();
    for (const n of nodes) if (!operators.has(n.op)) lacking.set(n.op, [...(lacking.get(n.op) ?? []), n.name]);
    if (lacking.size === 0) return;
    const list = [...lacking].map(
      ([op, names]) => `${op} (${names.length > 1 ? `${names.length} nodes, first ${names[0]}` : `node ${names[0]}`})`,
    );
    throw new OnnxUnsupported(
      `${model.name} needs ${list.join(', ')}, which toroid does not have`,
      'Choose layers before it, or export the net without it.',
      [...lacking.keys()],
    );
  }

  add(node: OnnxNode, model: OnnxModel = this.model): void {
    const op = operators.get(node.op);
    if (!op) throw new OnnxUnsupported(`${node.op} ${node.name} is not supported`, undefined, [node.op]);
    const c = new Context(this, node, model);
    const given = node.inputs.filter((x) => x !== '').map((x) => this.raw(x));
    const constant = given.every((v) => v !== undefined && !('pending' in v) && !inGraph(v));
    const elements = given.reduce((n, v) => n + (v ? size(v.shape) : 0), 0);
    // Large weights are rearranged on the GPU, once, as the plan is compiled.
    const fold = constant && op.fold && (elements <= MOST_FOLDED || !op.graph) ? op.fold : undefined;
    const how = fold ?? op.graph;
    if (!how) throw c.unsupported('of a value that is computed', 'Only constants can be taken here.');
    const outputs = named(c.who, () => how(c));
    this.#count(c.who, node, outputs);
    node.outputs.forEach((name, k) => {
      const value = outputs[k];
      if (name !== '' && value) this.#values.set(name, quantisedLike(value, given[0]));
      else if (name !== '') throw c.unsupported(`with its output ${k} (${name}) in use`);
    });
  }

  /** Refuses values larger than any machine holds, and a file that makes more constants than it has, one of them small enough or not. */
  #count(who: string, node: OnnxNode, outputs: readonly Output[]): void {
    for (const x of node.inputs) {
      const t = this.model.tensors.get(x);
      if (!t || t.uniform !== undefined || this.#counted.has(t)) continue;
      this.#counted.add(t);
      this.#folded -= size(t.shape);
    }
    for (const v of outputs)
      if (v && !('pending' in v) && !inGraph(v) && v.uniform === undefined) this.#folded += size(v.shape);
    for (const v of outputs) {
      if (v && !(size(v.shape) <= MOST_ELEMENTS)) {
        throw onnxError(`${who} makes [${v.shape.join(', ')}], which is too large`, 'Use a smaller picture.');
      }
    }
    if (this.#folded <= 2 * MOST_FOLDED) return;
    throw onnxError(
      `${this.model.name} makes constants without end, the last in ${who}`,
      'Export it again with constants folded.',
    );
  }

  /** A value as it stands: a Pad may not have been carried out. */
  raw(name: string): Value | PendingPad | undefined {
    return this.#values.get(name) ?? this.model.tensors.get(name);
  }

  value(name: string): Value {
    const known = this.raw(name);
    if (!known) throw onnxError(`${this.model.name} needs ${name}, which no node before it makes`);
    if (!('pending' in known)) return known;
    const done = { ref: this.pad(known.pending, [true, true]), shape: known.shape, type: known.type };
    // On a torus there is no edge to pad, and the map keeps its size.
    const value = { ...done, shape: [1, ...done.ref.shape] };
    this.#values.set(name, value);
    return value;
  }

  /** A value in the graph; a constant is uploaded, once. Its Ref may have another shape than the value: see GraphValue. */
  inGraph(name: string): GraphValue {
    const v = this.value(name);
    if (inGraph(v)) return v;
    if (size(v.shape) === 0) throw new OnnxUnsupported(`${name} has no elements, and is used in a computation`);
    const shape = v.shape.length === 0 ? [1] : v.shape;
    if (v.uniform !== undefined) {
      // Large constants of one number are made where they are used: the file has no more than their shape.
      return { ref: fill(this.g, shape, v.uniform), shape: v.shape, type: v.type, known: v };
    }
    const ref = this.upload(v, shape, () => (isReal(v.type) ? v.floats() : Float32Array.from(numbers(v))), v.name);
    return { ref, shape: v.shape, type: v.type, known: v };
  }

  /**
   * Brings numbers into the graph, once for each key. Large ones are read again when they are uploaded, and not kept.
   * @param areWeights whether a NaN or an infinity makes the net useless.
   */
  upload(
    key: string | OnnxTensor,
    shape: readonly number[],
    data: () => Float32Array,
    label: string,
    areWeights = false,
  ): Ref {
    // Kept by the graph, so that a canvas and an exemplar run through the same net share them.
    const [of, name] = typeof key === 'string' ? [this.model, key] : [key, 'uploaded'];
    return this.g.memo(of, name, () => {
      const now = data();
      if (areWeights) checkWeights(this.model.name, label, now, this.half);
      return this.g.constant(shape, now.length < SMALL ? now : data, label);
    });
  }

  /** Carries a Pad out on the chosen axes. A torus has no edge to pad. */
  pad({ x, sides, border, value }: Padding, [vertical, horizontal]: readonly [boolean, boolean]): Ref {
    const [t, l, b, r] = sides;
    const v = vertical && !this.torus[0];
    const h = horizontal && !this.torus[1];
    const own: Sides = [v ? t : 0, h ? l : 0, v ? b : 0, h ? r : 0];
    const options = { pad: own, border: [border, border], value } as const;
    return own.every((n) => n === 0) ? x : named('Pad', () => pad(this.g, x, options));
  }
}

/** @throws EngineError `OnnxError` that names the first NaN or infinity, or what f16 does not hold where it has to. */
function checkWeights(net: string, label: string, data: Float32Array, half: boolean): void {
  const large = half ? data.find((v) => Number.isFinite(v) && Math.abs(v) >= 65520) : undefined;
  if (large !== undefined) {
    throw onnxError(
      `${label} of ${net} holds ${large}, and f16 ends at 65504`,
      'Leave precision f16 out: f32 holds it.',
    );
  }
  // A sum of finite numbers of this size stays finite as a double; anything else shows in it.
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i] ?? 0;
  if (Number.isFinite(sum)) return;
  const at = data.findIndex((v) => !Number.isFinite(v));
  throw onnxError(
    `${label} of ${net} holds ${data[at]}, first at ${at} of ${data.length}: its layers would give nothing else`,
    'Download the file again, or export it again from weights without it.',
  );
}

/** What ops say of shapes and attributes that they cannot take. */
const OF_VALUES = ['ShapeError', 'SettingsError'];

/** Errors of shaders say what they want, but not of which node. */
function named<T>(who: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) throw onnxError(`${who} makes values too large to be held: ${error.message}`);
    if (!(error instanceof EngineError) || !OF_VALUES.includes(error.code) || error.message.includes(who)) throw error;
    const plain = error.message.split('\n')[0];
    throw new OnnxShape(`${who}: ${plain}`, error.hint);
  }
}

/** What moves or picks quantised numbers gives numbers quantised alike. */
function quantisedLike(v: Value | PendingPad, from: Value | PendingPad | undefined): Value | PendingPad {
  if (!from || !('ref' in from) || !from.quantised || !('ref' in v) || v.finish || v.type !== from.type) return v;
  return { ...v, quantised: true, ...(from.finish && { finish: from.finish }) };
}

/** One node of a model that is brought into a graph: what its operator works with. */
class Context implements NodeContext {
  readonly a: Attributes;
  readonly g: Graph;
  readonly options: NodeContext['options'];
  readonly torus: NodeContext['torus'];

  constructor(
    private readonly importer: Importer,
    readonly node: OnnxNode,
    readonly model: OnnxModel,
  ) {
    this.a = new Attributes(node);
    this.g = importer.g;
    this.options = importer.options;
    this.torus = importer.torus;
  }

  at(node: OnnxNode): NodeContext {
    return new Context(this.importer, node, this.model);
  }

  get opset(): number {
    return this.model.opset;
  }

  get who(): string {
    return this.a.who;
  }

  has(k: number): boolean {
    return (this.node.inputs[k] ?? '') !== '';
  }

  value(k: number): Value {
    if (!this.has(k)) throw onnxError(`${this.who} lacks its input ${k}`);
    return this.importer.value(this.node.inputs[k] ?? '');
  }

  pendingPad(k: number): PendingPad | undefined {
    const v = this.importer.raw(this.node.inputs[k] ?? '');
    return v && 'pending' in v ? v : undefined;
  }

  tensor(k: number): OnnxTensor {
    const v = this.value(k);
    const known = inGraph(v) ? v.known : v;
    if (!known) throw this.unsupported(`with its input ${k} computed`, 'Export the model again with it fixed.');
    return known;
  }

  numbers(k: number, what: string): readonly number[] {
    const v = this.value(k);
    const known = inGraph(v) ? v.known : v;
    if (!known) throw this.unsupported(`with computed ${what}`, 'Export the model again with them fixed.');
    if (size(known.shape) > MOST_FOLDED) throw onnxError(`${this.who} has ${size(known.shape)} numbers as ${what}`);
    const found = numbers(known);
    // Array.from is twenty times slower.
    const list: number[] = [];
    for (let i = 0; i < found.length; i++) list.push(found[i] ?? 0);
    return list;
  }

  list(k: number, name: string): readonly number[] | undefined {
    if (this.has(k)) return this.numbers(k, name);
    return this.a.list(name);
  }

  graph(k: number): GraphValue {
    if (!this.has(k)) throw onnxError(`${this.who} lacks its input ${k}`);
    return this.importer.inGraph(this.node.inputs[k] ?? '');
  }

  nd(k: number): Ref {
    return this.ndOf(this.graph(k));
  }

  ndOf(v: GraphValue): Ref {
    const shape = v.shape.length === 0 ? [1] : v.shape;
    return sameShape(v.ref.shape, shape) ? v.ref : reshape(this.g, v.ref, shape);
  }

  mapOf(v: GraphValue): Ref {
    const [N = 1, C = 1, H = 1, W = 1] = v.shape.length === 3 ? [v.shape[0], v.shape[1], 1, v.shape[2]] : v.shape;
    const shape = [N * C, H, W];
    return sameShape(v.ref.shape, shape) ? v.ref : reshape(this.g, v.ref, shape);
  }

  shape(k: number): readonly number[] {
    return this.value(k).shape;
  }

  axis(axis: number, rank: number): number {
    return axisOf(this.who, axis, rank);
  }

  out(ref: Ref, shape: readonly number[] = ref.shape, type = this.type()): GraphValue {
    if (size(ref.shape) !== size(shape)) {
      throw onnxError(`${this.who} makes ${shapeText(ref.shape)}, which is not ${shapeText(shape)}`);
    }
    const kept = shape.length === 4 && shape[0] === 1 ? shape.slice(1) : shape.length === 0 ? [1] : shape;
    return { ref: sameShape(ref.shape, kept) ? ref : reshape(this.g, ref, kept), shape, type };
  }

  type(): string {
    return this.has(0) ? this.value(0).type : 'float32';
  }

  upload(...of: Parameters<NodeContext['upload']>): Ref {
    return this.importer.upload(...of);
  }

  pad(...of: Parameters<NodeContext['pad']>): Ref {
    return this.importer.pad(...of);
  }

  unsupported(what: string, hint?: string): OnnxUnsupported {
    return new OnnxUnsupported(`${this.who} cannot be used ${what}`, hint, [this.node.op]);
  }
}
