import { around } from './around';
import type { Autocorrelation } from './autocorrelation';
import type { Lattice } from './lattice';

/** How much it counts that two copies lie apart as the exemplar's own parts do, at a peak of 1. */
const LATTICE = 0.5;
/** Squared pixels off a lattice count up to this; on a canvas that holds it, to more than all else costs, such as a part that is used often. */
const FARTHEST = 16;
const FARTHEST_HELD = 256;

/** What it costs that copies lie apart by a lag: less where the exemplar agrees with itself at it, more where it is off its lattice. */
export class LagCost {
  readonly #weight: number;
  readonly #off: ((x: number, y: number) => number) | null;
  readonly #farthest: number;

  /** @param closes whether the canvas holds the lattice without a fault: else it has to give way somewhere, a little all over */
  constructor(
    private readonly correlation: Autocorrelation,
    lattice: Lattice | null,
    closes = false,
  ) {
    this.#farthest = closes ? FARTHEST_HELD : FARTHEST;
    this.#weight = LATTICE / Math.max(0.15, correlation.peak);
    this.#off = lattice && offLattice(lattice);
  }

  /** @param off what each squared pixel beyond `slack` off the lattice costs, as far as they count */
  at(dx: number, dy: number, slack: number, off: number): number {
    const beside = this.#off ? Math.min(this.#farthest, Math.max(0, this.#off(dx, dy) - slack) ** 2) : 0;
    return off * beside - this.#weight * this.correlation.at(dx, dy);
  }
}

/** How far a lag is from the nearest point, or line, of a lattice, pixels. */
function offLattice({ vectors: [u, v] }: Lattice): (x: number, y: number) => number {
  if (!v) {
    const length = Math.hypot(...u);
    return (x, y) => Math.abs(around((x * u[0] + y * u[1]) / length, length));
  }
  const det = u[0] * v[1] - u[1] * v[0];
  return (x, y) => {
    const m = around((x * v[1] - y * v[0]) / det, 1);
    const n = around((y * u[0] - x * u[1]) / det, 1);
    return Math.hypot(m * u[0] + n * v[0], m * u[1] + n * v[1]);
  };
}
