import { EngineError } from '../base/errors';
import type { Device } from '../gpu/device';
import type { Checkpoint } from '../recipes/checkpoint';

export interface RetryOptions {
  /** The last checkpoint kept; undefined while there is none. */
  last(): Checkpoint | undefined;
  /** Opens another device in place of one that was lost. */
  reopen(): Promise<Device>;
  warn(text: string): void;
  /** The folder of checkpoints, where they are kept. */
  readonly folder?: string | undefined;
}

/**
 * Does a run to its end, even where its device is lost on the way (a driver that was reset, a card that was unplugged): it
 * then goes on from the last checkpoint on a device that is opened anew. Not where nothing was gained since the last time.
 * @throws EngineError `DeviceError` naming the kernels in flight, where there is no checkpoint, or no other device.
 */
export async function retryDeviceLost<T>(
  device: Device,
  attempt: (device: Device, resume: Checkpoint | undefined) => Promise<T>,
  resume: Checkpoint | undefined,
  { last, reopen, warn, folder }: RetryOptions,
): Promise<T> {
  for (let [now, from] = [device, resume]; ; ) {
    try {
      return await attempt(now, from);
    } catch (error) {
      // That a device is lost is told in a turn of its own.
      await new Promise((done) => setTimeout(done, 0));
      if (!now.lost) throw error;
      const what = (error as Error).message.split('\n')[0] ?? '';
      if (folder === undefined) {
        throw new EngineError('DeviceError', what, 'Run it with --checkpoint <folder>: it then goes on by itself.');
      }
      const later = `Go on with \`toroid run --resume ${folder}\` once the device is back.`;
      const point = last();
      if (!point || point === from) throw new EngineError('DeviceError', what, later);
      const { description } = now.adapter;
      now.close();
      try {
        now = await reopen();
      } catch (cause) {
        const why = (cause as Error).message.split('\n')[0];
        throw new EngineError('DeviceError', `${what}; no other could be opened: ${why}`, later);
      }
      const other = now.adapter.description === description ? '' : ` on ${now.adapter.description}`;
      const frame = point.frame > 0 ? ` of frame ${point.frame + 1}` : '';
      warn(
        `${what}; going on${other} from the last checkpoint, step ${point.point.step} of stage ${point.stage + 1}${frame}`,
      );
      from = point;
    }
  }
}
