import { EngineError } from '../../base/errors';
import { chw, size } from '../../base/shape';
import type { Graph } from '../../graph/graph';
import { channelMean } from '../../shaders/channel_mean';
import { concat, slice0 } from '../../shaders/concat';
import { conv2d } from '../../shaders/conv2d';
import type { Ref } from '../../shaders/op';
import { type Border, pad } from '../../shaders/pad';
import { add, relu } from '../../shaders/pointwise';
import { pool2d } from '../../shaders/pool2d';
import { reshape } from '../../shaders/reshape';
import { Attributes, type Sides, windowsOf } from './attributes';
import { layerNames, layerValue } from './layers';
import { type OnnxModel, type OnnxNode, type OnnxTensor, onnxError } from './model';
import { type Axis, axesOf, foldedPads, type PendingPad, pendingPad } from './padding';

export type Pooling = 'max' | 'average' | 'l2';

export interface NetOptions {
  /** Names as `layerNames` gives them. */
  readonly layers: readonly string[];
  /**
   * Axes, [vertical, horizontal], on which the picture is a torus. There every convolution and pool wraps, whatever
   * padding the file has, and a stride of s makes H into exactly H / s: pads are enlarged or cut to kernel - stride,
   * above or left as the file has them, the rest below or right. So a window covers the same pixels as in the file,
   * a convolution without padding keeps its map's size instead of shrinking it, and ceil_mode adds no row. A Pad that
   * is no convolution's is left out: a torus has no edge to pad.
   * Default: neither; the net is as exported.
   */
  readonly torus?: boolean | readonly [vertical: boolean, horizontal: boolean];
  /** What replaces the file's max pools. Average pools stay as they are. */
  readonly pooling?: Pooling;
  /** Multiplies the output of replaced pools, to keep activations at their usual size. Default 1. */
  readonly poolScale?: number;
  /**
   * What to show beyond an edge that is no torus where the file pads convolutions with zeros; a dark frame would
   * count in statistics. A map too small to be reflected is replicated. Default: the file's zeros.
   */
  readonly edges?: 'reflect' | 'replicate';
}

/** Ops that `buildNet` knows. Constant, ConstantOfShape and Identity of weights are resolved by `parseOnnx`. */
export const SUPPORTED: readonly string[] = [
  'Add',
  'AveragePool',
  'BatchNormalization (after a Conv)',
  'Concat',
  'Conv',
  'Dropout',
  'GlobalAveragePool',
  'Identity',
  'MaxPool',
  'Pad',
  'Relu',
];

/**
 * Appends to a graph what the chosen layers of a net need, and nothing behind them.
 * @param image the picture [C, H, W], in the range and channel order that the net was trained with (see `vgg.ts`).
 * Any size will do: the file's own is ignored.
 * @returns the layers' feature maps [C, H, W], by the names asked for.
 * @throws EngineError `RecipeError` for an unknown layer; `OnnxError` for an op, attribute or weight that cannot be
 *   used; `ShapeError` for a picture too small, or on a torus with sides that the strides do not divide.
 */
export function buildNet(g: Graph, model: OnnxModel, image: Ref, options: NetOptions): Map<string, Ref> {
  const names = layerNames(model);
  const wanted = options.layers.map((layer) => [layer, layerValue(model, names, layer)] as const);
  const builder = new NetBuilder(g, model, image, options);
  checkSides(model, image, options);
  const values = wanted.map(([, value]) => value);
  for (const node of needed(model, values, true)) builder.add(node);
  return new Map(wanted.map(([layer, value]) => [layer, builder.value(value)]));
}

/** Refuses a torus that the strides do not divide, before anything is built. */
function checkSides(model: OnnxModel, image: Ref, { layers, torus = false }: NetOptions): void {
  const [, H, W] = chw(model.name, image.shape);
  const strides = netStride(model, layers);
  const on = typeof torus === 'boolean' ? [torus, torus] : torus;
  for (const [axis, name, side] of [
    [0, 'height', H],
    [1, 'width', W],
  ] as const) {
    const stride = strides[axis];
    if (!on[axis] || side % stride === 0) continue;
    throw new EngineError(
      'ShapeError',
      `${model.name} shrinks a picture ${stride}-fold up to these layers, so on a torus its ${name} has to be a multiple of ${stride}, not ${side}`,
      `Use ${Math.max(1, Math.round(side / stride)) * stride}.`,
    );
  }
}

/**
 * How far the chosen layers shrink a picture: on a torus its sides have to be multiples of this, and a roll of the
 * picture by this much moves every layer by whole pixels.
 */
