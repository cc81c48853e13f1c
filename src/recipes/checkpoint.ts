import type { Raster } from '../base/raster';
import type { StageResult } from './events';
import type { CarryOver, StagePoint } from './stage';

/** All that a run needs to go on as if nothing had happened. Plain data: how it is kept belongs to the platform. */
export interface Checkpoint {
  /** Frame of a zoom, and the picture it is made from; 0 and null elsewhere. */
  readonly frame: number;
  readonly feedback: Raster | null;
  /** The stage under way, of how many. */
  readonly stage: number;
  readonly stages: number;
  /** What the stage began with. */
  readonly memory: CarryOver;
  readonly point: StagePoint;
  /** The stages that are over. */
  readonly done: readonly StageResult[];
}

/** A copy to keep: a run goes on writing to the lists that its checkpoints refer to. */
export const copyCheckpoint = (c: Checkpoint): Checkpoint => ({
  ...c,
  done: [...c.done],
  point: { ...c.point, curves: Object.fromEntries(Object.entries(c.point.curves).map(([k, v]) => [k, [...v]])) },
});
