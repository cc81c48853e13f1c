import { EngineError } from '../../base/errors';
import { toHalf } from '../../base/half';
import { setting } from '../../base/wording';
import type { ByteSource, Range } from './byte_source';
import { type LayerNames, layerNames, layerValue, withAliases } from './layers';
import { capturedNames, type GraphMessage, type ModelMessage, readModel, type TensorMessage } from './messages';
import { type OnnxModel, type OnnxTensor, onnxError } from './model';
import { ProtobufReader } from './protobuf';
import { convolutionalPart, floatsKept, type SlimNode } from './slim_choice';
import { externalPlace, type ReadExternal } from './tensor';
import {
  FLOAT,
  FLOAT16,
  field,
  type Piece,
  plain,
  sequence,
  tensorField,
  textField,
  typeField,
  valueField,
} from './write';

export interface SlimOptions {
  /** Names of layers to keep what they need of. Default: all up to the classifier, see `convolutionalPart`. */
  readonly layers?: readonly string[];
  /** Other names of layers: `Net.aliases`. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Weights, and with them all values, in half precision. Default false. */
  readonly f16?: boolean;
  /** What messages call the net. */
  readonly name?: string;
  /** Reads weights kept in other files; they become part of this one. Without it such a file is refused. */
  readonly readExternal?: ReadExternal;
}

export interface Slimmed {
  /** The file, a piece at a time; valid ONNX, the same bytes for the same input and options. */
  readonly file: Piece;
  /** What it gives: layer -> value name. */
  readonly outputs: ReadonlyMap<string, string>;
  readonly nodes: { readonly kept: number; readonly all: number };
  readonly weights: { readonly kept: number; readonly all: number };
  /** Whether a layer can still be looked at. */
  readonly has: (layer: string) => boolean;
}

/** Weights are copied this many bytes at a time. */
const COPY = 1 << 20;

/**
 * Keeps of an ONNX file what some of its layers need: those nodes, their weights and inputs. Nothing is held in memory
 * but names: weights are copied from the source as the result is written.
 * @throws EngineError `OnnxError`: no such file, or f16 where an op or a number has no such form; `RecipeError`: no
 *   such layer.
 */
export function slim(source: ByteSource, options: SlimOptions = {}): Slimmed {
  const { name = 'the net', f16 = false, readExternal } = options;
  const { around, graph: whole, ...file } = readModel(source, name);
  const tensors = new Map(whole.tensors.map((t) => [t.name, t]));
  const reader = new ProtobufReader(source, name);
  const all = whole.nodes.map((n): SlimNode => ({ ...n, captures: capturedNames(reader, n) }));
  const makers = new Map<string, SlimNode>();
  for (const n of all) for (const o of n.outputs) if (o !== '') makers.set(o, n);
  const model = outline({ ...file, graph: whole }, name, tensors);
  const names = withAliases(model, layerNames(model), options.aliases ?? {});
  const outputs = wanted(all, model, names, options.layers);

  const nodes = new Set<SlimNode>();
  const used = new Set<string>();
  const open = [...outputs.values()];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (value === '' || used.has(value)) continue;
    used.add(value);
    const node = makers.get(value);
    if (!node || nodes.has(node)) continue;
    nodes.add(node);
    open.push(...node.inputs, ...node.captures);
  }
  const given = new Set([...whole.inputs.map((i) => i.name), ...tensors.keys()]);
  for (const n of nodes) {
    const lost = n.inputs.find((x) => x !== '' && !makers.has(x) && !given.has(x));
    if (lost !== undefined) throw onnxError(`${n.op} ${n.name} of ${name} reads ${lost}, which no node makes`);
    const away = n.attributes.find((a) => a.t?.external);
    if (away) {
      throw onnxError(
        `${away.name} of ${n.op} ${n.name} is kept in another file`,
        'Export the model again with its data in one file.',
      );
    }
  }

  const halved = f16 ? floatsKept(name, [...nodes], tensors) : null;
  const isHalf = (value: string): boolean => halved !== null && (!tensors.has(value) || halved.has(value));
  const kept = whole.tensors.filter((t) => used.has(t.name));
  const copy = (r: Range): Piece => copied(source, r);
  const graph: Piece[] = [
    ...all.filter((n) => nodes.has(n)).map((n) => field(1, [copy(n)])),
    textField(2, whole.name || 'net'),
    ...kept.map((t) => {
      const external = t.external ? inlined(t, t.external, readExternal) : null;
      const raw = external ? [external] : [...t.data.floats, ...t.data.raw].map(copy);
      if (halved?.has(t.name)) return tensorField(5, t.name, t.dims, FLOAT16, [half(t, raw)]);
      return external ? tensorField(5, t.name, t.dims, t.type, raw) : field(5, [copy(t)]);
    }),
    ...whole.inputs
      .filter((i) => used.has(i.name))
      .map((i) => {
        if (!isHalf(i.name) || i.type !== FLOAT) return field(11, [copy(i)]);
        const shape = i.shape ? [field(2, [copy(i.shape)])] : [];
        return field(11, [textField(1, i.name), typeField([plain(Uint8Array.of(8, FLOAT16)), ...shape])]);
      }),
    ...[...new Set(outputs.values())].map((value) => outputField(whole, value, makers, tensors, f16, copy)),
    // Of values between, types are those of the whole net in single precision.
    ...(f16 ? [] : whole.values.filter((v) => used.has(v.name)).map((v) => field(13, [copy(v)]))),
  ];
  return {
    file: sequence(around.map((r) => (r ? copy(r) : field(7, graph)))),
    outputs,
    nodes: { kept: nodes.size, all: all.length },
    weights: { kept: kept.length, all: whole.tensors.length },
    has: (layer) => used.has(names.values.get(layer) ?? ''),
  };
}