export function netStride(model: OnnxModel, layers: readonly string[]): readonly [y: number, x: number] {
  const names = layerNames(model);
  const strides = new Map<string, readonly [number, number]>();
  let most: readonly [number, number] = [1, 1];
  const values = layers.map((l) => layerValue(model, names, l));
  for (const node of needed(model, values, false)) {
    let [y, x] = [1, 1];
    for (const input of node.inputs) {
      const [iy, ix] = strides.get(input) ?? [1, 1];
      [y, x] = [Math.max(y, iy), Math.max(x, ix)];
    }
    if (node.op === 'Conv' || node.op.endsWith('Pool')) {
      const [sy = 1, sx = 1] = node.op.startsWith('Global')
        ? [1, 1]
        : new Attributes(node).ints('strides', [1, 1], 2, 1, 1024);
      [y, x] = [y * sy, x * sx];
    }
    for (const o of node.outputs) strides.set(o, [y, x]);
    most = [Math.max(most[0], y), Math.max(most[1], x)];
  }
  return most;
}

/**
 * The nodes that the values depend on, in order. With `merge`, a Conv whose only reader is a BatchNormalization is
 * left out: that one builds it, with filters of its own.
 */
function needed(model: OnnxModel, values: readonly string[], merge: boolean): OnnxNode[] {
  const want = new Set(values);
  const found: OnnxNode[] = [];
  for (const node of [...model.nodes].reverse()) {
    if (!node.outputs.some((o) => want.has(o))) continue;
    const merged = merge && node.op === 'BatchNormalization' ? convBefore(model, node) : undefined;
    for (const x of merged?.inputs ?? node.inputs) want.add(x);
    found.push(node);
  }
  return found.reverse();
}

const convBefore = (model: OnnxModel, norm: OnnxNode): OnnxNode | undefined =>
  model.nodes.find((n) => n.op === 'Conv' && n.outputs[0] === norm.inputs[0]);

/** Weights in a graph, so that a canvas and an exemplar run through the same net share them. */
const uploaded = new WeakMap<Graph, WeakMap<OnnxModel, Map<string | OnnxTensor, Ref>>>();

class NetBuilder {
  readonly #values = new Map<string, Ref>();
  /** Values of Pad nodes that a convolution may yet take into its own border. */
  readonly #pending = new Map<string, PendingPad>();
  readonly #torus: readonly [boolean, boolean];
  readonly #weights: Map<string | OnnxTensor, Ref>;

  constructor(
    readonly g: Graph,
    readonly model: OnnxModel,
    image: Ref,
    readonly options: NetOptions,
  ) {
    const { torus = false } = options;
    this.#torus = typeof torus === 'boolean' ? [torus, torus] : torus;
    const ofGraph = uploaded.get(g) ?? new WeakMap();
    uploaded.set(g, ofGraph);
    this.#weights = ofGraph.get(model) ?? new Map();
    ofGraph.set(model, this.#weights);
    const [input, ...others] = model.inputs;
    if (!input || others.length > 0) {
      throw onnxError(
        `${model.name} has ${model.inputs.length} inputs (${model.inputs.map((i) => i.name).join(', ')}), not one`,
        'Only nets that take one picture can be used.',
      );
    }
    const [C] = chw(model.name, image.shape);
    const channels = input.shape[1];
    if (input.shape.length > 0 && (input.shape.length !== 4 || (channels !== null && channels !== C))) {
      throw onnxError(
        `${model.name} takes ${input.name} [${input.shape.map((d) => d ?? '?').join(', ')}], not pictures of ${C} channels`,
        'Use a net for pictures [1, channels, height, width].',
      );
    }
    this.#values.set(input.name, image);
  }

  /** A value that was built; a Pad that nobody took in is carried out now. */
  value(name: string): Ref {
    const pending = this.#pending.get(name);
    const known = this.#values.get(name);
    if (known) return known;
    if (!pending) {
      throw this.model.tensors.has(name)
        ? onnxError(`${this.model.name} uses its constant ${name} as a picture`, 'Only nets of pictures can be used.')
        : onnxError(
            `${this.model.name} needs ${name}, which is no feature map`,
            'Only nets of feature maps can be used.',
          );
    }
    const done = this.#padded(pending, [true, true]);
    this.#values.set(name, done);
    return done;
  }

  add(node: OnnxNode): void {
    const a = new Attributes(node);
    const output = node.outputs[0] ?? '';
    const x = (k = 0): Ref => this.value(node.inputs[k] ?? '');
    switch (node.op) {
      case 'Conv':
        this.#values.set(output, this.#conv(a));
        return;
      case 'Relu':
        this.#values.set(output, relu(this.g, x()));
        return;
      case 'MaxPool':
      case 'AveragePool':
        this.#values.set(output, this.#pool(a, x()));
        return;
      case 'GlobalAveragePool':
        this.#values.set(output, reshape(this.g, channelMean(this.g, x()), [x().shape[0] ?? 0, 1, 1]));
        return;
      case 'Pad':
        this.#pending.set(output, pendingPad(a, x(), this.model));
        return;
      case 'Concat': {
        const axis = a.int('axis', 1, -4, 3);
        if (axis !== 1 && axis !== -3) {
          throw onnxError(`${a.who} joins along axis ${axis}`, 'Only concatenation of channels (axis 1) can be used.');
        }
        this.#values.set(
          output,
          concat(
            this.g,
            node.inputs.map((_, k) => x(k)),
          ),
        );
        return;
      }
      case 'Add':
        this.#values.set(output, add(this.g, x(0), x(1)));
        return;
      case 'BatchNormalization':
        this.#values.set(output, this.#normalized(a));
        return;
      case 'Identity':
      case 'Dropout': // at inference it does nothing
        this.#values.set(output, x());
        return;
      default:
        throw onnxError(
          `${this.model.name} needs ${node.op} (node ${node.name}), which toroid does not have`,
          `Choose layers before it; supported are ${SUPPORTED.join(', ')}.`,
        );
    }
  }

