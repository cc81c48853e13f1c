import { EngineError } from '../../base/errors';
import { chw } from '../../base/shape';
import type { Graph } from '../../graph/graph';
import type { Ref } from '../../shaders/op';
import { reshape } from '../../shaders/reshape';
import { Attributes } from './attributes';
import { isChannelsLast } from './channels_last';
import { Importer } from './importer';
import { layerNames, layerValue } from './layers';
import { type OnnxInput, type OnnxModel, type OnnxNode, onnxError } from './model';
import type { NetOptions } from './net_options';
import type { GraphValue } from './operator';
import { convBefore } from './ops/batch_normalization';

/**
 * Appends to a graph what the chosen layers of a net need, and nothing behind them.
 * @param image the picture [C, H, W], in the range and channel order that the net was trained with (see `vgg.ts`).
 * Any size will do: the file's own is ignored.
 * @returns the layers' feature maps [C, H, W], by the names asked for; [C, 1, 1] for what a classifier says.
 * @throws EngineError `RecipeError` for an unknown layer; `OnnxError` for an op, attribute or weight that cannot be
 *   used; `ShapeError` for a picture too small, or on a torus with sides that the strides do not divide.
 */
export function buildNet(g: Graph, model: OnnxModel, image: Ref, options: NetOptions): Map<string, Ref> {
  const names = layerNames(model);
  const wanted = options.layers.map((layer) => [layer, layerValue(model, names, layer)] as const);
  const values = wanted.map(([, value]) => value);
  const nodes = needed(model, values, true);
  Importer.check(model, nodes);
  const importer = new Importer(g, model, options, image.dtype === 'f16');
  importer.give(...pictureInput(model, image));
  checkSides(model, image, options);
  for (const node of nodes) importer.add(node);
  return new Map(
    wanted.map(([layer, value]) => {
      const { ref, shape } = importer.inGraph(value);
      const [N = 1, C = 1, ...rest] = shape;
      // What a classifier says of one picture is a map of one pixel.
      if (N === 1 && shape.length >= 2 && rest.length === 0) return [layer, reshape(g, ref, [C, 1, 1])];
      return [layer, ref];
    }),
  );
}

/** The picture as the net's one input. */
function pictureInput(model: OnnxModel, image: Ref): [name: string, value: GraphValue] {
  const [input, ...others] = model.inputs;
  if (!input || others.length > 0) {
    throw onnxError(
      `${model.name} has ${model.inputs.length} inputs (${model.inputs.map((i) => i.name).join(', ')}), not one`,
      'Only nets that take one picture can be used.',
    );
  }
  if (isChannelsLast(input)) {
    throw onnxError(
      `${model.name} takes ${input.name} ${openShape(input)}: channels last, and between it and a Transpose to channels first is something else`,
      `Export it channels first: for tf2onnx, with --inputs-as-nchw ${input.name}.`,
    );
  }
  const [C] = chw(model.name, image.shape);
  const channels = input.shape[1];
  if (input.shape.length > 0 && (input.shape.length !== 4 || (channels !== null && channels !== C))) {
    throw onnxError(
      `${model.name} takes ${input.name} ${openShape(input)}, not pictures of ${C} channels`,
      'Use a net for pictures [1, channels, height, width].',
    );
  }
  return [input.name, { ref: image, shape: [1, ...image.shape], type: 'float32' }];
}

const openShape = ({ shape }: OnnxInput): string => `[${shape.map((d) => d ?? '?').join(', ')}]`;

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

const STEPPING = new Set(['Conv', 'QLinearConv', 'MaxPool', 'AveragePool']);

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
    if (STEPPING.has(node.op)) {
      const [sy = 1, sx = 1] = new Attributes(node).list('strides') ?? [];
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
export function needed(model: OnnxModel, values: readonly string[], merge: boolean): OnnxNode[] {
  const want = new Set(values);
  const found: OnnxNode[] = [];
  for (const node of [...model.nodes].reverse()) {
    if (!node.outputs.some((o) => want.has(o))) continue;
    const merged = merge && node.op === 'BatchNormalization' ? convBefore(model.nodes, model.tensors, node) : undefined;
    for (const x of merged?.inputs ?? node.inputs) want.add(x);
    found.push(node);
  }
  return found.reverse();
}
