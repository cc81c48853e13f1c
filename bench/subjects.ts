// What the benches of whole steps run: the recipe's two objectives on an example, as `toroid texture` sets them up for
// the last scale of a run.
import { existsSync } from 'node:fs';
import { readPicture } from '../src/cli/picture';
import type { Node } from '../src/graph/graph';
import type { Net } from '../src/nets/weights';
import { loadNet } from '../src/nets/weights.node';
import { colourSpace } from '../src/recipes/canvas/colour';
import { startCanvas } from '../src/recipes/canvas/start';
import { netObjective, type Objective, patchesObjective, type Subject } from '../src/recipes/objective';
import { type descent, optimise } from '../src/recipes/optimise';
import { PROJECTIONS } from '../src/recipes/texture';
import { smallVgg } from '../test/onnx_files';

const EXEMPLAR = 'examples/pebbles.png';
const SHARED = '../shared/weights';

/** One objective on one size of canvas. */
export interface BenchSubject {
  /** `patches 64`, `vgg19-16x-distilled 128` */
  readonly name: string;
  readonly objective: Objective;
  /** The loss of a step is a sample, by directions of its own. */
  readonly noisy: boolean;
  readonly start: Float32Array;
  readonly shape: readonly [C: number, H: number, W: number];
  readonly loss: Parameters<typeof descent>[2];
  readonly lo: readonly number[];
  readonly hi: readonly number[];
}

/** Nets there are on this machine; without any, one of VGG-19's shape with random weights. */
export function netNames(): string[] {
  return existsSync(SHARED) ? ['vgg19-normalised-conv3_1', 'vgg19-16x-distilled'] : ['random-vgg'];
}

/** With few channels: for quick runs. */
export const TINY = 'tiny-vgg';

async function netNamed(name: string): Promise<Net> {
  if (name === TINY) return smallVgg();
  if (name !== 'random-vgg') return loadNet(name, { folders: [SHARED] });
  // Half of VGG-19's channels, down to relu3_1: as much work as the nets that are small on purpose.
  const net = smallVgg([32, 64, 128], [2, 2, 1]);
  return { ...net, layers: net.layers.filter((l) => l.layer !== 'relu4_1') };
}

/**
 * `net` is `patches`, `TINY` or one of `netNames()`; the canvas is `side` x `side`.
 * @param size of the exemplar, full size by default. A step of a net does not look at it: its statistics are constant.
 */
export async function subjectOf(
  net: string,
  side: number,
  size: readonly [number, number] = [256, 256],
): Promise<BenchSubject> {
  const exemplar = await readPicture(EXEMPLAR);
  const space = colourSpace(exemplar);
  const subject: Subject = { exemplar, space, torus: [true, true], seed: 1 };
  const objective =
    net === 'patches' ? patchesObjective(subject, () => PROJECTIONS) : netObjective(subject, await netNamed(net), {});
  return {
    name: `${net} ${side}`,
    objective,
    noisy: net === 'patches',
    start: startCanvas('noise', space, exemplar, [side, side], 1),
    shape: [space.rank, side, side],
    loss: (g, x: Node, counter) => objective.loss(g, x, counter, size),
    lo: space.lo,
    hi: space.hi,
  };
}

/** The recipe's own loop on a subject. */
export function grow(
  device: Parameters<typeof optimise>[0],
  s: BenchSubject,
  steps: number,
  onProgress?: (p: { step: number; loss: number }) => void,
): ReturnType<typeof optimise> {
  return optimise(device, s.start, s.shape, s.loss, {
    steps,
    rate: s.objective.rate,
    finalRate: 0.1,
    lo: s.lo,
    hi: s.hi,
    ...(onProgress && { onProgress }),
  });
}