  #constant(node: OnnxNode, k: number, what: string): OnnxTensor {
    const name = node.inputs[k] ?? '';
    const t = this.model.tensors.get(name);
    if (!t) {
      throw onnxError(
        `${node.op} ${node.name} takes its ${what} from ${name || 'nowhere'}, which is no constant of the file`,
        'Export the model again with its weights in it.',
      );
    }
    return t;
  }

  #upload(key: string | OnnxTensor, shape: readonly number[], data: () => Float32Array, label: string): Ref {
    const known = this.#weights.get(key);
    if (known) return known;
    const made = this.g.constant(shape, data(), label);
    this.#weights.set(key, made);
    return made;
  }

  #conv(
    a: Attributes,
    norm?: { readonly node: OnnxNode; readonly gain: Float32Array; readonly shift: Float32Array },
  ): Ref {
    const { node } = a;
    const w = this.#constant(node, 1, 'filters');
    const [O = 0, perGroup = 0, kh = 0, kw = 0] = w.shape;
    if (w.shape.length !== 4 || size(w.shape) === 0) {
      throw onnxError(`${a.who} has filters [${w.shape.join(', ')}]`, 'Only two-dimensional convolutions can be used.');
    }
    a.ints('kernel_shape', [kh, kw], 2, 1, 4096).forEach((k, i) => {
      if (k !== [kh, kw][i])
        throw onnxError(`${a.who} has a kernel_shape other than its filters [${w.shape.join(', ')}]`);
    });
    const input = node.inputs[0] ?? '';
    const pending = this.#pending.get(input);
    const source = pending?.x ?? this.value(input);
    const before = pending?.sides ?? [0, 0, 0, 0];
    const [C, h, wide] = chw(a.who, source.shape);
    const groups = a.int('group', 1, 1, 64);
    if (perGroup * groups !== C || O % groups !== 0) {
      throw onnxError(`${a.who} has filters [${w.shape.join(', ')}] in ${groups} groups for a map of ${C} channels`);
    }
    const padded: [number, number] = [h + before[0] + before[2], wide + before[1] + before[3]];
    const windows = windowsOf(a, [kh, kw], padded);
    const axes = axesOf(a.who, this.#torus, [h, wide], windows, pending);
    // What the convolution cannot take into its own border is padded first.
    const apart: [boolean, boolean] = [axes[0].apart, axes[1].apart];
    const x = pending && (apart[0] || apart[1]) ? this.#padded(pending, apart) : source;
    const shape = { stride: windows.stride, pad: foldedPads(axes), border: this.#borders(axes, x) };

    const bias = node.inputs[2] ? this.#constant(node, 2, 'bias') : undefined;
    if (bias && size(bias.shape) !== O)
      throw onnxError(`${a.who} has a bias [${bias.shape.join(', ')}] for ${O} channels`);
    const filters = (): Float32Array => {
      const data = w.floats();
      return norm ? data.map((v, i) => v * (norm.gain[Math.floor(i / (data.length / O))] ?? 0)) : data;
    };
    const offsets = (): Float32Array => {
      const data = bias?.floats() ?? new Float32Array(O);
      return norm ? data.map((v, o) => v * (norm.gain[o] ?? 0) + (norm.shift[o] ?? 0)) : data;
    };
    const key = (t: OnnxTensor | undefined, part: string): string | OnnxTensor =>
      t && !norm && groups === 1 ? t : `${(norm?.node ?? node).outputs[0]} ${part}`;
    if (norm && norm.gain.length !== O)
      throw onnxError(`${norm.node.name} normalises ${norm.gain.length} channels of ${O}`);
    const hasBias = bias !== undefined || norm !== undefined;
    const parts = Array.from({ length: groups }, (_, k): Ref => {
      const o = O / groups;
      const each = size(w.shape) / groups;
      const part = <T extends Float32Array>(data: T, n: number): Float32Array =>
        groups === 1 ? data : data.slice(k * n, (k + 1) * n);
      const bank = this.#upload(key(w, `filters ${k}`), [o, perGroup, kh, kw], () => part(filters(), each), w.name);
      const b = hasBias
        ? this.#upload(key(bias, `bias ${k}`), [o], () => part(offsets(), o), bias?.name ?? `${node.name} bias`)
        : undefined;
      const xk = groups === 1 ? x : slice0(this.g, x, k * perGroup, perGroup);
      return conv2d(this.g, xk, bank, { ...shape, ...(b ? { bias: b } : {}) });
    });
    return groups === 1 && parts[0] ? parts[0] : concat(this.g, parts);
  }

  /** The border of each axis, where the file's zeros may be replaced. */
  #borders(axes: readonly [Axis, Axis], x: Ref): [Border, Border] {
    const [, h, w] = chw('a convolution', x.shape);
    const { edges } = this.options;
    const of = (axis: Axis, n: number): Border => {
      if (axis.border !== 'zeros' || !edges) return axis.border;
      return edges === 'reflect' && Math.max(axis.begin, axis.end) >= n ? 'replicate' : edges;
    };
    return [of(axes[0], h), of(axes[1], w)];
  }

  #pool(a: Attributes, x: Ref): Ref {
    const { op } = a.node;
    const [, h, w] = chw(a.who, x.shape);
    const [kh = 1, kw = 1] = a.ints('kernel_shape', [], 2, 1, 4096);
    const windows = windowsOf(a, [kh, kw], [h, w]);
    const axes = axesOf(a.who, this.#torus, [h, w], windows, undefined);
    const replaced = op === 'MaxPool' && this.options.pooling !== undefined && this.options.pooling !== 'max';
    const border = (axis: Axis): 'none' | 'wrap' => (axis.border === 'wrap' ? 'wrap' : 'none');
    return pool2d(this.g, x, {
      kind: replaced ? (this.options.pooling ?? 'max') : op === 'MaxPool' ? 'max' : 'average',
      size: [kh, kw],
      stride: windows.stride,
      pad: foldedPads(axes),
      border: [border(axes[0]), border(axes[1])],
      ceil: a.int('ceil_mode', 0, 0, 1) === 1,
      countPad: a.int('count_include_pad', 0, 0, 1) === 1,
      ...(replaced ? { scale: this.options.poolScale ?? 1 } : {}),
    });
  }

  /** Carries a Pad out on the chosen axes. A torus has no edge to pad. */
  #padded({ x, sides, border, value }: PendingPad, [vertical, horizontal]: readonly [boolean, boolean]): Ref {
    const [t, l, b, r] = sides;
    const v = vertical && !this.#torus[0];
    const h = horizontal && !this.#torus[1];
    const own: Sides = [v ? t : 0, h ? l : 0, v ? b : 0, h ? r : 0];
    return own.every((n) => n === 0) ? x : pad(this.g, x, { pad: own, border: [border, border], value });
  }

  /** A batch normalisation becomes part of the filters of the convolution before it. */
  #normalized(a: Attributes): Ref {
    const { node } = a;
    const conv = convBefore(this.model, node);
    if (!conv) {
      throw onnxError(`${a.who} does not follow a Conv`, 'Only normalisation straight after a Conv can be used.');
    }
    const [gamma, beta, mu, variance] = ['scale', 'bias', 'mean', 'variance'].map((what, k) =>
      this.#constant(node, k + 1, what).floats(),
    ) as [Float32Array, Float32Array, Float32Array, Float32Array];
    for (const list of [beta, mu, variance]) {
      if (list.length !== gamma.length) throw onnxError(`${a.who} has statistics of different lengths`);
    }
    a.int('training_mode', 0, 0, 0);
    a.int('spatial', 1, 1, 1); // the oldest files may normalise each pixel apart
    const epsilon = a.number('epsilon', 1e-5);
    const gain = gamma.map((s, c) => s / Math.sqrt((variance[c] ?? 0) + epsilon));
    const shift = beta.map((s, c) => s - (mu[c] ?? 0) * (gain[c] ?? 0));
    return this.#conv(new Attributes(conv), { node, gain, shift });
  }
}
