// This engine.
import { versions } from '../../src/cli/open_device';
import type { Device } from '../../src/gpu/device';
import { open } from '../../src/gpu/open.node';
import { algorithmsOn } from '../../src/graph/conv_algorithms';
import { Graph } from '../../src/graph/graph';
import { Plan } from '../../src/graph/plan';
import { conv2d } from '../../src/shaders/conv2d';
import { gram } from '../../src/shaders/gram';
import { mseLoss } from '../../src/shaders/mse_loss';
import type { Ref } from '../../src/shaders/op';
import { add, scale } from '../../src/shaders/pointwise';
import { pool2d } from '../../src/shaders/pool2d';
import type { Engine } from './engine';
import { isCompared, picture, type Target, targetOf, type Work } from './work';

export interface Ours extends Engine {
  /** Gram matrices of another picture: what all engines are given to reach. */
  targets(work: Work): Promise<Target[]>;
}

export async function ours(): Promise<Ours> {
  const device = await open();
  return {
    version: versions().toroid ?? '',
    adapter: device.adapter.description,
    targets: (work) => targets(device, work),
    async prepare(work, targets) {
      const g = new Graph({ convolutions: algorithmsOn(device) }); // as a recipe does
      const x = g.input([3, work.job.side, work.job.side], 'image');
      const terms = grams(g, x, work).map((matrix, k) => {
        const target = targets[k];
        if (!target) throw new Error('a layer without a target');
        const { O } = work.convs.filter(isCompared)[k] ?? { O: 0 };
        // mseLoss is a mean
        return scale(g, mseLoss(g, matrix, g.constant([O, O], target.gram)), target.factor * O * O);
      });
      const loss = terms.reduce((sum, term) => add(g, sum, term));
      const [gradient] = work.job.mode === 'gradient' ? g.grad(loss, [x]) : [];
      const plan = await Plan.compile(device, g, gradient ? [loss, gradient] : [loss]);
      plan.write(x, work.image);
      return {
        async run() {
          plan.run();
          return (await plan.read(loss))[0] ?? Number.NaN;
        },
        gradient: async () => (gradient ? plan.read(gradient) : null),
      };
    },
  };
}

/** Gram matrices at the compared layers of a picture. */
function grams(g: Graph, image: Ref, work: Work): Ref[] {
  const found: Ref[] = [];
  let x = image;
  for (const c of work.convs) {
    if (c.pooled) x = pool2d(g, x, { kind: 'max', size: [2, 2], stride: [2, 2] });
    const w = g.constant([c.O, c.C, 3, 3], c.w);
    x = conv2d(g, x, w, { bias: g.constant([c.O], c.b), pad: [1, 1, 1, 1], relu: true });
    if (isCompared(c)) found.push(gram(g, x));
  }
  return found;
}

async function targets(device: Device, work: Work): Promise<Target[]> {
  const g = new Graph();
  const x = g.input([3, work.job.side, work.job.side], 'exemplar');
  const found = grams(g, x, work);
  const plan = await Plan.compile(device, g, found);
  try {
    plan.write(x, picture(work.job, 'exemplar'));
    plan.run();
    const made: Target[] = [];
    for (const matrix of found) made.push(targetOf(await plan.read(matrix)));
    return made;
  } finally {
    plan.close();
  }
}
