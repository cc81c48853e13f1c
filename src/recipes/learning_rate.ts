/** The learning rate falls in this many equal steps of a stage. */
const LR_STEPS = 32;

/**
 * The learning rate of a stage: half a cosine from `first` to `final` of it, in 32 steps (lr_step), so that it depends on
 * the optimiser's step alone, whatever batches the clock makes. Batches end where an lr_step does.
 */
export class LearningRate {
  /** Optimiser steps at one rate. */
  readonly lrStep: number;

  /** @param range undefined for an optimiser that has no rate of its own: it searches along lines. */
  constructor(
    private readonly steps: number,
    private readonly range: { readonly first: number; readonly final: number } | undefined,
  ) {
    this.lrStep = Math.max(1, Math.ceil(steps / LR_STEPS));
  }

  /** Whether the optimiser takes a rate. */
  get scheduled(): boolean {
    return this.range !== undefined;
  }

  /** Optimiser steps from here to the end of the lr_step. */
  left(step: number): number {
    return this.lrStep - (step % this.lrStep);
  }

  /** Whether an lr_step ends here. */
  ends(step: number): boolean {
    return step % this.lrStep === 0;
  }

  /** The rate from this step on, after so many halvings; null where the optimiser takes none. */
  at(step: number, halvings: number): number | null {
    if (!this.range) return null;
    const { first, final } = this.range;
    const along = (step - (step % this.lrStep)) / this.steps;
    const share = final + (1 - final) * 0.5 * (1 + Math.cos(Math.PI * along));
    return first * share * 0.5 ** halvings;
  }
}