/** The values to keep, by the names they were asked for. */
function wanted(
  nodes: readonly SlimNode[],
  model: OnnxModel,
  names: LayerNames,
  layers?: readonly string[],
): Map<string, string> {
  if (layers?.length === 0) throw new EngineError('RecipeError', 'no layer is named', 'Name one layer or more.');
  if (!layers) return new Map(convolutionalPart(nodes, model.name).map((v) => [v, v]));
  return new Map(layers.map((layer) => [layer, layerValue(model, names, layer)]));
}

/** As much of a model as names of layers depend on. */
function outline(
  { producer, opset, graph }: Omit<ModelMessage, 'around'>,
  name: string,
  tensors: ReadonlyMap<string, TensorMessage>,
): OnnxModel {
  const unread = (): never => {
    throw onnxError(`the weights of ${name} are not read here`);
  };
  const shapes = new Map<string, OnnxTensor>();
  for (const t of tensors.values()) {
    shapes.set(t.name, { name: t.name, shape: t.dims, type: '', floats: unread, ints: unread });
  }
  return {
    name,
    producer,
    opset,
    inputs: graph.inputs.filter((i) => !tensors.has(i.name)).map((i) => ({ name: i.name, shape: i.dims ?? [] })),
    outputs: graph.outputs.map((o) => o.name),
    nodes: graph.nodes.map(({ op, name: own, inputs, outputs }) => ({
      op,
      name: own,
      inputs,
      outputs,
      attributes: new Map(),
    })),
    tensors: shapes,
  };
}

function outputField(
  graph: GraphMessage,
  value: string,
  makers: ReadonlyMap<string, SlimNode>,
  tensors: ReadonlyMap<string, TensorMessage>,
  f16: boolean,
  copy: (r: Range) => Piece,
): Piece {
  const known = [...graph.outputs, ...graph.values].find((v) => v.name === value);
  const isTyped = known !== undefined && known.type !== 0 && known.shape !== null;
  if (isTyped && (!f16 || known.type !== FLOAT)) return field(12, [copy(known)]);
  const image = graph.inputs.find((i) => !tensors.has(i.name));
  const rank = known?.dims?.length ?? rankOf(value, makers, image?.dims?.length ?? 4);
  const type = elementType(makers.get(value), tensors, f16 ? FLOAT16 : FLOAT);
  return valueField(
    12,
    value,
    type,
    Array.from({ length: rank }, () => null),
  );
}

/** Feature maps have the rank of the picture, what is behind a Flatten two dimensions. */
function rankOf(value: string, makers: ReadonlyMap<string, SlimNode>, image: number): number {
  const seen = new Set<string>();
  for (let at: string | undefined = value; at !== undefined && !seen.has(at); ) {
    seen.add(at);
    const node = makers.get(at);
    if (node?.op === 'Flatten' || node?.op === 'Gemm') return 2;
    at = node?.inputs[0];
  }
  return image;
}

/** Quantised layers have the type of their zero point. */
function elementType(maker: SlimNode | undefined, tensors: ReadonlyMap<string, TensorMessage>, float: number): number {
  const zero = maker?.op === 'QLinearConv' ? maker.inputs[7] : maker?.op === 'QuantizeLinear' ? maker.inputs[2] : '';
  const UINT8 = 2;
  if (maker?.op === 'QuantizeLinear' || maker?.op === 'QLinearConv') return tensors.get(zero ?? '')?.type ?? UINT8;
  return float;
}

function copied(source: ByteSource, { start, end }: Range): Piece {
  return {
    length: end - start,
    *bytes() {
      for (let at = start; at < end; at += COPY) yield source.read(at, Math.min(COPY, end - at));
    },
  };
}

/** Elements of another file. */
function inlined(t: TensorMessage, external: ReadonlyMap<string, string>, read: ReadExternal | undefined): Piece {
  const { location, offset, length } = externalPlace(t, external);
  if (!read) {
    throw onnxError(
      `${t.name} is kept in another file, ${JSON.stringify(location)}`,
      'Export the model again with its data in one file.',
    );
  }
  return {
    length,
    *bytes() {
      for (let at = 0; at < length; at += COPY) {
        const wanted = Math.min(COPY, length - at);
        const bytes = read(location, offset + at, wanted);
        if (bytes.length !== wanted) {
          const has = at + bytes.length;
          throw onnxError(`${t.name} wants ${length} bytes at ${offset} of ${location}, which has ${has} there`);
        }
        yield bytes;
      }
    },
  };
}

/** Single to half precision, rounded to nearest even. */
function half(t: TensorMessage, raw: readonly Piece[]): Piece {
  const single = sequence(raw);
  const count = t.dims.reduce((a, b) => a * b, 1);
  if (single.length !== 4 * count) {
    throw onnxError(`${t.name} has ${single.length} bytes where [${t.dims.join(', ')}] wants ${4 * count}`);
  }
  return {
    length: single.length / 2,
    *bytes() {
      let rest = new Uint8Array();
      for (const part of single.bytes()) {
        const all = new Uint8Array(rest.length + part.length);
        all.set(rest);
        all.set(part, rest.length);
        const whole = all.length - (all.length % 4);
        const floats = new Float32Array(all.buffer, 0, whole / 4);
        const large = floats.find((v) => !(Math.abs(v) < 65520));
        if (large !== undefined) {
          throw onnxError(
            `${t.name} holds ${large}, which half precision does not have`,
            `Leave ${setting('f16')} out.`,
          );
        }
        yield new Uint8Array(toHalf(floats).buffer);
        rest = all.slice(whole);
      }
    },
  };
}
