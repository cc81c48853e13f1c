import { EngineError, graphError, shapeText, shown } from '../base/errors';
import { call, checkOptions, checkValues, flag, list, returnedBy, text, whole } from '../base/known_options';
import { type Shape, sameShape, size } from '../base/shape';
import { toHalf } from '../shaders/cast';
import type { ConvolutionPolicy } from '../shaders/conv2d/policy';
import { fill } from '../shaders/fill';
import type { Builder, Dtype, Op, Ref, Tuple } from '../shaders/op';
import { add } from '../shaders/pointwise';

/** Numbers of the host, or where to get them: then they are read for each upload, and not kept. */
export type HostData = Float32Array | Uint32Array | (() => Float32Array);

/** Where a value comes from: an op, the host (once per run, or once for ever), or the previous run. */
export type Source =
  | { readonly from: 'op'; readonly op: Op; readonly x: readonly Node[]; readonly attrs: unknown }
  | { readonly from: 'input' }
  | { readonly from: 'constant'; readonly data: HostData }
  | { readonly from: 'state'; readonly data: Float32Array | Uint32Array };

export interface Node extends Ref {
  readonly source: Source;
  /** A name for people: an input's, a layer's. */
  readonly label: string;
  /** The part of a run that computes it, an index into `Graph.sections`. */
  readonly section: number;
}

/** A part of a run that is done several times over before the next one begins. */
export interface Section {
  readonly times: number;
  /** Done once, as the plan is compiled, and before all others. */
  readonly setup: boolean;
}

/** An append-only list of values. Order of creation is a valid order of execution. */
export class Graph implements Builder {
  /** @param policy how convolutions are computed. */
  constructor(readonly policy: ConvolutionPolicy = {}) {
    checkOptions('Graph', policy, { convolutions: call, matrices: true });
  }

  readonly nodes: Node[] = [];
  /** Parts of a run, in order. Values only reach a later part; what a repeated one adds up it keeps in states. */
  readonly sections: Section[] = [{ times: 1, setup: false }];
  /** State id -> the value it takes when the run is over. */
  readonly assigned = new Map<number, Node>();
  readonly #fixed = new Map<number, boolean>();
  readonly #memo = new Map<object, Map<string, unknown>>();

  /** What is appended from now on is computed `times` times in each run, all of it, one time after another. */
  section(times: number, setup = false): void {
    checkValues('section', { times, setup }, { times: whole(1), setup: flag });
    this.sections.push({ times, setup });
  }

  /** A value that the host writes before a run (`plan.write`). */
  input(shape: Shape, label = 'input', dtype: Dtype | keyof typeof OLD_DTYPES = 'f32'): Node {
    checkValues('input', { label, dtype }, { label: text, dtype: ['f32', 'f16', 'u32', 'real', 'half'] });
    checkShape(shape, label);
    return this.#push({ from: 'input' }, shape, isOld(dtype) ? OLD_DTYPES[dtype] : dtype, label);
  }

  /**
   * A value that never changes. Whatever depends on constants alone is computed once, at compilation. Weights come as a
   * function, which each compilation calls, so that the host does not keep what the device has.
   */
  constant(shape: Shape, data: HostData, label = 'constant', dtype = dtypeOfData(data)): Node {
    return this.#push({ from: 'constant', data }, checked(shape, data, label), dtype, label);
  }

  /** A value that one run leaves for the next: `assign` says which. `data` is what the first run finds. */
  state(shape: Shape, data: Float32Array | Uint32Array, label = 'state'): Node {
    return this.#push({ from: 'state', data }, checked(shape, data, label), dtypeOfData(data), label);
  }

  /** Where f16 meets f32 that constants alone make (filters, say), that is stored as f16 too. */
  apply<N extends number, A>(op: Op<N, A>, x: Tuple<Ref, N>, attrs: A): Node {
    const given = (x as readonly Ref[]).map((r) => this.node(r));
    const half = given.some((n) => n.dtype === 'f16');
    const inputs = given.map((n, k) =>
      half && n.dtype === 'f32' && (op.f16Maps?.maps.includes(k) ?? true) && this.#isFixed(n) ? this.#asHalf(n) : n,
    );
    const shape = op.infer(inputs.map((n) => n.shape) as unknown as Tuple<Shape, N>, attrs);
    checkShape(shape, op.name);
    return this.#push({ from: 'op', op, x: inputs, attrs }, shape, dtypeOf(op, inputs), op.name);
  }

