import { size } from '../base/shape';
import type { Device } from '../gpu/device';
import type { Ref } from '../shaders/op';
import type { Graph, Node } from './graph';
import { Plan } from './plan';

/** Elements of a value that is worth a way to the host and back. */
const SMALL = 2 ** 20;

/**
 * What a graph computes from constants alone, in more memory than it keeps of it: the statistics of pictures, by way of
 * a net's features. In a plan of their own they take no memory from what comes after.
 */
export function foldable(g: Graph, outputs: readonly Ref[]): Node[] {
  const constant = new Map<number, boolean>();
  const largest = new Map<number, number>();
  for (const node of g.nodes) {
    const { source } = node;
    if (source.from !== 'op') {
      constant.set(node.id, source.from === 'constant');
      continue;
    }
    const runtime = Object.values((source.attrs ?? {}) as object).some(
      (v) => typeof v === 'object' && v && 'scalar' in v,
    );
    constant.set(node.id, !runtime && source.x.length > 0 && source.x.every((x) => constant.get(x.id)));
    largest.set(
      node.id,
      source.x.reduce((most, x) => Math.max(most, largest.get(x.id) ?? 0), size(node.shape)),
    );
  }
  const found = new Map<number, Node>();
  const seen = new Set<number>();
  const visit = (node: Node): void => {
    if (seen.has(node.id) || node.source.from !== 'op') return;
    seen.add(node.id);
    if (!constant.get(node.id)) {
      for (const x of node.source.x) visit(x);
      return;
    }
    const n = size(node.shape);
    if (node.dtype === 'f32' && n <= SMALL && (largest.get(node.id) ?? 0) > 4 * n) found.set(node.id, node);
  };
  for (const r of outputs) visit(g.node(r));
  for (const node of g.assigned.values()) visit(node);
  return [...found.values()].sort((a, b) => a.id - b.id);
}

/** Makes constants of values: of what they are, or, to see what memory that leaves, of zeros. */
export function replaceByConstants(nodes: readonly Node[], values?: readonly Float32Array[]): void {
  for (const [k, node] of nodes.entries()) {
    const data = values?.[k] ?? new Float32Array(size(node.shape));
    (node as { source: Node['source'] }).source = { from: 'constant', data };
  }
}

/** Computes what `foldable` finds, and puts it into the graph as constants. */
export async function foldConstants(device: Device, g: Graph, outputs: readonly Ref[]): Promise<void> {
  const nodes = foldable(g, outputs);
  if (nodes.length === 0) return;
  const plan = await Plan.compile(device, g, nodes, { alone: true });
  const values: Float32Array[] = [];
  try {
    for (const node of nodes) values.push(await plan.read(node));
  } finally {
    plan.close();
    device.pool.trim();
  }
  replaceByConstants(nodes, values);
}
