import type { OnnxInput, OnnxModel, OnnxNode, OnnxTensor } from './model';

/** Channels that a picture may have. */
const isColour = (d: number | null | undefined): boolean => d === 1 || d === 3 || d === 4;

/** Whether an input is a picture [N, H, W, C], as TensorFlow and Keras have it. */
export const isChannelsLast = ({ shape }: OnnxInput): boolean =>
  shape.length === 4 && isColour(shape[3]) && !isColour(shape[1]);

/** Axes of [N, H, W, C] in the order of [N, C, H, W], and back. */
const [TO_FIRST, TO_LAST] = ['0,3,1,2', '0,2,3,1'];

const BINARY = new Set(['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Max', 'Min']);
const UNARY = new Set(['Identity', 'Cast', 'Clip', 'Neg', 'Dropout', 'Relu', 'Abs', 'Sqrt', 'Exp', 'Log']);

/**
 * A model of pictures [N, H, W, C] as one of [N, C, H, W]: the Transpose that exporters of TensorFlow put before the first
 * convolution goes, and what is before it (means that are subtracted, say) is done channels first. One that lays an
 * output back goes too. A model of another kind, or one in which something else is in between, stays as it is.
 */
export function channelsFirst(model: OnnxModel): OnnxModel {
  const [input, ...others] = model.inputs;
  if (!input || others.length > 0 || !isChannelsLast(input)) return model;
  const tensors = new Map(model.tensors);
  const read = new Set(model.nodes.flatMap((n) => n.inputs));
  const last = new Set([input.name]);
  const nodes: OnnxNode[] = [];
  for (const node of model.nodes) {
    const perm = node.op === 'Transpose' ? String(node.attributes.get('perm')) : '';
    const isBack = perm === TO_LAST && !node.outputs.some((o) => read.has(o));
    const turned = node.inputs.some((x) => last.has(x)) ? turnedNode(node, perm, last, tensors) : null;
    if (turned === undefined) return model;
    nodes.push(turned ?? (isBack ? { ...node, op: 'Identity', attributes: new Map() } : node));
  }
  const [N = null, H = null, W = null, C = null] = input.shape;
  return { ...model, inputs: [{ ...input, shape: [N, C, H, W] }], nodes, tensors };
}

/** A node of values that were channels last, done channels first; undefined where that is not known. */
function turnedNode(
  node: OnnxNode,
  perm: string,
  last: Set<string>,
  tensors: Map<string, OnnxTensor>,
): OnnxNode | undefined {
  if (perm === TO_FIRST) return { ...node, op: 'Identity', attributes: new Map() };
  const inputs = node.inputs.map((x, k) => {
    if (last.has(x) || x === '') return x;
    const t = tensors.get(x);
    if (!t) return undefined;
    if (BINARY.has(node.op)) return kept(tensors, `${x}, channels first`, onChannels(t));
    if (node.op === 'Pad' && k === 1) return kept(tensors, `${x}, channels first`, turnedPads(t));
    return node.op === 'Clip' || (node.op === 'Pad' && k === 2) || node.op === 'Dropout' ? x : undefined;
  });
  const isKnown = UNARY.has(node.op) || BINARY.has(node.op) || (node.op === 'Pad' && node.inputs.length >= 2);
  if (!isKnown || inputs.includes(undefined)) return undefined;
  for (const o of node.outputs) if (o !== '') last.add(o);
  return { ...node, inputs: inputs as string[] };
}

function kept(tensors: Map<string, OnnxTensor>, name: string, t: OnnxTensor | undefined): string | undefined {
  if (t) tensors.set(name, { ...t, name });
  return t && name;
}

/** A constant of one number, or of one for each channel. */
function onChannels(t: OnnxTensor): OnnxTensor | undefined {
  if (t.shape.slice(0, -1).some((d) => d !== 1)) return undefined;
  const C = t.shape.at(-1);
  return C === undefined ? t : { ...t, shape: [C, 1, 1] };
}

function turnedPads(t: OnnxTensor): OnnxTensor | undefined {
  if (t.shape.join() !== '8') return undefined;
  return { ...t, ints: () => [0, 3, 1, 2, 4, 7, 5, 6].map((k) => t.ints()[k] ?? 0) };
}
