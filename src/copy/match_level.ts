import type { Device } from '../gpu/device';
import { Graph } from '../graph/graph';
import { Plan } from '../graph/plan';
import type { Ref } from '../shaders/op';
import { patchPenalty } from '../shaders/patch_penalty';
import { patchPin } from '../shaders/patch_pin';
import { patchPropagate } from '../shaders/patch_propagate';
import { patchSearch } from '../shaders/patch_search';
import { PATCH, patchVote } from '../shaders/patch_vote';
import type { Atlas } from './atlas';
import type { Size } from './field';
import { type Pinned, pinnedWords } from './pin';
import type { Places } from './start';

/** A match read back: places, and the weights of their votes, 0..255. */
export interface Match extends Places {
  readonly weights: Uint8Array;
}

export interface LevelOptions {
  readonly rounds: number;
  /** How much it costs to take a place as often as all are on average, as a share of the atlas's variance. */
  readonly evenness: number;
  /** What continues a neighbour costs favour / 256 less. */
  readonly favour: number;
  /** For each pixel of the canvas the labels that it takes, bit k for picture k. */
  readonly labels: Uint32Array;
  /** What is known of the canvas. */
  readonly pinned?: Pinned | undefined;
}

/** A place found by a search costs so much less than the one there is, which continues its neighbours as a rule. */
const FAVOUR_OWN = 80;
/** Comparisons of patches that searches of all places may take at a level, all rounds together. */
const SEARCH = 2 ** 25;
/** A place found at a coarser level is off by up to this much, pixels. */
const NEAR = 2;
const STEPS = [4, 2, 1, 1];
/** The weight of a vote before costs are known. */
const FULL = 255;

/**
 * Betters a match at one level, round by round: the canvas that it makes is voted, what is taken too often gets dearer, and
 * each pixel takes the best of what would continue its neighbours. All rounds are one submit. Where a part of the canvas is known,
 * that is put in, and only patches that reach into the rest are bettered; first by a search of all places, where there are few.
 */
export async function betterMatch(
  device: Device,
  { size, data }: Places,
  atlas: Atlas,
  options: LevelOptions,
): Promise<Match> {
  const { rounds, labels, pinned } = options;
  const n = size[0] * size[1];
  const words = new Uint32Array(2 * n).fill(FULL);
  words.set(data);
  let state: State = { match: words, penalty: atlas.labels };
  const open = pinned ? openPatches(pinned) : null;
  const searches = open ? Math.min(rounds, Math.floor(SEARCH / (open.count * atlas.labels.length))) : 0;
  const wanted = open ? labels.map((v, i) => v * (open.pixels[i] as number)) : labels;
  for (const [count, search] of [
    [searches, 'all'],
    [rounds - searches, open ? 'near' : null],
  ] as const) {
    if (count > 0)
      state = await after(device, state, size, atlas, { ...options, rounds: count, labels: wanted, search });
  }
  return { size, data: state.match.slice(0, n), weights: Uint8Array.from(state.match.subarray(n)) };
}

interface State {
  /** [2, H, W], as the kernels take it. */
  readonly match: Uint32Array;
  readonly penalty: Uint32Array;
}

async function after(
  device: Device,
  state: State,
  [W, H]: Size,
  atlas: Atlas,
  { rounds, evenness, favour, labels, pinned, search }: LevelOptions & { readonly search: 'all' | 'near' | null },
): Promise<State> {
  const price = Math.max(1, Math.round(evenness * PATCH * PATCH * 3 * atlas.variance));
  const g = new Graph();
  const match = g.state([2, H, W], state.match, 'match');
  const penalty = g.state([atlas.height - PATCH + 1, atlas.width - PATCH + 1], state.penalty, 'penalty');
  const exemplar = g.input([atlas.height, atlas.width], 'atlas', 'u32');
  const wanted = g.input([H, W], 'labels', 'u32');
  const voted = patchVote(g, exemplar, match);
  const known = pinned && pinnedWords(pinned);
  const pin = known && {
    known: g.constant([H, W], known.known, 'known'),
    mask: g.constant([H, W], known.mask, 'mask'),
  };
  const canvas = pin ? patchPin(g, voted, pin.known, pin.mask) : voted;
  const dearer = patchPenalty(g, match, penalty, { price });
  let next: Ref = match;
  if (search) {
    const reach = search === 'near' ? { reach: NEAR } : {};
    next = patchSearch(g, [canvas, exemplar, dearer, wanted, next, wanted], { favour: FAVOUR_OWN, ...reach });
  }
  for (const [k, step] of STEPS.entries()) {
    const attrs = { step, favour, recost: k === 0 && !search, ...(k === STEPS.length - 1 && { scale: price }) };
    next = patchPropagate(g, [canvas, exemplar, dearer, wanted, next], attrs);
  }
  g.assign(match, next);
  g.assign(penalty, dearer);
  const plan = await Plan.compile(device, g, []);
  try {
    plan.write(exemplar, atlas.words);
    plan.write(wanted, labels);
    plan.run(rounds);
    const found = await plan.readWords(match);
    return { match: found, penalty: search === 'all' ? await plan.readWords(penalty) : state.penalty };
  } finally {
    plan.close();
    device.pool.trim();
  }
}

/** The patches that reach into what is not known. */
function openPatches({ picture: { width: W, height: H }, known }: Pinned): { pixels: Uint32Array; count: number } {
  const pixels = new Uint32Array(W * H);
  for (let i = 0; i < W * H; i++) {
    if (known[i]) continue;
    for (let j = 0; j < PATCH; j++) {
      const row = ((Math.floor(i / W) - j + H) % H) * W;
      for (let k = 0; k < PATCH; k++) pixels[row + (((i % W) - k + W) % W)] = 1;
    }
  }
  return { pixels, count: pixels.reduce((a, b) => a + b, 0) };
}
