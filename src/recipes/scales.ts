/** One resolution of a run. Sizes are [width, height] in pixels. */
export interface Scale {
  readonly canvas: readonly [number, number];
  readonly exemplar: readonly [number, number];
}

export interface PyramidOptions {
  /** Shortest side of the coarsest canvas and exemplar, in pixels. */
  readonly coarsest: number;
  /** Side of a scale over the side of the next finer one, in (0, 1). */
  readonly ratio: number;
  /** How many scales; by default as many as `coarsest` and `ratio` give. */
  readonly count?: number;
  /** Canvas sides are multiples of this (the pooling factor of a net). */
  readonly multiple: number;
}

/**
 * Sizes from coarse to fine. Canvas and exemplar shrink by the same factor, so a feature has the same size on both;
 * the last scale is full size.
 */
export function pyramid(
  canvas: readonly [number, number],
  exemplar: readonly [number, number],
  { coarsest, ratio, count, multiple }: PyramidOptions,
): Scale[] {
  const shortest = Math.min(...canvas, ...exemplar);
  const deepest = Math.max(0, Math.floor(Math.log(coarsest / shortest) / Math.log(ratio) + 1e-9));
  const scales = Math.max(1, count ?? deepest + 1);
  return Array.from({ length: scales }, (_, i): Scale => {
    const factor = ratio ** (scales - 1 - i);
    const round = (side: number, step: number): number => Math.max(step, Math.round((side * factor) / step) * step);
    return {
      canvas: [round(canvas[0], multiple), round(canvas[1], multiple)],
      exemplar: [round(exemplar[0], 1), round(exemplar[1], 1)],
    };
  });
}