  memo<T>(of: object, name: string, make: () => T): T {
    const made = this.#memo.get(of) ?? new Map<string, unknown>();
    this.#memo.set(of, made);
    if (!made.has(name)) made.set(name, make());
    return made.get(name) as T;
  }

  /** Lets `state` take `value` at the end of each run. All reads within a run see the old value. */
  assign(state: Ref, value: Ref): void {
    const target = this.node(state);
    const node = this.node(value);
    if (target.source.from !== 'state') {
      throw graphError(
        `assign wants a state, got ${nameOf(target)}, which is ${kindOf(target)}`,
        'Make it with g.state(shape, data).',
      );
    }
    if (!sameShape(target.shape, node.shape) || target.dtype !== node.dtype) {
      throw graphError(
        `${nameOf(node)} ${shapeText(node.shape)} ${node.dtype} cannot become the state ${nameOf(target)} ${shapeText(target.shape)} ${target.dtype}`,
        'Shapes and types have to be the same.',
      );
    }
    this.assigned.set(target.id, node);
  }

  /**
   * The node behind a Ref.
   * @throws EngineError `GraphError` for a value of another graph, or what is no value.
   */
  node(r: Ref): Node {
    const node = isRef(r) ? this.nodes[r.id] : undefined;
    if (node === r && node) return node;
    if (!isRef(r))
      throw graphError(`a value of the graph is wanted, got ${shown(r)}`, 'Pass what g or an op returned.');
    const label = 'label' in r ? `${r.label}#${r.id}` : `#${r.id}`;
    throw graphError(`the value ${label} belongs to another graph`, 'Build all of a plan with one Graph.');
  }

  /**
   * Appends the gradient of `y` with respect to each of `wrt`. `dy` seeds it: ones by default, so y is usually a
   * scalar. A value that y does not depend on gets zeros.
   * @throws EngineError `GradError` when an op on the way has no derivative.
   */
  grad(y: Ref, wrt: readonly Ref[], dy?: Ref): Node[] {
    checkValues('grad', { wrt }, { wrt: list });
    const last = this.node(y);
    if (dy !== undefined && !sameShape(this.node(dy).shape, last.shape)) {
      throw graphError(
        `the gradient of ${nameOf(last)} ${shapeText(last.shape)} is seeded with ${shapeText(dy.shape)}`,
        'The seed has the shape of the value.',
      );
    }
    // Only values on a path from wrt to y need a gradient at all.
    const onPath = new Set(wrt.map((r) => this.node(r).id));
    for (const node of this.nodes.slice(0, last.id + 1)) {
      if (node.source.from === 'op' && node.source.x.some((x) => onPath.has(x.id))) onPath.add(node.id);
    }
    const constant = ({ shape, dtype }: Node, value: number): Ref => {
      const full = fill(this, shape, value);
      return dtype === 'f16' ? toHalf(this, full) : full;
    };
    const seed = dy ?? constant(last, 1);
    const found = new Map<number, Ref>([[last.id, seed]]);
    for (let id = last.id; id >= 0; id--) {
      const node = this.nodes[id];
      const dOut = found.get(id);
      if (!node || !dOut || node.source.from !== 'op' || !onPath.has(id)) continue;
      const { op, x, attrs } = node.source;
      const needs = (k: number): boolean => onPath.has(x[k]?.id ?? -1);
      const dx = op.backward({ g: this, x, y: node, dy: dOut, attrs, needs }) as readonly (Ref | null)[];
      dx.forEach((d, k) => {
        const input = x[k];
        if (!d || !input || !needs(k)) return;
        if (!sameShape(d.shape, input.shape)) {
          throw graphError(
            `backward of ${op.name} gives ${shapeText(d.shape)} for its input ${k}, which is ${shapeText(input.shape)}`,
          );
        }
        // Sums of f16 are f32, and so is what their gradients spread.
        const part = d.dtype === 'f32' && input.dtype === 'f16' ? toHalf(this, d) : d;
        if (part.dtype !== input.dtype)
          throw graphError(`backward of ${op.name} gives ${d.dtype} for its input ${k}, which is ${input.dtype}`);
        const sofar = found.get(input.id);
        found.set(input.id, sofar ? add(this, sofar, part) : part);
      });
    }
    return wrt.map((r) => this.node(found.get(r.id) ?? constant(this.node(r), 0)));
  }

