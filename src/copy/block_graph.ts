import { Graph } from '../graph/graph';
import { blockCut } from '../shaders/block_cut';
import { blockLay, type LaidStates } from '../shaders/block_lay';
import { blockMatch } from '../shaders/block_match';
import { blockPaths } from '../shaders/block_paths';
import { blockSeams } from '../shaders/block_seams';
import { blockSeen } from '../shaders/block_seen';
import { blockSides, placesOf } from '../shaders/block_sides';
import { blockLength, COST, NONE } from '../shaders/block_words';
import { lowest } from '../shaders/lowest';
import type { Ref } from '../shaders/op';
import type { Autocorrelation } from './autocorrelation';
import { alwaysCosts, lagCosts, nearWeights, softEdge, varianceSum } from './block_costs';
import { hidesOf } from './block_hides';
import type { BlockLayout } from './block_layout';
import type { Lattice } from './lattice';
import type { Pinned } from './pin';
import { type Guided, packed } from './pyramid';

/** Places that are compared closely, about, and of which cuts are looked for. */
const SOME = 1024;
const CUTS = 16;
/** More places than this are not all tried: every second one, or third. */
const PLACES = 30_000;
/** What a use counts anywhere, near by besides, and where it is conspicuous besides, in 32nds. */
const FAR = 19;
const NEARBY = 32;
const AGAIN = 3200;
/** What earlier use costs, in 4096ths; and where most is given, as what agrees with it counts. */
const USE = 4096;
const USE_PINNED = 410;
const USE_MOST = 32767;

/** How blocks are chosen. */
export interface ChoiceOptions {
  readonly seed: number;
  /** What a block costs whose copy goes on where a neighbour's ends: 0, nothing, to 1. */
  readonly variety: number;
  /** How much it matters that all parts are used equally often; 1 is usual. */
  readonly evenness: number;
  /** The exemplar is regular: its lattice is kept, rather than its mean colour. */
  readonly regular: boolean;
  /** Lines hide cuts, and edges do not. */
  readonly lines?: boolean | undefined;
  /** Of the exemplar at the full size. */
  readonly correlation: Autocorrelation;
  readonly lattice: Lattice | null;
  /** The canvas holds that without a fault. */
  readonly closes: boolean;
  /** [h, w] of the level, 1 for the pixels of the exemplar that may be copied. */
  readonly allowed: Uint8Array;
  /** What is known of the canvas. */
  readonly pinned?: Pinned | undefined;
  /** That is the exemplar itself, pixel for pixel: what is known of it stands there already. */
  readonly stands?: boolean | undefined;
}

/** A graph that lays a block. */
export interface BlockGraph {
  readonly graph: Graph;
  /** The block, an input: `BlockWords`. */
  readonly block: Ref;
  /** What has been laid. */
  readonly states: LaidStates;
}

/**
 * Where a block is copied from: what it costs at each place for other reasons; how it agrees with what lies there, everywhere by few
 * pixels and at the better places by many, and with the blocks beside it; at the best of those how much is seen of its cuts. Then it is laid.
 * @param level exemplar at the size of the canvas; `scale`: pixels of the full size that one of the level has
 * @param salience [h, w] how conspicuous each of its pixels is
 * @param piece blocks that a piece of the exemplar may be of
 */
