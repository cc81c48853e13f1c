import type { Aborted } from '../base/aborted';
import { turn } from '../base/turn';
import type { Device } from '../gpu/device';
import type { ChoiceOptions } from './block_graph';
import { fillInHaste } from './block_haste';
import { BlockLayout, type Point } from './block_layout';
import { moves, SWEEPS } from './block_move';
import { BlockPlan, type LaidBlocks, seenIn } from './block_plan';
import { BlockWindows } from './block_windows';
import type { Size } from './field';
import type { Pinned } from './pin';
import { type Guided, varianceOf } from './pyramid';
import type { Striking } from './striking';

/** The share of the places between blocks where cuts are mended: those where they are seen most have three quarters of the gain. */
const MENDS = 0.2;
/** After so many blocks those before them are waited for: then the device has work while the next ones are made ready. */
const AHEAD = 4;

/** The start of a match: squares copied from the exemplar, which overlap and are cut along the cheapest lines. */
export interface Blocks {
  /** Size of the map of labels. */
  readonly width: number;
  readonly height: number;
  /** Which block each pixel of that map belongs to; -1: none, where all about it is known. */
  readonly labels: Int32Array;
  /** Of each block: exemplar position less canvas position, in pixels of the full size. */
  readonly offsets: readonly { x: number; y: number }[];
  /** Middle of each block, as a share of the canvas's sides. */
  readonly middles: readonly { readonly x: number; readonly y: number }[];
  /** The share of the canvas that is one piece of the exemplar, of blocks that go on where others end; about, at most 1. */
  readonly largest: number;
  /** What stands out in the exemplar, in its pixels, and is met again on the canvas. */
  readonly again: Striking | null;
}

export interface BlockOptions extends Omit<ChoiceOptions, 'pinned'> {
  /** Width and height of a block over the exemplar's shorter side. */
  readonly share: readonly [x: number, y: number];
  /** By what share of their width and height blocks overlap. Default: the usual one. */
  readonly overlap?: readonly [x: number, y: number] | undefined;
  /** What is known of the canvas, at the size of the level and at the full one. */
  readonly pinned?: { readonly level: Pinned; readonly full: Pinned } | undefined;
  /** From when it is aborted, blocks are copied from the best of a few places. */
  readonly signal?: Aborted | undefined;
  /** A block is placed, or moved; share of the work. */
  onBlock?(share: number): void;
}

/**
 * Copies blocks of the exemplar side by side over a torus, each from where it agrees best with those that lie there already
 * (Efros and Freeman, "Image quilting", SIGGRAPH 2001), all in scan order, the last ones closing on the first; then blocks between
 * them where cuts are seen most, as far as less is seen then (Kwatra et al., "Graphcut textures", SIGGRAPH 2003).
 * The event loop turns between blocks.
 * @param level exemplar at the size that blocks are compared at, of a canvas of `canvas` pixels
 * @param exemplar at the full size, of a canvas of `full` pixels
 */
export async function placeBlocks(
  device: Device,
  level: Guided,
  canvas: Size,
  exemplar: Guided,
  full: Size,
  options: BlockOptions,
): Promise<Blocks> {
  const { signal, onBlock, overlap, pinned, share, variety } = options;
  const layout = new BlockLayout(canvas, [level.width, level.height], share, variety, overlap);
  const scale = [full[0] / canvas[0], full[1] / canvas[1]] as const;
  const mends = pinned ? 0 : Math.ceil(MENDS * (layout.corners.length - layout.count));
  let blocks = layout.count + mends;
  let done = 0;
  const heard = async (): Promise<void> => {
    done++;
    onBlock?.(done / (blocks * (1 + SWEEPS)));
    await turn();
  };
  const laid = await lay(device, level, layout, scale, mends, { ...options, pinned: pinned?.level }, heard);
  const offsets = laid.places.map((place, k) => {
    const corner = layout.corners[k] as Point;
    return place && { x: (place.x - corner.x) * scale[0], y: (place.y - corner.y) * scale[1] };
  });
  const placed = { layout, labels: laid.labels, offsets, scale, variance: 3 * varianceOf(level) };
  blocks = offsets.filter(Boolean).length;
  done = blocks;
  for (const move of moves(placed, exemplar, options)) {
    if (signal?.aborted) break;
    move();
    await heard();
  }
  return {
    width: canvas[0],
    height: canvas[1],
    labels: laid.labels,
    offsets: offsets.map((o) => o ?? { x: 0, y: 0 }),
    middles: layout.middles,
    largest: laid.largest,
    again: laid.again && { ...laid.again, x: laid.again.x * scale[0], y: laid.again.y * scale[1] },
  };
}

/** Lays all blocks of the raster, and as many as asked where cuts are seen most. */
async function lay(
  device: Device,
  level: Guided,
  layout: BlockLayout,
  scale: readonly [x: number, y: number],
  mends: number,
  options: ChoiceOptions & { readonly signal?: Aborted | undefined },
  heard: () => Promise<void>,
): Promise<LaidBlocks> {
  const { seed, pinned, signal } = options;
  const windows = new BlockWindows(layout, { seed, pixels: level.width * level.height, known: pinned?.known });
  const plan = await BlockPlan.compile(device, level, layout, scale, options);
  let ahead = 0;
  let before = Promise.resolve();
  const submitted = async (): Promise<void> => {
    if (++ahead % AHEAD === 0) {
      await before;
      before = device.idle();
      // A lost device is reported where it is waited for, here or when all is read.
      before.catch(() => {});
    }
    await heard();
  };
  try {
    for (let k = windows.next(); k >= 0 && !signal?.aborted; k = windows.next()) {
      plan.lay(windows.laid(k));
      await submitted();
    }
    const raster = await plan.read();
    if (signal?.aborted) return fillInHaste(raster, layout, level, windows, options);
    for (const k of mends > 0 ? await worst(device, level, layout, raster, mends, options.lines) : []) {
      if (signal?.aborted) break;
      plan.lay(windows.mending(k));
      await submitted();
    }
    return mends > 0 ? await plan.read() : raster;
  } finally {
    plan.close();
  }
}

/** Of the blocks between those of the raster those in which most is seen of cuts, worst first, `most` of them at most. */
async function worst(
  device: Device,
  level: Guided,
  layout: BlockLayout,
  laid: LaidBlocks,
  most: number,
  lines: boolean | undefined,
): Promise<number[]> {
  const between = Array.from({ length: layout.corners.length - layout.count }, (_, i) => layout.count + i);
  const seen = await seenIn(device, level, layout, laid, between, lines);
  const cut = between.map((k, i) => ({ k, seen: seen[i] as number })).filter((b) => b.seen > 0);
  return cut
    .sort((a, b) => b.seen - a.seen || a.k - b.k)
    .slice(0, most)
    .map((b) => b.k);
}
