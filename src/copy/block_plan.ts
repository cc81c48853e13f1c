import type { Device } from '../gpu/device';
import { Graph } from '../graph/graph';
import { Plan } from '../graph/plan';
import { blockSeen } from '../shaders/block_seen';
import { type BlockWords, blockWords, NONE } from '../shaders/block_words';
import { softEdge } from './block_costs';
import { type BlockGraph, blockGraph, type ChoiceOptions } from './block_graph';
import { hidesOf } from './block_hides';
import type { BlockLayout, Point } from './block_layout';
import type { Size } from './field';
import { type Guided, packed } from './pyramid';
import { salience } from './salience';
import { metAgain, type Striking } from './striking';

/** A piece of the exemplar, of blocks that go on where their neighbours end, covers no more than this share of the canvas. */
export const MOST = 0.25;
/** Half of what blocks overlap, to either side, in steps from one to the next: as much larger a piece of them is. */
const BEYOND = 0.35;

/** What lies on the canvas. */
export interface LaidBlocks {
  /** [H, W] which pixel of the exemplar stands in each of the canvas, and of which block; `NONE`. */
  readonly from: Uint32Array;
  readonly labels: Int32Array;
  /** Of each block the place in the exemplar that it was copied from. */
  readonly places: readonly (Point | undefined)[];
  /** The share of the canvas that the largest piece covers, about. */
  readonly largest: number;
  /** What stands out in the exemplar and is met again. */
  readonly again: Striking | null;
}

/** Lays blocks, one a run: what lies on the canvas stays on the device. */
export class BlockPlan {
  readonly #words: number;

  private constructor(
    private readonly plan: Plan,
    private readonly graph: BlockGraph,
    private readonly layout: BlockLayout,
    private readonly exemplar: { readonly size: Size; readonly salience: Float64Array; readonly feature: number },
  ) {
    this.#words = graph.block.shape[0] as number;
  }

  /** @param level exemplar at the size of the canvas; `scale`: pixels of the full size that one of the level has */
  static async compile(
    device: Device,
    level: Guided,
    layout: BlockLayout,
    scale: readonly [x: number, y: number],
    options: ChoiceOptions,
  ): Promise<BlockPlan> {
    const feature = options.correlation.feature / Math.max(...scale);
    const striking = salience(level, feature);
    const piece = Math.floor(Math.max(0, Math.sqrt(MOST * layout.count) - BEYOND) ** 2);
    const graph = blockGraph(level, layout, scale, { ...options, salience: striking, piece });
    const plan = await Plan.compile(device, graph.graph, []);
    return new BlockPlan(plan, graph, layout, { size: [level.width, level.height], salience: striking, feature });
  }

  /** Lays a block; it is not waited for. */
  lay(block: BlockWords): void {
    this.plan.write(this.graph.block, blockWords(block, this.#words));
    this.plan.run();
  }

  async read(): Promise<LaidBlocks> {
    const { states } = this.graph;
    const [laid, placed] = await Promise.all([this.plan.readWords(states.laid), this.plan.readWords(states.placed)]);
    const blocks = placed.length / 3;
    const places = Array.from({ length: blocks }, (_, k) => {
      const place = placed[k] as number;
      return place === NONE ? undefined : { x: place & 0xffff, y: place >>> 16 };
    });
    const sizes = placed.subarray(2 * blocks).filter((_, k) => placed[blocks + k] === k);
    const most = Math.max(0, ...sizes);
    const n = laid.length / 2;
    const from = laid.subarray(0, n);
    const { size, salience, feature } = this.exemplar;
    return {
      from,
      labels: new Int32Array(laid.buffer, 4 * n, n),
      places,
      largest: Math.min(1, (Math.sqrt(most) + BEYOND) ** 2 / this.layout.count),
      again: metAgain(salience, size, from, feature),
    };
  }

  close(): void {
    this.plan.close();
  }
}

/** Of each of the given blocks how much is seen of the cuts in it. */
export async function seenIn(
  device: Device,
  level: Guided,
  layout: BlockLayout,
  { from }: LaidBlocks,
  blocks: readonly number[],
  lines = false,
): Promise<Uint32Array> {
  const [W, H] = layout.canvas;
  const g = new Graph();
  const laid = new Uint32Array(2 * W * H);
  laid.set(from);
  const corners = blocks.flatMap((k) => {
    const { x, y } = layout.corners[k] as Point;
    return [(x + W) % W, (y + H) % H];
  });
  const windows = g.constant([blocks.length, 2], Uint32Array.from(corners), 'corners');
  const seen = blockSeen(
    g,
    [
      g.constant([level.height, level.width], packed(level), 'pixels'),
      g.constant([2, level.height, level.width], hidesOf(level, lines), 'hides'),
      g.constant([2, H, W], laid, 'laid'),
      windows,
      windows,
    ],
    {
      block: [layout.width, layout.height],
      soft: softEdge(level),
      trial: false,
    },
  );
  const plan = await Plan.compile(device, g, [seen]);
  try {
    plan.run();
    return (await plan.readWords(seen)).filter((_, i) => i % 2 === 0);
  } finally {
    plan.close();
  }
}