export function blockGraph(
  level: Guided,
  layout: BlockLayout,
  scale: readonly [x: number, y: number],
  { salience, piece, ...options }: ChoiceOptions & { readonly salience: Float64Array; readonly piece: number },
): BlockGraph {
  const { seed, variety, evenness, pinned, lines = false } = options;
  const { width: w, height: h } = level;
  const block = [layout.width, layout.height] as const;
  const places = (w - block[0] + 1) * (h - block[1] + 1);
  const stride = Math.max(1, Math.round(Math.sqrt(places / PLACES)));
  const [down, across] = placesOf([h, w], block, stride);
  const graph = new Graph();
  const words = exemplarWords(level, pinned);
  const pixels = graph.constant([words.length], words, 'pixels');
  const hides = graph.constant([2, h, w], hidesOf(level, lines), 'hides');
  const states = emptyStates(graph, layout, [h, w], options);
  const most = layout.corners.reduce((n, _, k) => Math.max(n, layout.beside(k).length), 0);
  const given = graph.input([blockLength(most)], 'block', 'u32');
  const known = knownCosts(graph, level, scale, { ...options, salience, block, stride });
  const price = pinned ? USE_PINNED : Math.min(USE_MOST, Math.round(USE * evenness));
  const sides = blockSides(graph, [states.laid, states.uses, known.salience, known.always, known.near, given], {
    block,
    stride,
    far: FAR,
    near: NEARBY,
    // Courses are made of things that stand out: the plain ones alone would be left.
    again: lines ? 0 : AGAIN,
    price,
    seed,
  });
  const matched = blockMatch(graph, [sides, pixels, states.laid, given, known.lags, states.placed], {
    stride,
    tile: tileOf(down * across),
    variance: varianceSum(level),
    goesOn: Math.round(COST * variety),
    piece,
  });
  const best = lowest(graph, matched, { count: CUTS });
  const soft = softEdge(level);
  const seams = blockSeams(graph, [pixels, hides, states.laid, given, best], { block, soft, lines });
  const paths = blockPaths(graph, [seams, given], { band: layout.band });
  const exemplar = [w, h] as const;
  const laying = blockCut(graph, [best, paths, states.laid, given], { exemplar, block });
  const seen = blockSeen(graph, [pixels, hides, states.laid, given, laying], { block, soft, trial: true });
  const after = blockLay(graph, states, [laying, seen, given], { block });
  for (const name of ['laid', 'uses', 'placed'] as const) graph.assign(states[name], after[name]);
  return { graph, block: given, states };
}

/** What can be worked out before any block is laid. */
function knownCosts(
  graph: Graph,
  level: Guided,
  scale: readonly [x: number, y: number],
  options: ChoiceOptions & {
    readonly salience: Float64Array;
    readonly block: readonly [width: number, height: number];
    readonly stride: number;
  },
): Readonly<Record<'salience' | 'always' | 'near' | 'lags', Ref>> {
  const { block, stride, allowed, regular, pinned, correlation, lattice, closes } = options;
  const { width: w, height: h } = level;
  const near = nearWeights(level);
  const salience = new Uint32Array(options.salience.map((v) => Math.round(16 * v)));
  const always = alwaysCosts(level, { block, stride, allowed, even: !regular && !pinned });
  const lags = lagCosts(level, scale, correlation, lattice, closes);
  return {
    salience: graph.constant([h, w], salience, 'salience'),
    always: graph.constant([...placesOf([h, w], block, stride)], always, 'always'),
    near: graph.constant([near.length], near, 'near'),
    lags: graph.constant([2 * h - 1, 2 * w - 1], lags, 'lags'),
  };
}

function emptyStates(
  graph: Graph,
  layout: BlockLayout,
  [h, w]: readonly [h: number, w: number],
  { pinned, stands }: ChoiceOptions,
): LaidStates {
  const [W, H] = layout.canvas;
  const blocks = layout.corners.length;
  const laid = new Uint32Array(2 * W * H).fill(NONE);
  for (let q = 0; q < W * H; q++) if (pinned?.known[q]) laid[q] = h * w + q;
  const uses = new Uint32Array(w * h);
  if (stands) for (let p = 0; p < w * h; p++) uses[p] = pinned?.known[Math.floor(p / w) * W + (p % w)] ?? 0;
  return {
    laid: graph.state([2, H, W], laid, 'laid'),
    uses: graph.state([h, w], uses, 'uses'),
    placed: graph.state([3, blocks], new Uint32Array(3 * blocks).fill(NONE), 'placed'),
  };
}

/** Pixels of the exemplar, and behind them those of a canvas of which some are known. */
function exemplarWords(level: Guided, pinned: Pinned | undefined): Uint32Array {
  const own = packed(level);
  if (!pinned) return own;
  const known = packed(pinned.picture);
  const words = new Uint32Array(own.length + known.length);
  words.set(own);
  words.set(known, own.length);
  return words;
}

/** Tiles of places, of even sides, so large that there are some 1024 of them. */
function tileOf(places: number): readonly [x: number, y: number] {
  const fours = Math.max(1, Math.round(places / SOME / 4));
  const x = Math.round(Math.sqrt(fours));
  return [2 * x, 2 * Math.ceil(fours / x)];
}
