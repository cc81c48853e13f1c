import * as z from 'zod';
import { isFftSize } from '../../shaders/fft';
import { more } from '../later';
import { commonLoss, INPUT, layersSchema } from './layers';
import { defineLoss } from './loss';

export { fftSide } from '../../shaders/fft';

const schema = z.strictObject({
  kind: z.literal('spectrum'),
  ...commonLoss,
  layers: layersSchema.default([INPUT]),
  channels: z
    .enum(['together', 'each'])
    .default('together')
    .describe('together: colours also keep their place against each other at each frequency; each: moduli only'),
  borders: z
    .enum(['smooth', 'window', 'tile'])
    .default('smooth')
    .describe(
      "a style's opposite borders do not meet; smooth: remove the step between them; window: fade the style out; tile: they do meet, take it as it is",
    ),
});
export type SpectrumSettings = z.output<typeof schema>;

/**
 * Squared distance of the canvas from the nearest picture that has the exemplar's Fourier moduli and, unless `each`, the
 * phases of its channels against each other (Liu, Gousseau and Xia, "Texture Synthesis Through Convolutional Neural
 * Networks and Spectrum Constraints", 2016), over the exemplar's power; means do not count:
 *
 *     sum over frequencies k but 0 of |X_k - r_k Y_k|^2 / sum of |Y_k|^2      |r_k| = 1, nearest
 *
 * X is the canvas' DFT, Y of `spectrumTarget`. Where the canvas is larger than the exemplar, power need only be right within
 * each of the exemplar's bins (`spectrumOverlap`): the same formula where sizes are equal. 0 for the exemplar itself, rolled
 * however, 1 for one colour, 2 for what has nothing of it at the same power. Noise of the same spectrum is near 0.43 at the
 * same size, because moduli of noise scatter as Rayleigh's law says (2 - pi/2), and less at larger ones, down to 0.23.
 */
export const spectrum = defineLoss({
  kind: 'spectrum',
  about:
    'Gives the picture the Fourier spectrum of the style: regular patterns keep their period and straightness over the whole canvas, which losses on small patches cannot see.',
  schema,
  acceptsSide: isFftSize,
  part: more,
  build: (c, settings) => more().spectrumTerms(c, settings),
});
