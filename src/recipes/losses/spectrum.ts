import { EngineError } from '../../base/errors';
import { chw, type Shape, size } from '../../base/shape';
import * as z from '../../base/zod';
import type { Graph } from '../../graph/graph';
import { fft, fftSide, fftSizes, isFftSize } from '../../shaders/fft';
import { meanSquare } from '../../shaders/mse_loss';
import type { Ref } from '../../shaders/op';
import { add, affine, div, linearCombine, scale, sub } from '../../shaders/pointwise';
import { spectrumOverlap } from '../../shaders/spectrum_overlap';
import { channelMean, expandChannels, sum } from '../../shaders/sum';
import { commonLoss, INPUT, layersSchema } from './lib/layers';
import { defineLoss } from './lib/loss';
import { spectrumTarget } from './lib/spectrum_target';

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

/** Added to the exemplar's power, that of rounding to 8 bits: one colour then asks for one colour, at a finite price. */
const ROUNDING = 1 / 12 / 255 ** 2;

interface Canvas {
  /** DFT / sqrt(pixels), [2, C, H, W]. */
  readonly spectrum: Ref;
  /** Sum of the channels' variances, [1]: by Parseval's theorem the mean of |spectrum|^2 without frequency 0. */
  readonly power: Ref;
}

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
  build(c, settings) {
    const { g } = c;
    return [...c.layers(settings.layers)].map(([layer, weight]) => {
      const canvases = new Map<Ref, Canvas>();
      let total: Ref | undefined;
      for (const { canvas, target, weight: share } of c.styles(layer)) {
        checkSides(layer, canvas.x.shape);
        if (canvas.mask || target.mask) {
          c.warn('the spectrum loss compares whole pictures: it does not see masks');
        }
        if (!(c.torus[0] && c.torus[1])) {
          c.warn('the spectrum loss takes the canvas for a torus on both axes: its opposite borders will tend to meet');
        }
        const x = canvases.get(canvas.x) ?? spectrumOf(g, canvas.x);
        canvases.set(canvas.x, x);
        const [C, H, W] = chw('spectrum', canvas.x.shape);
        const y = spectrumTarget(g, target.x, [H, W], settings.borders);
        const overlap = spectrumOverlap(g, x.spectrum, y, settings.channels === 'each');
        const power = scale(g, meanSquare(g, y), 2 * C);
        const both = add(g, x.power, power);
        const distance = linearCombine(g, both, sum(g, overlap), 1, -2 / size(y.shape.slice(2)));
        const relative = div(g, distance, affine(g, power, 1, C * ROUNDING));
        const part = scale(g, relative, weight * share);
        total = total ? add(g, total, part) : part;
      }
      if (!total) throw new EngineError('RecipeError', 'the spectrum loss wants a style', 'Give the recipe a style.');
      return { name: layer, value: total };
    });
  },
});

/** A RecipeError unless both sides of the canvas are such that it has a spectrum. */
function checkSides(layer: string, [, H = 1, W = 1]: Shape): void {
  if (isFftSize(H) && isFftSize(W)) return;
  const sides = [W, H].filter((n) => !isFftSize(n)).map((n) => `${n}: ${fftSizes(n).join(' or ')}`);
  throw new EngineError(
    'RecipeError',
    `the spectrum loss at ${layer} wants sides with no prime factor above 5, got ${W}x${H}`,
    `Use a size that makes it ${fftSide(W)}x${fftSide(H)} (nearest to ${sides.join('; to ')}).`,
  );
}

function spectrumOf(g: Graph, x: Ref): Canvas {
  const [C, H, W] = chw('spectrum', x.shape);
  const free = sub(g, x, expandChannels(g, channelMean(g, x), x.shape));
  return { spectrum: fft(g, free, { scale: 1 / Math.sqrt(H * W) }), power: scale(g, meanSquare(g, free), C) };
}
