import { join } from 'node:path';
import { IMAGENET } from '../../nets/weights';
import { type RandomNet, randomVgg } from '../../nets/weights_random';
import type { FoundWeights } from './find';
import type { WeightsRecord } from './record';
import { writePiece } from './write';

/** Writes a network of random weights, with the record that makes it known by name. */
export function makeRandom(name: RandomNet, seed: number, folder: string, as: string = name): FoundWeights {
  const file = `${as}.onnx`;
  const path = join(folder, file);
  const [deep, end] = name === 'vgg19-random' ? ['relu4_4', 'VGG-19'] : ['relu4_3', 'VGG-16'];
  const record = (facts: { size: number; sha256: string }): WeightsRecord => ({
    weights: {
      name: as,
      file,
      about: `${end}, its convolutions with random weights (seed ${seed}) and average pooling`,
      url: null,
      mirrors: [],
      source: `toroid weights make ${name} --seed ${seed}`,
      licence: 'none needed: random numbers',
      ...facts,
      preprocessing: IMAGENET,
      layers: ['relu1_1', 'relu2_1', 'relu3_1', 'relu4_1'].map((layer) => ({ layer, mean: 1, covariance: 1 })),
      content: ['relu4_2'],
      dream: [deep, 'relu5_1'],
      pooling: 'average',
      aliases: {},
      slim: false,
    },
    of: null,
  });
  let made: WeightsRecord | undefined;
  writePiece(path, randomVgg(name, seed), (facts) => {
    made = record(facts);
    return made;
  });
  return { name: as, path, known: made?.weights ?? null };
}
