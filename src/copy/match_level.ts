import type { Device } from '../gpu/device';
import { Graph } from '../graph/graph';
import { Plan } from '../graph/plan';
import type { Ref } from '../shaders/op';
import { patchPenalty } from '../shaders/patch_penalty';
import { patchPropagate } from '../shaders/patch_propagate';
import { PATCH, patchVote } from '../shaders/patch_vote';
import type { Atlas } from './atlas';
import type { Places } from './start';

/** A match read back: places, and the weights of their votes, 0..255. */
export interface Match extends Places {
  readonly weights: Uint8Array;
}

export interface LevelOptions {
  readonly rounds: number;
  /** How much it costs to take a place as often as all are on average, as a share of the atlas's variance. */
  readonly evenness: number;
  /** For each pixel of the canvas the labels that it takes, bit k for picture k. */
  readonly labels: Uint32Array;
}

/** What continues a neighbour costs 13 / 256 less. */
const FAVOUR = 13;
const STEPS = [4, 2, 1, 1];
/** The weight of a vote before costs are known. */
const FULL = 255;

/**
 * Betters a match at one level, round by round: the canvas that it makes is voted, what is taken too often gets dearer, and
 * each pixel takes the best of what would continue its neighbours. All rounds are one submit.
 */
export async function betterMatch(
  device: Device,
  { size, data }: Places,
  atlas: Atlas,
  { rounds, evenness, labels }: LevelOptions,
): Promise<Match> {
  const [W, H] = size;
  const price = Math.max(1, Math.round(evenness * PATCH * PATCH * 3 * atlas.variance));
  const words = new Uint32Array(2 * W * H).fill(FULL);
  words.set(data);
  const g = new Graph();
  const match = g.state([2, H, W], words, 'match');
  const penalty = g.state([atlas.height - PATCH + 1, atlas.width - PATCH + 1], atlas.labels, 'penalty');
  const exemplar = g.input([atlas.height, atlas.width], 'atlas', 'u32');
  const wanted = g.input([H, W], 'labels', 'u32');
  const canvas = patchVote(g, exemplar, match);
  const dearer = patchPenalty(g, match, penalty, { price });
  let next: Ref = match;
  for (const [k, step] of STEPS.entries()) {
    const attrs = { step, favour: FAVOUR, recost: k === 0, ...(k === STEPS.length - 1 && { scale: price }) };
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
    return { size, data: found.slice(0, W * H), weights: Uint8Array.from(found.subarray(W * H)) };
  } finally {
    plan.close();
    device.pool.trim();
  }
}
