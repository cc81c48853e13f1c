import type { Ref } from '../../shaders/op';
import type { Graph, Node } from '../graph';
import type { Bound } from './adam';

/** What is to be made small. */
export interface Problem {
  readonly g: Graph;
  /** The parameter, a state [C, H, W]. What it holds after a run is what the optimiser stands by. */
  readonly param: Node;
  /** Appends the objective at `x`, of the parameter's shape; gives a scalar [1]. Called once. */
  readonly objective: (x: Ref) => Ref;
  /**
   * A state [1] that random draws of the objective depend on. The optimiser says what it is after the run: one more
   * for those that take a new draw at each step; one that searches along a line holds it still meanwhile.
   */
  readonly counter: Node;
  /** The box the parameter is kept in, one bound or one for each channel. */
  readonly lo?: Bound | undefined;
  readonly hi?: Bound | undefined;
}

/** A state of an optimiser, beside the parameter and the counter. */
export interface OptimiserState {
  readonly name: string;
  readonly node: Node;
  /**
   * What becomes of it when the canvas is enlarged: `resize`: its last two axes are the parameter's, and it is enlarged
   * like it; `keep`: it stays as it is; `reset`: it starts anew.
   */
  readonly enlarged: 'resize' | 'keep' | 'reset';
}

/** One run of an optimiser: one evaluation of objective and gradient. The host does nothing in it. */
export interface Optimiser {
  /** The objective where it was evaluated in this run, [1]. */
  readonly loss: Ref;
  readonly states: readonly OptimiserState[];
  /** A number [1] that is finite for as long as parameter and states are. */
  readonly health: Ref;
}
