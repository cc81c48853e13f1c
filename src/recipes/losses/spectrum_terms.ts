import { EngineError } from '../../base/errors';
import { chw, type Shape, size } from '../../base/shape';
import type { Graph } from '../../graph/graph';
import { expandChannels } from '../../shaders/broadcast';
import { channelMean } from '../../shaders/channel_mean';
import { meanSquare } from '../../shaders/error';
import { fft, fftSide, fftSizes, isFftSize } from '../../shaders/fft';
import type { Ref } from '../../shaders/op';
import { add, affine, div, linearCombine, scale, sub } from '../../shaders/pointwise';
import { sum } from '../../shaders/reduce';
import { spectrumOverlap } from '../../shaders/spectrum_overlap';
import type { LossContext, Term } from './loss';
import type { SpectrumSettings } from './spectrum';
import { spectrumTarget } from './spectrum_target';

/** Added to the exemplar's power, that of rounding to 8 bits: one colour then asks for one colour, at a finite price. */
const ROUNDING = 1 / 12 / 255 ** 2;

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

interface Canvas {
  /** DFT / sqrt(pixels), [2, C, H, W]. */
  readonly spectrum: Ref;
  /** Sum of the channels' variances, [1]: by Parseval's theorem the mean of |spectrum|^2 without frequency 0. */
  readonly power: Ref;
}

function spectrumOf(g: Graph, x: Ref): Canvas {
  const [C, H, W] = chw('spectrum', x.shape);
  const free = sub(g, x, expandChannels(g, channelMean(g, x), x.shape));
  return { spectrum: fft(g, free, { scale: 1 / Math.sqrt(H * W) }), power: scale(g, meanSquare(g, free), C) };
}

/** The formula is in spectrum.ts. */
export function spectrumTerms(c: LossContext, settings: SpectrumSettings): readonly Term[] {
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
}
