// One device for all elements of a page: browsers allow few, and each compiles its own kernels.
import type { Device } from '../../gpu/device';
import { open } from '../../gpu/open.browser';

let opened: Promise<Device> | undefined;
let users = 0;

/** A device, and what gives it back: with the last user it is closed. One that was lost is opened anew. */
export async function borrowDevice(): Promise<{ readonly device: Device; release(): void }> {
  users++;
  let released = false;
  const release = (): void => {
    if (released) return;
    released = true;
    if (--users > 0) return;
    const last = opened;
    opened = undefined;
    last?.then((d) => d.close()).catch(() => {});
  };
  opened ??= openOnce();
  try {
    const device = await opened;
    const leave = (): void => {
      release();
      if (device.lost) device.close();
    };
    return { device, release: leave };
  } catch (error) {
    opened = undefined;
    release();
    throw error;
  }
}

async function openOnce(): Promise<Device> {
  const device = await open();
  const own = device;
  void device.gpu.lost.then(() => {
    // Whoever asks next gets another; those who have this one are told by their runs.
    void opened?.then((d) => {
      if (d === own) opened = undefined;
    });
  });
  return device;
}
