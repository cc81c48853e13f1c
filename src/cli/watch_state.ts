import type { Progress } from '../recipes/events';

/** Points kept of each curve; with more, every second goes. */
const MOST_POINTS = 1000;

/** The curves of a run, for whoever opens the page late. */
export class WatchCurves {
  readonly #curves = new Map<string, [at: number, value: number][]>();
  readonly #borders: number[] = [];
  #before = 0;
  #last: Progress | undefined;

  /** @returns the step over all stages, and whether a stage began with this. */
  add(p: Progress): { at: number; border: number | undefined } {
    const last = this.#last;
    let border: number | undefined;
    if (last && (p.stage !== last.stage || p.step < last.step)) {
      this.#before += last.step;
      border = this.#before;
      this.#borders.push(border);
    }
    this.#last = p;
    const at = this.#before + p.step;
    for (const [term, value] of Object.entries({ total: p.loss, ...p.terms })) {
      const points = this.#curves.get(term) ?? [];
      points.push([at, value]);
      this.#curves.set(term, points.length > MOST_POINTS ? points.filter((_, k) => k % 2 === 1) : points);
    }
    return { at, border };
  }

  state(): { curves: Record<string, [number, number][]>; borders: readonly number[] } {
    return { curves: Object.fromEntries(this.#curves), borders: this.#borders };
  }
}
