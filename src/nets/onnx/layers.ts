import { didYouMean } from '../../base/did_you_mean';
import { EngineError } from '../../base/errors';
import { familyOf } from './layer_naming';
import type { OnnxModel, OnnxNode } from './model';

/** The names a net's values go by. */
export interface LayerNames {
  /** Name -> value name: the usual names, the file's own value names and its node names. */
  readonly values: ReadonlyMap<string, string>;
  /**
   * In order of depth: `conv1_1`, `relu1_1`, ..., `pool5` of a chain; the names of a known family; the file's own value
   * names of any other net.
   */
  readonly usual: readonly string[];
}

/**
 * Names the layers of a net. A file's own names (values first, then nodes) always hold. A VGG-like chain gets the
 * literature's names on top: convolutions are counted in blocks that pools end, so the fourth convolution after the
 * second pool is `conv3_4`, its rectified output `relu3_4`, and the third pool `pool3`. A 1x1 convolution in front
 * of everything is preprocessing and is not counted. Nets with branches get the names of their family: see `familyOf`.
 * Last come those that the model was given (`OnnxModel.aliases`).
 */
export function layerNames(model: OnnxModel): LayerNames {
  const chain = chainNames(model);
  const family = chain.size > 0 ? undefined : familyOf(model)?.names;
  const given = model.aliases ?? new Map<string, string>();
  const values = new Map([...chain, ...(family ?? []), ...given]);
  for (const n of model.nodes) if (n.outputs[0]) values.set(n.name, n.outputs[0]);
  for (const n of model.nodes) for (const o of n.outputs) if (o !== '') values.set(o, o);
  const own = model.nodes.map((n) => n.outputs[0] ?? '');
  const named = chain.size > 0 ? chain.keys() : (family?.keys() ?? own);
  return { values, usual: [...new Set([...given.keys(), ...named])] };
}

/**
 * The value that a layer's name means.
 * @throws EngineError `RecipeError`: `vgg19 has no layer relu6_1. Did you mean relu5_1?`
 */
export function layerValue(model: OnnxModel, names: LayerNames, layer: string): string {
  const value = names.values.get(layer);
  if (value !== undefined) return value;
  // Deepest first: of names equally near, the deeper one is more often meant (relu6_1 is past the end).
  const known = [...names.usual].reverse();
  const near = didYouMean(layer, [...known, ...names.values.keys()]);
  const some = names.usual.slice(0, 60);
  throw new EngineError(
    'RecipeError',
    `${model.name} has no layer ${layer}.${near ? ` Did you mean ${near}?` : ''}`,
    `Its layers: ${some.join(', ')}${names.usual.length > some.length ? ', ...' : ''}.`,
  );
}

const PASSES = new Set([
  'Pad',
  'Dropout',
  'Identity',
  'BatchNormalization',
  'LRN',
  'QuantizeLinear',
  'DequantizeLinear',
  'Cast',
]);
/** What may be done to a picture before the first convolution. */
const PREPARES = new Set(['Transpose', 'Sub', 'Add', 'Mul', 'Div']);
const POOLS = new Set(['MaxPool', 'AveragePool']);

/** The literature's names, when the net is a chain up to where its classifier begins; else none. */
function chainNames(model: OnnxModel): Map<string, string> {
  const names = new Map<string, string>();
  const [image, ...others] = model.inputs;
  if (!image || others.length > 0) return names;
  const readers = new Map<string, OnnxNode[]>();
  for (const n of model.nodes) {
    for (const x of n.inputs) {
      const known = readers.get(x);
      if (known) known.push(n);
      else readers.set(x, [n]);
    }
  }

  let value = image.name;
  let block = 1;
  let index = 0;
  // No chain has more links than there are nodes: what is not parsed yet may run in a circle.
  for (let links = 0; links < model.nodes.length; links++) {
    const [node, second] = readers.get(value) ?? [];
    if (second) return new Map();
    const output = node?.outputs[0];
    if (!node || output === undefined) return names;
    if (node.op === 'Conv' || node.op === 'QLinearConv') {
      const filters = model.tensors.get(node.inputs[node.op === 'Conv' ? 1 : 3] ?? '')?.shape ?? [];
      const isPreprocessing = block === 1 && index === 0 && filters[2] === 1 && filters[3] === 1;
      if (!isPreprocessing) names.set(`conv${block}_${++index}`, output);
      // Quantisers let the bounds of the integers do a Relu's work.
      if (!isPreprocessing && cutsAtZero(model, node)) names.set(`relu${block}_${index}`, output);
    } else if (node.op === 'Relu') {
      if (index > 0) names.set(`relu${block}_${index}`, output);
    } else if (POOLS.has(node.op)) {
      if (index > 0) names.set(`pool${block++}`, output);
      index = 0;
    } else if (!PASSES.has(node.op) && !(names.size === 0 && PREPARES.has(node.op))) return names;
    value = output;
  }
  return names;
}

/** Whether a quantised convolution's least integer stands for 0. */
function cutsAtZero(model: OnnxModel, node: OnnxNode): boolean {
  const zero = node.op === 'QLinearConv' ? model.tensors.get(node.inputs[7] ?? '') : undefined;
  return zero !== undefined && zero.ints()[0] === (zero.type === 'int8' ? -128 : 0);
}

/**
 * Adds other names to a net's layers. An alias leads to a name that the net has, or to a place in its structure:
 * `Concat:3` is the output of its third Concat, which in GoogLeNet is inception 4a, whatever an exporter called it.
 * An alias that leads nowhere in this file (it may be slimmed) is left out; one that the file has itself stays that.
 */
export function withAliases(
  model: OnnxModel,
  names: LayerNames,
  aliases: Readonly<Record<string, string>>,
): LayerNames {
  const added = new Map<string, string>();
  for (const [alias, target] of Object.entries(aliases)) {
    const value = names.values.get(target) ?? place(model, target);
    if (value !== undefined && !names.values.has(alias)) added.set(alias, value);
  }
  if (added.size === 0) return names;
  return { values: new Map([...names.values, ...added]), usual: [...added.keys(), ...names.usual] };
}

/** A model whose values go by these names too, wherever layers are asked for. */
export function aliased(model: OnnxModel, aliases: Readonly<Record<string, string>>): OnnxModel {
  const own = layerNames(model).values;
  const { values } = withAliases(model, layerNames(model), aliases);
  return { ...model, aliases: new Map([...values].filter(([name]) => !own.has(name))) };
}

function place(model: OnnxModel, target: string): string | undefined {
  const [, op, count] = /^(\w+):(\d+)$/.exec(target) ?? [];
  if (op === undefined) return undefined;
  return model.nodes.filter((n) => n.op === op)[Number(count) - 1]?.outputs[0];
}
