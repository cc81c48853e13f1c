import { EngineError } from '../../base/errors';
import type { Ref } from '../../shaders/op';
import type { Graph, Node } from '../graph';
import type { Pair } from './layout';
import { PICTURE, ReceptiveFields } from './receptive_fields';

/** An objective as it was written down for the whole canvas. */
export interface Objective {
  readonly loss: Ref;
  readonly terms: ReadonlyMap<string, Ref>;
}

/** What can be computed of an objective in blocks, before it is known in which. */
export interface TilingAnalysis {
  readonly fields: ReceptiveFields;
  readonly x: Node;
  readonly objective: Objective;
  /** Sums and means over pixels, in the order in which they can be computed. */
  readonly statistics: readonly Node[];
  /** What a block needs around itself, in pixels. */
  readonly halo: Pair;
  /** Sides, blocks and halos are multiples of these. */
  readonly stride: Pair;
}

const up = (n: number, to: number): number => Math.ceil(n / to) * to;

/**
 * Finds out what of an objective at `x`, a canvas [C, H, W], is a function of sums over pixels.
 * @throws EngineError `LimitError`, naming the term, when one takes the features of the whole canvas at once.
 */
export function analyse(g: Graph, x: Ref, objective: Objective, torus: Pair<boolean>): TilingAnalysis {
  const canvas = g.node(x);
  const [, H = 1, W = 1] = canvas.shape;
  const fields = new ReceptiveFields(g, [H, W], torus);
  const statistics = new Map<number, Node>();
  for (const [name, term] of objective.terms) {
    const seen = new Set<number>();
    /** Goes down through all that a value is computed from. `whole`: it is used as a whole, not in parts. */
    const visit = (node: Node, whole: boolean): void => {
      const key = whole ? node.id : -1 - node.id;
      if (seen.has(key) || node.source.from !== 'op') return;
      seen.add(key);
      const found = fields.of(node);
      const statistic = fields.isStatistic(node);
      if (statistic) statistics.set(node.id, node);
      if (whole && found && !found.leaf && (node.shape[0] ?? 0) > PICTURE) throw notInBlocks(name, node);
      if (whole && !statistic) for (const v of node.source.x) visit(v, true);
      else {
        const { maps, others } = fields.inputs(node);
        for (const v of maps) visit(v, false);
        for (const v of others) visit(v, true);
      }
    };
    visit(g.node(term), true);
  }
  let stride: Pair = [1, 1];
  let reach: Pair = [0, 0];
  for (const { source } of statistics.values()) {
    if (source.from !== 'op') continue;
    for (const v of source.x) {
      const l = fields.of(v);
      if (!l) continue;
      stride = [common(stride[0], l.stride[0]), common(stride[1], l.stride[1])];
      reach = [Math.max(reach[0], l.margin[0], l.margin[2]), Math.max(reach[1], l.margin[1], l.margin[3])];
    }
  }
  if (H % stride[0] !== 0 || W % stride[1] !== 0) {
    throw new EngineError(
      'LimitError',
      `${W}x${H} is no multiple of ${stride[1]} and ${stride[0]}, so it cannot be cut in blocks`,
      'Use sides that are.',
    );
  }
  return {
    fields,
    x: canvas,
    objective,
    statistics: [...statistics.values()].sort((a, b) => a.id - b.id),
    halo: [up(reach[0], stride[0]), up(reach[1], stride[1])],
    stride,
  };
}

function common(a: number, b: number): number {
  let [n, m] = [a, b];
  while (m > 0) [n, m] = [m, n % m];
  return (a / n) * b;
}

const notInBlocks = (term: string, node: Node): EngineError =>
  new EngineError(
    'LimitError',
    `${term} takes ${node.label} of the whole canvas at once, so it cannot be computed in blocks`,
    'Use losses of sums and means over pixels, or a smaller size.',
  );
