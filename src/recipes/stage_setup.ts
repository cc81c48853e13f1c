import type { ConvolutionPolicy } from '../shaders/conv2d/policy';
import type { PlannedStage, Size } from './plan_stages';
import type { ResolvedRecipe } from './resolve';

/** What the graph of a stage is built from. */
export interface StageSetup extends ConvolutionPolicy {
  readonly resolved: ResolvedRecipe;
  readonly stage: PlannedStage;
  /** Size of the result. */
  readonly full: Size;
  /** Layers of the net to build; a net is built in one go. */
  readonly layers: readonly string[];
  /** Rolling the canvas by multiples of this rolls every layer by whole pixels. */
  readonly stride: number;
  /** The canvas as it was when the stage began, coordinates [rank, H, W]. */
  readonly start: Float32Array;
  /** Bytes that one buffer may have. */
  readonly largest: number;
  warn(text: string): void;
}
