import { EngineError } from '../../base/errors';
import { size } from '../../base/shape';
import type { Graph } from '../../graph/graph';
import { isChannelsLast } from './channels_last';
import { isReal } from './const_fold';
import { Importer } from './importer';
import { type OnnxInput, type OnnxModel, type OnnxNode, type OnnxTensor, onnxError } from './model';
import { inGraph, type Value } from './operator';
import { operators } from './ops';

/** One node of a net, as far as toroid can follow it. */
export interface NodeSummary {
  readonly node: OnnxNode;
  /** Of its first output; null where it depends on what toroid lacks. */
  readonly shape: readonly number[] | null;
  /** Numbers in weights that no node before it uses. */
  readonly parameters: number;
  /** Multiplications and additions, each counted; 0 where there are none, null where they are not known. */
  readonly flops: number | null;
  /** Why it cannot be used, or empty. */
  readonly problem: string;
}

export interface Summary {
  readonly nodes: readonly NodeSummary[];
  /** By input name. */
  readonly inputs: ReadonlyMap<string, readonly number[]>;
  readonly outputs: ReadonlyMap<string, readonly number[] | null>;
}

export interface SummaryOptions {
  /** Sides of the picture, where the file leaves them open or whatever it says. */
  readonly size: readonly [width: number, height: number];
  /** Throw at the first node that cannot be used. */
  readonly strict?: boolean;
}

/** Elements of an input whose size the file gives. */
const MOST_INPUT = 2 ** 20;

/**
 * Follows all nodes of a model for a picture of some size: as much as can be said without computing anything.
 * @param g a graph to build in, which is of no use afterwards.
 * @throws EngineError `OnnxError` where `strict`, at the first node that cannot be used; else never.
 */
export function summary(model: OnnxModel, g: Graph, { size: sides, strict = false }: SummaryOptions): Summary {
  const importer = new Importer(g, model, {});
  const inputs = new Map<string, readonly number[]>();
  for (const input of model.inputs) {
    const shape = inputShape(input, sides);
    inputs.set(input.name, shape);
    if (!(size(shape) >= 1 && size(shape) <= Math.max(MOST_INPUT, 4 * size(sides)))) {
      if (strict) throw onnxError(`${model.name} takes ${input.name} [${shape.join(', ')}], which is too large`);
      continue;
    }
    const kept = shape.length === 4 && shape[0] === 1 ? shape.slice(1) : shape.length === 0 ? [1] : shape;
    importer.give(input.name, { ref: g.input(kept, input.name), shape, type: 'float32' });
  }
  const known = (name: string): Value | null => {
    const v = importer.raw(name);
    return v === undefined || 'pending' in v ? null : v;
  };
  const shapeOf = (name: string): readonly number[] | null => importer.raw(name)?.shape ?? null;
  const counted = new Set<OnnxTensor>();
  const nodes = model.nodes.map((node): NodeSummary => {
    let problem = '';
    const lost = node.inputs.some((x) => x !== '' && importer.raw(x) === undefined);
    if (!lost || strict) {
      try {
        importer.add(node);
      } catch (error) {
        if (strict || !(error instanceof EngineError)) throw error;
        problem = error.message.split('\n')[0] ?? '';
      }
    } else if (!operators.has(node.op)) problem = `${node.op} ${node.name} is not supported`;
    let parameters = 0;
    for (const x of node.inputs) {
      const t = model.tensors.get(x);
      if (!t || counted.has(t) || !isWeight(t)) continue;
      counted.add(t);
      parameters += size(t.shape);
    }
    const shape = shapeOf(node.outputs[0] ?? '');
    const given = node.inputs.map((x) => (x === '' ? null : (known(x)?.shape ?? shapeOf(x))));
    const isFolded = shape !== null && node.outputs.every((o) => o === '' || isConstant(known(o)));
    return { node, shape, parameters, flops: shape && (isFolded ? 0 : flopsOf(node, shape, given)), problem };
  });
  if (strict) for (const name of model.outputs) importer.value(name);
  return { nodes, inputs, outputs: new Map(model.outputs.map((o) => [o, shapeOf(o)])) };
}

const isConstant = (v: Value | null): boolean => v !== null && !inGraph(v);

/** Shapes and indices are no parameters, quantised weights are. */
const isWeight = (t: OnnxTensor): boolean => isReal(t.type) || /^u?int[248]$/.test(t.type);

/** The picture's sides are the last two of four dimensions; one that is open elsewhere is 1. */
function inputShape({ shape }: OnnxInput, [W, H]: readonly [number, number]): readonly number[] {
  if (shape.length === 0) return [1, 3, H, W];
  if (isChannelsLast({ name: '', shape })) return [shape[0] ?? 1, H, W, shape[3] ?? 3];
  const isPicture = shape.length === 4 && (shape[1] === null || (shape[1] ?? 0) <= 4);
  return shape.map((d, k) => (isPicture && k >= 2 ? (k === 2 ? H : W) : (d ?? 1)));
}

/** Operations that take two for each element that is multiplied and added. */
function flopsOf(node: OnnxNode, out: readonly number[], given: readonly (readonly number[] | null)[]): number | null {
  const [x, w] = given;
  const filters = node.op === 'QLinearConv' ? given[3] : w;
  switch (node.op) {
    case 'Conv':
    case 'QLinearConv':
      return filters ? 2 * size(out) * size(filters.slice(1)) : null;
    case 'ConvTranspose':
      return filters && x ? 2 * size(x) * size(filters.slice(1)) : null;
    case 'Gemm': {
      const isTurned = node.attributes.get('transA') === 1;
      return x ? 2 * size(out) * ((isTurned ? x[0] : x[1]) ?? 1) : null;
    }
    case 'MatMul':
    case 'QLinearMatMul':
      return x ? 2 * size(out) * (x.at(-1) ?? 1) : null;
    case 'MaxPool':
    case 'AveragePool': {
      const kernel = node.attributes.get('kernel_shape');
      return Array.isArray(kernel) ? size(out) * size(kernel as readonly number[]) : size(out);
    }
    case 'BatchNormalization':
    case 'InstanceNormalization':
      return 2 * size(out);
    case 'LRN':
      return (2 * Number(node.attributes.get('size') ?? 1) + 3) * size(out);
    default:
      if (/^(Global|Reduce)/.test(node.op)) return x ? size(x) : null;
      return MOVING.test(node.op) ? 0 : size(out);
  }
}

const MOVING =
  /^(Reshape|Flatten|Squeeze|Unsqueeze|Identity|Dropout|Shape|Size|Cast|CastLike|Constant.*|Transpose|Concat|Split|Slice|Pad|Gather|Expand|Tile|DepthToSpace|SpaceToDepth|Range)$/;
