// How long a whole texture takes, from the exemplar in memory to the finished picture: plans, stages, enlargements.
//   node build.mjs bench && node build/bench/texture.bench.js [--quick] [--full]
// On a GPU: 512x512, 500 steps (target: VGG-19 to relu4_1 under 5 s). A software adapter would take hours at that, so it
// does a small one, and --full asks for the large ones all the same. Seconds of software adapters say nothing of a GPU's.
import { EngineError } from '../src/base/errors';
import type { Device } from '../src/gpu/device';
import { findAdapter, open } from '../src/gpu/open.node';
import { ensureAdapter } from '../src/gpu/swiftshader.node';
import type { Net } from '../src/nets/weights';
import { readPicture } from '../src/node/picture';
import { seamScore, verdict } from '../src/recipes/scores/seam';
import { growTexture } from '../src/recipes/texture';
import { fillSettings } from '../src/recipes/texture_settings';
import { smallVgg } from '../test/support/onnx_files';
import { quick, row, table } from './report';

/** VGG-19 to relu4_1 with all its channels, and random weights: as much work as the real one. */
const vgg19 = (): Net => smallVgg([64, 128, 256, 512], [2, 2, 4, 1]);

interface Subject {
  readonly name: string;
  readonly side: number;
  readonly scales: number;
  /** At each scale. */
  readonly steps: number;
  readonly net: Net | null;
}

function subjects(large: boolean): Subject[] {
  if (quick) return [{ name: 'patches', side: 32, scales: 1, steps: 4, net: null }];
  const vgg = vgg19();
  if (!large) {
    return [
      { name: 'patches', side: 64, scales: 2, steps: 20, net: null },
      { name: 'vgg19 relu4_1', side: 64, scales: 1, steps: 5, net: vgg },
    ];
  }
  return [
    { name: 'patches', side: 512, scales: 5, steps: 100, net: null },
    { name: 'vgg19 relu4_1', side: 512, scales: 1, steps: 500, net: vgg },
    { name: 'vgg19 relu4_1', side: 512, scales: 4, steps: 125, net: vgg },
  ];
}

async function one(device: Device, { name, side, scales, steps, net }: Subject): Promise<string[]> {
  const exemplar = await readPicture('examples/pebbles.png', { most: 256 * 256 });
  const wishes = { size: [side, side], seed: 1, net: net ? 'vgg19' : 'patches', steps, scales };
  const curve: number[] = [];
  const began = performance.now();
  const { raster, stages } = await growTexture(device, exemplar, fillSettings(wishes), {
    ...(net && { loadNet: async () => net }),
    onProgress: ({ loss }) => void curve.push(loss),
  });
  const seconds = (performance.now() - began) / 1000;
  const [first = 0, last = 0] = [curve[0], curve.at(-1)];
  const bad = raster.data.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0) throw new EngineError('BenchError', `${name} ${side}: element ${bad} is no number`);
  const score = seamScore(raster);
  const seam = `${verdict(score.x)}, ${verdict(score.y)}`;
  const done = stages.length * steps;
  const found = {
    name,
    side,
    scales: stages.length,
    steps: done,
    seconds,
    perStepMs: (1000 * seconds) / done,
    first,
    last,
    seam,
  };
  row({ bench: 'texture', adapter: device.name, ...found });
  return [
    `${name} ${side}x${side}, ${stages.length} scales`,
    `${done}`,
    seconds.toFixed(2),
    found.perStepMs.toFixed(2),
    `${first.toPrecision(3)} > ${last.toPrecision(3)}`,
    seam,
  ];
}

const elsewhere = await ensureAdapter(async () => (await findAdapter()) !== null);
if (elsewhere !== null) process.exit(elsewhere);
const device = await open();
const rows: string[][] = [];
for (const s of subjects(!device.adapter.software || process.argv.includes('--full'))) rows.push(await one(device, s));
console.log(`\nWhole textures on ${device.name}`);
console.log(table(['texture', 'steps', 's', 'ms a step', 'loss', 'seam'], rows));
device.close();
