// A device that is lost on the way: a driver that was reset, a card that was unplugged.
import { EngineError } from '../base/errors';
import type { Device } from '../gpu/device';
import { type Checkpoint, copyCheckpoint } from '../recipes/checkpoint';

export interface RecoveryOptions {
  /** Closes the device that was lost, and opens another. Without, a loss is the end. */
  reopen?: (() => Promise<Device>) | undefined;
  warn(text: string): void;
  /** What to advise when the run cannot go on. */
  readonly remedy?: string | undefined;
}

/**
 * Decides whether a run goes on after its device was lost, and on which: from its last checkpoint, or from its beginning
 * where none was made yet; but not where nothing was gained since the time before.
 */
export class Recovery {
  #last: Checkpoint | undefined;
  /** Where it went on the last time. */
  #from: Checkpoint | undefined;
  #losses = 0;

  /** @param begun the checkpoint that the run goes on from, if it was begun earlier */
  constructor(
    private readonly options: RecoveryOptions,
    begun?: Checkpoint,
  ) {
    this.#last = this.#from = begun;
  }

  /** The checkpoint to go on from. */
  get last(): Checkpoint | undefined {
    return this.#last;
  }

  /** A checkpoint was made; the run goes on writing to the lists that it refers to. */
  keep(checkpoint: Checkpoint): void {
    this.#last = copyCheckpoint(checkpoint);
  }

  /**
   * @returns another device
   * @throws `error` itself where the device is not lost; EngineError `DeviceError` naming the kernels in flight, where
   *   nothing was gained since the last time, or there is no other device.
   */
  async next(lost: Device, error: unknown): Promise<Device> {
    // That a device is lost is told in a turn of its own.
    await new Promise((done) => setTimeout(done, 0));
    const { reopen, warn, remedy } = this.options;
    // What was under way may fail by another name: a scope that goes away, a buffer that is not mapped.
    const what = lost.loss;
    if (what === null || (!reopen && remedy === undefined)) throw error;
    const stalled = this.#losses > 0 && this.#last === this.#from;
    if (!reopen || stalled) throw new EngineError('DeviceError', what, remedy);
    const { description } = lost.adapter;
    let device: Device;
    try {
      device = await reopen();
    } catch (cause) {
      const why = (cause as Error).message.split('\n')[0];
      throw new EngineError('DeviceError', `${what}; no other could be opened: ${why}`, remedy);
    }
    this.#losses++;
    this.#from = this.#last;
    const other = device.adapter.description === description ? '' : ` on ${device.adapter.description}`;
    warn(`${what}; going on${other} from ${placeText(this.#last)}`);
    return device;
  }
}

function placeText(point: Checkpoint | undefined): string {
  if (!point) return 'the beginning';
  const frame = point.frame > 0 ? ` of frame ${point.frame + 1}` : '';
  return `the last checkpoint, step ${point.point.step} of stage ${point.stage + 1}${frame}`;
}

/** Does a run to its end, even where its device is lost on the way. What `Recovery.next` throws, it throws. */
export async function retryDeviceLost<T>(
  device: Device,
  recovery: Recovery,
  attempt: (device: Device, resume: Checkpoint | undefined) => Promise<T>,
): Promise<T> {
  for (let now = device; ; ) {
    try {
      return await attempt(now, recovery.last);
    } catch (error) {
      now = await recovery.next(now, error);
    }
  }
}