  /** Whether a value depends on constants alone. */
  #isFixed({ id, source }: Node): boolean {
    const known = this.#fixed.get(id);
    if (known !== undefined) return known;
    const fixed = source.from === 'op' ? source.x.every((x) => this.#isFixed(x)) : source.from === 'constant';
    this.#fixed.set(id, fixed);
    return fixed;
  }

  #asHalf(node: Node): Node {
    return this.memo(node, 'f16', () => this.node(toHalf(this, node)));
  }

  #push(source: Source, shape: Shape, dtype: Dtype, label: string): Node {
    const section = this.sections.length - 1;
    const node: Node = Object.assign(Object.create(NO_GRAPH), {
      id: this.nodes.length,
      shape,
      dtype,
      source,
      label,
      section,
    });
    this.nodes.push(node);
    return node;
  }
}

/** What a value answers that stands in the place of the graph, `relu(x)`. */
const NO_GRAPH = {
  get apply(): never {
    throw graphError('the graph is wanted first, got one of its values', 'Write relu(g, x).');
  },
  get node(): never {
    return this.apply;
  },
  get constant(): never {
    return this.apply;
  },
};

/** For `checkValues`. */
export const aGraph = returnedBy('new Graph', 'nodes');

/** How an op's value is stored: as it says, else like its inputs, indices aside. */
function dtypeOf(op: Op, inputs: readonly Node[]): Dtype {
  const { f16Maps } = op;
  const maps = f16Maps ? inputs.filter((_, k) => f16Maps.maps.includes(k)) : inputs;
  const dtypes = new Set(maps.map((x) => x.dtype).filter((k) => k !== 'u32'));
  if (dtypes.size > 1 || inputs.some((x) => x.dtype === 'f16' && !maps.includes(x))) {
    throw graphError(`${op.name} of f32 and f16 at once`, 'Store all of its values as one of them.');
  }
  return op.dtype ?? (dtypes.has('f16') && (!f16Maps || f16Maps.gain) ? 'f16' : 'f32');
}

/** Names of 0.1.0. */
const OLD_DTYPES = { real: 'f32', half: 'f16' } as const;
const isOld = (dtype: string): dtype is keyof typeof OLD_DTYPES => dtype in OLD_DTYPES;

const nameOf = ({ label, id }: Node): string => `${label}#${id}`;
const kindOf = ({ source }: Node): string =>
  source.from === 'op' ? `what ${source.op.name} makes` : source.from === 'input' ? 'an input' : `a ${source.from}`;
const isRef = (r: unknown): r is Ref => typeof r === 'object' && r !== null && 'id' in r && 'shape' in r;

const dtypeOfData = (data: HostData): Dtype => (data instanceof Uint32Array ? 'u32' : 'f32');

function checked(shape: Shape, data: HostData, label: string): Shape {
  checkShape(shape, label);
  if (typeof data !== 'function' && !(data instanceof Float32Array) && !(data instanceof Uint32Array)) {
    throw graphError(`${label} wants a Float32Array or a Uint32Array`, 'Use Float32Array.from(numbers).');
  }
  if (typeof data !== 'function' && size(shape) !== data.length) {
    throw new EngineError(
      'ShapeError',
      `${label} wants ${size(shape)} elements for [${shape.join(', ')}], got ${data.length}`,
    );
  }
  return shape;
}

function checkShape(shape: Shape, label: string): void {
  const isShape = Array.isArray(shape) && shape.length > 0 && shape.every((d) => Number.isSafeInteger(d) && d > 0);
  if (isShape) return;
  throw new EngineError(
    'ShapeError',
    `${label} wants a shape of whole numbers from 1, such as [3, 64, 64], got ${shown(shape)}`,
  );
}
