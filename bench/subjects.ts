// What the benches of whole steps run: the two builtin recipes of textures on an example, as `toroid texture` sets them
// up for the last stage of a run.
import { existsSync } from 'node:fs';
import { invariant } from '../src/base/errors';
import type { Device } from '../src/gpu/device';
import type { Net } from '../src/nets/weights';
import { readPicture } from '../src/node/picture';
import { loadNet } from '../src/node/weights/find';
import { builtinRecipe } from '../src/recipes/builtin';
import type { CarryOver } from '../src/recipes/checkpoint';
import { prepare } from '../src/recipes/prepare';
import { fillRecipe } from '../src/recipes/recipe';
import { runStage, type StageOutcome } from '../src/recipes/stage';
import { type StageGraph, stageGraph } from '../src/recipes/stage_graph';
import type { StageSetup } from '../src/recipes/stage_setup';
import { fillTexture } from '../src/recipes/texture';
import { smallVgg } from '../test/support/onnx_files';

const EXEMPLAR = 'examples/pebbles.png';
const SHARED = '../shared/weights';

/** One recipe on one size of canvas. */
export interface BenchSubject {
  /** `patches 64`, `vgg19-16x-distilled 128` */
  readonly name: string;
  /** The loss of a step is a sample, by directions of its own. */
  readonly noisy: boolean;
  /** What is known before the first step of a run of one stage, and what it starts from. */
  readonly setup: StageSetup;
  readonly carryOver: CarryOver;
  readonly shape: readonly [C: number, H: number, W: number];
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
  device: Device,
  net: string,
  side: number,
  size: readonly [number, number] = [256, 256],
): Promise<BenchSubject> {
  const patches = net === 'patches';
  const text = fillTexture(builtinRecipe(patches ? 'texture' : 'texture-net'), { size: [side, side], scales: 1 });
  const exemplar = await readPicture(EXEMPLAR, { most: size[0] * size[1] });
  const inputs = new Map([['style', exemplar]]);
  const { resolved, stages, setup, start } = prepare(
    device,
    fillRecipe(text),
    inputs,
    patches ? null : await netNamed(net),
    () => {},
  );
  const [stage] = stages;
  if (!stage) throw invariant('a recipe without a stage');
  const canvas = await start(stage.size, () => {});
  const { rank, lo, hi } = resolved.space;
  return {
    name: `${net} ${side}`,
    noisy: patches,
    setup: setup(stage, canvas, () => {}),
    carryOver: { canvas, counter: 0, optimiser: '', states: [] },
    shape: [rank, side, side],
    lo,
    hi,
  };
}

/** The graph of one step. */
export const stepOf = ({ setup, carryOver }: BenchSubject): StageGraph => stageGraph(setup, carryOver);

/** The recipe's own loop on a subject, for so many steps. */
export function grow(
  device: Device,
  { setup, carryOver }: BenchSubject,
  steps: number,
  onProgress?: (p: { step: number; loss: number }) => void,
): Promise<StageOutcome> {
  const stage = { ...setup.stage, recipe: { ...setup.stage.recipe, steps } };
  return runStage(device, { ...setup, stage }, { carryOver, ...(onProgress && { onProgress }) });
}
